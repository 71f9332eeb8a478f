"""When each seat was shown a stage, and when it went on; what it alone was shown; what was said."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from palier.workers.persistence import tables
from palier.workers.persistence.export.column import Column
from palier.workers.persistence.export.picture import Picture
from palier.workers.persistence.export.table import ExportTable, Values
from palier.workers.persistence.export.visits import (
    GENERATION,
    HOW,
    OPENED_AT,
    PLACE,
    SCOPE,
    SEAT,
    SESSION,
    SET_ASIDE,
    STAGE,
    VISIT,
    place,
    same_run,
    visits,
)

_PAINTED_AT = Column(
    name="painted_at",
    type="instant",
    about="When the seat's desk had painted the stage, by the worker's clock as the desk knows it.",
)
_RUN = tables.stage_run
_TIMES = (
    *(_RUN.c.opened_at, tables.onset.c.painted_at, tables.arrival.c.at, tables.arrival.c.how),
    tables.party.c.withdrawn_at,
)


def _page_times(picture: Picture) -> Iterator[Values]:
    for one, visit in visits(picture, *_TIMES):
        yield (
            *place(picture, one, visit),
            *(one.opened_at, one.painted_at, one.at, one.withdrawn_at),
            _seconds(one.opened_at, one.at),
            _seconds(one.painted_at, one.at),
            *(one.how, one.void),
        )


PAGE_TIMES = ExportTable(
    name="page_times",
    about="A row for each seat at each stage, also where it has not arrived.",
    columns=(
        *(*PLACE, OPENED_AT),
        _PAINTED_AT,
        Column(name="arrived_at", type="instant", about="When the seat went on; empty: not yet."),
        Column(name="withdrawn_at", type="instant", about="When it was excluded from the stage."),
        Column(name="seconds", type="number", unit="s", about="From opened to arrived."),
        Column(
            name="shown_seconds",
            type="number",
            unit="s",
            about="From painted to arrived; empty where no desk said when it had painted.",
        ),
        HOW,
        SET_ASIDE,
    ),
    rows=_page_times,
    key=("session", "scope", "generation", "seat"),
    of=("payoffs", "stages"),
)


def _onset(picture: Picture) -> Iterator[Values]:
    onset = tables.onset
    rows = picture.stream(
        select(onset, _RUN.c.stage, _RUN.c.visit, _RUN.c.opened_at)
        .select_from(onset.join(_RUN, same_run(onset)))
        .where(onset.c.session == picture.session)
        .order_by(_RUN.c.opened_at, _RUN.c.opened_by, onset.c.scope, onset.c.generation)
        .order_by(onset.c.painted_at)
    )
    for one in rows:
        yield (
            *(picture.session, one.scope, one.generation, one.stage, one.visit, one.seat),
            *(one.opened_at, one.painted_at),
            _seconds(one.opened_at, one.painted_at),
            one.off_by,
        )


ONSET = ExportTable(
    name="onset",
    about="A row for each desk that said when it had painted a stage.",
    columns=(
        *(SESSION, SCOPE, GENERATION, STAGE, VISIT, SEAT, OPENED_AT, _PAINTED_AT),
        Column(name="seconds", type="number", unit="s", about="From opened to painted."),
        Column(
            name="off_by",
            type="number",
            unit="s",
            about="How far the desk's knowledge of the worker's clock may be off.",
        ),
    ),
    rows=_onset,
    key=("session", "scope", "generation", "seat"),
    of=("payoffs", "stages"),
)


def _own_data(picture: Picture) -> Iterator[Values]:
    party = tables.party
    rows = picture.stream(
        select(
            *(party.c.scope, party.c.generation, _RUN.c.stage, _RUN.c.visit, party.c.seat),
            picture.text(party.c.data),
        )
        .select_from(party.join(_RUN, same_run(party)))
        .where((party.c.session == picture.session) & party.c.data.is_not(None))
        .order_by(_RUN.c.opened_at, _RUN.c.opened_by, party.c.scope, party.c.generation)
        .order_by(party.c.seat)
    )
    for one in rows:
        if one.data not in {"null", "{}"}:
            yield picture.session, *one


OWN_DATA = ExportTable(
    name="own_data",
    about="A row for each seat at each stage where it alone was shown something.",
    columns=(
        *(SESSION, SCOPE, GENERATION, STAGE, VISIT, SEAT),
        Column(
            name="data",
            type="json",
            about="What the program gave this seat alone to see, as a JSON object.",
        ),
    ),
    rows=_own_data,
    key=("session", "scope", "generation", "seat"),
    of=("payoffs", "stages"),
)


def _posts(picture: Picture) -> Iterator[Values]:
    post = tables.post
    rows = picture.stream(
        select(
            *(post.c.scope, post.c.generation, _RUN.c.stage, _RUN.c.visit),
            *(post.c.number, post.c.stream, post.c.seat, post.c.at, picture.text(post.c.value)),
            (_RUN.c.status == "void").label("void"),
        )
        .select_from(post.join(_RUN, same_run(post)))
        .where(post.c.session == picture.session)
        .order_by(post.c.scope, post.c.generation, post.c.number)
    )
    for one in rows:
        yield picture.session, *one


POSTS = ExportTable(
    name="posts",
    about="A row for each thing that was said within a stage.",
    columns=(
        *(SESSION, SCOPE, GENERATION, STAGE, VISIT),
        Column(name="number", type="integer", about="Its place in what was said there, from 1."),
        Column(name="stream", type="category", about="The screen's stream it was said on."),
        SEAT,
        Column(name="at", type="instant", about="When it was said."),
        Column(name="value", type="json", about="What was said, as JSON."),
        SET_ASIDE,
    ),
    rows=_posts,
    key=("session", "scope", "generation", "number"),
    of=("payoffs", "stages"),
)


def _seconds(since: datetime | None, until: datetime | None) -> float | None:
    """Return the seconds between two moments; a desk's clock may be a little ahead: not below 0."""
    if since is None or until is None:
        return None
    return max(0.0, (until - since).total_seconds())
