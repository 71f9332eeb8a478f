"""What an exported table is: a name, its columns, and how its rows are read."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from palier.workers.persistence.export.column import Column
from palier.workers.persistence.export.picture import Picture

#: How files are written.
Format = Literal["csv", "parquet", "sqlite"]

FORMATS: tuple[Format, ...] = ("csv", "parquet", "sqlite")

#: The values of one row, in the order of the columns.
Values = Sequence[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportTable:
    """A table of an export, as a value: files, types and codebook follow from it.

    ``about`` says in a sentence what a row is. ``columns`` are known, or follow from the picture
    (``columns(picture)``). ``rows(picture)`` yields them one by one, from `Picture.stream`: never
    a list, so that a long session takes no more memory than a short one. ``key`` names the columns
    that are different in each row; ``of`` the tables to whose rows these belong: they have the
    key columns of those, and stand before this one in `TABLES`.
    """

    name: str
    about: str
    columns: tuple[Column, ...] | Callable[[Picture], tuple[Column, ...]]
    rows: Callable[[Picture], Iterable[Values]]
    key: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    formats: tuple[Format, ...] = FORMATS

    def columns_of(self, picture: Picture) -> tuple[Column, ...]:
        """Return the columns it has for this session."""
        return self.columns(picture) if callable(self.columns) else self.columns


@dataclass(frozen=True, slots=True)
class Export:
    """A table in memory, or the first of ``count`` rows."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]
    count: int = -1
