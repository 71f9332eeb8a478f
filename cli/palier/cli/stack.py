"""A whole server on this computer: a private RabbitMQ, a worker, a SQLite file."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from palier.broker.node import PrivateNode
from palier.cli.children import Child
from palier.cli.errors import CommandError, WorkerStopped
from palier.cli.keeping import KeptNode, KeptServer, KeptWorker
from palier.cli.server import Server

#: Seconds that a worker may take to be ready.
_WORKER_DEADLINE = 60.0


def need_programs(folder: Path) -> None:
    """Raise `CommandError` where there is no folder of programs."""
    if not folder.is_dir():
        raise CommandError(f"There is no folder {folder}: say with --programs where they are.")


@contextmanager
def stack(
    data: Path,
    *,
    programs: Path,
    database: str | None,
    progress: Callable[[str], None],
    watch: bool = False,
) -> Iterator[tuple[Server, KeptServer]]:
    """Run a server in a folder; yield it once commands are taken, and what keeps it running.

    Who uses it has to `KeptServer.look` now and then.
    """
    need_programs(programs)
    try:
        data.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise CommandError(f"{data} cannot be written to: {error.strerror}.") from None
    up = False

    def tell(sentence: str) -> None:
        if not up:  # from then on `KeptServer.look` says how things are
            progress(sentence)

    node = PrivateNode(data / "node", progress=tell)
    with KeptNode(node) as kept_node:
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
            log = data / "worker.log"
            return worker(server, programs=programs, health=health, log=log, watch=watch)

        with KeptWorker(start) as kept:
            _wait(kept, health)
            file = server.write(data)
            up = True
            try:
                yield server, KeptServer(kept_node, kept)
            finally:
                file.unlink(missing_ok=True)


def worker(
    server: Server, *, programs: Path, health: Path, log: Path, watch: bool = False
) -> Child:
    """Start a worker of a server as a child process; ``watch``: it looks for changed screens."""
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
            **({"PALIER_WATCH": "1"} if watch else {}),
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
