"""`palier session export`, beside a database and without a server."""

from __future__ import annotations

import csv
import json
import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from tests.e2e.palier_command import Done, palier_here
from tests.exported import SEATS, played_game


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database with the session tuesday-1."""
    folder = tmp_path_factory.mktemp("exports")
    played_game(folder)
    return folder / "palier.db"


def export(database: Path, *arguments: object, session: str = "tuesday-1") -> Done:
    return palier_here(
        *("session", "export", session, *arguments),
        PALIER_SERVER="amqp://127.0.0.1:1/palier",
        PALIER_DATABASE=f"sqlite:///{database}",
    )


def test_formats_and_tables_are_chosen(database: Path, tmp_path: Path) -> None:
    chosen = ("--format", "parquet,sqlite", "--tables", "answers, payoffs")

    done = export(database, "--to", tmp_path, *chosen, "--json")

    names = {"answers.parquet", "payoffs.parquet", "session.sqlite", "manifest.json"}
    names |= {"codebook.csv", "codebook.json", "codebook.md"}
    assert set(done.json()) == names
    assert {one.name for one in (tmp_path / "tuesday-1").iterdir()} == names
    assert done.err == "Exported 28 rows.\n"


def test_a_first_look_comes_with_it(database: Path, tmp_path: Path) -> None:
    said = export(database, "--to", tmp_path).out

    assert said.startswith("Answers ")
    assert "│ p1   │ g1    │ contribute │ 1" in said
    assert "Payoffs" in said
    assert f"export    {tmp_path}/tuesday-1\n" in said
    assert f"codebook  {tmp_path}/tuesday-1/codebook.md\n" in said
    assert max(len(one) for one in said.splitlines() if str(tmp_path) not in one) <= 80


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ("--format xlsx", "'xlsx' is no format: name some of csv, parquet, sqlite."),
        ("--format ,", "',' names nothing: write names with commas between them."),
        ("--tables answer", "There is no table 'answer'; there are: payoffs, stages, answers"),
    ],
)
def test_what_there_is_not_is_said(
    database: Path, tmp_path: Path, arguments: str, sentence: str
) -> None:
    done = export(database, "--to", tmp_path, *arguments.split())

    assert done.sentence.startswith(sentence)
    assert list(tmp_path.iterdir()) == []


def test_a_session_that_is_not_there_is_told_with_what_was_meant(
    database: Path, tmp_path: Path
) -> None:
    assert export(database, "--to", tmp_path, session="thursday-1").sentence == (
        "There is no session thursday-1: see `palier session list`. Did you mean tuesday-1?"
    )


def test_a_place_that_cannot_be_written_to_is_named(database: Path) -> None:
    assert export(database, "--to", "/dev/null/x").sentence == (
        "/dev/null/x/tuesday-1 cannot be written to: Not a directory."
    )


def test_tables_of_another_version_are_said_to_be(tmp_path: Path) -> None:
    old = tmp_path / "old.db"
    with closing(sqlite3.connect(old)) as db:
        db.execute("CREATE TABLE session (name TEXT)")

    sentence = export(old, "--to", tmp_path).sentence

    assert "has not the tables of this version of Palier: a worker of this version" in sentence


def test_a_list_of_who_sat_where_lies_apart_and_is_never_written_over(
    database: Path, tmp_path: Path
) -> None:
    file = tmp_path / "who.csv"
    inside = tmp_path / "tuesday-1" / "who.csv"

    first = export(database, "--to", tmp_path, "--identities", file)
    again = export(database, "--to", tmp_path, "--identities", file)
    beside = export(database, "--to", tmp_path, "--identities", inside)

    assert first.code == 0, first
    with file.open(newline="", encoding="utf-8") as opened:
        rows = list(csv.DictReader(opened))
    assert [one["seat"] for one in rows] == list(SEATS)
    assert {one["person"] for one in rows} == {""}
    if os.name == "posix":
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert again.sentence == f"{file} is there already, maybe with names: choose another file."
    assert beside.sentence == (
        f"{inside} is in the folder of the data, and says whose they are: keep it elsewhere."
    )
    manifest = json.loads((tmp_path / "tuesday-1" / "manifest.json").read_text(encoding="utf-8"))
    assert "who.csv" not in manifest["files"]
