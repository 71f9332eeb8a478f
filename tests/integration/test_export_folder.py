"""An export is one picture, whole or not at all, in little memory."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import Engine, event, func, select, text

from palier.schemas.commands import Exclude, OpenSession
from palier.schemas.names import OPERATOR
from palier.workers.errors import ExportRefused
from palier.workers.persistence import tables
from palier.workers.persistence.export import (
    TABLES,
    write_export,
)
from tests.databases import Database
from tests.exported import (
    ALL_FORMATS,
    Played,
    written,
)
from tests.laboratory import Postman
from tests.rehearsal import SESSION, Quick, Rehearsal, quick_database


@pytest.fixture
def ended(database: Database) -> Played:
    return Played(database).to_the_end()


@pytest.fixture
def quick() -> Iterator[Quick]:
    with quick_database() as database:
        yield database


# -- one picture


def test_a_session_is_exported_in_its_middle_as_one_picture(
    database: Database, tmp_path: Path
) -> None:
    played = Played(database).to_the_middle()
    # somebody answers as soon as the first table is read, and is not held up
    late: list[str] = []

    def answers(_db: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "FROM participant" in statement and not late:
            (seat,) = [one for one, seen in _last_seats(played.rehearsal) if not seen]
            late.append(seat)
            played.answers("g1", 4, {"value": 99, "size": "s"}, seat)

    with played_beside(database) as engine:
        event.listen(engine, "after_cursor_execute", answers)
        done = write_export(engine, SESSION, tmp_path / "s")

    assert late
    assert done.manifest["mid_session"] is True
    arrived = sum(int(one) for one in pd.read_csv(done.folder / "stages.csv")["arrived"])
    assert arrived == done.manifest["tables"]["answers"]
    assert not (pd.read_csv(done.folder / "answers_long.csv")["value"] == "99.0").any()
    again = write_export(played.engine, SESSION, tmp_path / "s")
    assert again.manifest["tables"]["answers"] == done.manifest["tables"]["answers"] + 1


def _last_seats(rehearsal: Rehearsal) -> list[tuple[str, bool]]:
    for scope, generation, _, missing in rehearsal.open_stages():
        if scope == "g1" and generation == 4:
            return [(one, False) for one in missing]
    return []


def played_beside(database: Database) -> Any:
    """Open it as the command does."""
    return database.plain()


@pytest.mark.slow
def test_ten_times_as_many_rows_take_no_more_memory(quick: Quick, tmp_path: Path) -> None:
    played = Played(quick).to_the_end()

    def peak(folder: str) -> float:
        tracemalloc.start()
        try:
            write_export(played.engine, SESSION, tmp_path / folder, formats=("csv", "sqlite"))
            return tracemalloc.get_traced_memory()[1] / 1e6
        finally:
            tracemalloc.stop()

    longer(played.engine, 300)
    peak("warm")  # statements are compiled, modules imported
    short = peak("short")
    longer(played.engine, 3000)
    long = peak("long")

    rows = played.rehearsal.database.ask(select(func.count()).select_from(tables.answer))[0][0]
    assert rows > 3000
    assert long < short + 1, (short, long)


def longer(engine: Engine, rounds: int) -> None:
    """Repeat what one group answered so often, set aside: rows alone, and no more wide columns."""
    with engine.begin() as db:
        db.execute(text("DELETE FROM answer WHERE generation > 100"))
        db.execute(text("DELETE FROM arrival WHERE generation > 100"))
        db.execute(text("DELETE FROM party WHERE generation > 100"))
        db.execute(text("DELETE FROM stage_run WHERE generation > 100"))
        for table, changed in (
            (
                tables.stage_run,
                {"stage": "'again'", "visit": "n", "released_as": "NULL", "status": "'void'"},
            ),
            (tables.party, {}),
            (tables.arrival, {"message_id": "message_id || n"}),
            (tables.answer, {}),
        ):
            names = [one.name for one in table.columns]
            picked = [
                "1000 + n" if one == "generation" else changed.get(one, f'"{table.name}"."{one}"')
                for one in names
            ]
            kept = ", ".join(f'"{one}"' for one in names)
            db.execute(
                text(
                    "WITH RECURSIVE r(n) AS "
                    f"(SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < {rounds}) "
                    f'INSERT INTO "{table.name}" ({kept}) SELECT {", ".join(picked)} '
                    f"FROM \"{table.name}\", r WHERE scope = 'g1' AND generation = 3"
                )
            )


# -- whole or not at all


def test_an_older_export_of_the_same_session_is_replaced(quick: Quick, tmp_path: Path) -> None:
    played = Played(quick).to_the_middle()
    first = written(played, tmp_path, *ALL_FORMATS)
    played.rehearsal.ask(Exclude(session=SESSION, seats=("p1",), reason="ill"))

    second = written(played, tmp_path)

    assert {one.name for one in second.folder.iterdir()} == set(second.files)
    assert first.manifest["tables"]["events"] < second.manifest["tables"]["events"]
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda folder: (folder / "notes.R").write_text("x"), "has notes.R, which is of no export"),
        (lambda folder: (folder / "answers.csv").write_text("x"), "was changed since it was"),
        (lambda folder: (folder / "manifest.json").unlink(), "is no export, and not empty"),
        (lambda folder: (folder / "manifest.json").write_text("[]"), "cannot be read"),
        (
            lambda folder: (folder / "manifest.json").write_text(
                (folder / "manifest.json").read_text().replace('"session": "s"', '"session": "t"')
            ),
            "has the export of session t",
        ),
        (
            lambda folder: (folder / "manifest.json").write_text(
                (folder / "manifest.json").read_text().replace('_at": "2026', '_at": "2025')
            ),
            "has the export of another session s, opened at 2025",
        ),
    ],
)
def test_what_somebody_else_put_there_is_not_written_over(
    quick: Quick, tmp_path: Path, spoil: Any, words: str
) -> None:
    played = Played(quick).to_the_middle()
    folder = written(played, tmp_path).folder
    spoil(folder)
    before = {one.name: one.read_bytes() for one in folder.iterdir()}

    with pytest.raises(ExportRefused, match=words) as refused:
        written(played, tmp_path)

    assert "choose another folder with --to" in str(refused.value)
    assert {one.name: one.read_bytes() for one in folder.iterdir()} == before


def test_an_export_that_fails_leaves_the_older_one_as_it_was(
    quick: Quick, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played = Played(quick).to_the_middle()
    folder = written(played, tmp_path).folder
    before = {one.name: one.read_bytes() for one in folder.iterdir()}
    with played.engine.begin() as db:
        # a stage that cannot be read, on the way
        db.execute(text("UPDATE event_log SET at = 'never' WHERE version = 3"))

    with pytest.raises(ValueError, match="never"):
        written(played, tmp_path)

    assert {one.name: one.read_bytes() for one in folder.iterdir()} == before
    assert [one.name for one in tmp_path.iterdir() if one.name.startswith(".")] == []


def test_a_session_that_is_not_there_is_refused_with_the_names_that_are_near(
    quick: Quick, tmp_path: Path
) -> None:
    played = Played(quick)
    played.rehearsal.ask(OpenSession(session="tuesday-1", program="example", seats=("q1",)))

    with pytest.raises(
        ExportRefused, match=r"see `palier session list`\. Did you mean tuesday-1\?"
    ):
        write_export(played.engine, "tusday-1", tmp_path / "s")
    assert list(tmp_path.iterdir()) == []


def test_only_the_tables_that_are_wanted_are_written(quick: Quick, tmp_path: Path) -> None:
    played = Played(quick).to_the_middle()

    done = written(played, tmp_path, "csv", "sqlite", names=("answers", "events"))

    assert set(done.manifest["tables"]) == {"answers", "events"}
    assert {one.stem for one in done.folder.glob("*.csv")} == {"answers", "events", "codebook"}
    with pytest.raises(
        ExportRefused, match="There is no table 'answer'; there are: payoffs, stages"
    ):
        written(played, tmp_path, names=("answer",))


def test_a_session_in_which_nothing_happened_has_every_file(quick: Quick, tmp_path: Path) -> None:
    played = Played(quick)
    postman = Postman(played.engine)
    postman.handler().handle(
        [postman.asked(OpenSession(session="new", program="pairs", seats=("a", "b")), OPERATOR)]
    )

    done = write_export(played.engine, "new", tmp_path / "new", formats=ALL_FORMATS)

    assert done.manifest["tables"] == {
        **dict.fromkeys((one.name for one in TABLES), 0),
        "payoffs": 2,
        "wide": 2,
        "events": 1,
    }
    assert len(pd.read_parquet(done.folder / "answers.parquet")) == 0
    assert done.manifest["started_at"] is None
