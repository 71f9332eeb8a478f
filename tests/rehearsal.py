"""A session on the real handlers without a broker: its clock and its crashes are a test's own."""

from __future__ import annotations

import sqlite3
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import Engine, event, select
from sqlalchemy.exc import OperationalError

from palier.broker.transport import Delivery, Publication
from palier.program import Program
from palier.program import Session as ProgramSession
from palier.schemas.commands import GetOverview, GetSnapshot, OpenSession, Start, Submit, Tick
from palier.schemas.envelope import unpack
from palier.schemas.message import Command, Message, Query, Reply
from palier.schemas.names import OPERATOR, WORKER
from palier.schemas.replies import Overview, Refused, Snapshot
from palier.workers.domain import views
from palier.workers.domain.session import Session
from palier.workers.errors import DatabaseUnavailable
from palier.workers.persistence import tables
from palier.workers.persistence.record import read_session
from palier.workers.runtime.batch import Handled
from palier.workers.runtime.catalogue import Catalogue
from palier.workers.runtime.known import prepared
from tests.databases import Database, Sqlite
from tests.laboratory import Postman, check_record, commanded

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)

#: The name of the session that is rehearsed.
SESSION = "s"


class Killed(BaseException):
    """The worker's process is gone: nothing that it had begun is finished."""


class Rehearsal:
    """One session, and workers that take turns. ``now`` is every worker's clock."""

    def __init__(
        self, database: Database, known: Catalogue, *, seats: Sequence[str], workers: int = 1
    ) -> None:
        self.database = database
        self.now = NOON
        self.seats = tuple(seats)
        self.catalogue = known
        self.postman = Postman(database.migrated(), known, clock=lambda: self.now)
        self.workers = [self.postman.handler() for _ in range(workers)]
        self._ids = count(1)

    # -- what is asked

    def command(
        self, message: Command | Query, account: str = OPERATOR, *, name: str = ""
    ) -> Publication:
        """Return a command on its way, by a name that the same rehearsal has again."""
        return commanded(message, account, message_id=name or f"m{next(self._ids)}")

    def open(self, program: str, *, start: bool = True, seed: int = 3) -> None:
        """Open the session, and start it."""
        opening = OpenSession(session=SESSION, program=program, seats=self.seats, seed=seed)
        self.ask(opening)
        if start:
            self.ask(Start(session=SESSION))

    def submit(
        self, seat: str, scope: str, generation: int, value: Any = None, *, name: str = ""
    ) -> Publication:
        """Return a seat's answer on its way."""
        answer = None if value is None else {"value": value}
        return self.command(
            Submit(session=SESSION, scope=scope, generation=generation, answer=answer),
            seat,
            name=name,
        )

    def tick(self) -> Publication:
        """Return the word that something may be due."""
        return self.command(Tick(session=SESSION), WORKER)

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def becomes(self, body: Callable[[ProgramSession], Awaitable[None]]) -> None:
        """Let the author change the program; a worker has it when it reads it anew."""
        self.catalogue.add("example", program(body))

    def arrive(self, *seats: str, value: Any = None, scope: str | None = None) -> None:
        """Have seats answer the stages that are open for them, or in one scope: all if none."""
        for where, generation, asks, missing in self.open_stages():
            for seat in missing:
                if scope in {None, where} and (seat in seats or not seats):
                    asked = self.submit(seat, where, generation, value if asks else None)
                    told = answer(self.handle(asked), asked)
                    assert not isinstance(told, Refused), told

    # -- who handles it

    def handle(
        self, *publications: Publication, worker: int = 0, redelivered: bool = False
    ) -> list[Handled]:
        """Have a worker handle a batch."""
        return self.workers[worker].handle(
            [self.postman.delivery(one, redelivered=redelivered) for one in publications]
        )

    def ask(self, message: Command | Query, account: str = OPERATOR) -> Any:
        """Have something handled and return the answer."""
        asked = self.command(message, account)
        return answer(self.handle(asked), asked)

    def restart(self, worker: int = 0) -> list[Handled]:
        """Let a worker die; return what the one in its place has to tell."""
        self.workers[worker] = self.postman.handler()
        return self.workers[worker].untold()

    def killed(self, deliveries: Sequence[Delivery], *, worker: int = 0) -> list[Handled]:
        """Have a worker die at the end of its transaction; return what the next one has to tell."""
        with crashing(self.postman.engine, Killed()), suppress(Killed):
            self.workers[worker].handle(deliveries)
        return self.restart(worker)

    def cut_off(self, deliveries: Sequence[Delivery], *, worker: int = 0) -> None:
        """Have the database go away at the end of a worker's transaction."""
        gone = OperationalError("COMMIT", {}, sqlite3.OperationalError("disk I/O error"))
        with crashing(self.postman.engine, gone), suppress(DatabaseUnavailable):
            self.workers[worker].handle(deliveries)

    # -- what is known

    def living(self, worker: int = 0) -> Session | None:
        """Return the session as a worker has it in mind."""
        known = self.workers[worker]._memory._known.get(SESSION)
        return known.session if known else None

    def restored(self) -> Session:
        """Return the session as its record tells it."""
        with self.postman.engine.begin() as db:
            record = read_session(db, SESSION)
        assert record is not None
        return prepared(self.catalogue, record, reload=False).restored()

    def stages(self) -> dict[str, tuple[str, str]]:
        """Return the name and status of the last stage in each scope."""
        run = tables.stage_run
        return {
            one.scope: (one.stage, one.status)
            for one in self.database.ask(select(run).order_by(run.c.generation))
        }

    def consistent(self) -> None:
        """Check the record, and that the session is told by it as the workers have it in mind."""
        check_record(self.database, SESSION)
        restored = picture(self.restored(), now=self.now)
        (kept,) = self.database.ask(select(tables.session))
        for worker in self.workers:
            known = worker._memory._known.get(SESSION)
            if known is not None and known.stamp == kept.stamp:
                assert picture(known.session, now=self.now) == restored

    def overview(self) -> Overview:
        """Return what the operator is shown."""
        found = self.ask(GetOverview(session=SESSION))
        assert isinstance(found, Overview), found
        return found

    def snapshot(self, seat: str) -> Snapshot:
        """Return what a seat is shown."""
        found = self.ask(GetSnapshot(session=SESSION), seat)
        assert isinstance(found, Snapshot), found
        return found

    def open_stages(self) -> list[tuple[str, int, bool, list[str]]]:
        """Return scope, generation, whether it asks, and missing seats of every open stage."""
        run, party, arrival = tables.stage_run, tables.party, tables.arrival
        parties = self.database.ask(select(party).where(party.c.withdrawn_at.is_(None)))
        arrivals = self.database.ask(select(arrival))
        found = []
        for one in self.database.ask(
            select(run).where(run.c.status == "open").order_by(run.c.scope, run.c.generation)
        ):
            expected, arrived = (
                {
                    each.seat
                    for each in rows
                    if (each.scope, each.generation) == (one.scope, one.generation)
                }
                for rows in (parties, arrivals)
            )
            found.append(
                (one.scope, one.generation, one.form is not None, sorted(expected - arrived))
            )
        return found

    def log(self, *kinds: str) -> list[Any]:
        """Return the entries of the session's log, of these kinds or all."""
        log = tables.event_log
        found = self.database.ask(select(log).order_by(log.c.version))
        return [one for one in found if not kinds or one.kind in kinds]

    def rows(self) -> dict[str, list[Any]]:
        """Return all that the database has, but for what is still to be told."""
        return {
            table.name: sorted((tuple(one) for one in self.database.ask(select(table))), key=repr)
            for table in tables.metadata.sorted_tables
            if table is not tables.outbox
        }


