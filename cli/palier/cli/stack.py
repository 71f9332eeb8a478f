"""A whole server on this computer: a private RabbitMQ, a worker, a SQLite file."""

from __future__ import annotations

import os
import secrets
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from palier.broker.node import PrivateNode
from palier.cli.children import Child
from palier.cli.errors import CommandError, WorkerStopped
from palier.cli.server import Server

#: Seconds that a worker may take to be ready.
_WORKER_DEADLINE = 60.0

#: A worker that dies more often than this within so many seconds is not started again. A message
#: on which workers die is put aside after four of them.
_DEATHS, _WHILE = 5, 60.0


class KeptWorker:
    """A worker that is started again when it dies; a context manager, in one thread.

    Nothing is lost by a death: what was not acknowledged is delivered once more, and programs go
    on by replay. One that dies again and again has a reason that starting it does not mend.
    """

    def __init__(self, start: Callable[[], Child], *, node: PrivateNode) -> None:
        self._start = start
        self._node = node
        self._child = start()
        self._deaths: deque[float] = deque(maxlen=_DEATHS + 1)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self._child.stop()

    @property
    def log(self) -> Path:
        """Where the worker writes what it does."""
        return self._child.log

    def check(self) -> None:
        """Raise `WorkerStopped`, with what it said last, if it has ended."""
        if self._child.code is not None:
            raise WorkerStopped(f"The worker has stopped:\n{self._child.last_words()}")

    def look(self) -> str | None:
        """Start it again if it died, and return a sentence about it; None while all is well.

        Does not wait until it is ready. Raises `WorkerStopped` when it died too often, or when
        RabbitMQ died: then there is nothing for it to do.
        """
        if not self._node.alive:
            raise WorkerStopped(
                "RabbitMQ has stopped; what was decided is in the database. "
                "With `palier up` a session goes on where it was."
            )
        if self._child.code is None:
            return None
        now = time.monotonic()
        self._deaths.append(now)
        if len(self._deaths) > _DEATHS and now - self._deaths[0] < _WHILE:
            raise WorkerStopped(
                f"The worker has stopped {_DEATHS + 1} times within {_WHILE:g} s, and is not "
                f"started again; its whole story is in {self.log}. The last it said:\n"
                f"{self._child.last_words()}"
            )
        self._child.stop()
        self._child = self._start()
        return f"The worker has died and is started again; why, {self.log} may tell."


@contextmanager
def stack(
    data: Path, *, programs: Path, database: str | None, progress: Callable[[str], None]
) -> Iterator[tuple[Server, KeptWorker]]:
    """Run a server in a folder; yield it and its worker once commands are taken."""
    if not programs.is_dir():
        raise CommandError(f"There is no folder {programs}: say with --programs where they are.")
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"{data} cannot be written to: {error.strerror}.") from None
    with PrivateNode(data / "node", progress=progress) as node:
        server = Server(
            amqp=f"amqp://127.0.0.1:{node.amqp_port}/palier",
            room_password=_secret(data, "room"),
            operator_password=_secret(data, "operator"),
            management=f"http://127.0.0.1:{node.management_port}",
            user=node.user,
            password=node.password,
            database=database or f"sqlite:///{(data / 'palier.db').resolve()}",
        )
        health = data / "worker.health"
        health.unlink(missing_ok=True)
        progress("The worker is starting.")

        def start() -> Child:
            return worker(server, programs=programs, health=health, log=data / "worker.log")

        with KeptWorker(start, node=node) as kept:
            _wait(kept, health)
            file = server.write(data)
            try:
                yield server, kept
            finally:
                file.unlink(missing_ok=True)


def worker(server: Server, *, programs: Path, health: Path, log: Path) -> Child:
    """Start a worker of a server as a child process."""
    authority = server.amqp.removeprefix("amqp://")
    return Child(
        "palier.workers",
        environment={
            "PALIER_AMQP": f"amqp://{server.user}:{server.password}@{authority}",
            "PALIER_MANAGEMENT": server.management,
            "PALIER_DATABASE": server.database,
            "PALIER_PROGRAMS": str(programs.resolve()),
            "PALIER_OPERATOR_PASSWORD": server.operator_password,
            "PALIER_ROOM_PASSWORD": server.room_password,
            "PALIER_HEALTH_FILE": str(health.resolve()),
            "PALIER_PARTITIONS": "1",
        },
        log=log,
    )


def _wait(kept: KeptWorker, health: Path) -> None:
    end = time.monotonic() + _WORKER_DEADLINE
    while not health.exists():
        kept.check()
        if time.monotonic() > end:
            raise WorkerStopped(
                f"The worker is not ready after {_WORKER_DEADLINE:g} s; see {kept.log}."
            )
        time.sleep(0.05)


def _secret(data: Path, name: str) -> str:
    """Return a password that stays the same as long as the folder does."""
    path = data / f"{name}.secret"
    if not path.exists():
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(secrets.token_urlsafe(24))
    return path.read_text().strip()
