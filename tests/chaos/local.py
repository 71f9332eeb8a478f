"""Servers that run on this machine: the private node, a SQLite file, a private PostgreSQL."""

from __future__ import annotations

import signal
import sqlite3
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Self

from palier.broker.node import PrivateNode
from tests.chaos.processes import PATIENCE, alive, children, send, stopped, until
from tests.chaos.services import Rabbit, Store
from tests.databases import PrivateCluster, find_postgresql


class Node(Rabbit):
    """The private node."""

    name = "RabbitMQ 3.10"

    def __init__(self, folder: Path) -> None:
        self._mark = f"\0RABBITMQ_MNESIA_BASE={folder.resolve() / 'mnesia'}\0".encode()
        self._node = PrivateNode(folder)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self.stop()

    def start(self) -> None:
        self._node.start()
        self.amqp = ("127.0.0.1", self._node.amqp_port)
        self.management = ("127.0.0.1", self._node.management_port)
        self.user, self.password = self._node.user, self._node.password

    def stop(self) -> None:
        self._node.stop()

    def kill(self) -> None:
        send(self._processes(), signal.SIGKILL)
        until(lambda: not self._node.alive, "the end of the node's warden")
        self._node.stop()

    def freeze(self, seconds: float) -> None:
        with stopped(self._processes()):
            time.sleep(seconds)

    def _processes(self) -> list[int]:
        """Return the Erlang machines of this node."""
        found = []
        for entry in Path("/proc").glob("[0-9]*/environ"):
            with suppress(OSError):
                name = (entry.parent / "comm").read_text().strip()
                if name == "beam.smp" and self._mark in b"\0" + entry.read_bytes():
                    found.append(int(entry.parent.name))
        return found


class File(Store):
    """A SQLite file: no process that could be killed, but it can be locked."""

    name = "SQLite"

    def __init__(self, path: Path) -> None:
        self._path = path

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        pass

    def url(self, *, port: int | None = None) -> str:
        assert port is None, "a file has no port"
        return f"sqlite:///{self._path.resolve()}"

    def kill(self) -> None:
        raise AssertionError("a file is no process")

    stop = start = kill

    def freeze(self, seconds: float) -> None:
        with closing(sqlite3.connect(self._path, timeout=30, isolation_level=None)) as another:
            another.execute("BEGIN IMMEDIATE")
            time.sleep(seconds)
            another.execute("ROLLBACK")


class Cluster(Store):
    """A private PostgreSQL that commits durably, as it does by default."""

    name = "PostgreSQL 15"

    def __init__(self) -> None:
        programs = find_postgresql()
        assert programs is not None, "install postgresql"
        self.name = f"PostgreSQL {programs.parent.name}"
        self._cluster = _Durable(programs)

    def __enter__(self) -> Self:
        self._cluster.__enter__()
        self.target = ("127.0.0.1", self._cluster.port)
        return self

    def __exit__(self, *reason: object) -> None:
        self._cluster.__exit__(*reason)

    def url(self, *, port: int | None = None) -> str:
        return f"postgresql://palier@127.0.0.1:{port or self._cluster.port}/postgres"

    def start(self) -> None:
        self._cluster.start()

    def stop(self) -> None:
        self._cluster.stop()

    def kill(self) -> None:
        self._cluster.kill()

    def freeze(self, seconds: float) -> None:
        with stopped(self._cluster.pids()):
            time.sleep(seconds)


class _Durable(PrivateCluster):
    options = ("-c", "max_connections=50", "-c", "shared_buffers=32MB")

    @property
    def port(self) -> int:
        return self._port

    def pids(self) -> list[int]:
        assert self._process is not None
        return [self._process.pid, *children(self._process.pid)]

    def kill(self) -> None:
        pids = self.pids()
        process, self._process = self._process, None
        assert process is not None
        send(pids, signal.SIGKILL)
        process.wait(PATIENCE)
        # the memory that its processes share is in use until the last of them is gone
        until(lambda: not any(alive(one) for one in pids), "the end of PostgreSQL's processes")
