"""Reading sessions: what the record says, to be gone through again or shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from palier.schemas.replies import SessionRow, SessionStatus
from palier.workers.domain.session import Opening, Recorded
from palier.workers.persistence import tables

# The statements of every batch are made once: making one costs as much as running it.
_LOCK = (
    select(tables.session.c.name, tables.session.c.stamp)
    .where(tables.session.c.name.in_(bindparam("names", expanding=True)))
    .order_by(tables.session.c.name)
    .with_for_update()
)
_RESULTS = select(
    tables.inbox.c.seat,
    tables.inbox.c.message_id,
    tables.inbox.c.result_kind,
    tables.inbox.c.result,
).where(tables.inbox.c.message_id.in_(bindparam("ids", expanding=True)))
_UNTOLD = (
    select(tables.outbox.c.seq, tables.outbox.c.parcel)
    .where(tables.outbox.c.partition == bindparam("at_partition"))
    .order_by(tables.outbox.c.seq)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """Everything that the database knows of one session."""

    opening: Opening
    status: SessionStatus
    reason: str
    started_at: datetime | None
    version: int
    stamp: int
    present: frozenset[str]
    generations: tuple[Recorded, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatRecord:
    """A seat, wherever it takes part."""

    name: str
    role: str
    session: str | None
    session_over: bool
    partition: int
    joined_with: str | None
    present: bool


def lock_sessions(db: Connection, names: Collection[str]) -> dict[str, int]:
    """Lock sessions against other workers until the transaction ends; return their stamps.

    Locked in the order of their names, so that two workers cannot wait for each other. Names that
    no session has are left out.
    """
    rows = db.execute(_LOCK, {"names": sorted(names)})
    return {one.name: one.stamp for one in rows}


def stored_results(
    db: Connection, keys: Sequence[tuple[str, str]]
) -> dict[tuple[str, str], tuple[str, str]]:
    """Return kind and body of the result of each (seat, message id) that was handled before."""
    # ids are as good as unique: what another seat has under the same one is not asked for
    rows = db.execute(_RESULTS, {"ids": [message_id for _, message_id in keys]})
    return {(seat, one): (kind, result) for seat, one, kind, result in rows}


def read_session(db: Connection, name: str) -> SessionRecord | None:
    """Return the record of a session, or None."""
    table = tables.session
    row = db.execute(select(table).where(table.c.name == name)).one_or_none()
    if row is None:
        return None
    seats = db.execute(
        select(tables.participant.c.seat, tables.seat.c.present, tables.seat.c.session)
        .join(tables.seat, tables.seat.c.name == tables.participant.c.seat)
        .where(tables.participant.c.session == name)
        .order_by(tables.participant.c.number)
    ).all()
    return SessionRecord(
        opening=_opening(row, tuple(one.seat for one in seats)),
        status=row.status,
        reason=row.reason,
        started_at=row.started_at,
        version=row.version,
        stamp=row.stamp,
        present=frozenset(one.seat for one in seats if one.present and one.session == name),
        generations=tuple(_generations(db, name)),
    )


def _opening(row: Row[Any], seats: tuple[str, ...]) -> Opening:
    return Opening(
        name=row.name,
        program=row.program,
        seats=seats,
        settings=row.settings,
        partition=row.partition,
        seed=row.seed,
        auto_start=row.auto_start,
        author=row.opened_by,
        at=row.opened_at,
    )


def _generations(db: Connection, name: str) -> Iterable[Recorded]:
    arrived: dict[tuple[str, int], dict[str, datetime]] = defaultdict(dict)
    for one in db.execute(select(tables.arrival).where(tables.arrival.c.session == name)):
        arrived[one.scope, one.generation][one.seat] = one.at
    answers: dict[tuple[str, int], dict[str, Any]] = defaultdict(dict)
    for one in db.execute(select(tables.answer).where(tables.answer.c.session == name)):
        answers[one.scope, one.generation][one.seat] = one.value
    runs = tables.stage_run
    for one in db.execute(select(runs).where(runs.c.session == name)):
        key = (one.scope, one.generation)
        yield Recorded(
            scope=one.scope,
            generation=one.generation,
            stage=one.stage,
            visit=one.visit,
            arrived=arrived[key],
            answers=answers[key],
            released_at=one.released_at,
            order=one.released_as or 0,
        )


def read_seats(db: Connection, names: Collection[str]) -> dict[str, SeatRecord]:
    """Return the seats of these names that there are."""
    return {one.name: one for one in _seats(db, tables.seat.c.name.in_(names))}


def read_seat_by_code(db: Connection, code_hash: str) -> SeatRecord | None:
    """Return the seat that a join code stands for, or None."""
    return next(iter(_seats(db, tables.seat.c.code_hash == code_hash)), None)


def seated_now(db: Connection) -> list[SeatRecord]:
    """Return the seats of all sessions that are not over, to compare with who is really there."""
    return [one for one in _seats(db, tables.seat.c.session.is_not(None)) if not one.session_over]


def open_scopes(db: Connection) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return session, scope and seats of every scope whose session is not over."""
    scope, session = tables.scope, tables.session
    rows = db.execute(
        select(scope.c.session, scope.c.name, scope.c.seats)
        .join(session, session.c.name == scope.c.session)
        .where(session.c.status.in_(("lobby", "running")))
        .order_by(scope.c.session, scope.c.name)
    )
    return [(one.session, one.name, tuple(one.seats)) for one in rows]


def _seats(db: Connection, condition: Any) -> list[SeatRecord]:
    seat, session = tables.seat, tables.session
    rows = db.execute(
        select(seat, session.c.status, session.c.partition)
        .outerjoin(session, session.c.name == seat.c.session)
        .where(condition)
    )
    return [
        SeatRecord(
            name=one.name,
            role=one.role,
            session=one.session,
            session_over=one.status in {"finished", "closed", "failed"},
            partition=one.partition or 0,
            joined_with=one.joined_with,
            present=one.present,
        )
        for one in rows
    ]


def operators(db: Connection) -> frozenset[str]:
    """Return the names of all operators."""
    table = tables.seat
    return frozenset(db.scalars(select(table.c.name).where(table.c.role == "operator")))


def list_sessions(db: Connection) -> tuple[SessionRow, ...]:
    """Return a line for each session, newest first."""
    table = tables.session
    seats = (
        select(tables.participant.c.session, func.count().label("seats"))
        .group_by(tables.participant.c.session)
        .subquery()
    )
    rows = db.execute(
        select(table, func.coalesce(seats.c.seats, 0).label("seats"))
        .outerjoin(seats, seats.c.session == table.c.name)
        .order_by(table.c.opened_at.desc(), table.c.name)
    )
    return tuple(
        SessionRow(
            session=one.name,
            program=one.program,
            status=one.status,
            seats=one.seats,
            partition=one.partition,
            opened_at=one.opened_at,
        )
        for one in rows
    )


def untold(db: Connection, partition: int) -> list[tuple[int, bytes]]:
    """Return what a partition still has to tell, in order."""
    rows = db.execute(_UNTOLD, {"at_partition": partition})
    return [(one.seq, one.parcel) for one in rows]
