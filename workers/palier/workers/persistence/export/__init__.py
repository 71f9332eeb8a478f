"""A session's data as files for analysis: one consistent picture, also while it runs.

`write_export` writes a folder: tables as CSV, Parquet and SQLite, a codebook, a manifest. What a
table is stands in one value; files, types, keys and the codebook follow from it.

To add a table, write it beside the facts it is of, and name it in `export.tables.TABLES`::

    _ATTEMPTS = tables.attempt

    def _rows(picture: Picture) -> Iterator[Values]:
        found = picture.stream(                       # a part at a time, never the whole
            select(_ATTEMPTS.c.seat, _ATTEMPTS.c.number, _ATTEMPTS.c.right, _ATTEMPTS.c.at)
            .where(_ATTEMPTS.c.session == picture.session)
            .order_by(_ATTEMPTS.c.at)
        )
        for one in found:
            yield picture.session, *one               # Python's values: int, bool, Decimal,
                                                      # datetime, None; JSON by `picture.text`
    ATTEMPTS = ExportTable(
        name="attempts",                              # attempts.csv, attempts.parquet
        about="A row for each attempt at a quiz.",
        columns=(
            SESSION, SEAT,                            # what several tables have: `export.visits`
            Column(name="number", type="integer", about="Which attempt, from 1."),
            Column(name="right", type="flag", about="Whether all was right."),
            Column(name="at", type="instant", about="When."),
        ),
        rows=_rows,
        key=("session", "seat", "number"),            # different in each row
        of=("payoffs",),                              # has the key columns of these: foreign keys
    )

A column more in a table that is there is a `Column` in its columns and a value in its rows. What is
the same in all rows of a seat belongs into `PAYOFFS` (with `record.payoffs_row` and
`picture.SeatFacts`): the wide table has all columns of it.
"""

from __future__ import annotations

from typing import Any

from pydantic_core import from_json
from sqlalchemy import Connection

from palier.workers.persistence.export.column import Column, ColumnType
from palier.workers.persistence.export.identities import check_apart, write_identities
from palier.workers.persistence.export.picture import Picture, take_picture
from palier.workers.persistence.export.table import FORMATS, Export, ExportTable, Format, Values
from palier.workers.persistence.export.tables import TABLES
from palier.workers.persistence.export.writing import Written, write_export

__all__ = [
    "FORMATS",
    "TABLES",
    "Column",
    "ColumnType",
    "Export",
    "ExportTable",
    "Format",
    "Picture",
    "Values",
    "Written",
    "check_apart",
    "export",
    "take_picture",
    "write_export",
    "write_identities",
]


def export(db: Connection, session: str) -> tuple[Export, ...]:
    """Return a session's tables, in memory: for small ones, and for tests.

    Values are Python's; what is JSON is taken apart.
    """
    picture = Picture(db, session)
    return tuple(_whole(one, picture) for one in TABLES)


def _whole(table: ExportTable, picture: Picture) -> Export:
    columns = table.columns_of(picture)
    json = {number for number, one in enumerate(columns) if one.type == "json"}
    rows = tuple(
        tuple(_value(value, json=number in json) for number, value in enumerate(row))
        for row in table.rows(picture)
    )
    return Export(table.name, tuple(one.name for one in columns), rows, len(rows))


def _value(value: Any, *, json: bool) -> Any:
    return from_json(value) if json and value is not None else value
