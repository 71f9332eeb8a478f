"""The prisoner's dilemma pays by its table, with partners and with strangers who meet once."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from palier.program import ProgramError
from palier.program.testing import by_seat, by_visit, load, load_bots, play

FOLDER = Path(__file__).parents[3] / "programs" / "prisoners_dilemma"
PrisonersDilemma = load(FOLDER)


def choosing(*periods: str) -> Any:
    """Return what p1 and p2 choose, period by period."""
    return by_visit(
        [by_seat({"p1": {"choice": one[0]}, "p2": {"choice": one[1]}}) for one in periods]
    )


@pytest.mark.parametrize(
    ("periods", "expected"),
    [
        (["AA"], ("8", "8")),
        (["AB"], ("0", "10")),
        (["BA"], ("10", "0")),
        (["BB"], ("3.5", "3.5")),
        # one after the other: 8 + 0 + 3.5 + 10, and 8 + 10 + 3.5 + 0
        (["AA", "AB", "BB", "BA"], ("21.5", "21.5")),
    ],
)
def test_payoffs_are_those_of_the_table(periods: list[str], expected: tuple[str, str]) -> None:
    result = play(
        PrisonersDilemma,
        settings={"rounds": len(periods)},
        answers={"choose": choosing(*periods)},
    )

    assert tuple(result.payoffs.values()) == tuple(map(Decimal, expected))
    shown = {row["seat"]: row for row in result.data("results")}
    last = periods[-1]
    assert (shown["p1"]["you_chose"], shown["p1"]["the_other_chose"]) == (last[0], last[1])
    assert (shown["p2"]["you_chose"], shown["p2"]["the_other_chose"]) == (last[1], last[0])


def test_perfect_strangers_play_everyone_once() -> None:
    result = play(
        PrisonersDilemma,
        seats=6,
        settings={"rounds": 5, "matching": "perfect-strangers"},
        answers={"choose": {"choice": "A"}},
    )

    met = Counter(frozenset(one.seats) for one in result.stages if one.name == "choose")
    assert len(met) == 15
    assert set(met.values()) == {1}
    assert set(result.payoffs.values()) == {Decimal(40)}


def test_more_periods_than_strangers_are_refused_when_it_is_opened() -> None:
    with pytest.raises(ProgramError, match=r"6 participants .* at most 5 rounds .* ask for 10"):
        play(PrisonersDilemma, seats=6, settings={"matching": "perfect-strangers"})


def test_payoffs_that_are_no_dilemma_are_refused() -> None:
    with pytest.raises(ProgramError, match="makes a dilemma"):
        play(PrisonersDilemma, settings={"reward": 11})


def test_partners_who_repay_like_with_like_cooperate_and_beat_no_defector() -> None:
    bots = load_bots(FOLDER)
    tit_for_tat, defector = bots["tit-for-tat"], bots["defector"]

    both = play(PrisonersDilemma, settings={"rounds": 10}, bots=tit_for_tat)
    mixed = play(
        PrisonersDilemma, settings={"rounds": 10}, bots={"p1": tit_for_tat, "p2": defector}
    )

    assert set(both.payoffs.values()) == {Decimal(80)}
    # 0 and nine times 3.5; 10 and nine times 3.5
    assert mixed.payoffs == {"p1": Decimal("31.5"), "p2": Decimal("41.5")}


def test_chance_alone_brings_a_whole_session_to_its_end() -> None:
    for matching in ("partners", "perfect-strangers"):
        result = play(PrisonersDilemma, seats=8, settings={"rounds": 7, "matching": matching})
        assert len(result.answers("choose")) == 56