@contextmanager
def crashing(engine: Engine, error: BaseException) -> Iterator[None]:
    """Let every transaction end with an error before it is committed."""

    def crash(_db: object) -> None:
        raise error

    event.listen(engine, "commit", crash)
    try:
        yield
    finally:
        event.remove(engine, "commit", crash)


def picture(session: Session, *, now: datetime) -> dict[str, Any]:
    """Return all that is to be seen of a session, and when a worker is to look at it."""
    return {
        "overview": views.overview(session, now=now).model_dump(),
        "snapshots": [views.snapshot(session, one, now=now).model_dump() for one in session.seats],
        "due": {
            scope.name: (generation.number, generation.due_at)
            for scope, generation in session.open_scopes()
        },
        "parties": {
            scope.name: (generation.barrier, sorted(generation.withdrawn), generation.clock_paused)
            for scope, generation in session.open_scopes()
        },
        "last": {name: one.last for name, one in session.scopes.items()},
    }


def said(handled: Sequence[Handled]) -> list[Message]:
    """Return every message that is told, in order."""
    return [
        unpack(one.properties, one.body).message
        for each in handled
        for one in (*each.items, *each.replies)
        if isinstance(one, Publication)
    ]


def answer(handled: Sequence[Handled], asked: Publication) -> Reply | None:
    """Return the answer to a command that is told, or None where a release is the answer."""
    for each in handled:
        for one in (*each.items, *each.replies):
            if not isinstance(one, Publication):
                continue
            envelope = unpack(one.properties, one.body)
            caused = envelope.causation_id == asked.properties.message_id
            if caused and isinstance(envelope.message, Reply):
                return envelope.message
    return None


class Quick(Sqlite):
    """A file of which nothing would be left if the machine went down: for many short rehearsals."""

    _empty: bytes = b""

    def engine(self) -> Engine:
        engine = super().engine()
        event.listen(engine, "connect", _forget_the_disk)
        return engine

    def migrated(self) -> Engine:
        if not Quick._empty:
            engine = super().migrated()
            engine.dispose()  # with the last connection all is in the one file
            Quick._empty = self.path.read_bytes()
        self.path.write_bytes(Quick._empty)
        return self.engine()


@contextmanager
def quick_database() -> Iterator[Quick]:
    """Yield an empty database that costs little."""
    with TemporaryDirectory(prefix="palier-rehearsal-") as folder:
        database = Quick(Path(folder) / "palier.db")
        try:
            yield database
        finally:
            database.close()


def _forget_the_disk(connection: Any, _record: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA synchronous = OFF")
    cursor.close()


def program(body: Callable[[ProgramSession], Awaitable[None]]) -> type[Program]:
    """Return the program that a coroutine function is."""

    class Example(Program):
        async def run(self, session: ProgramSession) -> None:
            await body(session)

    return Example


def rehearse(
    database: Database,
    body: Callable[[ProgramSession], Awaitable[None]],
    *,
    seats: Sequence[str] = ("p1", "p2", "p3", "p4"),
    start: bool = True,
) -> Rehearsal:
    """Open a session of the program that a coroutine function is, for two workers in turn."""
    known = Catalogue([])
    known.add("example", program(body))
    rehearsal = Rehearsal(database, known, seats=seats, workers=2)
    rehearsal.open("example", start=start)
    return rehearsal
