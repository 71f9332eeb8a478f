"""A database in memory with the tables of some programs, for tests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.pool import StaticPool

from palier.program.entities.entity import Entity, family_of
from palier.program.entities.family import Family
from palier.program.entities.found import family_of_program
from palier.program.entities.work import OnConnection
from palier.program.program import Program


def families(of: Iterable[type[Program | Entity]]) -> tuple[Family, ...]:
    """Return the entities of programs, or those that some are declared with."""
    found: dict[int, Family] = {}
    for one in of:
        family = family_of_program(one) if issubclass(one, Program) else family_of(one)
        if family is not None:
            found[id(family)] = family
    return tuple(found.values())


@contextmanager
def memory(of: Sequence[Family]) -> Iterator[OnConnection]:
    """Yield a unit of work on an empty database that is gone in the end."""
    engine = _engine()
    try:
        with engine.begin() as db:
            for number, family in enumerate(of, start=1):
                family.map(f"memory-{number}", "sqlite")
                family.metadata.create_all(db)
            yield OnConnection(db)
    finally:
        engine.dispose()


def _engine() -> Engine:
    engine = create_engine(
        "sqlite://", connect_args={"check_same_thread": False}, poolclass=StaticPool
    )

    @event.listens_for(engine, "connect")
    def _configure(connection: Any, _record: object) -> None:
        # the driver must not begin transactions on its own, or there are no savepoints
        connection.isolation_level = None
        connection.execute("PRAGMA foreign_keys = ON")

    @event.listens_for(engine, "begin")
    def _begin(db: Any) -> None:
        db.exec_driver_sql("BEGIN")

    return engine
