"""What pandas, R and SQLite read of an export is what the database has."""

from __future__ import annotations

import csv
import json
import os
import re
import sqlite3
import subprocess
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from shutil import which
from typing import Any

import pandas as pd
import pytest

from palier.workers.persistence.export import (
    ColumnType,
    Export,
)
from palier.workers.persistence.export.answers import _WORDS_OF_R
from tests.databases import Database
from tests.exported import (
    ALL_FORMATS,
    WORDS,
    Played,
    codebook_of,
    whole,
    written,
)
from tests.rehearsal import NOON


@pytest.fixture
def ended(database: Database) -> Played:
    return Played(database).to_the_end()


# -- what is read is what there is

#: What pandas is told of a column of each type in a CSV file.
DTYPES: dict[ColumnType, str] = {
    "integer": "Int64",
    "number": "float64",
    "flag": "boolean",
    "decimal": "string",
    "category": "string",
    "text": "string",
    "date": "string",
    "instant": "string",
    "json": "string",
}


def read_csv(path: Path, columns: dict[str, Any]) -> list[tuple[Any, ...]]:
    """Return the rows that pandas reads with the codebook's types, as Python has them."""
    frame = pd.read_csv(
        path,
        dtype={name: DTYPES[one["type"]] for name, one in columns.items()},
        keep_default_na=False,
        na_values=[""],
    )
    assert list(frame.columns) == list(columns)
    return [
        tuple(plain(value, one["type"]) for value, one in zip(row, columns.values(), strict=True))
        for row in frame.itertuples(index=False, name=None)
    ]


def plain(value: Any, kind: ColumnType) -> Any:
    """Return what a library read as Python has it."""
    if value is None or value is pd.NaT or value is pd.NA or value != value:  # noqa: PLR0124 - nan
        return None
    match kind:
        case "integer":
            return int(value)
        case "flag":
            return bool(value)
        case "decimal":
            return Decimal(value).normalize()
        case "date":
            return str(value)
        case "instant":
            return pd.Timestamp(value).to_pydatetime()
        case "json":
            return json.loads(value)
        case _:
            return value


def known(table: Export, columns: dict[str, Any], *, empty: bool = True) -> list[tuple[Any, ...]]:
    """Return a table's rows; ``empty`` texts are none, as in a CSV file."""
    kinds = [one["type"] for one in columns.values()]
    assert table.columns == tuple(columns)
    return [
        tuple(
            None
            if value == "" and empty
            else value.normalize()
            if kind == "decimal" and value is not None
            else value
            for value, kind in zip(row, kinds, strict=True)
        )
        for row in table.rows
    ]


def test_what_pandas_reads_of_csv_is_what_the_database_has(ended: Played, tmp_path: Path) -> None:
    folder = written(ended, tmp_path).folder

    for name, table in whole(ended).items():
        columns = codebook_of(folder)[name]
        assert read_csv(folder / f"{name}.csv", columns) == known(table, columns), name


def test_what_pandas_reads_of_parquet_has_its_types_and_is_what_the_database_has(
    ended: Played, tmp_path: Path
) -> None:
    folder = written(ended, tmp_path, "parquet").folder

    dtypes = {
        "integer": "int64",
        "number": "float64",
        "flag": "bool",
        "category": "category",
        "instant": "datetime64[us, UTC]",
    }
    for name, table in whole(ended).items():
        columns = codebook_of(folder)[name]
        frame = pd.read_parquet(folder / f"{name}.parquet")
        assert list(frame.columns) == list(columns)
        for column, one in columns.items():
            if one["type"] in dtypes and len(frame) and not frame[column].isna().any():
                assert str(frame[column].dtype) == dtypes[one["type"]], (name, column)
        rows = [
            tuple(
                plain(value, one["type"]) for value, one in zip(row, columns.values(), strict=True)
            )
            for row in frame.itertuples(index=False, name=None)
        ]
        assert rows == known(table, columns, empty=False), name


def test_a_payoff_is_exact_in_each_format(ended: Played, tmp_path: Path) -> None:
    folder = written(ended, tmp_path, *ALL_FORMATS).folder

    exact = [Decimal("0.1"), Decimal("0.2"), Decimal("0.3"), Decimal("0.4")]
    text_of = pd.read_csv(folder / "payoffs.csv", dtype=str)["payoff"]
    assert list(text_of) == ["0.1", "0.2", "0.3", "0.4"]
    assert list(pd.read_parquet(folder / "payoffs.parquet")["payoff"]) == exact
    with closing(sqlite3.connect(folder / "session.sqlite")) as db:
        found = db.execute("SELECT payoff FROM payoffs ORDER BY number").fetchall()
    assert [Decimal(one) for (one,) in found] == exact


def test_the_sqlite_file_has_the_same_with_keys(ended: Played, tmp_path: Path) -> None:
    folder = written(ended, tmp_path, "sqlite").folder

    with closing(sqlite3.connect(folder / "session.sqlite")) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        for name, table in whole(ended).items():
            if name == "wide":
                continue
            columns = codebook_of(folder)[name]
            found = db.execute(f'SELECT * FROM "{name}"').fetchall()
            rows = [
                tuple(
                    plain(one, kind["type"])
                    for one, kind in zip(row, columns.values(), strict=True)
                )
                for row in found
            ]
            assert rows == known(table, columns, empty=False), name
        parents = {one[2] for one in db.execute("PRAGMA foreign_key_list(answers)")}
        assert parents == {"payoffs", "stages"}
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        mean = db.execute(
            "SELECT count(*) FROM answers JOIN stages USING (session, scope, generation) "
            "WHERE answers.stage = 'ask' AND NOT set_aside AND stages.status = 'released'"
        ).fetchone()
        assert mean[0] == 6
        told = db.execute("SELECT count(*) FROM codebook WHERE \"column\" = 'value'").fetchone()
        assert told[0] >= 2


