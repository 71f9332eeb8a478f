"""Who was at which stage: the rows that answers, page times and wide tables are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Row, Table, and_, select

from palier.workers.persistence import tables
from palier.workers.persistence.export.column import Column

if TYPE_CHECKING:
    from palier.workers.persistence.export.picture import Picture

_RUN, _PARTY = tables.stage_run, tables.party
_ARRIVAL, _ANSWER, _ONSET = tables.arrival, tables.answer, tables.onset
_PARTICIPANT = tables.participant

#: Columns that mean the same in every table that has them.
SESSION = Column(name="session", type="text", about="The session's name.")
SEAT = Column(name="seat", type="category", about="The seat: where somebody sat, not who it was.")
GROUP = Column(
    name="group",
    type="category",
    about="The group of the seat at that stage; at a stage of all, the only group it was ever in. "
    "Empty where there is none, or more than one.",
)
SCOPE = Column(
    name="scope",
    type="category",
    about="Who went through the stage together: `all`, or the name of a group.",
)
GENERATION = Column(
    name="generation",
    type="integer",
    about="The opening of the stage, from 1 in its scope; with the scope the key of an opening.",
)
STAGE = Column(name="stage", type="category", about="The stage's name in the program.")
VISIT = Column(
    name="visit", type="integer", about="Which time a stage of this name opened in this scope."
)
SEAT_VISIT = Column(
    name="seat_visit",
    type="integer",
    about="Which time this seat came to a stage of this name, whatever group it was in then. "
    "Empty where the stage was set aside.",
)
OPENED_AT = Column(name="opened_at", type="instant", about="When the stage opened.")
HOW = Column(
    name="how",
    type="category",
    about="How the answer came about: `submitted` by the seat itself, `default` when time was up, "
    "`bot` by a bot that stood in, `operator` by the operator.",
)
SET_ASIDE = Column(
    name="set_aside",
    type="flag",
    about="Whether the session went on from an earlier stage later, so that this does not count.",
)


def same_run(table: Table) -> ColumnElement[bool]:
    """Return the condition that a row belongs to an opening of a stage."""
    return and_(*(table.c[one] == _RUN.c[one] for one in ("session", "scope", "generation")))


def _same_party(table: Table) -> ColumnElement[bool]:
    keys = ("session", "scope", "generation", "seat")
    return and_(*(table.c[one] == _PARTY.c[one] for one in keys))


def visits(
    picture: Picture, *wanted: ColumnElement[Any], by_seat: bool = False
) -> Iterator[tuple[Row[Any], int | None]]:
    """Yield everyone who was expected at each stage, with ``seat_visit``, in the order of time.

    ``wanted`` are columns of the opening, of its party, or of the arrival, answer or onset, which
    are None where there is none. ``by_seat``: one seat after the other.
    """
    joined = _RUN.join(_PARTY, same_run(_PARTY)).join(
        _PARTICIPANT,
        (_PARTICIPANT.c.session == _PARTY.c.session) & (_PARTICIPANT.c.seat == _PARTY.c.seat),
    )
    for table in (_ARRIVAL, _ANSWER, _ONSET):
        if any(one in table.c.values() for one in wanted):
            joined = joined.outerjoin(table, _same_party(table))
    time = (_RUN.c.opened_at, _RUN.c.opened_by, _RUN.c.scope, _RUN.c.generation)
    number = _PARTICIPANT.c.number
    found = picture.stream(
        select(
            *(_RUN.c.scope, _RUN.c.generation, _RUN.c.stage, _RUN.c.visit, _PARTY.c.seat),
            (_RUN.c.status == "void").label("void"),
            *wanted,
        )
        .select_from(joined)
        .where(_RUN.c.session == picture.session)
        .order_by(*((number, *time) if by_seat else (*time, number)))
    )
    counts = Counter[tuple[str, str]]()
    for one in found:
        if one.void:
            yield one, None
            continue
        key = (one.seat, one.stage)
        counts[key] += 1
        yield one, counts[key]
