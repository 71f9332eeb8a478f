"""Who was at which stage: the rows that answers, page times and wide tables are made of."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json
from sqlalchemy import ColumnElement, Row, Table, and_, select

from palier.workers.persistence import tables
from palier.workers.persistence.export.column import Column

if TYPE_CHECKING:
    from palier.workers.persistence.export.picture import Picture

_RUN, _PARTY = tables.stage_run, tables.party
_ARRIVAL, _ANSWER, _ONSET = tables.arrival, tables.answer, tables.onset
_PARTICIPANT, _SCOPE = tables.participant, tables.scope

#: Columns that mean the same in every table that has them.
SESSION = Column(name="session", type="text", about="The session's name.")
SEAT = Column(name="seat", type="category", about="The seat: where somebody sat, not who it was.")
GROUP = Column(
    name="group",
    type="category",
    about="The group of the seat at that stage; at a stage of all, the only group it was ever in. "
    "Empty where there is none, or more than one.",
)
ROLE = Column(name="role", type="category", about="The seat's role in that group; empty: none.")
TREATMENT = Column(
    name="treatment",
    type="category",
    about="The treatment at that stage; at a stage of all, the only one that the seat was ever in.",
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
PERIOD = Column(
    name="period",
    type="integer",
    about="The program's period, from 1; empty outside of any.",
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


#: What a row of a visit begins with: see `place`.
PLACE = (
    *(SESSION, SEAT, GROUP, ROLE, TREATMENT, SCOPE),
    *(STAGE, PERIOD, VISIT, SEAT_VISIT, GENERATION),
)


def place(picture: Picture, row: Row[Any], visit: int | None) -> tuple[Any, ...]:
    """Return who was where, as `PLACE` says, of a row that `visits` yields."""
    seat = picture.seats[row.seat]
    roles = _roles(row.roles)
    return (
        *(picture.session, row.seat, row.group or seat.group, roles.get(row.seat) or None),
        *(row.treatment or seat.treatment, row.scope),
        *(row.stage, row.period or None, row.visit, visit, row.generation),
    )


@lru_cache(maxsize=64)
def _roles(text: str | None) -> Mapping[str, str]:
    return (from_json(text) if text else None) or {}


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
    joined = (
        _RUN.join(_PARTY, same_run(_PARTY))
        .join(
            _PARTICIPANT,
            (_PARTICIPANT.c.session == _PARTY.c.session) & (_PARTICIPANT.c.seat == _PARTY.c.seat),
        )
        .join(_SCOPE, (_SCOPE.c.session == _RUN.c.session) & (_SCOPE.c.name == _RUN.c.scope))
    )
    for table in (_ARRIVAL, _ANSWER, _ONSET):
        if any(one in table.c.values() for one in wanted):
            joined = joined.outerjoin(table, _same_party(table))
    time = (_RUN.c.opened_at, _RUN.c.opened_by, _RUN.c.scope, _RUN.c.generation)
    number = _PARTICIPANT.c.number
    found = picture.stream(
        select(
            *(_RUN.c.scope, _RUN.c.generation, _RUN.c.stage, _RUN.c.visit, _PARTY.c.seat),
            *(_SCOPE.c.group, _SCOPE.c.treatment, picture.text(_SCOPE.c.roles), _RUN.c.period),
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
