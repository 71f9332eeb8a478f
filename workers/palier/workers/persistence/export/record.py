"""What the record has of a session itself: seats with payoffs, stages, the log."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import select

from palier.workers.persistence import tables
from palier.workers.persistence.export.column import Column
from palier.workers.persistence.export.picture import Picture, SeatFacts
from palier.workers.persistence.export.table import ExportTable, Values
from palier.workers.persistence.export.visits import (
    GENERATION,
    OPENED_AT,
    PERIOD,
    SCOPE,
    SEAT,
    SESSION,
    STAGE,
    VISIT,
)


def _payoffs(picture: Picture) -> Iterator[Values]:
    for seat, one in picture.seats.items():
        yield payoffs_row(picture, seat, one)


def payoffs_row(picture: Picture, seat: str, one: SeatFacts) -> tuple[Any, ...]:
    """Return what is the same in all rows of a seat, as `PAYOFFS` has it and each wide row."""
    return (
        *(picture.session, seat, one.number, one.group, one.treatment),
        *(one.standing, one.bot, one.payoff),
    )


PAYOFFS = ExportTable(
    name="payoffs",
    about="A row for each seat: what it has earned.",
    columns=(
        SESSION,
        SEAT,
        Column(name="number", type="integer", about="The seat's place in the session, from 1."),
        Column(
            name="group",
            type="category",
            about="The only group the seat was ever in; empty where there is none, or more.",
        ),
        Column(
            name="treatment",
            type="category",
            about="The only treatment the seat was ever in; empty where there is none, or more.",
        ),
        Column(
            name="standing",
            type="category",
            about="What became of the seat: `active`, `excluded`, or `bot` that stands in.",
        ),
        Column(name="bot", type="flag", about="Whether the seat was given to a bot."),
        Column(name="payoff", type="decimal", unit="points", about="What it has earned, exactly."),
    ),
    rows=_payoffs,
    key=("session", "seat"),
)


def _stages(picture: Picture) -> Iterator[Values]:
    run, scope = tables.stage_run, tables.scope
    columns = [
        scope.c[one.name] if one.name in {"group", "treatment"} else run.c[one.name]
        for one in _STAGES[:-1]
    ]
    found = picture.stream(
        select(*columns, picture.text(run.c.data))
        .join(scope, (scope.c.session == run.c.session) & (scope.c.name == run.c.scope))
        .where(run.c.session == picture.session)
        .order_by(run.c.opened_at, run.c.opened_by, run.c.scope, run.c.generation)
    )
    for one in found:
        yield tuple(
            None if value == empty else value for value, empty in zip(one, _NONE, strict=True)
        )


_STAGES = (
    SESSION,
    SCOPE,
    GENERATION,
    STAGE,
    PERIOD,
    VISIT,
    Column(
        name="group", type="category", about="The group that the scope is, or is a part of, if any."
    ),
    Column(name="treatment", type="category", about="The treatment of the scope, if it has one."),
    Column(name="title", type="text", about="What participants read as its title."),
    Column(
        name="status",
        type="category",
        about="`open`; `released` when all had arrived; `abandoned` when nobody was left; `void` "
        "when it was set aside.",
    ),
    Column(
        name="missing",
        type="category",
        about="What was to happen with who had not answered in time.",
    ),
    Column(name="expected", type="integer", unit="seats", about="How many were expected."),
    Column(name="arrived", type="integer", unit="seats", about="How many have arrived."),
    OPENED_AT,
    Column(name="deadline_at", type="instant", about="When its time is up, while a clock runs."),
    Column(name="released_at", type="instant", about="When all went on; empty while it is open."),
    Column(
        name="screen",
        type="category",
        about="The screen that showed it; empty where one was made from the form.",
    ),
    Column(
        name="data",
        type="json",
        about="What the program gave all of the stage to see, as a JSON object.",
    ),
)

#: What stands for nothing in a column of the database, where that is not NULL.
_NONE = tuple({"period": 0, "group": "", "treatment": ""}.get(one.name) for one in _STAGES)

STAGES = ExportTable(
    name="stages",
    about="A row for each opening of a stage in a scope.",
    columns=_STAGES,
    rows=_stages,
    key=("session", "scope", "generation"),
)


def _events(picture: Picture) -> Iterator[Values]:
    log = tables.event_log
    known = {*picture.seats, "palier"}
    rows = picture.stream(
        select(log.c.version, log.c.kind, log.c.author, log.c.at, picture.text(log.c.body))
        .where(log.c.session == picture.session)
        .order_by(log.c.version)
    )
    for one in rows:
        # whoever else has an account here is one who conducts sessions: which one is no data
        author = one.author if one.author in known else "operator"
        yield picture.session, one.version, one.kind, author, one.at, one.body


EVENTS = ExportTable(
    name="events",
    about="A row for each entry of the session's log, gapless in `version`.",
    columns=(
        SESSION,
        Column(name="version", type="integer", about="The entry's place in the log, from 1."),
        Column(name="kind", type="category", about="What happened."),
        Column(
            name="author",
            type="category",
            about="Who did it: a seat, `operator`, or `palier` by itself.",
        ),
        Column(name="at", type="instant", about="When."),
        Column(name="body", type="json", about="The particulars, as a JSON object."),
    ),
    rows=_events,
    key=("session", "version"),
)
