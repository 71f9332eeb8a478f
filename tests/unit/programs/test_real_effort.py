"""Sums: what is right counts, time ends it, and who is paid."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

from palier.program.testing import Result, load, load_bots, play

FOLDER = Path(__file__).parents[3] / "programs" / "real_effort"
RealEffort = load(FOLDER)
SECONDS = {"p1": 6.0, "p2": 7.0, "p3": 13.0, "p4": 40.0}


def played(**settings: Any) -> Result:
    """Return a minute of sums; each seat needs so many seconds for one, and is always right."""
    return play(
        RealEffort,
        settings={"seconds": 60, **settings},
        bots=load_bots(FOLDER)["able"],
        pace=lambda one, stage: SECONDS[one.seat] if stage.name == "add" else 0,
    )


def test_every_sum_that_is_right_before_the_time_is_up_is_paid() -> None:
    # 60 s: the tenth sum of who needs 6 s comes with the end, and counts no more
    result = played()
    assert result.payoffs["p2"] == 8 * Decimal("0.50")
    assert result.payoffs["p3"] == 4 * Decimal("0.50")
    assert result.payoffs["p4"] == 1 * Decimal("0.50")


def test_only_the_best_of_the_group_is_paid_four_times_in_a_tournament() -> None:
    result = played(pay="tournament")
    solved = {one["seat"]: one["you_solved"] for one in result.data("result")}
    assert max(solved, key=lambda seat: solved[seat]) == "p1"
    assert result.payoffs == {"p1": solved["p1"] * 2, "p2": 0, "p3": 0, "p4": 0}


def test_equals_of_a_tournament_are_decided_by_chance_and_one_is_paid() -> None:
    winners = set()
    for seed in range(12):
        result = play(
            RealEffort,
            settings={"pay": "tournament", "most": 2},
            bots=load_bots(FOLDER)["able"],
            seed=seed,
        )
        assert sorted(result.payoffs.values()) == [0, 0, 0, 4]
        winners.add(max(result.payoffs, key=lambda seat: result.payoffs[seat]))
    assert len(winners) > 1


def test_a_wrong_sum_is_told_and_not_paid() -> None:
    result = play(RealEffort, settings={"most": 2}, answers={"add": {"total": 1}})
    assert set(result.payoffs.values()) == {0}
    assert {one["last"] for one in result.data("add") if one["visit"] == 2} == {"wrong"}


def test_what_sums_come_to_is_not_shown() -> None:
    result = play(RealEffort, settings={"most": 3}, bots=load_bots(FOLDER)["able"])
    for shown in result.stages:
        if shown.name == "add":
            (seat,) = shown.seats
            data = shown.data(seat)
            assert sum(data[key] for key in "abcde") not in data.values()  # type: ignore[misc]


def test_the_same_seed_gives_the_same_sums() -> None:
    first, again = (
        [one.stage.data for one in play(RealEffort, settings={"most": 2}, seed=5).stages]
        for _ in range(2)
    )
    assert first == again
