"""`palier check` finds what is wrong with a program, each with its place and what to write."""

from __future__ import annotations

from pathlib import Path
from textwrap import indent

import pytest

from palier.cli.check import checked
from tests.e2e.palier_command import palier_here

PROGRAMS = Path(__file__).parents[3] / "programs"

HEAD = """\
import asyncio
import datetime as dt
import os
import random
import time
from datetime import datetime
from pathlib import Path
from random import randint
from uuid import uuid4

from palier.program import Field, Form, Program, Session

LOG = []


class Number(Form):
    value: int = Field(ge=0, le=9)


class Example(Program):
    history = []
    TABLE = {1: 2}

    async def run(self, session: Session) -> None:
"""


def written(folder: Path, body: str, *, head: str = HEAD) -> Path:
    """Write a program whose ``run`` is this body, methods below it, and return its folder."""
    folder = folder / "example"
    folder.mkdir()
    first, *methods = body.split("\n\n")
    lines = [indent(first, " " * 8), *(indent(one, " " * 4) for one in methods)]
    (folder / "program.py").write_text(head + "\n\n".join(lines) + "\n")
    return folder


def told(folder: Path) -> list[str]:
    found, _ = checked(folder)
    return [f"{one.line - 24}: {one.reason} {one.hint}".strip() for one in found]


@pytest.mark.parametrize("name", sorted(one.parent.name for one in PROGRAMS.glob("*/program.py")))
def test_ready_programs_have_no_mistake(name: str) -> None:
    found, _ = checked(PROGRAMS / name)
    assert found == []


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ("x = random.random()", "random.random gives something else each time."),
        ("x = randint(1, 2)", "random.randint gives something else each time."),
        ("x = uuid4()", "uuid.uuid4 gives something else each time."),
        ("x = time.time()", "time.time is another time"),
        ("time.sleep(1)", "time.sleep holds up every session"),
        ("x = datetime.now()", "datetime.datetime.now is another time"),
        ("x = dt.datetime.now()", "datetime.datetime.now is another time"),
        ("x = dt.date.today()", "datetime.date.today is another time"),
        ("x = os.environ['X']", "os.environ is not the same on every worker."),
        ("x = open('x')", "open() is something of the outside world."),
        ("x = Path('x').read_text()", "read_text() is something of the outside world."),
        ("x = input()", "input() waits for a keyboard"),
        ("print('here')", "print() is read by nobody"),
        ("x = hash('a')", "hash() is another number in each process."),
        ("for one in {1, 2}: pass", "The order of a set is another one in each process."),
        ("x = list({one.seat for one in session})", "The order of a set"),
        ("x = {1} | set()\nfor one in x: pass", "The order of a set"),
        ("await asyncio.sleep(1)", "asyncio.sleep waits by a loop"),
        ("await os.wait()", "os.wait is awaited, which no worker waits for."),
        ("self.history.append(1)", "self.history is shared by all sessions of a worker"),
        ("Example.history[0] = 1", "Example.history is shared by all sessions of a worker"),
        ("LOG.append(1)", "LOG is shared by all sessions of a worker"),
        ("global LOG\nLOG = 1", "LOG is shared by all sessions of a worker."),
    ],
)
def test_what_is_not_on_the_record_is_found_with_its_place(
    tmp_path: Path, body: str, reason: str
) -> None:
    folder = written(tmp_path, body)
    found, said = checked(folder)

    assert any(one.reason.startswith(reason) for one in found), found
    assert all(one.hint and one.column > 8 and one.line > 24 for one in found), found
    assert "Not played" in said[-1]


@pytest.mark.parametrize(
    "body",
    [
        "x = session.random.random()",
        "x = random.Random(7).random()",
        "x = session.now()",
        "x = dt.datetime(2026, 1, 1)",
        'x = await session.once("scale", lambda: Path(os.devnull).read_text())',
        'x = await session.once("scale", time.time)',
        "for one in sorted({1, 2}): pass",
        "x = len({one.seat for one in session}) + (1 in {1, 2})",
        "x = self.TABLE[1]",
        "history = []\nhistory.append(1)",
        "self.log = []\nself.log.append(1)",
    ],
)
def test_what_is_on_the_record_is_let_be(tmp_path: Path, body: str) -> None:
    assert told(written(tmp_path, body)) == []


