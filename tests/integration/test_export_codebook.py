"""What is said of an export: a codebook of every column, a manifest of where it comes from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import select, update

from palier.program import Session
from palier.schemas.commands import OpenSession, ResumeFrom, Retry
from palier.schemas.names import OPERATOR
from palier.schemas.replies import Done
from palier.workers.persistence import tables
from tests.databases import Database
from tests.exported import (
    ALL_FORMATS,
    SEATS,
    Played,
    codebook_of,
    everything_answered,
    whole,
    written,
)
from tests.rehearsal import NOON, SESSION, Quick, Rehearsal, quick_database


@pytest.fixture
def ended(database: Database) -> Played:
    return Played(database).to_the_end()


@pytest.fixture
def quick() -> Iterator[Quick]:
    with quick_database() as database:
        yield database


# -- codebook


def test_the_codebook_has_each_column_with_its_question(ended: Played, tmp_path: Path) -> None:
    folder = written(ended, tmp_path).folder
    codebook = codebook_of(folder)

    for path in folder.glob("*.csv"):
        if path.name != "codebook.csv":
            header = pd.read_csv(path, nrows=0).columns
            assert list(codebook[path.stem]) == list(header)
    answers = codebook["answers"]
    assert all(
        one["about"] and one["type"] for table in codebook.values() for one in table.values()
    )
    types = [answers[one]["type"] for one in ("count", "share", "yes", "colour", "day", "words")]
    assert types == ["integer", "number", "flag", "category", "date", "text"]
    (question,) = answers["share"]["questions"]
    assert question["question"] == "Which share?"
    assert question["help"] == "Of the whole."
    assert (question["minimum"], question["maximum"]) == (0.0, None)
    (colour,) = answers["colour"]["questions"]
    assert colour["options"] == {"red": "Dark red", "blue": "Blue"}
    assert answers["maybe"]["questions"][0]["required"] is False


def test_a_field_that_changed_its_meaning_is_said(ended: Played, tmp_path: Path) -> None:
    folder = written(ended, tmp_path).folder
    codebook = codebook_of(folder)

    first, second = codebook["answers"]["value"]["questions"]
    assert (first["question"], first["visits"]) == ("How much?", "1")
    assert (second["question"], second["visits"]) == ("How many percent?", "2")
    assert set(second["changed"]) == {"type", "title", "maximum", "minimum"} - (
        {"minimum"} if first["minimum"] == second["minimum"] else set()
    )
    # a whole number here and any number there is a number
    assert codebook["answers"]["value"]["type"] == "number"
    assert codebook["wide"]["ask.1.value"]["type"] == "integer"
    page = (folder / "codebook.md").read_text(encoding="utf-8")
    assert "**other than before:** type, title, maximum" in page
    assert "How many percent?" in page


def test_the_question_is_told_as_it_was_asked_whatever_the_program_says_now(
    quick: Quick, tmp_path: Path
) -> None:
    played = Played(quick).to_the_middle()

    async def another(session: Session) -> None:
        await session.stage("something-else")

    played.rehearsal.becomes(another)
    folder = written(played, tmp_path).folder
    assert codebook_of(folder)["answers"]["count"]["questions"][0]["question"] == "How many?"


def test_an_answer_that_is_not_what_its_form_announced_is_exported_as_text(
    quick: Quick, tmp_path: Path
) -> None:
    played = Played(quick).to_the_middle()
    with played.engine.begin() as db:
        answer = tables.answer
        one = answer.c.value["count"].as_integer() == 1
        changed = {**everything_answered("p1"), "count": 2**70, "gone": [1, {"a": 2}]}
        assert db.execute(update(answer).where(one).values(value=changed)).rowcount == 1

    folder = written(played, tmp_path, *ALL_FORMATS).folder
    codebook = codebook_of(folder)["answers"]
    assert (codebook["count"]["type"], codebook["gone"]["type"]) == ("text", "json")
    counts = list(pd.read_parquet(folder / "answers.parquet")["count"].dropna())
    assert sorted(counts) == sorted([str(2**70), "2", "3", "4"])


# -- manifest


def test_the_manifest_says_what_it_is_of(ended: Played, tmp_path: Path) -> None:
    done = written(ended, tmp_path, *ALL_FORMATS)
    manifest = json.loads((done.folder / "manifest.json").read_text(encoding="utf-8"))

    assert manifest == done.manifest
    assert (manifest["session"], manifest["program"], manifest["seed"]) == (SESSION, "example", 3)
    assert (manifest["status"], manifest["mid_session"]) == ("finished", False)
    assert manifest["seats"] == list(SEATS)
    assert manifest["opened_at"] == f"{NOON:%Y-%m-%dT%H:%M:%S.%f}Z"
    assert manifest["opened_with"]["versions"]["database"].startswith(ended.engine.dialect.name)
    assert set(manifest["files"]) == {one.name for one in done.folder.iterdir()} - {"manifest.json"}
    for name, one in manifest["files"].items():
        assert one["sha256"] == sha256((done.folder / name).read_bytes()).hexdigest()
        if name.endswith(".csv") and name != "codebook.csv":
            assert one["rows"] == len(pd.read_csv(done.folder / name))
    answered = len(whole(ended)["answers"].rows)
    assert manifest["tables"]["answers"] == answered


def test_the_hash_of_the_program_is_that_of_when_it_was_read(quick: Quick, tmp_path: Path) -> None:
    folder = tmp_path / "programs" / "small"
    folder.mkdir(parents=True)
    program = folder / "program.py"
    program.write_text(SMALL)
    rehearsal = Rehearsal(quick, catalogue_of(folder.parent), seats=("p1",))
    rehearsal.open("small")
    first = opened_with(rehearsal)
    program.write_text(f"{SMALL}\n# another word\n")
    rehearsal.ask(OpenSession(session="later", program="small", seats=("p2",)))

    # the worker has it in mind as it was, and says so
    assert opened_with(rehearsal, "later") == first
    digest = sha256(SMALL.encode()).hexdigest()
    assert first["files"] == {"program.py": digest}
    assert first["sha256"] == sha256(f"{digest}  program.py\n".encode()).hexdigest()
    assert first["git"] is None


def test_a_program_that_is_mended_in_the_middle_is_in_the_manifest_with_when(
    quick: Quick, tmp_path: Path
) -> None:
    folder = tmp_path / "programs" / "small"
    folder.mkdir(parents=True)
    program = folder / "program.py"
    program.write_text(f"{SMALL}        raise ValueError\n")
    rehearsal = Rehearsal(quick, catalogue_of(folder.parent), seats=("p1",))
    rehearsal.open("small")
    rehearsal.arrive()
    program.write_text(f'{SMALL}        await session.stage("more")\n')
    rehearsal.later(60)

    assert isinstance(rehearsal.ask(Retry(session=SESSION)), Done)
    assert isinstance(rehearsal.ask(ResumeFrom(session=SESSION, stage="only")), Done)

    found = opened_with(rehearsal)
    (later,) = found["later"]
    assert later["at"] == (NOON + timedelta(seconds=60)).isoformat()
    assert later["files"] == {"program.py": sha256(program.read_bytes()).hexdigest()}
    assert later["sha256"] != found["sha256"]


SMALL = '''"""A stage."""

from palier.program import Program, Session


class Small(Program):
    """A stage."""

    async def run(self, session: Session) -> None:
        await session.stage("only")
'''


def catalogue_of(folder: Path) -> Any:
    from palier.workers.runtime.catalogue import Catalogue

    return Catalogue([folder])


def opened_with(rehearsal: Rehearsal, session: str = SESSION) -> dict[str, Any]:
    table = tables.session
    (found,) = rehearsal.database.ask(select(table.c.origin).where(table.c.name == session))
    origin: dict[str, Any] = found.origin
    return origin


def test_nothing_in_an_export_names_who_conducts_or_how_they_are_reached(
    ended: Played, tmp_path: Path
) -> None:
    with ended.engine.begin() as db:
        db.execute(
            update(tables.event_log)
            .where(tables.event_log.c.author == OPERATOR)
            .values(author="jane")
        )
        db.execute(update(tables.session).values(opened_by="jane"))
    folder = written(ended, tmp_path, *ALL_FORMATS).folder

    for path in folder.iterdir():
        assert b"jane" not in path.read_bytes(), path
    authors = set(pd.read_csv(folder / "events.csv")["author"])
    assert authors <= {"operator", "palier", *SEATS}
