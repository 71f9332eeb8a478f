"""What is to be done with a program's tables, as a value, and the tables to count in."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, MetaData, Table, column, func, select, table

from palier.program.entities.family import prefix, schema
from palier.program.entities.shape import Shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change of a table: ``column`` is None where it is the table itself.

    ``loses`` counts what would no longer be in the table.
    """

    what: str
    table: str
    sentence: str
    column: str | None = None
    loses: int = 0


@dataclass(slots=True)
class Plan:
    """What is to be done with a program's tables, and what keeps it from being done."""

    program: str
    before: Shape
    after: Shape
    renames: list[tuple[str, str | None, str]] = field(default_factory=list)
    changes: list[Change] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    offers: list[str] = field(default_factory=list)
    #: Values for rows that have none: by table and column.
    fills: dict[tuple[str, str], Any] = field(default_factory=dict)
    #: Values that have another type now: by table and column, by id.
    converted: dict[tuple[str, str], dict[int, Any]] = field(default_factory=dict)

    @property
    def empty(self) -> bool:
        """Whether the tables are as the entities want them."""
        return self.before == self.after and not self.renames

    @property
    def loses(self) -> int:
        """How many values and rows would no longer be in the tables."""
        return sum(one.loses for one in self.changes)


class Tables:
    """The tables of a program as the database has them, to count in."""

    def __init__(self, db: Connection, program: str) -> None:
        self.db = db
        self.schema = schema(program, db.dialect.name)
        self.prefix = prefix(program, db.dialect.name)

    def named(self, name: str, *columns: str) -> Any:
        """Return a table for statements, with these columns."""
        return table(f"{self.prefix}{name}", *(column(one) for one in columns), schema=self.schema)

    def reflected(self, name: str) -> Table:
        """Return a table as the database has it."""
        return Table(
            f"{self.prefix}{name}",
            MetaData(),
            schema=self.schema,
            autoload_with=self.db,
            resolve_fks=False,
        )

    def count(self, name: str) -> int:
        """Return how many rows a table has."""
        return self.db.execute(select(func.count()).select_from(self.named(name))).scalar() or 0

    def filled(self, name: str, of: str) -> int:
        """Return how many rows have a value in a column."""
        there = self.named(name, of)
        counted = select(func.count()).select_from(there).where(there.c[of].is_not(None))
        return self.db.execute(counted).scalar() or 0
