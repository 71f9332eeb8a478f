"""Reading sessions: what the record says, to be gone through again or shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, bindparam, func, select

from palier.program.payment import Settlement, in_cents
from palier.schemas.events import Clock, PostedValue, Stage
from palier.schemas.forms import Answer, FormSpec
from palier.schemas.live import ActionSpec
from palier.schemas.replies import How, LogEntry, SessionRow
from palier.workers.domain.record import (
    Call,
    Effect,
    Opening,
    Record,
    Recorded,
    RecordedScope,
    Step,
)
from palier.workers.persistence import tables
from palier.workers.persistence.acted import read_deeds

#: Statuses of sessions in which nothing more happens.
_OVER = ("finished", "closed")

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


def read_session(db: Connection, name: str) -> Record | None:
    """Return the record of a session, or None."""
    table = tables.session
    row = db.execute(select(table).where(table.c.name == name)).one_or_none()
    if row is None:
        return None
    seats = db.execute(
        select(tables.participant, tables.seat.c.present, tables.seat.c.session.label("sits_in"))
        .join(tables.seat, tables.seat.c.name == tables.participant.c.seat)
        .where(tables.participant.c.session == name)
        .order_by(tables.participant.c.number)
    ).all()
    scopes = db.execute(select(tables.scope).where(tables.scope.c.session == name)).all()
    runs = tables.stage_run
    steps, effects = _course(db, name)
    deeds, acted = read_deeds(db, name)
    return Record(
        opening=_opening(row, tuple(one.seat for one in seats)),
        status=row.status,
        reason=row.reason,
        traceback=row.traceback,
        version=row.version,
        stamp=row.stamp,
        releases=db.execute(
            select(func.coalesce(func.max(runs.c.released_as), 0)).where(runs.c.session == name)
        ).scalar_one(),
        present=frozenset(one.seat for one in seats if one.present and one.sits_in == name),
        standings={one.seat: one.standing for one in seats},
        payoffs={one.seat: one.payoff for one in seats},
        calls={one.seat: Call(at=one.called_at, text=one.call) for one in seats if one.called_at},
        scopes={
            one.name: RecordedScope(
                seats=tuple(one.seats),
                version=one.version,
                lasting=one.lasting,
                treatment=one.treatment,
                roles=one.roles or {},
                group=one.group,
            )
            for one in scopes
        },
        generations=tuple(_generations(db, name)),
        steps=steps,
        effects=effects,
        deeds=deeds,
        acted=acted,
        bots=frozenset(one.seat for one in seats if one.bot),
        settlements=_settlements(db, name),
    )


def _settlements(db: Connection, name: str) -> dict[str, Settlement]:
    table = tables.payment
    columns = [one for one in table.columns if one.name not in {"session", "at"}]
    rows = db.execute(select(*columns).where(table.c.session == name)).mappings()
    return {
        one["seat"]: Settlement(
            **{
                **one,
                "amount": in_cents(one["amount"]),
                "periods": None if one["periods"] is None else tuple(one["periods"]),
            }
        )
        for one in rows
    }


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


#: Entries of the log that moved the program on, and those that keep what it was given.
_STEPS = ("started", "released", "abandoned", "excluded", "readmitted", "rewound")
_EFFECT = "side-effect"


def _course(db: Connection, name: str) -> tuple[tuple[Step, ...], tuple[Effect, ...]]:
    """Return what moved the program on, in order, and the results of its side effects."""
    log = tables.event_log
    rows = db.execute(
        select(log.c.version, log.c.kind, log.c.at, log.c.body)
        .where(log.c.session == name, log.c.kind.in_((*_STEPS, _EFFECT)))
        .order_by(log.c.version)
    ).all()
    steps = tuple(
        Step(
            version=one.version,
            kind=one.kind,
            at=one.at,
            scope=one.body.get("scope", ""),
            generation=one.body.get("generation", 0),
            seat=one.body.get("seat", ""),
            excluded=tuple(one.body.get("excluded", ())),
            since=one.body.get("since", 0),
            again=one.body.get("again", ""),
        )
        for one in rows
        if one.kind in _STEPS
    )
    effects = tuple(Effect(version=one.version, **one.body) for one in rows if one.kind == _EFFECT)
    return steps, effects


@dataclass(slots=True)
class _Barrier:
    """The rows of one generation's parties."""

    private: dict[str, dict[str, Any]] = field(default_factory=dict)
    parties: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    arrived_at: dict[str, datetime] = field(default_factory=dict)
    how: dict[str, How] = field(default_factory=dict)
    answers: dict[str, Answer | None] = field(default_factory=dict)
    painted_at: dict[str, datetime] = field(default_factory=dict)
    posts: int = 0
    attempts: dict[str, int] = field(default_factory=dict)