def test_what_run_does_not_reach_is_let_be_and_what_it_reaches_is_not(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        "self.helper()\n\ndef helper(self):\n    return Other().thing()\n\n"
        "def unused(self):\n    return time.time()",
    )
    with (folder / "program.py").open("a") as file:
        file.write("\n\nclass Other:\n    def thing(self):\n        return time.time()\n")

    (only,) = told(folder)
    assert only.startswith("12: time.time")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        ('await session.stage("Ask Me")', "A stage cannot be called 'Ask Me'."),
        ('await session.stage("ask", data={"seat": 1})', "Data cannot have the name 'seat'"),
        ('await session.stage("ask", data=lambda one: {"form": 1})', "cannot have the name 'form'"),
        ('await session.stage("ask", missing="defualt")', "Do you mean 'default'?"),
        ("await session.each_group(self.run, size=3)", "group_size is 4, and groups of 3"),
        (
            'await session.each_group(self.run, size=2, matching="stranger")',
            "There is no matching 'stranger'. Do you mean strangers?",
        ),
    ],
)
def test_names_sizes_and_policies_that_cannot_be_are_found(
    tmp_path: Path, body: str, reason: str
) -> None:
    folder = written(
        tmp_path, body, head=HEAD.replace("    TABLE", "    group_size = 4\n    TABLE")
    )
    assert any(reason in one for one in told(folder)), told(folder)


def test_steps_and_forms_are_looked_at(tmp_path: Path) -> None:
    head = HEAD.replace("    TABLE", '    steps = ("ask", "anwser", "again-1")\n    TABLE').replace(
        "value: int = Field(ge=0, le=9)", "value: complex"
    )
    folder = written(
        tmp_path, 'await session.stage("ask")\nawait session.stage(f"again-{1}")', head=head
    )

    found = told(folder)

    assert any("Number.value is of type" in one for one in found)
    (step,) = [one for one in found if "Step" in one]
    assert "Step 'anwser' is no stage" in step


def test_what_only_shows_when_it_runs_is_found_at_its_line(tmp_path: Path) -> None:
    folder = written(tmp_path, 'await session.stage("ask", form=Number)\nraise LookupError("oh")')
    assert told(folder) == ["2: Played by chance: LookupError: oh"]


def test_the_line_is_told_also_where_the_folder_is_named_from_where_one_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written(tmp_path, 'await session.stage("ask", form=Number)\nraise LookupError("oh")')
    monkeypatch.chdir(tmp_path)
    assert told(Path("example")) == ["2: Played by chance: LookupError: oh"]


def test_a_session_that_is_not_the_same_a_second_time_is_found(tmp_path: Path) -> None:
    folder = written(
        tmp_path,
        'self.remember(self.history)\nawait session.stage("ask", data={"n": len(self.history)})\n\n'
        "def remember(self, where):\n    where.append(1)",
    )
    (only,) = told(folder)
    assert "stage 'ask' (visit 1, scope 'all') showed another n the second time" in only


def test_a_screen_that_does_not_fit_is_found(tmp_path: Path) -> None:
    folder = written(tmp_path, 'await session.stage("ask", form=Number)')
    (folder / "screens").mkdir()
    (folder / "screens" / "ask.xml").write_text('<screen><number bind="answer.vale" /></screen>')

    found, _ = checked(folder)

    assert any(one.file.endswith("ask.xml") and "vale" in one.reason for one in found)


def test_a_strategy_whose_methods_are_for_no_stage_is_found(tmp_path: Path) -> None:
    folder = written(tmp_path, 'await session.stage("ask", form=Number)')
    (folder / "bots.py").write_text("def aks(me, stage):\n    return {'value': 1}\n")
    (only,) = told(folder)
    assert "strategy default answers aks" in only


def test_a_file_that_cannot_be_read_is_one_mistake(tmp_path: Path) -> None:
    folder = written(tmp_path, "return (")
    assert told(folder)[0].startswith("1: ")
    assert "cannot be read" in told(folder)[0]


def test_a_file_that_cannot_be_loaded_is_one_mistake_at_its_line(tmp_path: Path) -> None:
    folder = written(tmp_path, "pass\n\nx: Sesion")
    assert told(folder)[0].startswith("3: ")
    assert "name 'Sesion' is not defined" in told(folder)[0]


def test_the_command_says_where_and_ends_with_1(tmp_path: Path) -> None:
    folder = written(tmp_path, "x = time.time()")

    done = palier_here("check", folder)
    assert done.code == 1
    assert f"{folder / 'program.py'}:25:13: time.time is another time" in done.out
    assert "Use session.now()" in done.out
    assert done.out.endswith("example: 1 mistake.\n")

    assert palier_here("check", folder, "--json").code == 1
    good = palier_here("check", PROGRAMS / "public_goods", "--json")
    assert good.code == 0
    assert '"mistakes": []' in good.out


def test_a_folder_without_a_program_gets_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    for name, proposed in (("empty", "my_experiment"), ("my-own", "my_experiment"), ("own", "own")):
        said = palier_here("check", tmp_path / name).sentence
        assert "There is no program.py in" in said
        assert f"`palier new {proposed}`" in said
