"""One session in which an operator does everything that can be done, by the command `palier`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import need_rabbitmq
from tests.e2e.palier_command import (
    Done,
    nothing_is_left_of,
    palier_here,
    running,
    until,
)

pytestmark = [pytest.mark.rabbitmq, pytest.mark.timeout(120)]

SEATS = ("a1", "a2", "a3", "a4")

SOURCE = """
from palier.program import Field, Form, Program, Session

class Number(Form):
    value: int = Field(ge=0, le=9)

class Play(Program):
    title = "A play"
    steps = ("first", "second", "third")

    async def run(self, session: Session) -> None:
        await session.stage("first", form=Number, deadline=600, missing=Number(value=7))
        answers = await session.stage("second", form=Number)
        for one, answer in answers.items():
            one.pay(answer.value {payment})
        await session.stage("third", form=Number)
"""


SCREEN = """
<screen title="The third">
  <number bind="answer.value"/>
  <button on-click="submit">Hand in</button>
</screen>
"""


class Play:
    """A server with a program of this test's own, and its one session."""

    def __init__(self, data: Path, program: Path) -> None:
        self.data = data
        self.program = program

    def palier(self, verb: str, *arguments: object) -> Done:
        """Run one of the operator's commands on the session."""
        return palier_here("session", *verb.split(), "play", *arguments, "--data", self.data)

    def says(self, verb: str, *arguments: object) -> str:
        """Return what a command says that does what it should."""
        done = self.palier(verb, *arguments)
        assert (done.code, done.err) == (0, ""), done
        return done.out

    def seat(self, name: str) -> dict[str, Any]:
        """Return where a seat is."""
        rows = self.palier("show", "--json").json()["seats"]
        (found,) = [one for one in rows if one["seat"] == name]
        return dict(found)

    def write_screen(self, text: str) -> Path:
        """Write the screen of the third stage; return its file."""
        path = self.program.parent / "screens" / "third.xml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text)
        return path

    def write(self, payment: str) -> None:
        """Write the program's file, with what happens to an answer on its way to the payoff."""
        self.program.write_text(SOURCE.replace("{payment}", payment))


@pytest.fixture
def play(tmp_path: Path) -> Iterator[Play]:
    need_rabbitmq()
    programs, data = tmp_path / "programs", tmp_path / "data"
    (programs / "play").mkdir(parents=True)
    play = Play(data, programs / "play" / "program.py")
    play.write("/ 0")
    play.write_screen(SCREEN)
    with running("up", "--data", data, "--programs", programs, "--watch") as command:
        command.says("Palier is up")
        yield play
    nothing_is_left_of(data)


@pytest.mark.slow
def test_everything_an_operator_can_do_is_done_once(play: Play) -> None:
    opened = palier_here(
        *("session", "open", "play", "--name", "play", "--seats", ",".join(SEATS)),
        *("--json", "--data", play.data),
    ).json()
    assert "waits in its lobby" in play.says("explain")
    play.says("start")

    with (
        running("bots", "play", "--seats", "a1", "--pause", 0, "--data", play.data) as bot,
        running("session", "log", "play", "--follow", "--data", play.data) as log,
    ):
        until(lambda: play.seat("a1")["state"] == "submitted", what="the bot has answered")
        change_the_clock(play)
        hold(play)
        change_who_takes_part(play, opened["codes"])
        advance(play)
        mend(play)
        edit_a_screen(play)
        go_on_from_an_earlier_stage(play)
        assert play.says("abort", "--reason", "that is all") == "Session play is closed.\n"
        assert "is closed since" in play.says("explain")
        followed = log.wait()
        bot.wait()

    entries = play.palier("log", "--json").json()
    assert {one["kind"] for one in entries} >= {
        *("clock-extend", "clock-pause", "clock-resume", "advanced", "answered-for"),
        *("excluded", "readmitted", "bot-stands-in", "seat-replaced", "retried", "rewound"),
        *("status-changed", "program-failed", "session-finished"),
    }
    lines = followed.out.splitlines()
    assert [int(one.split()[0]) for one in lines] == [one["version"] for one in entries]
    assert lines[-1].endswith("The operator closed the session (that is all).")