def test_long_and_wide_have_the_same_answers(ended: Played, tmp_path: Path) -> None:
    folder = written(ended, tmp_path).folder
    long = pd.read_csv(folder / "answers_long.csv", dtype=str, keep_default_na=False)
    wide = pd.read_csv(folder / "wide.csv", dtype=str, keep_default_na=False)

    counting = long[long.set_aside == "FALSE"]
    found = 0
    for row in counting.itertuples():
        stage = {"ask-all": "ask_all"}.get(row.stage, row.stage)
        column = f"{stage}.{row.seat_visit}.{row.field}"
        (value,) = wide.loc[wide.seat == row.seat, column]
        assert value == row.value or float(value) == float(row.value)
        found += row.value != ""
    fields = [one for one in wide.columns if re.fullmatch(r"\w+\.\d+\.(?!how$).+", one)]
    assert found == int((wide[fields] != "").sum().sum())
    assert list(wide["ask.1.value"]) != list(wide["ask.2.value"])


def test_who_comes_to_a_stage_again_is_counted_over_all_groups_and_not_what_was_set_aside(
    ended: Played,
) -> None:
    answers = whole(ended)["answers"]
    rows = [dict(zip(answers.columns, one, strict=True)) for one in answers.rows]
    asked = [one for one in rows if one["stage"] == "ask" and one["scope"] == "g1"]

    found = {(one["generation"], one["seat_visit"], one["set_aside"]) for one in asked}
    assert found == {(1, None, True), (3, 1, False), (4, 2, False)}


# -- what R and SQLite make of names


def test_every_name_is_one_in_r_and_for_sqlite(ended: Played, tmp_path: Path) -> None:
    folder = written(ended, tmp_path).folder

    for path in folder.glob("*.csv"):
        with path.open(newline="", encoding="utf-8") as file:
            names = next(csv.reader(file))
        assert len({one.casefold() for one in names}) == len(names)
        for name in names:
            assert re.fullmatch(r"[A-Za-z][A-Za-z0-9._]*", name), name
            assert name not in _WORDS_OF_R, name
    header = (folder / "answers.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert {"answer.seat", "answer.function", "count"} <= set(header)
    wide = (folder / "wide.csv").read_text(encoding="utf-8").splitlines()[0].split(",")
    assert {"ask_all.1.how", "ask_all.1.seat", "ask.2.size"} <= set(wide)


def test_files_are_plain_utf8_lines_and_flags_are_what_r_reads(
    ended: Played, tmp_path: Path
) -> None:
    folder = written(ended, tmp_path).folder

    for path in folder.glob("*.csv"):
        data = path.read_bytes()
        assert not data.startswith(b"\xef\xbb\xbf")
        assert b"\r" not in data
        assert data.endswith(b"\n")
    answers = (folder / "answers.csv").read_text(encoding="utf-8")
    assert '"Said ""no"", then\nleft; ça, ""NA"""' in answers
    assert {"TRUE", "FALSE"} == set(pd.read_csv(folder / "answers.csv", dtype=str)["set_aside"])
    moments = pd.read_csv(folder / "stages.csv", dtype=str)["opened_at"]
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", one) for one in moments)


def test_moments_are_those_of_the_database(ended: Played, tmp_path: Path) -> None:
    folder = written(ended, tmp_path, "csv").folder

    first = pd.read_csv(folder / "page_times.csv", parse_dates=["opened_at", "arrived_at"]).iloc[0]

    assert first["opened_at"] == pd.Timestamp(NOON)
    assert first["seconds"] == (first["arrived_at"] - first["opened_at"]).total_seconds()
    assert datetime.fromisoformat("2026-01-01T12:00:00Z") == NOON.astimezone(UTC)


# -- R itself

#: Reads the tables as docs/data.md says, and says what it made of them.
_R = """
folder <- commandArgs(TRUE)[1]
answers <- read.csv(file.path(folder, "answers.csv"), na.strings = "")
wide <- read.csv(file.path(folder, "wide.csv"), na.strings = "")
times <- read.csv(file.path(folder, "page_times.csv"), na.strings = "")
opened <- as.POSIXct(times$opened_at, format = "%Y-%m-%dT%H:%M:%OSZ", tz = "UTC")
stopifnot(identical(names(answers), make.names(names(answers))))
stopifnot(identical(names(wide), make.names(names(wide))))
stopifnot(is.logical(answers$set_aside), is.logical(answers$yes), is.integer(answers$count))
stopifnot(is.numeric(answers$share), !anyNA(opened))
cat(nrow(answers), sum(answers$count, na.rm = TRUE), sum(answers$set_aside), wide$ask.2.value)
cat("", nchar(answers$words[1], "chars"), sum(!is.na(answers$words)))
"""


def test_r_reads_what_the_database_has(ended: Played, tmp_path: Path) -> None:
    rscript = which("Rscript")
    if rscript is None:
        pytest.skip("There is no R here")
    folder = written(ended, tmp_path).folder

    done = subprocess.run(
        [rscript, "--vanilla", "-e", _R, str(folder)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8"},
    )

    assert done.returncode == 0, done.stderr
    answers = whole(ended)["answers"]
    aside = answers.columns.index("set_aside")
    words = answers.columns.index("words")
    wide = whole(ended)["wide"]
    second = [row[wide.columns.index("ask.2.value")] for row in wide.rows]
    assert done.stdout.split() == [
        *(str(len(answers.rows)), "10", str(sum(row[aside] for row in answers.rows))),
        *("NA" if one is None else f"{one:g}" for one in second),
        *(str(len(WORDS)), str(sum(bool(row[words]) for row in answers.rows))),
    ]
