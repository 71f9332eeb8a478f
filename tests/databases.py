"""Databases for tests: SQLite in a file, and PostgreSQL, one database for each test.

PostgreSQL is a private cluster, started once for the whole run from what the system has, or, with
``PALIER_TEST_DATABASE`` (``postgresql://user:password@host:port/name``), the one that is there:
its user must be allowed to create databases.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Self

import pytest
from sqlalchemy import Engine, Select, create_engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from palier.workers.persistence.database import Patience, migrate, open_database

EXTERNAL = os.environ.get("PALIER_TEST_DATABASE")

#: How the reason begins for which tests are skipped where there is no PostgreSQL.
NO_POSTGRESQL = "There is no PostgreSQL here"

#: Seconds in which a cluster is there, or gone.
_PATIENCE = 30.0

_PROGRAMS = Path("/usr/lib/postgresql")


class Database(ABC):
    """An empty database for one test."""

    name: str
    url: str

    def __init__(self) -> None:
        self._engines: list[Engine] = []
        self._asking: Engine | None = None

    def engine(self) -> Engine:
        """Open it as a worker does."""
        return self._opened(Patience())

    def impatient(self) -> Engine:
        """Open it as a worker does, but do not wait long for others that have locked it."""
        return self._opened(Patience(connect=2.0, lock=0.05, answer=2.0, stillness=2.0))

    def _opened(self, patience: Patience) -> Engine:
        engine = open_database(self.url, patience=patience)
        self._engines.append(engine)
        return engine

    def migrated(self) -> Engine:
        """Open it, with its tables."""
        engine = self.engine()
        migrate(engine)
        return engine

    def ask(self, question: Select[Any] | str) -> list[Any]:
        """Return the rows that answer a question, over a connection of its own."""
        if self._asking is None:
            self._asking = self.engine()
        with self._asking.begin() as db:
            asked = text(question) if isinstance(question, str) else question
            return list(db.execute(asked))

    @contextmanager
    def plain(self) -> Iterator[Engine]:
        """Open it as other programs do, who are as patient as they like."""
        engine = open_database(self.url)
        try:
            yield engine
        finally:
            engine.dispose()

    def close(self) -> None:
        """End every connection that a test has left."""
        for one in self._engines:
            one.dispose()

    @contextmanager
    @abstractmethod
    def away(self) -> Iterator[None]:
        """Let nobody use it for a while."""


class Sqlite(Database):
    """A file."""

    name = "sqlite"

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.url = f"sqlite:///{path}"

    @contextmanager
    def away(self) -> Iterator[None]:
        with self.plain() as engine, engine.begin():  # nobody else can write, or begin to
            yield


class Postgresql(Database):
    """A database of a cluster."""

    name = "postgresql"

    def __init__(self, cluster: Cluster, name: str) -> None:
        super().__init__()
        self.cluster = cluster
        self.url = cluster.url(name)

    @contextmanager
    def away(self) -> Iterator[None]:
        with self._gone(self.own().stop):
            yield

    @contextmanager
    def killed(self) -> Iterator[None]:
        """Let the whole server be gone, without a word, for a while."""
        with self._gone(self.own().kill):
            yield

    def hang_up(self) -> None:
        """Let the server end every connection to this database."""
        self.cluster.command(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            f"WHERE datname = '{make_url(self.url).database}'"
        )

    def own(self) -> PrivateCluster:
        """Return its cluster, if it is ours to end; skips otherwise."""
        if not isinstance(self.cluster, PrivateCluster):
            pytest.skip("this PostgreSQL is not ours: nothing here stops it")
        return self.cluster

    @contextmanager
    def _gone(self, end: Callable[[], None]) -> Iterator[None]:
        if self._asking is not None:
            self._asking.dispose()  # its connection would be dead
        end()
        try:
            yield
        finally:
            self.own().start()


class Cluster:
    """A PostgreSQL in which databases can be made, by its URL."""

    def __init__(self, url: str) -> None:
        self._url = make_url(url).set(drivername="postgresql+psycopg")

    def url(self, name: str) -> str:
        """Return the URL of one of its databases, as people write it."""
        plain = self._url.set(drivername="postgresql", database=name)
        return plain.render_as_string(hide_password=False)

    def command(self, statement: str) -> None:
        """Run one statement that must stand outside of transactions."""
        engine = create_engine(self._url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with engine.connect() as db:
            db.execute(text(statement))

    @contextmanager
    def database(self, *, place: str = "pg_default") -> Iterator[Postgresql]:
        """Make an empty database, and drop it in the end; ``place`` is the tablespace of it."""
        name = f"palier_test_{uuid.uuid4().hex[:12]}"
        self.command(f"CREATE DATABASE {name} TABLESPACE {place}")
        database = Postgresql(self, name)
        try:
            yield database
        finally:
            database.close()
            self.command(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


class PrivateCluster(Cluster):
    """A cluster of this run's own, on a free port of the loopback. A context manager.

    It keeps nothing through a crash of the machine: what it is to prove needs no such thing. Nor
    through one of its own, unless asked to at each commit: a worker asks.
    """

    #: What PostgreSQL is told besides where it is.
    options: tuple[str, ...] = (
        *("-c", "fsync=off", "-c", "full_page_writes=off"),
        *("-c", "synchronous_commit=off", "-c", "max_connections=50"),
        *("-c", "shared_buffers=16MB", "-c", "autovacuum=off"),
    )

    def __init__(self, programs: Path) -> None:
        self._programs = programs
        # not below pytest's folders, which PostgreSQL's user must not enter
        self._folder = Path(tempfile.mkdtemp(prefix="palier-postgresql-"))
        self._port = _free_port()
        self._process: subprocess.Popen[bytes] | None = None
        # it refuses to run as root
        self._user = "postgres" if os.geteuid() == 0 else None
        super().__init__(f"postgresql://palier@127.0.0.1:{self._port}/postgres")

    def __enter__(self) -> Self:
        try:
            self._make()
            self.start()
        except BaseException:
            self._remove()
            raise
        return self

    def __exit__(self, *reason: object) -> None:
        self._remove()

    @contextmanager
    def placed(self, folder: Path) -> Iterator[Postgresql]:
        """Make an empty database whose tables are in a folder."""
        if self._user is not None:
            shutil.chown(folder, self._user, self._user)
        place = f"place_{uuid.uuid4().hex[:12]}"
        self.command(f"CREATE TABLESPACE {place} LOCATION '{folder}'")
        try:
            with self.database(place=place) as database:
                yield database
        finally:
            self.command(f"DROP TABLESPACE {place}")

    def start(self) -> None:
        """Start it and wait until it answers."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    self._programs / "postgres",
                    *("-D", self._folder / "data"),
                    *("-h", "127.0.0.1", "-p", str(self._port)),
                    *("-c", "unix_socket_directories="),
                    *self.options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                **self._as_user(),
            )
        patience = time.monotonic() + _PATIENCE
        while True:
            try:
                self.command("SELECT 1")
            except OperationalError as error:
                if self._process.poll() is not None or time.monotonic() > patience:
                    said = (self._folder / "log").read_text()[-2000:]
                    raise AssertionError(f"PostgreSQL does not start:\n{said}") from error
                time.sleep(0.05)
            else:
                return

    def kill(self) -> None:
        """End it without a word, as the system does when memory is short; `start` starts it."""
        assert self._process is not None
        pids = [self._process.pid, *_children(self._process.pid)]
        for pid in pids:
            os.kill(pid, signal.SIGKILL)
        self._process.wait(_PATIENCE)
        self._process = None

    def stop(self) -> None:
        """Stop it; connections are ended."""
        process, self._process = self._process, None
        if process is not None:
            process.send_signal(signal.SIGINT)  # PostgreSQL's "fast"
            try:
                process.wait(_PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(_PATIENCE)

    def _make(self) -> None:
        if self._user is not None:
            shutil.chown(self._folder, self._user, self._user)
        subprocess.run(
            [
                self._programs / "initdb",
                *("-D", self._folder / "data"),
                *("-U", "palier", "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"),
            ],
            check=True,
            capture_output=True,
            timeout=_PATIENCE,
            cwd=self._folder,
            **self._as_user(),
        )

    def _as_user(self) -> dict[str, Any]:
        if self._user is None:
            return {}
        return {"user": self._user, "group": self._user, "extra_groups": []}

    def _remove(self) -> None:
        with suppress(ProcessLookupError):
            self.stop()
        shutil.rmtree(self._folder, ignore_errors=True)


def find_postgresql() -> Path | None:
    """Return the folder of PostgreSQL's programs, the newest; None where there is none."""
    found = [one.parent for one in _PROGRAMS.glob("*/bin/postgres")]
    found = [one for one in found if (one / "initdb").exists()]
    return max(found, key=lambda one: float(one.parent.name), default=None)


@contextmanager
def a_cluster() -> Iterator[Cluster]:
    """Yield the cluster of this run; skips where there is none."""
    if EXTERNAL:
        yield Cluster(EXTERNAL)
        return
    programs = find_postgresql()
    if programs is None:
        pytest.skip(
            f"{NO_POSTGRESQL}: install postgresql, or say with PALIER_TEST_DATABASE where one is"
        )
    with PrivateCluster(programs) as cluster:
        yield cluster


def _children(pid: int) -> list[int]:
    """Return the processes that one has started (Linux)."""
    tasks = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(child) for one in tasks for child in one.read_text().split()]


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
