"""Strategies of a program's bots decide at seats over the broker, and never hold a barrier up."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from palier.cli.strategies import minds
from palier.client.bot import Wait
from palier.program import Field, Form, ProgramError
from palier.schemas.events import Stage
from palier.schemas.forms import describe
from palier.schemas.live import ActionSpec, Do

BOTS = """\
from palier.program import GO_ON, Bot

class Half(Bot):
    def decide(self, stage):
        return {"amount": stage.data["endowment"] // 2}

class Wrong(Bot):
    def decide(self, stage):
        return {"amount": 99}

class Broken(Bot):
    def decide(self, stage):
        return {"amount": stage.data["endowmend"]}

class Brief(Bot):
    def floor(self, stage):
        return "sell" if stage.data["endowment"] == 20 else GO_ON if stage.visit == 1 else None

class Chatty(Bot):
    def goodbye(self, stage):
        return {"amount": 1}
"""


class Decision(Form):
    amount: int = Field(ge=0, le=20)


def stage(name: str = "decide", form: type[Form] | None = Decision) -> Stage:
    return Stage(
        scope="all",
        generation=1,
        name=name,
        visit=1,
        title="",
        form=describe(form) if form else None,
        data={"endowment": 20},
        parties=2,
        opened_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "bots.py").write_text(BOTS)
    return tmp_path


def test_seats_take_strategies_in_turn_and_the_same_seed_decides_the_same(folder: Path) -> None:
    def decided() -> list[object]:
        found = minds(folder, "half,random", seats=("p1", "p2", "p3"), seed=7, told=pytest.fail)
        return [decide(stage()) for decide in found.values()]

    first = decided()
    assert first == decided()
    assert first[0] == first[2] == {"amount": 10}


@pytest.mark.parametrize(
    ("strategy", "words"),
    [
        ("wrong", "Wrong of p1 fails at stage decide: its answer {'amount': 99} does not pass"),
        ("broken", "Broken of p1 fails at stage decide: KeyError: 'endowmend'. Chance answers"),
    ],
)
def test_a_strategy_that_fails_is_told_of_and_chance_answers(
    folder: Path, strategy: str, words: str
) -> None:
    told: list[str] = []
    (decide,) = minds(folder, strategy, seats=("p1",), seed=1, told=told.append).values()

    answer = decide(stage())

    assert isinstance(answer, dict)
    assert describe(Decision).check(answer) == {}
    assert len(told) == 1
    assert words in told[0]


def test_what_answers_a_stage_that_asks_for_nothing_is_told_of(folder: Path) -> None:
    told: list[str] = []
    (decide,) = minds(folder, "chatty", seats=("p1",), seed=1, told=told.append).values()

    assert decide(stage("goodbye", None)) is None
    assert "the stage asks for nothing" in told[0]


def test_in_a_live_stage_a_strategy_acts_waits_and_goes_on(folder: Path) -> None:
    (decide,) = minds(folder, "brief", seats=("p1",), seed=1, told=pytest.fail).values()
    live = stage("floor", None).model_copy(
        update={"actions": (ActionSpec(name="sell", title="Sell"),)}
    )

    assert decide(live) == Do(action="sell")
    sold = live.model_copy(update={"data": {"endowment": 0}})
    assert decide(sold) is None  # it hands in nothing, and so goes on
    assert decide(sold.model_copy(update={"visit": 2})) is Wait.WAIT


def test_a_strategy_that_there_is_not_is_named(folder: Path) -> None:
    with pytest.raises(ProgramError, match=r"no strategy 'haf'.*Do you mean half"):
        minds(folder, "haf", seats=("p1",), seed=1, told=pytest.fail)
