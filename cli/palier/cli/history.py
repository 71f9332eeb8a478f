"""`palier session log` and `explain`: what happened, and why it has not gone on."""

from __future__ import annotations

import asyncio
import json
from datetime import datetime
from typing import Annotated

import typer
from rich.table import Table

from palier.cli import options
from palier.cli.explaining import Explainer, Line, gathered
from palier.cli.operating import Name, ask
from palier.cli.questions import Question, TimeOfDay, answer
from palier.cli.server import DATA
from palier.cli.showing import err, out
from palier.cli.waiting import waiting
from palier.client.asking import Operator
from palier.client.errors import NoAnswer
from palier.schemas.names import check_name
from palier.schemas.replies import LogEntry, Overview

#: Seconds between two looks at a log that is followed.
_LOOK = 1.0


def log(
    name: Name,
    *,
    follow: Annotated[bool, typer.Option("--follow", help="Go on until it is over.")] = False,
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Print what happened in a session, a sentence an entry.

    With --json the entries as they are kept; with --follow too, one on each line.
    """
    session = check_name(name)
    explainer = Explainer()

    def show(entry: LogEntry) -> None:
        line = explainer.tell(entry)
        if as_json:
            # a script that follows reads line by line
            out.print(json.dumps(entry.model_dump(mode="json")), soft_wrap=True)
        else:
            out.print(f"{line.version:>4}  {local(line.at)}  {line.text}", soft_wrap=True)

    async def work(operator: Operator) -> list[LogEntry]:
        if not follow:
            return [one async for one in operator.entries(session)]
        while explainer.course.ended is None:
            try:
                async for one in operator.entries(session, after=explainer.course.version):
                    show(one)
            except NoAnswer as silence:
                # it goes on by itself, and so do we
                err.print(str(silence), style="yellow", soft_wrap=True)
            await asyncio.sleep(_LOOK)
        return []

    entries = ask(server, data, work)
    if as_json and not follow:
        out.print_json(data=[one.model_dump(mode="json") for one in entries])
        return
    for one in entries:
        show(one)


def explain(  # noqa: PLR0913 - each is an option of its own
    name: Name,
    *,
    stage: Annotated[str | None, typer.Option(help="Openings of this stage.")] = None,
    generation: Annotated[int | None, typer.Option(help="The opening of this number.")] = None,
    at: Annotated[
        str | None, typer.Option(help="What happened then, by this computer's clock: 14:03:22.")
    ] = None,
    seat: Annotated[str | None, typer.Option(help="All that concerns this seat.")] = None,
    scope: Annotated[str | None, typer.Option(help="In this group alone.", metavar="GROUP")] = None,
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Say why a stage opened when it did, and why it has not gone on.

    Without an option: of the stages that are open now.
    """
    session = check_name(name)
    question = Question(
        stage=stage,
        generation=generation,
        scope=scope,
        seat=seat,
        at=None if at is None else TimeOfDay.parse(at),
    )

    async def work(operator: Operator) -> tuple[list[LogEntry], Overview]:
        return [one async for one in operator.entries(session)], await operator.overview(session)

    entries, overview = ask(server, data, work)
    explainer = Explainer()
    lines = [explainer.tell(one) for one in entries]
    steps = [one for one, _ in overview.steps]
    found = answer(question, lines, explainer.course, steps=steps)
    told = gathered(found.lines)
    now = waiting(explainer, overview, scope=scope, seat=seat) if found.pending else []
    if as_json:
        out.print_json(
            data={
                "session": session,
                "status": overview.status,
                "note": found.note,
                "lines": [
                    {"version": one.version, "at": one.at.isoformat(), "text": one.text}
                    for one in told
                ],
                "now": now,
            }
        )
        return
    out.print(
        f"{overview.program}, session {session}: {overview.status}. {zone(overview.now)}",
        style="bold",
        soft_wrap=True,
    )
    if found.note:
        out.print(found.note, soft_wrap=True)
    _print(told)
    for one in now:
        _print_one("now", one)


def _print(lines: list[Line]) -> None:
    day = lines[-1].at.astimezone().date() if lines else None
    for one in lines:
        here = one.at.astimezone()
        _print_one(local(one.at) if here.date() != day else f"{here:%H:%M:%S}", one.text)


def _print_one(first: str, text: str) -> None:
    """Print a time and a sentence; on a terminal, what does not fit stands under the sentence."""
    if not out.is_terminal:
        out.print(f"{first:<8}  {text}", soft_wrap=True)
        return
    grid = Table.grid(padding=(0, 2))
    grid.add_column(no_wrap=True, style="dim", min_width=8)
    grid.add_column(overflow="fold")
    grid.add_row(first, text)
    out.print(grid)


def local(at: datetime) -> str:
    """Return day and time as this computer has them."""
    return f"{at.astimezone():%Y-%m-%d %H:%M:%S}"


def zone(at: datetime) -> str:
    """Return a sentence that says by which clock times are told."""
    here = at.astimezone()
    offset = f"{here:%z}"
    name, ahead = f"{here:%Z}", f"UTC{offset[:3]}:{offset[3:]}"
    return f"Times are {name if name == 'UTC' else f'{name} ({ahead})'}."
