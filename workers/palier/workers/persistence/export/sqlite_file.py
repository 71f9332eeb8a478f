"""One SQLite file with all tables: typed, with keys, ready to be asked."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, Self

from palier.workers.persistence.export.column import Column, ColumnType, cell
from palier.workers.persistence.export.sink import Sink
from palier.workers.persistence.export.table import ExportTable, Values

_TYPES: Mapping[ColumnType, str] = {"integer": "INTEGER", "number": "REAL", "flag": "INTEGER"}


class SqliteFile:
    """A new file; tables are added one after the other. Raises `OSError`, also for a full disk."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._db = sqlite3.connect(path, isolation_level=None)
        #: The keys of the tables that are in it, by name.
        self._keys: dict[str, tuple[str, ...]] = {}
        # the whole folder is a draft until it is whole: the disk is waited for once, at its end
        self._db.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;")

    @contextmanager
    def table(self, table: ExportTable, columns: Sequence[Column]) -> Iterator[Sink]:
        """Add a table for rows."""
        with self._said():
            self._db.execute(self._definition(table, columns))
            self._keys[table.name] = table.key
        kept = [one.name for one in columns]
        insert = (
            f"INSERT INTO {_name(table.name)} ({', '.join(map(_name, kept))}) "  # noqa: S608
            f"VALUES ({', '.join('?' * len(kept))})"
        )
        shapes = [_shape(one.type) for one in columns]

        def write(rows: Sequence[Values]) -> None:
            with self._said():
                self._db.execute("BEGIN")
                self._db.executemany(
                    insert,
                    (
                        [shape(value) for shape, value in zip(shapes, row, strict=True)]
                        for row in rows
                    ),
                )
                self._db.execute("COMMIT")

        yield write
        with self._said():
            for parent in self._parents(table):
                key = self._keys[parent]
                if key != table.key[: len(key)]:
                    self._db.execute(
                        f"CREATE INDEX {_name(f'ix_{table.name}_{parent}')} "
                        f"ON {_name(table.name)} ({', '.join(map(_name, key))})"
                    )

    def _parents(self, table: ExportTable) -> list[str]:
        return [one for one in table.of if one in self._keys]

    def _definition(self, table: ExportTable, columns: Sequence[Column]) -> str:
        parts = [_declared(one, key=one.name in table.key) for one in columns]
        if table.key:
            parts.append(f"PRIMARY KEY ({', '.join(map(_name, table.key))})")
        for parent in self._parents(table):
            key = ", ".join(map(_name, self._keys[parent]))
            parts.append(f"FOREIGN KEY ({key}) REFERENCES {_name(parent)} ({key})")
        return f"CREATE TABLE {_name(table.name)} ({', '.join(parts)})"

    @contextmanager
    def _said(self) -> Iterator[None]:
        """Turn what SQLite says of a disk into what everybody says of one."""
        try:
            yield
        except sqlite3.OperationalError as error:
            raise OSError(None, str(error), str(self._path)) from error

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *reason: object) -> None:
        with closing(self._db):
            if kind is None:
                lost = self._db.execute("PRAGMA foreign_key_check").fetchall()
                assert not lost, f"rows that belong to none: {lost[:3]}"


def _declared(column: Column, *, key: bool) -> str:
    name = _name(column.name)
    check = f" CHECK ({name} IN (0, 1))" if column.type == "flag" else ""
    return f"{name} {_TYPES.get(column.type, 'TEXT')}{' NOT NULL' if key else ''}{check}"


def _shape(kind: ColumnType) -> Callable[[Any], Any]:
    """Return how a value of a column is kept: numbers and flags as such, the rest as text."""
    if kind in _TYPES:
        return lambda value: value
    return lambda value: None if value is None else cell(value)


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
