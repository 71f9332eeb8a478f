"""How values, names and full disks come out in an export's files."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from palier.workers.persistence.export.answers import field_names
from palier.workers.persistence.export.codebook import ranges
from palier.workers.persistence.export.column import Column, ColumnType, both, cell, fits, type_of
from palier.workers.persistence.export.csv_file import csv_file
from palier.workers.persistence.export.parquet_file import parquet_file
from palier.workers.persistence.export.sqlite_file import SqliteFile
from palier.workers.persistence.export.table import ExportTable

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
COLUMNS = (Column(name="words", type="text", about="Words."),)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (True, "TRUE"),
        (False, "FALSE"),
        (0, "0"),
        (0.1, "0.1"),
        (1e-7, "1e-07"),
        (Decimal("1E+2"), "100"),
        (Decimal("0.000000001"), "0.000000001"),
        (NOON, "2026-05-04T12:00:00.000000Z"),
        (NOON.astimezone(timezone(timedelta(hours=2))), "2026-05-04T12:00:00.000000Z"),
        ({"é": [1, None]}, '{"é": [1, null]}'),
        ("as it is", "as it is"),
    ],
)
def test_a_value_has_one_text(value: Any, text: str) -> None:
    assert cell(value) == text


@pytest.mark.parametrize(
    ("value", "kinds"),
    [
        (3, {"integer", "number"}),
        (2**70, set()),
        (0.5, {"number"}),
        (float("inf"), set()),
        (True, {"flag"}),
        ("2026-02-28", {"text", "category", "date"}),
        ("2026-02-30", {"text", "category"}),
        ("20260228", {"text", "category"}),
        ([1], {"json"}),
    ],
)
def test_a_value_stands_where_it_fits(value: Any, kinds: set[str]) -> None:
    every: tuple[ColumnType, ...] = (
        *("integer", "number", "flag", "category", "text", "date", "json"),
    )
    assert {one for one in every if fits(value, one)} == kinds
    assert type_of(value) in {*kinds, "text"}


def test_a_column_of_two_types_is_as_wide_as_both() -> None:
    assert both(None, "date") == "date"
    assert both("integer", "number") == "number"
    assert both("category", "text") == "text"
    assert both("flag", "integer") == "text"


def test_names_that_mean_trouble_are_called_answers() -> None:
    names = field_names(
        ["amount", "Amount", "seat", "function", "AMOUNT", "answer.seat"], taken=["seat"]
    )

    assert names == {
        "amount": "amount",
        "Amount": "answer.Amount",
        "seat": "answer.seat",
        "function": "answer.function",
        "AMOUNT": "answer.AMOUNT.2",
        "answer.seat": "answer.answer.seat",
    }
    assert len({one.casefold() for one in names.values()}) == len(names)


def test_numbers_in_a_row_are_told_as_one() -> None:
    assert ranges([]) == ""
    assert ranges([3]) == "3"
    assert ranges({1, 2, 3, 7, 9, 10}) == "1-3, 7, 9-10"


# -- a full disk

Opener = Callable[[Path, tuple[Column, ...]], AbstractContextManager[Any]]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk is full here")
@pytest.mark.parametrize("file", [csv_file, parquet_file])
def test_a_full_disk_is_said_as_such(file: Opener) -> None:
    with (
        pytest.raises(OSError, match="No space left on device"),
        file(Path("/dev/full"), COLUMNS) as write,
    ):
        write([("word " * 1000,)] * 100)


def test_a_full_disk_is_said_by_sqlite_too(tmp_path: Path) -> None:
    table = ExportTable(name="said", about="", columns=COLUMNS, rows=lambda _: ())
    with SqliteFile(tmp_path / "small.sqlite") as file, file.table(table, COLUMNS) as write:
        file._db.execute("PRAGMA max_page_count = 3")
        with pytest.raises(OSError, match="database or disk is full"):
            write([("word " * 1000,)] * 100)
