"""The public-goods game pays what the formula says, worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import pytest

from palier.program.testing import MISSING, by_seat, by_visit, load, load_bots, play
from tests.lines import code_lines

FOLDER = Path(__file__).parents[3] / "programs" / "public_goods"
PublicGoods = load(FOLDER)
SEATS = ("p1", "p2", "p3", "p4")


@pytest.mark.parametrize(
    ("amounts", "multiplier", "expected"),
    [
        # pot 20+10+0+6 = 36, times 1.6 = 57.6, a quarter is 14.4; plus what each kept
        ([(20, 10, 0, 6)], 1.6, ["14.4", "24.4", "34.4", "28.4"]),
        # everyone gives all: 80 * 1.6 / 4 = 32 each
        ([(20, 20, 20, 20)], 1.6, ["32", "32", "32", "32"]),
        # nobody gives: each keeps 20
        ([(0, 0, 0, 0)], 1.6, ["20", "20", "20", "20"]),
        # two rounds add up: the first case again, then 4 * 5 = 20, times 1.6 / 4 = 8, plus 15
        ([(20, 10, 0, 6), (5, 5, 5, 5)], 1.6, ["37.4", "47.4", "57.4", "51.4"]),
        # another multiplier: pot 3, times 2 = 6, a quarter is 1.5
        ([(3, 0, 0, 0)], 2.0, ["18.5", "21.5", "21.5", "21.5"]),
    ],
)
def test_payoffs_are_those_worked_out_by_hand(
    amounts: list[tuple[int, ...]], multiplier: float, expected: list[str]
) -> None:
    by_round = [
        by_seat({seat: {"amount": one} for seat, one in zip(SEATS, given, strict=True)})
        for given in amounts
    ]

    result = play(
        PublicGoods,
        settings={"rounds": len(amounts), "multiplier": multiplier},
        answers={"contribute": by_visit(by_round)},
    )

    assert list(result.payoffs.values()) == [Decimal(one) for one in expected]
    rounds = ["contribute", "results"] * len(amounts)
    assert [one.name for one in result.stages] == ["instructions", *rounds, "goodbye"]
    assert result.data("goodbye")[0]["total"] == pytest.approx(float(expected[0]))


def test_who_does_not_decide_in_time_gives_nothing() -> None:
    given = by_seat({"p1": MISSING, **{key: {"amount": 20} for key in SEATS[1:]}})
    result = play(PublicGoods, settings={"rounds": 1, "seconds": 30}, answers={"contribute": given})

    assert result.payoffs["p1"] == 20 + 60 * Decimal("1.6") / 4
    assert result.seconds == 30


def test_each_sees_the_pot_the_history_and_what_they_earned_alone() -> None:
    result = play(PublicGoods, settings={"rounds": 2}, answers={"contribute": {"amount": 10}})

    last = result.data("results")[-1]
    assert last["pot"] == 40
    assert last["history"] == [{"round": 1, "mean": 10.0}, {"round": 2, "mean": 10.0}]
    assert [one["earned"] for one in result.data("results")] == [26.0] * 8
    assert {one.screen for one in result.stages} == {"instructions", "contribute", "results", ""}


def test_cooperation_falls_with_conditional_cooperators_and_a_free_rider() -> None:
    bots = load_bots(FOLDER)
    playing = dict.fromkeys(SEATS, bots["conditional"]) | {"p4": bots["free-rider"]}

    result = play(PublicGoods, settings={"rounds": 8}, bots=playing)

    means = [one["mean"] for one in result.data("results")[-1]["history"]]
    assert means == sorted(means, reverse=True)
    assert means[0] == 7.5
    assert means[-1] < 2
    assert max(result.payoffs, key=lambda seat: result.payoffs[seat]) == "p4"


def test_it_is_at_most_40_lines_of_code() -> None:
    """Counted are lines that are not blank, nothing but a comment, or a docstring."""
    assert code_lines(FOLDER / "program.py") <= 40
