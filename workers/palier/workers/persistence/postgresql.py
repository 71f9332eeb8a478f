"""PostgreSQL for a worker that must notice when it is gone, and let go when it is stopped itself.

Three clocks run, each where it can. The server ends statements and waits for locks that take too
long, and transactions in which nothing is asked any more: a worker that was stopped there would
lock others out. The system ends connections whose other end is gone. And we give up one whose
server is there and says nothing.

The server misses one case: a client that is stopped while it sends many rows at once (psycopg's
pipeline) leaves it in the middle of a message's work, where its clock for idle transactions is off.
So workers look after each other: whoever has been silent in a transaction is cut off by the next.
"""

from __future__ import annotations

import threading
import time
import weakref
from collections.abc import Callable
from contextlib import suppress
from math import ceil
from typing import Any, TypeAlias, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from sqlalchemy import Connection, Engine, event

from palier.workers.persistence.patience import Patience

T = TypeVar("T")

#: Seconds that an answer may be late after the server should have given up itself.
_GRACE = 2.0

#: Of TCP: seconds of silence until the other end is asked for a sign, between two such questions,
#: and how many may stay unanswered.
_QUIET, _BETWEEN, _UNANSWERED = 4, 2, 2

_Connect: TypeAlias = "Callable[[], _PatientConnection]"

#: Ends the transactions of our like in which the server waits for a client that says nothing.
_CUT_OFF = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND usename = current_user
      AND application_name = current_setting('application_name') AND pid <> pg_backend_pid()
      AND xact_start IS NOT NULL AND wait_event = 'ClientRead'
      AND state_change < clock_timestamp() - make_interval(secs => %s)
"""


def be_patient(engine: Engine, patience: Patience) -> None:
    """Let the connections of an engine wait so long and no longer."""
    pulse = _Pulse(patience.stillness)

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, args: Any, given: dict[str, Any]) -> Any:
        arguments = {**_client(patience), **given, "options": _options(patience, given)}

        def make() -> _PatientConnection:
            connection = _PatientConnection.connect(*args, **arguments)
            connection.limit = patience.answer + _GRACE
            return connection

        pulse.connect = make
        return make()

    @event.listens_for(engine, "begin")
    def begin(db: Connection) -> None:
        pulse.begin(db)

    @event.listens_for(engine, "commit")
    @event.listens_for(engine, "rollback")
    def end(db: Connection) -> None:
        pulse.end(db)

    @event.listens_for(engine, "engine_disposed")
    def dispose(_engine: Engine) -> None:
        pulse.stop()


def _client(patience: Patience) -> dict[str, object]:
    """Return what libpq shall do; the URL may say otherwise."""
    return {
        # those that wait as long as we do: a migration has more time, and is let be
        "application_name": f"palier ({patience.stillness:g} s)",
        "connect_timeout": max(2, ceil(patience.connect)),  # less than 2 counts as 2
        "keepalives_idle": _QUIET,
        "keepalives_interval": _BETWEEN,
        "keepalives_count": _UNANSWERED,
        "tcp_user_timeout": _milliseconds(_QUIET + _BETWEEN * _UNANSWERED),
    }


def _options(patience: Patience, given: dict[str, Any]) -> str:
    """Return what the server shall do; the last word of several is the URL's own."""
    settings = {
        # acknowledged is written down, whatever the server's configuration says
        "synchronous_commit": "on",
        "lock_timeout": _milliseconds(patience.lock),
        "statement_timeout": _milliseconds(patience.answer),
        "idle_in_transaction_session_timeout": _milliseconds(patience.stillness),
        "tcp_keepalives_idle": _QUIET,
        "tcp_keepalives_interval": _BETWEEN,
        "tcp_keepalives_count": _UNANSWERED,
    }
    ours = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return f"{ours} {given.get('options', '')}".strip()


def _milliseconds(seconds: float) -> int:
    return round(seconds * 1000)


class _NoAnswer(psycopg.OperationalError):
    """The server is there and says nothing."""


