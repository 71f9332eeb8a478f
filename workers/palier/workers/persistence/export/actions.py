"""What was done in live stages, or tried."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import select

from palier.workers.persistence import tables
from palier.workers.persistence.export.column import Column
from palier.workers.persistence.export.picture import Picture
from palier.workers.persistence.export.table import ExportTable, Values
from palier.workers.persistence.export.visits import (
    GENERATION,
    SCOPE,
    SEAT,
    SESSION,
    SET_ASIDE,
    STAGE,
    VISIT,
    same_run,
)

_ACTION, _RUN = tables.action, tables.stage_run


def _actions(picture: Picture) -> Iterator[Values]:
    rows = picture.stream(
        select(
            *(_ACTION.c.number, _ACTION.c.scope, _ACTION.c.generation, _RUN.c.stage, _RUN.c.visit),
            *(_ACTION.c.seat, _ACTION.c.at, _RUN.c.opened_at, _ACTION.c.action),
            *(picture.text(_ACTION.c.body).label("body"), _ACTION.c.outcome, _ACTION.c.reason),
            (_RUN.c.status == "void").label("void"),
        )
        .select_from(_ACTION.join(_RUN, same_run(_ACTION)))
        .where(_ACTION.c.session == picture.session)
        .order_by(_ACTION.c.number)
    )
    for one in rows:
        yield (
            *(picture.session, one.number, one.scope, one.generation, one.stage, one.visit),
            *(one.seat, one.at, (one.at - one.opened_at).total_seconds(), one.action),
            *(one.body, one.outcome, one.reason, one.void),
        )


ACTIONS = ExportTable(
    name="actions",
    about="A row for each thing that was done in a live stage, or tried, in the order it came.",
    columns=(
        SESSION,
        Column(name="number", type="integer", about="Its place in all of the session, from 1."),
        *(SCOPE, GENERATION, STAGE, VISIT, SEAT),
        Column(name="at", type="instant", about="When it came to the worker."),
        Column(name="seconds", type="number", unit="s", about="From the stage's opening to it."),
        Column(name="action", type="category", about="What was done: the program's own name."),
        Column(name="body", type="json", about="What was filled in, as JSON; empty: nothing."),
        Column(
            name="outcome",
            type="category",
            about="`taken`; `refused` by the program's rules; `failed` in the program's code.",
        ),
        Column(name="reason", type="text", about="Why it was not taken, in the program's words."),
        SET_ASIDE,
    ),
    rows=_actions,
    key=("session", "number"),
    of=("payoffs", "stages"),
)
