"""Writing what was decided: the rows of one transaction, gathered and sent a table at a time.

A batch of two hundred commands is a handful of statements with many rows each; written one by one
they would cost ten times as much (Core, not the ORM, for the same reason).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from typing import Any, assert_never

from sqlalchemy import Connection, Table, Update, bindparam, delete, insert, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from palier.schemas.names import ALL
from palier.workers.domain.facts import (
    Abandoned,
    Acted,
    Arrived,
    Attempted,
    Attended,
    BotSeated,
    ClockChanged,
    Due,
    Ended,
    Fact,
    Failed,
    HelpCalled,
    Intervened,
    Opened,
    Paid,
    Painted,
    Performed,
    Posted,
    PresenceChanged,
    Released,
    Rewound,
    ScopeFormed,
    Settled,
    StandingChanged,
    Started,
    StatusChanged,
)
from palier.workers.domain.record import Opening
from palier.workers.errors import Fenced
from palier.workers.persistence import tables
from palier.workers.persistence.acted import Actions
from palier.workers.persistence.reported import Reported

Values = dict[str, Any]

_RUN = tables.stage_run
_SAME_RUN = (
    (_RUN.c.session == bindparam("at_session"))
    & (_RUN.c.scope == bindparam("at_scope"))
    & (_RUN.c.generation == bindparam("at_generation"))
    & (_RUN.c.status == "open")
)

#: Compare and set: a second worker that counted meanwhile makes no row match.
_COUNT = (
    update(_RUN)
    .where(_SAME_RUN & (_RUN.c.arrived == bindparam("before")))
    .values(arrived=bindparam("now"))
)
_RELEASE = (
    update(_RUN)
    .where(_SAME_RUN & (_RUN.c.arrived == _RUN.c.expected))
    .values(
        status="released",
        released_at=bindparam("released_at"),
        released_as=bindparam("released_as"),
    )
)
_ABANDON = update(_RUN).where(_SAME_RUN).values(status="abandoned", released_at=bindparam("now"))
_EXPECT = update(_RUN).where(_SAME_RUN).values(expected=bindparam("now"))
_DUE = update(_RUN).where(_SAME_RUN).values(due_at=bindparam("now"))
_CLOCK = (
    update(_RUN)
    .where(_SAME_RUN)
    .values(
        deadline_at=bindparam("at_deadline"),
        left_seconds=bindparam("left"),
        clock_paused=bindparam("paused"),
        due_at=bindparam("due"),
    )
)
_VOID = (
    update(_RUN)
    .where(
        (_RUN.c.session == bindparam("at_session"))
        & (_RUN.c.scope == bindparam("at_scope"))
        & (_RUN.c.generation == bindparam("at_generation"))
    )
    # its rows stay as they are, and nothing of it is due
    .values(status="void", due_at=None)
)
_REOPEN = (
    update(_RUN)
    .where(
        (_RUN.c.session == bindparam("at_session"))
        & (_RUN.c.scope == bindparam("at_scope"))
        & (_RUN.c.generation == bindparam("at_generation"))
    )
    .values(status="open", released_at=None, released_as=None)
)
_WITHDRAW = (
    update(tables.party)
    .where(
        (tables.party.c.session == bindparam("at_session"))
        & (tables.party.c.scope == bindparam("at_scope"))
        & (tables.party.c.generation == bindparam("at_generation"))
        & (tables.party.c.seat == bindparam("at_seat"))
    )
    .values(withdrawn_at=bindparam("now"))
)
_STAND = (
    update(tables.participant)
    .where(
        (tables.participant.c.session == bindparam("at_session"))
        & (tables.participant.c.seat == bindparam("at_seat"))
    )
    .values(standing=bindparam("now"))
)
_SCOPE = (
    update(tables.scope)
    .where(
        (tables.scope.c.session == bindparam("at_session"))
        & (tables.scope.c.name == bindparam("at_scope"))
    )
    .values(version=bindparam("now"))
)
_PAY = (
    update(tables.participant)
    .where(
        (tables.participant.c.session == bindparam("at_session"))
        & (tables.participant.c.seat == bindparam("at_seat"))
    )
    .values(payoff=bindparam("now"))
)
_PRESENCE = (
    update(tables.seat)
    .where(tables.seat.c.name == bindparam("at_seat"))
    .values(present=bindparam("now"), present_since=bindparam("since"))
)
_BOT = (
    update(tables.participant)
    .where(
        (tables.participant.c.session == bindparam("at_session"))
        & (tables.participant.c.seat == bindparam("at_seat"))
    )
    .values(bot=bindparam("now"))
)
_STAMP = (
    update(tables.session)
    .where(
        (tables.session.c.name == bindparam("at_session"))
        & (tables.session.c.stamp == bindparam("before"))
    )
    .values(stamp=bindparam("now"), version=bindparam("log_version"))
)

#: In this order, so that a row's parents stand before it; made once, as all statements here.
_INSERTS = {
    one: insert(one)
    for one in (
        tables.session,
        tables.participant,
        tables.stage_run,
        tables.party,
        tables.arrival,
        tables.answer,
        tables.attempt,
        tables.event_log,
        tables.inbox,
    )
}
_PUT = insert(tables.outbox).returning(tables.outbox.c.seq)
_DROP = delete(tables.outbox).where(tables.outbox.c.seq.in_(bindparam("numbers", expanding=True)))


class Writer:
    """The rows of one transaction. Used once, by one thread."""

    def __init__(self) -> None:
        self._rows: dict[Table, list[Values]] = {one: [] for one in _INSERTS}
        self._counts: dict[tuple[str, str, int], list[int]] = {}
        self._releases: list[Values] = []
        self._scopes: dict[tuple[str, str], int] = {}
        self._payoffs: dict[tuple[str, str], Values] = {}
        self._presences: list[Values] = []
        self._stamps: dict[str, Values] = {}
        self._statuses: list[tuple[str, Values]] = []
        self._standings: dict[tuple[str, str], Values] = {}
        self._withdrawals: dict[tuple[str, str, int, str], Values] = {}
        #: Changes of open generations: how many are expected, the clock, what is due.
        self._expected: dict[tuple[str, str, int], Values] = {}
        self._clocks: dict[tuple[str, str, int], Values] = {}
        self._dues: dict[tuple[str, str, int], Values] = {}
        self._abandoned: list[Values] = []
        self._voids: list[Values] = []
        self._reopened: list[Values] = []
        self._formed: list[Values] = []
        self._payments: list[Values] = []
        self._bots: list[Values] = []
        self._seats: list[Values] = []
        self._reported = Reported()
        self._actions = Actions()

    # -- what to write ----------------------------------------------------------------------------

    def opened(self, opening: Opening, *, treatment: str = "") -> None:
        """Write a new session, its seats and participants; ``treatment`` is that of all."""
        name = opening.name
        self._rows[tables.session].append(
            {
                "name": name,
                "program": opening.program,
                "status": "lobby",
                "reason": "",
                "settings": dict(opening.settings),
                "partition": opening.partition,
                "seed": opening.seed,
                "auto_start": opening.auto_start,
                "opened_by": opening.author,
                "opened_at": opening.at,
                "version": 0,
                "stamp": 0,
                "origin": dict(opening.origin),
            }
        )
        self._formed.append(
            {
                "session": name,
                "name": ALL,
                "seats": list(opening.seats),
                "lasting": True,
                "group": "",
                "roles": None,
                "treatment": treatment,
            }
        )
        self._seats += [
            {"name": one, "role": "participant", "session": name} for one in opening.seats
        ]
        self._rows[tables.participant] += [
            {"session": name, "seat": one, "number": number, "payoff": Decimal(0)}
            for number, one in enumerate(opening.seats, start=1)
        ]

    def origin(self, session: str, origin: Values) -> None:
        """Write by which files a session is conducted."""
        self._statuses.append((session, {"origin": origin}))

    def result(self, row: Values) -> None:
        """Write the result of a command: a row of `tables.inbox`."""
        self._rows[tables.inbox].append(row)

    def log(
        self, session: str, version: int, kind: str, *, author: str, at: datetime, body: Values
    ) -> None:
        """Write one entry of a session's log."""
        self._rows[tables.event_log].append(
            {
                "session": session,
                "version": version,
                "kind": kind,
                "author": author,
                "at": at,
                "body": body,
            }
        )

    def stamped(self, session: str, *, before: int, version: int) -> None:
        """Write that the session changed; ``before`` is the stamp it was read with."""
        self._stamps[session] = {
            "at_session": session,
            "before": before,
            "now": before + 1,
            "log_version": version,
        }

    def fact(  # noqa: C901, PLR0912, PLR0915 - a table
        self, session: str, fact: Fact, *, releases: int, step: int, version: int
    ) -> None:
        """Write a fact.

        ``releases`` is the number of the session's releases, this one included; ``step`` the log's
        version of the step that it is or follows from, and ``version`` that of its last entry.
        """
        match fact:
            case Arrived():
                self._arrived(session, fact)
            case Released(then=then):
                self._released(session, fact, releases)
                if then is not None:
                    self._opened_stage(session, then, step)
            case Opened():
                self._opened_stage(session, fact, step)
            case ScopeFormed(scope=scope, seats=seats):
                self._formed.append(
                    {
                        "session": session,
                        "name": scope,
                        "seats": list(seats),
                        "lasting": fact.lasting,
                        "group": fact.group,
                        "roles": dict(fact.roles) or None,
                        "treatment": fact.treatment,
                    }
                )
            case Paid(seat=seat, payoff=payoff):
                self._payoffs[session, seat] = {
                    "at_session": session,
                    "at_seat": seat,
                    "now": payoff,
                }
            case Settled(settlement=settlement, at=at):
                self._payments.append({"session": session, **asdict(settlement), "at": at})
            case Attempted():
                self._rows[tables.attempt].append(_attempt(session, fact))
            case BotSeated(seat=seat, bot=bot):
                self._bots.append({"at_session": session, "at_seat": seat, "now": bot})
            case PresenceChanged(seat=seat, present=present, at=at):
                self.presence(seat, present=present, at=at)
            case StandingChanged():
                self._standing(session, fact)
            case ClockChanged():
                self._clock(session, fact)
            case Due(scope=scope, generation=generation, due_at=due_at):
                key = (session, scope, generation)
                self._dues[key] = {**_at(*key), "now": due_at}
            case Abandoned(scope=scope, generation=generation, at=at):
                self._abandoned.append({**_at(session, scope, generation), "now": at})
            case Rewound(void=void, reopened=reopened):
                self._voids += [_at(session, *one) for one in void]
                self._reopened += [_at(session, *one) for one in reopened]
            case Started(at=at):
                self._statuses.append((session, {"status": "running", "started_at": at}))
                self._statuses.append((session, {"reason": "", "traceback": ""}))
            case StatusChanged(status=status, cause=cause, version=version):
                self._scopes[session, ALL] = version
                values = {"status": status, "reason": cause.reason if status != "running" else ""}
                if status == "running":
                    values["traceback"] = ""
                self._statuses.append((session, values))
            case Ended(outcome=outcome, reason=reason, version=version, at=at):
                self._scopes[session, ALL] = version
                self._statuses.append(
                    (session, {"status": outcome, "reason": reason, "ended_at": at})
                )
            case Failed(traceback=traceback):
                self._statuses.append((session, {"traceback": traceback}))
            case Painted() | Posted() | HelpCalled() | Attended():
                self._reported.fact(session, fact)
            case Acted():
                self._actions.fact(session, fact, after=version)
            case Performed() | Intervened():
                pass  # they stand in the log
            case _:
                assert_never(fact)

    def presence(self, seat: str, *, present: bool, at: datetime) -> None:
        """Write that a seat's client came or went."""
        self._presences.append({"at_seat": seat, "now": present, "since": at})

    def _arrived(self, session: str, fact: Arrived) -> None:
        key = {
            "session": session,
            "scope": fact.scope,
            "generation": fact.generation,
            "seat": fact.seat,
        }
        self._rows[tables.arrival].append(
            {**key, "message_id": fact.cause.message_id, "how": fact.how, "at": fact.at}
        )
        if fact.answer is not None:
            self._rows[tables.answer].append({**key, "value": dict(fact.answer)})
        count = self._counts.setdefault(
            (session, fact.scope, fact.generation), [fact.count - 1, fact.count]
        )
        count[1] = fact.count

    def _released(self, session: str, fact: Released, releases: int) -> None:
        self._releases.append(
            {
                **_at(session, fact.scope, fact.generation),
                "released_at": fact.at,
                "released_as": releases,
            }
        )
        self._scopes[session, fact.scope] = fact.version

    def _standing(self, session: str, fact: StandingChanged) -> None:
        self._standings[session, fact.seat] = {
            "at_session": session,
            "at_seat": fact.seat,
            "now": fact.standing,
        }
        for one in fact.withdrawn:
            key = (session, one.scope, one.generation)
            self._withdrawals[*key, fact.seat] = {
                **_at(*key),
                "at_seat": fact.seat,
                "now": None if one.back else fact.at,
            }
            self._expected[key] = {**_at(*key), "now": one.expected}

    def _clock(self, session: str, fact: ClockChanged) -> None:
        key = (session, fact.scope, fact.generation)
        self._clocks[key] = {
            **_at(*key),
            "at_deadline": fact.clock.deadline_at,
            "left": fact.clock.left,
            "paused": fact.paused,
            "due": fact.due_at,
        }
        self._dues.pop(key, None)
        self._scopes[session, fact.scope] = fact.version

    def _opened_stage(self, session: str, fact: Opened, step: int) -> None:
        stage = fact.stage
        key = {"session": session, "scope": stage.scope, "generation": stage.generation}
        self._rows[tables.stage_run].append(
            {
                **key,
                "stage": stage.name,
                "visit": stage.visit,
                "status": "open",
                "expected": len(fact.parties),
                "arrived": 0,
                "title": stage.title,
                "text": stage.text,
                "form": stage.form.model_dump(mode="json") if stage.form else None,
                "data": stage.data,
                "opened_at": fact.at,
                "opened_by": step,
                "missing": stage.missing,
                "deadline_at": stage.clock.deadline_at if stage.clock else None,
                "due_at": fact.due_at,
                "screen": fact.screen,
                "actions": [one.model_dump(mode="json") for one in stage.actions] or None,
                "period": stage.period,
            }
        )
        self._rows[tables.party] += [
            {**key, "seat": seat, "data": _own(fact.private, seat)} for seat in fact.parties
        ]
        self._scopes[session, stage.scope] = fact.version

    # -- writing ----------------------------------------------------------------------------------

    def flush(self, db: Connection) -> None:
        """Send everything; raises `Fenced` when another worker was there meanwhile."""
        for table, statement in _INSERTS.items():
            if table is tables.participant:
                self._upsert_seats(db)
                self._upsert_scopes(db)
            if table is tables.stage_run:
                # before others take their places
                _many(db, _VOID, self._voids)
                _many(db, _REOPEN, self._reopened)
            if rows := self._rows[table]:
                db.execute(statement, rows)
        self._reported.flush(db)
        self._actions.flush(db)
        self._matching(db, _COUNT, [_counted(key, count) for key, count in self._counts.items()])
        _many(db, _WITHDRAW, list(self._withdrawals.values()))
        self._matching(db, _EXPECT, list(self._expected.values()))
        self._matching(db, _CLOCK, list(self._clocks.values()))
        self._matching(db, _DUE, list(self._dues.values()))
        self._matching(db, _RELEASE, self._releases)
        self._matching(db, _ABANDON, self._abandoned)
        _many(
            db,
            _SCOPE,
            [
                {"at_session": session, "at_scope": scope, "now": version}
                for (session, scope), version in self._scopes.items()
            ],
        )
        _many(db, _PAY, list(self._payoffs.values()))
        _many(db, _BOT, self._bots)
        self._upsert_payments(db)
        _many(db, _STAND, list(self._standings.values()))
        _many(db, _PRESENCE, self._presences)
        for session, values in self._statuses:
            db.execute(
                update(tables.session).where(tables.session.c.name == session).values(values)
            )
        self._matching(db, _STAMP, list(self._stamps.values()))

    def _upsert_seats(self, db: Connection) -> None:
        if not self._seats:
            return
        make = insert_sqlite if db.dialect.name == "sqlite" else insert_postgresql
        statement = make(tables.seat)
        db.execute(
            statement.on_conflict_do_update(
                index_elements=["name"], set_={"session": statement.excluded.session}
            ),
            self._seats,
        )

    def _upsert_scopes(self, db: Connection) -> None:
        """Form scopes; one that was formed before, and set aside, keeps counting its versions."""
        if not self._formed:
            return
        make = insert_sqlite if db.dialect.name == "sqlite" else insert_postgresql
        statement = make(tables.scope)
        formed = ("seats", "lasting", "group", "roles", "treatment")
        db.execute(
            statement.on_conflict_do_update(
                index_elements=["session", "name"],
                set_={one: statement.excluded[one] for one in formed},
            ),
            [{**one, "version": 0} for one in self._formed],
        )

    def _upsert_payments(self, db: Connection) -> None:
        """Write what is paid; a session that ends once more is reckoned anew."""
        if not self._payments:
            return
        make = insert_sqlite if db.dialect.name == "sqlite" else insert_postgresql
        statement = make(tables.payment)
        key = ("session", "seat")
        changed = {
            one.name: statement.excluded[one.name]
            for one in tables.payment.columns
            if one.name not in key
        }
        db.execute(
            statement.on_conflict_do_update(index_elements=key, set_=changed), self._payments
        )

    def _matching(self, db: Connection, statement: Update, rows: list[Values]) -> None:
        """Update rows that must all be as this worker knew them."""
        if rows and (matched := db.execute(statement, rows).rowcount) != len(rows):
            raise Fenced(
                f"Only {matched} of {len(rows)} rows of {statement.table.description} were as "
                "known: another worker has conducted this session meanwhile."
            )


