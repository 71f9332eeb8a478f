"""The ultimatum, trust and dictator games pay what was worked out by hand."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from statistics import mean
from typing import Any

import pytest

from palier.program.testing import Result, load, load_bots, play

PROGRAMS = Path(__file__).parents[3] / "programs"
Ultimatum = load(PROGRAMS / "ultimatum")
Trust = load(PROGRAMS / "trust")
Dictator = load(PROGRAMS / "dictator")


def between(game: str, strategies: dict[str, str], **settings: Any) -> Result:
    """Play a game of two, with a strategy for each role."""
    program, bots = load(PROGRAMS / game), load_bots(PROGRAMS / game)
    # who has which role is drawn with the session's seed alone
    seats = {one.role: one.seat for one in play(program, settings=settings).participants}
    playing = {seats[role]: bots[name] for role, name in strategies.items()}
    return play(program, settings=settings, bots=playing)


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


@pytest.mark.parametrize("strategy", [False, True])
@pytest.mark.parametrize(
    ("proposer", "responder", "expected"),
    [
        ("selfish", "selfish", [(9, 1)]),
        ("selfish", "human", [(0, 0)]),
        ("human", "human", [(6, 4), (5, 5)]),
        ("human", "selfish", [(6, 4), (5, 5)]),
    ],
)
def test_strategies_of_the_ultimatum_game_earn_what_is_said_of_them(
    proposer: str, responder: str, expected: list[tuple[int, int]], strategy: bool
) -> None:
    result = between(
        "ultimatum",
        {"proposer": proposer, "responder": responder},
        strategy=strategy,
        rounds=20,
        matching="partners",
    )

    accepted = expected != [(0, 0)]
    rows = result.data("results")
    assert {row["accepted"] for row in rows} == {accepted}
    # over twenty periods each offer is made that the strategy makes
    offers = {10 - one if accepted else 1 for one, _ in expected}
    assert {row["offered"] for row in rows} == offers
    earned = [row["points_earned"] for row in rows if row["your_role"] == "proposer"]
    assert set(earned) == {one for one, _ in expected}
    assert paid(result)["proposer"] == sum(earned)


@pytest.mark.parametrize(
    ("sender", "receiver", "expected"),
    [
        ("selfish", "fair", {"sender": 10, "receiver": 10}),
        # 10 - 5 + 5, and 10 + 15 - 5
        ("human", "human", {"sender": 10, "receiver": 20}),
        ("human", "selfish", {"sender": 5, "receiver": 25}),
        # 15 and 5 are shared, then 30 and 10
        ("human", "fair", {"sender": 15, "receiver": 15}),
        ("fair", "fair", {"sender": 20, "receiver": 20}),
        ("fair", "selfish", {"sender": 0, "receiver": 40}),
    ],
)
def test_strategies_of_the_trust_game_earn_what_was_worked_out_by_hand(
    sender: str, receiver: str, expected: dict[str, int]
) -> None:
    assert paid(between("trust", {"sender": sender, "receiver": receiver})) == expected


def test_who_wants_equal_shares_has_them_with_any_multiplier() -> None:
    fair = {"sender": "fair", "receiver": "fair"}
    # 10 sent become 20, and 30 are shared; become 100, and 110 are
    assert paid(between("trust", fair, multiplier=2)) == {"sender": 15, "receiver": 15}
    assert paid(between("trust", fair, multiplier=10)) == {"sender": 55, "receiver": 55}


def test_a_selfish_dictator_keeps_everything() -> None:
    playing = {"dictator": "selfish", "recipient": "human"}
    assert paid(between("dictator", playing)) == {"dictator": 10, "recipient": 0}


def test_dictators_give_as_much_and_nothing_as_often_as_engel_found() -> None:
    human = load_bots(PROGRAMS / "dictator")["human"]

    result = play(Dictator, seats=1000, bots=human)

    given = [row["amount"] for row in result.answers("give")]
    assert len(given) == 500
    # 500 draws: the mean is within 0.1 of 2.8 two times of three, the share within 0.021 of 0.36
    assert mean(given) == pytest.approx(2.8, abs=0.25)
    assert given.count(0) / 500 == pytest.approx(0.36, abs=0.05)
    assert set(given) == {0, 4, 5}
