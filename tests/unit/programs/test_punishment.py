"""Public goods with punishment: income, what points take away, what they cost."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from palier.program.testing import Result, by_seat, load, load_bots, play

FOLDER = Path(__file__).parents[3] / "programs" / "punishment"
Game = load(FOLDER)
SEATS = ("p1", "p2", "p3", "p4")
GIVEN = {"p1": 20, "p2": 10, "p3": 6, "p4": 0}


def one_round(points: dict[str, dict[int, int]], **settings: Any) -> Result:
    """Return a round with these gifts; points go against who gave so much."""

    def punish(one: Any, stage: Any) -> dict[str, int]:
        gave = [stage.data[key] for key in "xyz"]
        mine = points.get(one.seat, {})
        return {key: mine.get(amount, 0) for key, amount in zip("abc", gave, strict=True)}

    gifts = by_seat({seat: {"amount": one} for seat, one in GIVEN.items()})
    answers: dict[str, Any] = {"contribute": gifts}
    if settings.get("punishment", True):
        answers["punish"] = punish
    return play(Game, settings={"rounds": 1, **settings}, answers=answers)


@pytest.mark.parametrize(
    ("points", "expected"),
    [
        # 36 given, 14.4 for each: 14.4, 24.4, 28.4, 34.4
        ({}, ("14.4", "24.4", "28.4", "34.4")),
        # p1 assigns 5 points to p4 for 9: 34.4 · 0.5 = 17.2
        ({"p1": {0: 5}}, ("5.4", "24.4", "28.4", "17.2")),
        # p1 and p2 assign 7 and 5: 12 points take all, never more; 16 and 9 are paid
        ({"p1": {0: 7}, "p2": {0: 5}}, ("-1.6", "15.4", "28.4", "0")),
        # one's own points are paid also where nothing is left
        ({"p1": {0: 10}, "p4": {20: 1}}, ("-17.04", "24.4", "28.4", "-1")),
        # points against several are each paid by the table: 2 for 2, and 4 for 3
        ({"p3": {10: 2, 0: 3}}, ("14.4", "19.52", "22.4", "24.08")),
    ],
)
def test_a_round_pays_what_was_worked_out_by_hand(
    points: dict[str, dict[int, int]], expected: tuple[str, ...]
) -> None:
    result = one_round(points)
    assert [result.payoffs[one] for one in SEATS] == [Decimal(one) for one in expected]


def test_without_punishment_there_is_no_such_stage() -> None:
    result = one_round({}, punishment=False)
    assert "punish" not in {one.name for one in result.stages}
    assert [result.payoffs[one] for one in SEATS] == [
        Decimal(one) for one in ("14.4", "24.4", "28.4", "34.4")
    ]


def test_the_others_are_told_in_another_order_each_round() -> None:
    gifts = by_seat({seat: {"amount": one} for seat, one in GIVEN.items()})
    result = play(Game, settings={"rounds": 8}, answers={"contribute": gifts})
    orders = {
        tuple(one[key] for key in "xyz") for one in result.data("punish") if one["seat"] == "p1"
    }
    assert len(orders) > 1
    assert {tuple(sorted(one)) for one in orders} == {(0, 6, 10)}


def test_who_is_punished_for_giving_nothing_gives_where_nobody_punishes_does_not() -> None:
    bots = load_bots(FOLDER)
    playing = dict.fromkeys(SEATS, bots["fearful"]) | {"p1": bots["reciprocator"]}

    def gifts(*, punishment: bool) -> list[int]:
        settings = {"rounds": 3, "punishment": punishment}
        result = play(Game, settings=settings, bots=playing)
        return [one["given_in_all"] for one in result.data("results") if one["seat"] == "p1"]

    assert gifts(punishment=True) == [20, 80, 80]
    assert gifts(punishment=False) == [20, 20, 20]


def test_half_of_the_groups_can_have_punishment_and_half_not() -> None:
    given = {
        "rounds": 1,
        "treatments": {"with": {}, "without": {"punishment": False}},
    }
    result = play(Game, seats=16, settings=given)
    punished = {one.group for one in result.stages if one.name == "punish"}
    assert punished == {name for name, one in result.treatments.items() if one == "with"}
    assert len(punished) == 2
