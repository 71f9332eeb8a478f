"""`palier session`: what an operator does to a session's course. Each is kept with its reason."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Annotated, Literal

import typer

from palier.cli import options
from palier.cli.course import Course, Opening
from palier.cli.errors import CommandError
from palier.cli.operating import (
    Name,
    Seats,
    ask,
    confirmed,
    named_seats,
    needed_reason,
    values,
)
from palier.cli.server import DATA
from palier.cli.showing import codes_table, err, out
from palier.cli.words import counted, names
from palier.client.asking import Operator
from palier.schemas.names import check_name
from palier.schemas.replies import Overview

Reason = Annotated[str, typer.Option(help="Why; it is kept.")]
Needed = Annotated[
    str | None, typer.Option("--reason", help="Why; it is kept with the data.", show_default=False)
]
Scope = Annotated[str | None, typer.Option(help="In this group alone.", metavar="GROUP")]


def advance(  # noqa: PLR0913 - each is an option of its own
    name: Name,
    seats: Annotated[
        list[str] | None, typer.Argument(help="The seats' names: p1 p2.", metavar="SEAT…")
    ] = None,
    *,
    everyone: Annotated[bool, typer.Option("--all", help="Whoever is missing.")] = False,
    scope: Scope = None,
    answer: Annotated[
        list[str] | None,
        typer.Option(help="A field of their answer, such as amount=5; repeatable."),
    ] = None,
    reason: Needed = None,
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Let seats arrive that have not: with this answer, or the one that the stage declares."""
    chosen = named_seats(seats or [])
    if bool(chosen) == everyone:
        raise CommandError("Name the seats to advance, or say --all: one of the two.")
    given = values("--answer", answer) if answer else None
    why = needed_reason(reason, "answer for others")
    _do(
        (server, data, as_json),
        name,
        lambda operator, session: operator.advance(
            session, *chosen, scope=_scope(scope), answer=given, reason=why
        ),
    )


