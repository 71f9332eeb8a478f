"""SQLAlchemy itself, where conveniences end: `select` and all the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from sqlalchemy import Executable, Result, ScalarResult

from palier.program.entities.current import current

T = TypeVar("T")


class Database:
    """The database of the transaction that is under way; outside of one it raises."""

    def execute(
        self, statement: Executable, values: Mapping[str, Any] | None = None
    ) -> Result[Any]:
        """Return the result of a statement of SQLAlchemy's."""
        return current("db").execute(statement, dict(values or {}))

    def scalars(self, statement: Executable) -> ScalarResult[Any]:
        """Return the first of each row."""
        return current("db").scalars(statement)

    def scalar(self, statement: Executable) -> Any:
        """Return the first of the first row, or None."""
        return current("db").scalar(statement)

    def add(self, *rows: Any) -> None:
        """Add rows; one that is made in a transaction is added by itself."""
        current("db").add_all(rows)

    def delete(self, row: Any) -> None:
        """Delete a row, and what belongs to it."""
        row.delete()

    def flush(self) -> None:
        """Write what was changed now, so that it is found; raises what the database says."""
        current("db").flush()


#: The database of the transaction that is under way.
db = Database()
