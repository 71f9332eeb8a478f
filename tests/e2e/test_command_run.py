"""`palier run`: a program is played from its folder, and again when it is saved."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from tests.conftest import need_rabbitmq
from tests.e2e.palier_command import nothing_is_left_of, palier, palier_here, running

pytestmark = [pytest.mark.rabbitmq, pytest.mark.timeout(240)]


@pytest.fixture(scope="module", autouse=True)
def rabbitmq() -> None:
    need_rabbitmq()


def rows(folder: Path, name: str) -> list[dict[str, str]]:
    (file,) = folder.glob(f"*/export/{name}.csv")
    with file.open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def test_a_program_that_is_saved_is_played_anew_at_the_same_seats(tmp_path: Path) -> None:
    folder, runs = tmp_path / "mine", tmp_path / "runs"
    palier_here("new", folder, "--size", 2)
    program = folder / "program.py"
    text = program.read_text()

    arguments = ("run", folder, "--bots", 2, "--pause", 0.4, "--runs", runs)
    with running(*arguments, "--set", "rounds=12", "--strategy", "half,all-in") as command:
        command.says("Session mine-1 is open")
        program.write_text(text.replace("async def run", "async run"))
        command.says("The session goes on as it was.")
        program.write_text(text.replace("default=3", "default=1"))
        command.says("Session mine-2 is open")
        program.write_text(
            text.replace('"goodbye",\n            text', '"thanks",\n            text')
        )
        done = command.wait(deadline=200)

    assert done.code == 0, done
    assert "mine-3: finished" in done.out
    given = rows(runs, "answers")
    assert {one["session"] for one in given} == {"mine-3"}
    assert {one["stage"] for one in given} == {"instructions", "decide", "results", "thanks"}
    first = [(one["seat"], one["amount"]) for one in given if one["stage"] == "decide"][:2]
    assert sorted(first) == [("p1", "10"), ("p2", "0")]
    nothing_is_left_of(runs)


def test_a_mistake_is_told_before_anything_is_started(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    palier_here("new", folder)
    for arguments, words in (
        (["--seats", 3], "3 seats cannot form groups of 4"),
        (["--set", "rouns=3"], "rouns"),
        (["--strategy", "haf"], "Do you mean half?"),
    ):
        said = palier("run", folder, *arguments, "--runs", tmp_path / "runs").sentence
        assert words in said
    assert not (tmp_path / "runs").exists()