def _generations(db: Connection, name: str) -> Iterator[Recorded]:
    barriers: dict[tuple[str, int], _Barrier] = defaultdict(_Barrier)
    for one in db.execute(select(tables.party).where(tables.party.c.session == name)):
        barrier = barriers[one.scope, one.generation]
        (barrier.withdrawn if one.withdrawn_at else barrier.parties).add(one.seat)
        if one.data:
            barrier.private[one.seat] = one.data
    for one in db.execute(select(tables.arrival).where(tables.arrival.c.session == name)):
        barrier = barriers[one.scope, one.generation]
        barrier.arrived_at[one.seat] = one.at
        barrier.how[one.seat] = one.how
        barrier.answers[one.seat] = None
    for one in db.execute(select(tables.answer).where(tables.answer.c.session == name)):
        barriers[one.scope, one.generation].answers[one.seat] = one.value
    for one in db.execute(select(tables.onset).where(tables.onset.c.session == name)):
        barriers[one.scope, one.generation].painted_at[one.seat] = one.painted_at
    post = tables.post
    for one in db.execute(
        select(post.c.scope, post.c.generation, func.max(post.c.number).label("posts"))
        .where(post.c.session == name)
        .group_by(post.c.scope, post.c.generation)
    ):
        barriers[one.scope, one.generation].posts = one.posts
    tried = tables.attempt
    for one in db.execute(
        select(tried.c.scope, tried.c.generation, tried.c.seat, func.max(tried.c.number).label("n"))
        .where(tried.c.session == name)
        .group_by(tried.c.scope, tried.c.generation, tried.c.seat)
    ):
        barriers[one.scope, one.generation].attempts[one.seat] = one.n
    runs = tables.stage_run
    for one in db.execute(select(runs).where(runs.c.session == name)):
        barrier = barriers[one.scope, one.generation]
        yield Recorded(
            stage=_stage(one, barrier),
            private=barrier.private,
            parties=frozenset(barrier.parties),
            withdrawn=frozenset(barrier.withdrawn),
            arrived_at=barrier.arrived_at,
            how=barrier.how,
            answers=barrier.answers,
            opened_by=one.opened_by,
            released_at=one.released_at,
            clock_paused=one.clock_paused,
            due_at=one.due_at,
            void=one.status == "void",
            screen=one.screen,
            painted_at=barrier.painted_at,
            posts=barrier.posts,
            attempts=barrier.attempts,
        )


def _stage(row: Row[Any], barrier: _Barrier) -> Stage:
    clock = None
    if row.deadline_at is not None or row.left_seconds is not None:
        clock = Clock(deadline_at=row.deadline_at, left=row.left_seconds)
    return Stage(
        scope=row.scope,
        generation=row.generation,
        name=row.stage,
        visit=row.visit,
        title=row.title,
        text=row.text,
        form=FormSpec.model_validate(row.form) if row.form else None,
        data=row.data,
        private=bool(barrier.private),
        parties=len(barrier.parties) + len(barrier.withdrawn),
        opened_at=row.opened_at,
        clock=clock,
        missing=row.missing,
        actions=tuple(ActionSpec.model_validate(one) for one in row.actions or ()),
        period=row.period,
    )