def change_the_clock(play: Play) -> None:
    assert "The deadline in all is" in play.says("clock", "extend", "--seconds", 60)
    assert "The clock in all stands" in play.says("clock", "pause", "--reason", "a question")
    assert " stands " in play.says("show")
    assert "The deadline in all is" in play.says("clock", "resume")
    assert play.palier("clock", "extend").sentence.startswith("Say --seconds with extend")


def hold(play: Play) -> None:
    assert "the session is paused" in play.says("pause", "--reason", "a fire drill").lower()
    assert "A play, session play: paused (a fire drill)" in play.says("show")
    assert play.palier("pause").sentence == "Session play is paused."
    assert "session is running" in play.says("resume").lower()


def change_who_takes_part(play: Play, codes: dict[str, str]) -> None:
    assert play.palier("exclude", "a4").sentence == (
        "Say with --reason why you exclude somebody: it is kept with the data."
    )
    play.says("exclude", "a4", "--reason", "left the room")
    assert play.seat("a4")["standing"] == "excluded"
    assert "Let a4 take part again" in play.says("readmit", "a4")
    assert play.palier("attend", "a4").sentence == "Seat a4 does not call for help."

    play.says("stand-in", "a3", "--reason", "late")
    until(lambda: play.seat("a3")["how"] == "bot", what="a bot has answered for a3")

    code = play.palier("replace", "a2", "--reason", "another desk", "--json").json()["a2"]
    assert re.fullmatch(r"\w{4}-\w{4}", code)
    assert code != codes["a2"]
    assert "waits for a2 (never came) and a4 (never came)" in play.says("explain")


def advance(play: Play) -> None:
    assert play.palier("advance", "--reason", "x").sentence == (
        "Name the seats to advance, or say --all: one of the two."
    )
    wrong = play.palier("advance", "a2", "--answer", "value=99", "--reason", "x")
    assert "value: " in wrong.sentence
    assert (
        play.says("advance", "a2", "--answer", "value=2", "--reason", "by word of mouth")
        == "Answered for a2 (value=2).\n"
    )
    said = play.says("advance", "--all", "--reason", "the bus leaves")
    assert said.startswith("Answered for a4 (value=7); stage first in all was released")


def mend(play: Play) -> None:
    def answered() -> bool:
        return all(play.seat(one)["state"] == "submitted" for one in ("a1", "a3"))

    until(answered, what="both bots have answered the second stage")
    play.says("advance", "a2", "a4", "--answer", "value=4", "--reason", "the bus has left")

    shown = play.says("show")
    assert "A play, session play: stopped" in shown
    assert "one.pay(answer.value / 0)" in shown
    assert "palier session retry play" in shown
    assert "stopped since" in play.says("explain")
    assert "ZeroDivisionError" in play.palier("retry").sentence
    assert "mend" in play.palier("resume").sentence

    play.write("")
    assert "stage third opened" in play.says("retry", "--reason", "paid as it is")


def edit_a_screen(play: Play) -> None:
    path = play.write_screen(SCREEN.replace("number", "numbre"))
    words = f"{path}:3:3: There is no <numbre>."
    log = play.data / "worker.log"
    until(lambda: words in log.read_text(), what="the worker has seen what is wrong")
    assert play.seat("a2")["state"] == "working"
    refused = play.palier("resume", "--from", "third", "--reason", "x", "--yes")
    assert (refused.code, words in refused.err) == (1, True)
    play.write_screen(SCREEN)


def go_on_from_an_earlier_stage(play: Play) -> None:
    why = ("--reason", "a wrong text")
    refused = play.palier("resume", "--from", "second", *why)
    assert refused.code == 1
    assert " decisions are set aside: second and third." in refused.err
    assert refused.err.endswith("palier: Nothing was done: --yes does it.\n")
    unknown = play.palier("resume", "--from", "fourth", *why)
    assert unknown.sentence.startswith("There is no such opening of fourth in play: first, ")

    rewound = play.palier("resume", "--from", "second", *why, "--yes")
    assert "2 openings set aside" in rewound.out

    explained = play.says("explain", "--stage", "second")
    assert "The operator had the session go on from second once more (a wrong text)" in explained
    assert "a4 was answered for at first with value=7" in explained
    assert play.palier("explain", "--stage", "secnod").sentence == (
        "No stage secnod: there are first, second and third."
    )
    about = play.palier("explain", "--seat", "a2", "--json").json()
    assert any("a2" in one["text"] for one in about["lines"])
    assert about["now"]
