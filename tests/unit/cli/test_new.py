"""`palier new` makes a program that is checked, tested and simulated at once."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

from palier.cli.check import checked
from palier.cli.new import Start
from palier.program.testing import load, load_bots, play
from tests.e2e.palier_command import PALIER, environment, palier_here

ROOT = Path(__file__).parents[3]

FILES = {"program.py", "bots.py", "test_program.py", "README.md"}


@pytest.mark.parametrize("start", list(Start))
def test_what_is_made_has_no_mistake_and_its_tests_pass(tmp_path: Path, start: Start) -> None:
    folder = tmp_path / "my_own_game"
    done = palier_here("new", folder, "--start", start.value, "--yes")

    assert done.code == 0, done
    assert {one.name for one in folder.iterdir()} == FILES
    mistakes, said = checked(folder)
    assert mistakes == []
    assert any("strategy" in one for one in said)
    tests = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert tests.returncode == 0, tests.stdout


def test_its_program_is_never_called_as_something_in_its_file(tmp_path: Path) -> None:
    folder = tmp_path / "decision"
    palier_here("new", folder)

    assert load(folder).__name__ == "MyDecision"
    assert checked(folder)[0] == []


def test_its_names_are_put_everywhere(tmp_path: Path) -> None:
    folder = tmp_path / "my_own_game"
    palier_here("new", folder, "--size", 3)

    program = load(folder)
    assert (program.__name__, program.title, program.group_size) == (
        "MyOwnGame",
        "My own game",
        3,
    )
    assert play(program, bots=load_bots(folder)["half"]).payoffs["p1"] == 78
    for one in folder.iterdir():
        text = one.read_text()
        assert "my_experiment" not in text
        assert "MyExperiment" not in text


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("My Game", "'My Game': use 1 to 32 lower-case letters, digits and underscores, the first"),
        ("my-game", "such as my_game."),
        ("2fast", "such as fast."),
        ("x" * 33, "1 to 32"),
        ("class", "a word of Python"),
    ],
)
def test_a_name_that_cannot_be_gets_a_sentence(tmp_path: Path, name: str, sentence: str) -> None:
    assert sentence in palier_here("new", tmp_path / name).sentence
    assert list(tmp_path.iterdir()) == []


def test_what_is_there_is_not_written_over(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    said = palier_here("new", tmp_path / "mine").sentence
    assert f"{tmp_path / 'mine'} is there already" in said
    assert list((tmp_path / "mine").iterdir()) == []


def test_at_a_terminal_it_asks_and_return_takes_what_is_usual(tmp_path: Path) -> None:
    typed, terminal = pty.openpty()
    os.write(typed, b"asked_for\n\n6\n")
    done = subprocess.run(
        [*PALIER, "new"],
        stdin=terminal,
        capture_output=True,
        cwd=tmp_path,
        env={**environment(), "PYTHONPATH": str(ROOT)},
        timeout=30,
        check=False,
    )
    os.close(terminal)
    os.close(typed)

    assert done.returncode == 0, done
    assert "Begin as" in done.stdout.decode()
    assert load(tmp_path / "asked_for").group_size == 6
