"""Strategies of bots: what stands in a program's bots.py."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from palier.program import Bot, Field, Form, Program, ProgramError, Session
from palier.program.bots import chosen
from palier.program.testing import BadAnswer, NoSuchSeat, load_bots, play
from palier.schemas.events import Stage


class Number(Form):
    value: int = Field(ge=0, le=9)


class Example(Program):
    async def run(self, session: Session) -> None:
        for number in (1, 2):
            await session.stage("say-it", form=Number, data={"number": number})
        await session.stage("other", form=Number)


class Counting(Bot):
    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.said = 0

    def say_it(self, stage: Stage) -> dict[str, int]:
        self.said += 1
        return {"value": self.said + int(stage.data["number"] == 2)}


FILE = """\
from palier.program import Bot

class TitForTat(Bot):
    def say_it(self, stage):
        return {"value": self.random.randrange(3)}

def say_it(me, stage):
    return {"value": len(me.seat)}

def _hidden(me, stage):
    return None
"""


def said(bots: Any, **more: Any) -> list[tuple[str, int]]:
    rows = play(Example, bots=bots, **more).answers("say-it")
    return [(one["seat"], one["value"]) for one in rows]


def test_a_strategy_is_an_object_a_seat_that_remembers() -> None:
    assert said(Counting, seats=2) == [("p1", 1), ("p2", 1), ("p1", 3), ("p2", 3)]


def test_what_a_strategy_says_nothing_of_is_drawn() -> None:
    assert [one["how"] for one in play(Example, bots=Counting).answers("other")] == ["submitted"]


def test_some_seats_have_a_strategy_and_scripts_go_before_it() -> None:
    assert ("p2", 3) in said({"p2": Counting}, seats=2)
    assert said(Counting, answers={"say-it": {"value": 9}}) == [("p1", 9), ("p1", 9)]
    with pytest.raises(NoSuchSeat, match="bots= names seat 'p3'"):
        said({"p3": Counting}, seats=2)


def test_functions_of_the_file_are_one_strategy_and_each_class_is_another(tmp_path: Path) -> None:
    (tmp_path / "bots.py").write_text(FILE)

    known = load_bots(tmp_path)

    assert sorted(known) == ["default", "random", "tit-for-tat"]
    assert said(known["default"]) == [("p1", 2), ("p1", 2)]
    assert said(known["tit-for-tat"], seed=1) == said(known["tit-for-tat"], seed=1)
    assert chosen(known, None) == (known["default"],)
    assert chosen(known, "tit-for-tat,random") == (known["tit-for-tat"], Bot)
    with pytest.raises(ProgramError, match=r"no strategy 'tit-for-tit'. Do you mean tit-for-tat\?"):
        chosen(known, "tit-for-tit")


def test_a_stage_called_as_python_calls_something_is_answered_with_an_underscore() -> None:
    class Keyword(Program):
        async def run(self, session: Session) -> None:
            await session.stage("return", form=Number)

    class Three(Bot):
        def return_(self, _: Stage) -> dict[str, int]:
            return {"value": 3}

    rows = play(Keyword, seats=4, bots=Three).answers("return")
    assert [one["value"] for one in rows] == [3, 3, 3, 3]


def test_without_a_file_there_is_chance(tmp_path: Path) -> None:
    assert load_bots(tmp_path) == {"random": Bot}
    assert chosen(load_bots(tmp_path), None) == (Bot,)


def test_a_file_that_cannot_be_run_is_told(tmp_path: Path) -> None:
    (tmp_path / "bots.py").write_text("import nothing_of_this_name")
    with pytest.raises(ProgramError, match=r"bots\.py cannot be loaded: ModuleNotFoundError"):
        load_bots(tmp_path)


def test_an_answer_of_a_strategy_that_does_not_pass_names_its_stage() -> None:
    class Wrong(Bot):
        def say_it(self, _: Stage) -> Any:
            return {"value": 12}

    class Odd(Bot):
        def say_it(self, _: Stage) -> Any:
            return 12

    with pytest.raises(BadAnswer, match=r"'say-it'.*seat p1: value: "):
        said(Wrong)
    with pytest.raises(BadAnswer, match="A script gives a form"):
        said(Odd)


def test_a_strategy_cannot_answer_a_stage_of_a_name_that_bots_need() -> None:
    with pytest.raises(ProgramError, match=r"Wrong\.random is what each bot has"):
        type("Wrong", (Bot,), {"random": lambda *_: None})