def read_log(db: Connection, name: str, *, after: int, limit: int) -> tuple[LogEntry, ...]:
    """Return entries of a session's log, in order."""
    log = tables.event_log
    rows = db.execute(
        select(log)
        .where(log.c.session == name, log.c.version > after)
        .order_by(log.c.version)
        .limit(limit)
    )
    return tuple(
        LogEntry(version=one.version, kind=one.kind, author=one.author, at=one.at, body=one.body)
        for one in rows
    )


def is_party(db: Connection, session: str, scope: str, generation: int, seat: str) -> bool:
    """Tell whether a seat was ever expected at the barrier of a generation."""
    party = tables.party
    return (
        db.execute(
            select(party.c.seat).where(
                party.c.session == session,
                party.c.scope == scope,
                party.c.generation == generation,
                party.c.seat == seat,
            )
        ).first()
        is not None
    )


def read_posts(
    db: Connection, session: str, scope: str, generation: int, *, after: int, limit: int
) -> tuple[PostedValue, ...]:
    """Return what was posted in a generation after a number, in order."""
    post = tables.post
    rows = db.execute(
        select(post)
        .where(
            post.c.session == session,
            post.c.scope == scope,
            post.c.generation == generation,
            post.c.number > after,
        )
        .order_by(post.c.number)
        .limit(limit)
    )
    return tuple(
        PostedValue(number=one.number, stream=one.stream, seat=one.seat, at=one.at, value=one.value)
        for one in rows
    )


def due_sessions(db: Connection, before: datetime) -> list[tuple[str, int, datetime]]:
    """Return session, partition and time of each session of which something is due by then."""
    run, session = tables.stage_run, tables.session
    rows = db.execute(
        select(session.c.name, session.c.partition, func.min(run.c.due_at).label("due_at"))
        .join(session, session.c.name == run.c.session)
        .where(run.c.due_at <= before, run.c.status == "open", session.c.status == "running")
        .group_by(session.c.name, session.c.partition)
    )
    return [(one.name, one.partition, one.due_at) for one in rows]


def read_origin(db: Connection, session: str) -> dict[str, Any]:
    """Return by which files and versions a session was opened; empty where that is not known."""
    table = tables.session
    found = db.execute(select(table.c.origin).where(table.c.name == session)).scalar_one()
    return dict(found or {})


def read_seats(db: Connection, names: Collection[str]) -> dict[str, SeatRecord]:
    """Return the seats of these names that there are."""
    return {one.name: one for one in _seats(db, tables.seat.c.name.in_(names))}


def read_seat_by_code(db: Connection, code_hash: str) -> SeatRecord | None:
    """Return the seat that a join code stands for, or None."""
    return next(iter(_seats(db, tables.seat.c.code_hash == code_hash)), None)


def seated_now(db: Connection) -> list[SeatRecord]:
    """Return the seats of all sessions that are not over, to compare with who is really there."""
    return [one for one in _seats(db, tables.seat.c.session.is_not(None)) if not one.session_over]


def lasting_scopes(db: Connection) -> list[tuple[str, str, tuple[str, ...]]]:
    """Return session, scope and seats of every lasting scope whose session is not over."""
    scope, session = tables.scope, tables.session
    rows = db.execute(
        select(scope.c.session, scope.c.name, scope.c.seats)
        .join(session, session.c.name == scope.c.session)
        .where(session.c.status.not_in(_OVER), scope.c.lasting)
        .order_by(scope.c.session, scope.c.name)
    )
    return [(one.session, one.name, tuple(one.seats)) for one in rows]


def running_programs(db: Connection) -> dict[str, list[str]]:
    """Return the sessions that are not over, by program."""
    session = tables.session
    found: dict[str, list[str]] = {}
    for one in db.execute(
        select(session.c.program, session.c.name)
        .where(session.c.status.not_in(_OVER))
        .order_by(session.c.name)
    ):
        found.setdefault(one.program, []).append(one.name)
    return found


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
            session_over=one.status in _OVER,
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
