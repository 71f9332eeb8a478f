"""Databases, and laboratories: a worker with a broker and a database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.brokers import Memory, Server
from tests.databases import EXTERNAL, Cluster, Database, Sqlite, a_cluster
from tests.laboratory import Laboratory


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """A PostgreSQL that all tests share; each has a database of its own."""
    with a_cluster() as cluster:
        yield cluster


@pytest.fixture
def sqlite(tmp_path: Path) -> Iterator[Sqlite]:
    """A file of this test's own."""
    database = Sqlite(tmp_path / "palier.db")
    yield database
    database.close()


@pytest.fixture
def postgresql(cluster: Cluster) -> Iterator[Database]:
    """A database of this test's own in the cluster."""
    with cluster.database() as database:
        yield database


_ELSEWHERE = [pytest.mark.elsewhere] if EXTERNAL else []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what asks for PostgreSQL by name as the parameters below are."""
    for one in items:
        if EXTERNAL and "cluster" in getattr(one, "fixturenames", ()):
            one.add_marker("elsewhere")


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=_ELSEWHERE)])
def database(request: pytest.FixtureRequest) -> Database:
    """Each database in turn: what holds on one holds on all."""
    database: Database = request.getfixturevalue(request.param)
    return database


@pytest.fixture
def memory() -> Memory:
    """The broker in memory, for the faults that only it can have."""
    return Memory()


@pytest.fixture
def laboratory(memory: Memory, database: Database) -> Laboratory:
    """A worker on the broker in memory, with each database in turn."""
    return Laboratory(memory, database)


@pytest.fixture
def small_laboratory(memory: Memory, sqlite: Sqlite) -> Laboratory:
    """A worker on the broker in memory, with SQLite: for what no database has a part in."""
    return Laboratory(memory, sqlite)


@pytest.fixture
def every_laboratory(server: Server, database: Database) -> Laboratory:
    """A worker on each broker with each database in turn."""
    return Laboratory(server, database)


@pytest.fixture
def each_laboratory(server: Server, sqlite: Sqlite) -> Laboratory:
    """A worker on each broker, with SQLite."""
    return Laboratory(server, sqlite)
