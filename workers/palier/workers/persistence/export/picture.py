"""A session as the database had it at one instant, read row by row."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Row, Select, Text, cast, select

from palier.workers.persistence import tables
from palier.workers.persistence.database import READ_ONLY
from palier.workers.persistence.export.asked import Asked, read_asked

#: Rows that are fetched at a time: what a table takes in memory, whatever its length.
_AT_ONCE = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatFacts:
    """What is the same in all rows of a seat.

    ``group`` and ``treatment``: the only one it was in, else empty.
    """

    number: int
    group: str | None
    treatment: str | None
    bot: bool
    standing: str
    payoff: Any


class Picture:
    """A session in one transaction: whatever is read of it fits together.

    `stream` reads a table without holding it. Used by one thread, as long as its transaction.
    """

    def __init__(self, db: Connection, session: str) -> None:
        self.db = db
        self.session = session
        #: By this computer's clock; the database's transaction began just before.
        self.taken_at = datetime.now(UTC)

    def stream(self, statement: Select[Any]) -> Iterator[Row[Any]]:
        """Yield the rows of a query, some hundred in memory at a time."""
        yield from self.db.execute(statement, execution_options={"yield_per": _AT_ONCE})

    @staticmethod
    def text(column: ColumnElement[Any]) -> ColumnElement[str]:
        """Return a column of JSON as the text that it is, under its own name."""
        return cast(column, Text).label(column.name)

    @cached_property
    def opened(self) -> Mapping[str, Any] | None:
        """Return the row of the session; None where there is no such session."""
        table = tables.session
        found = self.db.execute(select(table).where(table.c.name == self.session)).mappings()
        row = found.first()
        return None if row is None else {str(key): value for key, value in row.items()}

    @cached_property
    def seats(self) -> Mapping[str, SeatFacts]:
        """Return what is known of each seat, in the order of their numbers."""
        table, (groups, treatments) = tables.participant, self._groups()
        rows = self.db.execute(
            select(table).where(table.c.session == self.session).order_by(table.c.number)
        )
        return {
            one.seat: SeatFacts(
                number=one.number,
                group=groups.get(one.seat),
                treatment=treatments.get(one.seat),
                bot=one.bot,
                standing=one.standing,
                payoff=one.payoff,
            )
            for one in rows
        }

    @cached_property
    def asked(self) -> Asked:
        """Return what the forms asked: read once, from all stages, before answers are written."""
        return read_asked(self)

    def _groups(self) -> tuple[dict[str, str | None], dict[str, str | None]]:
        """Return group and treatment of each seat that was only ever in one."""
        scope = tables.scope
        groups, treatments = dict[str, str | None](), dict[str, str | None]()
        rows = self.stream(
            select(scope.c.group, scope.c.seats, scope.c.treatment).where(
                scope.c.session == self.session
            )
        )
        for one in rows:
            for seat in one.seats:
                if one.group:  # the group itself, or a part of it
                    same = groups.get(seat, one.group) == one.group
                    groups[seat] = one.group if same else None
                if one.treatment:
                    same = treatments.get(seat, one.treatment) == one.treatment
                    treatments[seat] = one.treatment if same else None
        return groups, treatments


@contextmanager
def take_picture(engine: Engine, session: str) -> Iterator[Picture]:
    """Begin to read a session as it is now, whatever a worker writes meanwhile, and hold up nobody.

    SQLite: a read transaction beside the write-ahead log. PostgreSQL: REPEATABLE READ, read only.
    """
    with engine.connect() as plain:
        if engine.dialect.name == "postgresql":
            db = plain.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        else:
            db = plain.execution_options(**{READ_ONLY: True})
        with db.begin():
            picture = Picture(db, session)
            _ = picture.opened  # the first look is what fixes the instant
            yield picture