def put(db: Connection, *, partition: int, parcel: bytes) -> int:
    """Put a parcel into the outbox; return its number."""
    number: int = db.execute(_PUT, {"partition": partition, "parcel": parcel}).scalar_one()
    return number


def drop_told(db: Connection, numbers: list[int]) -> None:
    """Take parcels that were told out of the outbox."""
    db.execute(_DROP, {"numbers": numbers})


def keep_codes(db: Connection, hashes: Mapping[str, str]) -> None:
    """Give seats new join codes, of which only the hash is kept."""
    _many(
        db,
        update(tables.seat)
        .where(tables.seat.c.name == bindparam("at_seat"))
        .values(code_hash=bindparam("hash"), joined_with=None),
        [{"at_seat": seat, "hash": one} for seat, one in hashes.items()],
    )


def keep_join(db: Connection, seat: str, message_id: str) -> None:
    """Note by which message a code was used: only that one is answered again."""
    db.execute(update(tables.seat).where(tables.seat.c.name == seat).values(joined_with=message_id))


def keep_operator(db: Connection, name: str) -> None:
    """Note that a seat is an operator's; idempotent."""
    make = insert_sqlite if db.dialect.name == "sqlite" else insert_postgresql
    db.execute(
        make(tables.seat)
        .values(name=name, role="operator")
        .on_conflict_do_update(index_elements=["name"], set_={"role": "operator"})
    )


def _many(db: Connection, statement: Update, rows: list[Values]) -> None:
    if rows:
        db.execute(statement, rows)


def _at(session: str, scope: str, generation: int) -> Values:
    return {"at_session": session, "at_scope": scope, "at_generation": generation}


def _counted(key: tuple[str, str, int], count: list[int]) -> Values:
    before, now = count
    return {**_at(*key), "before": before, "now": now}


def _attempt(session: str, fact: Attempted) -> Values:
    return {
        "session": session,
        "scope": fact.scope,
        "generation": fact.generation,
        "seat": fact.seat,
        "number": fact.number,
        "answer": dict(fact.answer or {}),
        "wrong": list(fact.wrong),
        "message_id": fact.message_id,
        "at": fact.at,
    }


def _own(private: Mapping[str, Mapping[str, Any]], seat: str) -> Values | None:
    own = private.get(seat)
    return dict(own) if own else None
