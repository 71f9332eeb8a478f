"""The payoffs are those worked out by hand: python -m pytest my_experiment."""

from decimal import Decimal
from pathlib import Path

from palier.program.testing import MISSING, Result, Script, load, play

MyExperiment = load(Path(__file__).parent)


def played(decide: Script) -> Result:
    """Play one round of one group, everybody with the same script."""
    return play(MyExperiment, settings={"rounds": 1}, answers={"decide": decide})


def test_all_earn_most_when_all_give_everything() -> None:
    """20 points from each, times 1.6, shared equally: 32 for each."""
    assert set(played({"amount": 20}).payoffs.values()) == {Decimal(32)}


def test_who_gives_nothing_keeps_everything() -> None:
    """An empty pot pays nothing."""
    assert set(played({"amount": 0}).payoffs.values()) == {Decimal(20)}


def test_who_does_not_answer_gives_nothing() -> None:
    """After a minute it goes on without an answer."""
    result = played(MISSING)

    assert {row["how"] for row in result.answers("decide")} == {"default"}
    assert set(result.payoffs.values()) == {Decimal(20)}
