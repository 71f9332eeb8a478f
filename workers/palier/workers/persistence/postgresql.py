"""PostgreSQL for a worker that must notice when it is gone, and let go when it is stopped itself.

Three clocks run, each where it can. The server ends statements and waits for locks that take too
long, and transactions in which nothing is asked any more: a worker that was stopped there would
lock others out. The system ends connections whose other end is gone. And we give up one whose
server is there and says nothing.
"""

from __future__ import annotations

import threading
import time
import weakref
from contextlib import suppress
from math import ceil
from typing import Any, TypeVar

import psycopg
from psycopg.abc import PQGen
from sqlalchemy import Connection, Engine, event

from palier.workers.persistence.patience import Patience

T = TypeVar("T")

#: Seconds that an answer may be late after the server should have given up itself.
_GRACE = 2.0

#: Of TCP: seconds of silence until the other end is asked for a sign, between two such questions,
#: and how many may stay unanswered.
_QUIET, _BETWEEN, _UNANSWERED = 4, 2, 2


def be_patient(engine: Engine, patience: Patience) -> None:
    """Let the connections of an engine wait so long and no longer."""
    pulse = _Pulse(every=patience.stillness / 3)

    @event.listens_for(engine, "do_connect")
    def connect(_dialect: object, _record: object, args: Any, given: dict[str, Any]) -> Any:
        arguments = {**_client(patience), **given, "options": _options(patience, given)}
        connection = _PatientConnection.connect(*args, **arguments)
        connection.limit = patience.answer + _GRACE
        return connection

    @event.listens_for(engine, "begin")
    def begin(db: Connection) -> None:
        pulse.begin(db)

    @event.listens_for(engine, "commit")
    @event.listens_for(engine, "rollback")
    def end(db: Connection) -> None:
        pulse.end(db)


def _client(patience: Patience) -> dict[str, object]:
    """Return what libpq shall do; the URL may say otherwise."""
    return {
        "application_name": "palier",
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


class _Pulse:
    """Asks something now and then in every open transaction, while its owner computes.

    A thread of its own, begun with the first transaction; it ends with its engine. psycopg lets
    one thread at a time use a connection.
    """

    def __init__(self, *, every: float) -> None:
        self._every = every
        self._open: dict[Connection, Any] = {}
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None

    def begin(self, db: Connection) -> None:
        """Note that a transaction is open."""
        with self._lock:
            self._open[db] = db.connection.dbapi_connection
            if self._thread is None:
                self._thread = threading.Thread(
                    target=_beat, args=(weakref.ref(self), self._every), name="pulse", daemon=True
                )
                self._thread.start()

    def end(self, db: Connection) -> None:
        """Note that it is over; from now on nothing is asked in it."""
        with self._lock:
            self._open.pop(db, None)

    def beat(self) -> None:
        """Ask something in each."""
        with self._lock:
            transactions = list(self._open)
        for db in transactions:
            # asked after its end, it would begin another
            with self._lock, suppress(psycopg.Error):
                if (connection := self._open.get(db)) is not None:
                    connection.execute("SELECT 1")


def _beat(pulse: weakref.ref[_Pulse], every: float) -> None:
    while (one := pulse()) is not None:
        one.beat()
        del one
        time.sleep(every)