class _PatientConnection(psycopg.Connection[Any]):
    """A connection that is given up when an answer takes longer than ``limit`` seconds."""

    limit: float = 60.0

    def wait(self, gen: PQGen[T], *arguments: Any, **named: Any) -> T:
        """Run a generator of psycopg's to its end; every question to the server is one."""
        try:
            return super().wait(_within(self.limit, gen), *arguments, **named)
        except _NoAnswer:
            self.close()  # what was asked may still be answered, to nobody
            raise


def _within(limit: float, waiting: PQGen[T]) -> PQGen[T]:
    """Pass a generator's waiting on; psycopg resumes it ten times a second at least."""
    end = time.monotonic() + limit
    ready: Any = None
    while True:
        try:
            wanted = waiting.send(ready)
        except StopIteration as done:
            answer: T = done.value
            return answer
        if time.monotonic() > end:
            raise _NoAnswer(f"no answer within {limit:g} s")
        ready = yield wanted


class _Beaten:
    """An open transaction in which something is asked now and then."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection
        self._lock = threading.Lock()
        self._over = False

    def beat(self) -> None:
        """Ask something, unless its owner does."""
        # one who waits for another's lock may wait until that one's transaction ends: who waited
        # for it here would keep the other from being asked, and from ending
        if self._connection.info.transaction_status == TransactionStatus.ACTIVE:
            return
        # asked after its end, it would begin another
        with self._lock, suppress(psycopg.Error):
            if not self._over:
                self._connection.execute("SELECT 1")

    def end(self) -> None:
        """Ask nothing from now on; waits for what is being asked."""
        with self._lock:
            self._over = True


class _Pulse:
    """Asks something now and then in every open transaction, while its owner computes.

    And cuts others off who have asked nothing for ``stillness`` seconds. A thread of its own, begun
    with the first transaction; it ends with its engine. psycopg lets one thread at a time use a
    connection: no transaction waits here for another.
    """

    def __init__(self, stillness: float) -> None:
        self._stillness = stillness
        self._open: dict[Connection, _Beaten] = {}
        self._lock = threading.Lock()
        self._stopped: threading.Event | None = None
        #: How a connection is made.
        self.connect: _Connect | None = None

    def begin(self, db: Connection) -> None:
        """Note that a transaction is open."""
        with self._lock:
            self._open[db] = _Beaten(db.connection.dbapi_connection)
            if self._stopped is None:
                self._stopped = threading.Event()
                threading.Thread(
                    target=_keep_beating,
                    args=(weakref.ref(self), self._stopped, self._stillness),
                    name="pulse",
                    daemon=True,
                ).start()

    def end(self, db: Connection) -> None:
        """Note that it is over; from now on nothing is asked in it."""
        with self._lock:
            one = self._open.pop(db, None)
        if one is not None:
            one.end()

    def stop(self) -> None:
        """Let the thread end; a later transaction begins another."""
        with self._lock:
            if self._stopped is not None:
                self._stopped.set()
                self._stopped = None

    def beat(self) -> None:
        """Ask something in each."""
        with self._lock:
            transactions = list(self._open.values())
        for one in transactions:
            one.beat()


def _keep_beating(pulse: weakref.ref[_Pulse], stopped: threading.Event, stillness: float) -> None:
    looking: _PatientConnection | None = None
    while not stopped.wait(stillness / 3) and (one := pulse()) is not None:
        one.beat()
        looking = _cut_off(looking, one.connect, stillness)
        del one  # or its engine would live as long as this thread
    if looking is not None:
        looking.close()


def _cut_off(
    looking: _PatientConnection | None, connect: _Connect | None, stillness: float
) -> _PatientConnection | None:
    """Cut off who is silent; return the connection on which to do it again, if it is good."""
    try:
        if looking is None and connect is not None:
            looking = connect()
        if looking is not None:
            looking.autocommit = True
            looking.execute(_CUT_OFF, (stillness,))
    except psycopg.Error:
        if looking is not None:
            looking.close()
        return None
    return looking