def clock(  # noqa: PLR0913 - each is an option of its own
    name: Name,
    change: Annotated[
        Literal["extend", "pause", "resume"],
        typer.Argument(help="Give more time, stop the clock, start it again.", metavar="CHANGE"),
    ],
    *,
    seconds: Annotated[
        float | None, typer.Option(help="How much more time; less if below zero.")
    ] = None,
    scope: Scope = None,
    reason: Reason = "",
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Extend, pause or resume the clocks of the stages that are open."""
    if (change == "extend") != (seconds is not None):
        raise CommandError("Say --seconds with extend, and only there: clock … extend --seconds 60")
    _do(
        (server, data, as_json),
        name,
        lambda operator, session: operator.change_clock(
            session, change, seconds=seconds or 0, scope=_scope(scope), reason=reason
        ),
    )


def pause(
    name: Name,
    *,
    reason: Reason = "",
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Hold a session: what arrives is kept, nobody goes on, clocks stand still."""
    _do(
        (server, data, as_json),
        name,
        lambda operator, session: operator.pause(session, reason=reason),
    )


def resume(  # noqa: PLR0913 - each is an option of its own
    name: Name,
    *,
    stage: Annotated[
        str | None, typer.Option("--from", help="Go on from this stage once more.", metavar="STAGE")
    ] = None,
    visit: Annotated[
        int | None, typer.Option(help="Which opening of it, the last by default.", min=1)
    ] = None,
    scope: Scope = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask what may be set aside.")] = False,
    reason: Needed = None,
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Let a paused session go on; with --from, any from an earlier stage, setting aside the rest.

    What is set aside stays in the database, and is marked in exports.
    """
    where = (server, data, as_json)
    if stage is None:
        if visit is not None or scope is not None or yes:
            raise CommandError("--visit, --scope and --yes go with --from.")
        _do(where, name, lambda operator, session: operator.resume(session, reason=reason or ""))
        return
    wanted = check_name(stage)
    why = needed_reason(reason, "set decisions aside")

    async def look(operator: Operator) -> tuple[Course, Overview]:
        course = Course()
        async for one in operator.entries(check_name(name)):
            course.take(one)
        return course, await operator.overview(name)

    course, overview = ask(server, data, look)
    target = target_of(course, overview, wanted, visit, scope)
    err.print(set_aside(course, overview, target), soft_wrap=True)
    confirmed("Set them aside?", yes=yes)
    _do(
        where,
        name,
        lambda operator, session: operator.resume_from(
            session, wanted, visit=target.visit, scope=target.scope, reason=why
        ),
    )


def exclude(
    name: Name,
    seats: Seats,
    *,
    reason: Needed = None,
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Let the others go on without some seats."""
    chosen = named_seats(seats)
    why = needed_reason(reason, "exclude somebody")
    _do(
        (server, data, as_json),
        name,
        lambda operator, session: operator.exclude(session, *chosen, reason=why),
    )


def stand_in(
    name: Name,
    seats: Seats,
    *,
    reason: Needed = None,
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Let bots answer for some seats, until they answer themselves or are readmitted."""
    chosen = named_seats(seats)
    why = needed_reason(reason, "let bots answer")
    _do(
        (server, data, as_json),
        name,
        lambda operator, session: operator.stand_in(session, *chosen, reason=why),
    )


def readmit(
    name: Name,
    seats: Seats,
    *,
    reason: Reason = "",
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Let seats take part again that were excluded, or played by a bot."""
    chosen = named_seats(seats)
    _do(
        (server, data, as_json),
        name,
        lambda operator, session: operator.readmit(session, *chosen, reason=reason),
    )


def attend(
    name: Name,
    seats: Seats,
    *,
    reason: Reason = "",
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Note that seats which called for help have been helped."""
    chosen = named_seats(seats)
    _do(
        (server, data, as_json),
        name,
        lambda operator, session: operator.attend(session, *chosen, reason=reason),
    )


def replace(
    name: Name,
    seat: Annotated[str, typer.Argument(help="The seat's name.", metavar="SEAT")],
    *,
    reason: Reason = "",
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Print a code that gives a seat to another person or computer.

    Who sits there goes on until the code is used, and is shut out then.
    """
    code = ask(
        server,
        data,
        lambda operator: operator.replace(check_name(name), check_name(seat), reason=reason),
    )
    if as_json:
        out.print_json(data={seat: code})
    else:
        out.print(codes_table(f"Session {name}", {seat: code}))


def retry(
    name: Name,
    *,
    reason: Reason = "",
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Let a session go on that its program stopped, with the program read anew from its file."""
    _do(
        (server, data, as_json),
        name,
        lambda operator, session: operator.retry(session, reason=reason),
    )


def _do(
    where: tuple[str | None, Path, bool],
    name: str,
    work: Callable[[Operator, str], Awaitable[str]],
) -> None:
    """Have something done to a session, and print the worker's sentence on it."""
    server, data, as_json = where
    session = check_name(name)
    effect = ask(server, data, lambda operator: work(operator, session))
    if as_json:
        out.print_json(data={"session": session, "effect": effect})
    else:
        out.print(effect, soft_wrap=True)


def _scope(scope: str | None) -> str | None:
    return None if scope is None else check_name(scope)


def target_of(
    course: Course, overview: Overview, stage: str, visit: int | None, scope: str | None
) -> Opening:
    """Return the opening that a session is to go on from; raises `CommandError`."""
    if overview.status in {"lobby", "finished", "closed"}:
        raise CommandError(f"Session {overview.session} is {overview.status}.")
    target = course.target(stage, visit=visit, scope=_scope(scope))
    if target is None:
        known = names([one.name for one in course.valid()])
        raise CommandError(f"There is no such opening of {stage} in {overview.session}: {known}.")
    return target


def set_aside(course: Course, overview: Overview, target: Opening) -> str:
    """Say what is set aside when a session goes on from an opening."""
    aside = course.set_aside_from(target)
    here = {one.key for one in aside if one.asks and one.over_at is None}
    decided = sum(one.arrived for one in aside if one.asks and one.over_at is not None) + sum(
        one.state == "submitted" and (one.scope, one.generation) in here for one in overview.seats
    )
    again = [one.name for one in course.reopened_by(target)]
    return (
        f"To go on from {target.name}, {counted(len(aside), 'opening')} and "
        f"{counted(decided, 'decision')} are set aside: {names([one.name for one in aside])}."
        + (f" Open again, with who has arrived there: {names(again)}." if again else "")
    )
