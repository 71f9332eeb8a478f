"""The ultimatum, trust and dictator games pay what was worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from palier.program.testing import Result, load, play

PROGRAMS = Path(__file__).parents[3] / "programs"
Ultimatum = load(PROGRAMS / "ultimatum")
Trust = load(PROGRAMS / "trust")
Dictator = load(PROGRAMS / "dictator")


def paid(result: Result) -> dict[str, Decimal]:
    """Return what was paid by role."""
    return {one.role: one.payoff for one in result.participants}


@pytest.mark.parametrize(
    ("offer", "reply", "expected"),
    [
        (4, "accept", {"proposer": 6, "responder": 4}),
        (4, "reject", {"proposer": 0, "responder": 0}),
        (0, "accept", {"proposer": 10, "responder": 0}),
        (10, "accept", {"proposer": 0, "responder": 10}),
    ],
)
def test_an_offer_is_shared_so_or_nothing_is(
    offer: int, reply: str, expected: dict[str, int]
) -> None:
    result = play(Ultimatum, answers={"offer": {"amount": offer}, "reply": {"reply": reply}})

    assert paid(result) == expected
    (proposer,) = [one.seat for one in result.participants if one.role == "proposer"]
    assert [one.seats for one in result.stages if one.name == "offer"] == [(proposer,)]
    assert {row["accepted"] for row in result.data("results")} == {reply == "accept"}


@pytest.mark.parametrize(
    ("offer", "least", "expected"),
    [
        (4, 4, {"proposer": 6, "responder": 4}),
        (4, 5, {"proposer": 0, "responder": 0}),
        (0, 0, {"proposer": 10, "responder": 0}),
    ],
)
def test_with_the_strategy_method_offers_from_the_threshold_on_are_accepted(
    offer: int, least: int, expected: dict[str, int]
) -> None:
    result = play(
        Ultimatum,
        settings={"strategy": True},
        answers={"offer": {"amount": offer}, "reply": {"least": least}},
    )

    assert paid(result) == expected
    # nobody has seen what the other decided before both had
    assert [one.name for one in result.stages][1:3] in (["offer", "reply"], ["reply", "offer"])
    assert "offer" not in result.data("reply")[0]


def test_the_prediction_for_who_wants_points_alone_is_the_least_offer_accepted() -> None:
    result = play(
        Ultimatum, seats=4, answers={"offer": {"amount": 1}, "reply": {"reply": "accept"}}
    )

    assert sorted(result.payoffs.values()) == [1, 1, 9, 9]


@pytest.mark.parametrize(
    ("sent", "back", "expected"),
    [
        # 10 - 6 + 9, and 10 + 18 - 9
        (6, 9, {"sender": 13, "receiver": 19}),
        (10, 0, {"sender": 0, "receiver": 40}),
        (10, 30, {"sender": 30, "receiver": 10}),
    ],
)
def test_what_is_sent_grows_threefold(sent: int, back: int, expected: dict[str, int]) -> None:
    result = play(Trust, answers={"send": {"amount": sent}, "return": {"amount": back}})

    assert paid(result) == expected
    (asked,) = [one for one in result.stages if one.name == "return"]
    assert asked.stage.form is not None
    assert asked.stage.form.fields[0].model_dump()["maximum"] == 3 * sent


def test_who_is_sent_nothing_is_asked_for_nothing() -> None:
    result = play(Trust, answers={"send": {"amount": 0}})

    assert paid(result) == {"sender": 10, "receiver": 10}
    assert [one.name for one in result.stages] == ["instructions", "send", "results", "goodbye"]


@pytest.mark.parametrize("given", [0, 3, 10])
def test_a_dictator_keeps_what_is_not_given(given: int) -> None:
    result = play(Dictator, answers={"give": {"amount": given}})

    assert paid(result) == {"dictator": 10 - given, "recipient": given}


def test_by_position_the_first_of_two_seats_decides() -> None:
    result = play(Dictator, seats=6, settings={"roles": "position"})

    deciding = sorted(seat for one in result.stages if one.name == "give" for seat in one.seats)
    assert deciding == ["p1", "p3", "p5"]


@pytest.mark.parametrize("program", [Ultimatum, Trust])
@pytest.mark.parametrize("matching", ["partners", "strangers", "perfect-strangers"])
def test_over_periods_each_keeps_the_role_and_all_come_to_the_end(
    program: Any, matching: str
) -> None:
    result = play(program, seats=8, settings={"rounds": 4, "matching": matching})

    roles = {(row["seat"], row["your_role"]) for row in result.data("results")}
    assert len(roles) == 8
    assert len(result.data("results")) == 32
    if matching == "perfect-strangers":
        pairs = [frozenset(one.seats) for one in result.stages if one.name == "results"]
        assert len(set(pairs)) == len(pairs) == 16
