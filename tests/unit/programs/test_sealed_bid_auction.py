"""Auctions: who wins, what is paid, and that both formats bring the same."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from statistics import mean

import pytest

from palier.program.testing import Result, by_seat, load, load_bots, play

FOLDER = Path(__file__).parents[3] / "programs" / "sealed_bid_auction"
Auction = load(FOLDER)
BOTS = load_bots(FOLDER)
BIDS = by_seat({"p1": {"bid": 40}, "p2": {"bid": 70.5}, "p3": {"bid": 10}, "p4": {"bid": 70}})


def one_round(format_: str) -> Result:
    """Return a round with these bids."""
    settings = {"format": format_, "rounds": 1}
    return play(Auction, seats=4, settings=settings, answers={"bid": BIDS}, seed=3)


@pytest.mark.parametrize(("format_", "price"), [("first-price", "70.5"), ("second-price", "70")])
def test_the_highest_bid_wins_and_pays_by_the_format(format_: str, price: str) -> None:
    result = one_round(format_)

    rows = {one["seat"]: one for one in result.data("result")}
    assert [seat for seat, one in rows.items() if one["you_won"]] == ["p2"]
    earned = Decimal(str(rows["p2"]["your_value"])) - Decimal(price)
    assert result.payoffs == {"p1": 0, "p2": earned, "p3": 0, "p4": 0}


def test_equal_bids_are_decided_by_chance() -> None:
    winners = {
        one["seat"]
        for seed in range(12)
        for one in play(
            Auction, seats=4, settings={"rounds": 1}, answers={"bid": {"bid": 50}}, seed=seed
        ).data("result")
        if one["you_won"]
    }
    assert len(winners) > 1


def test_both_formats_bring_the_same_with_bidders_of_the_theory() -> None:
    prices = {
        format_: [
            one["price"]
            for one in play(
                Auction,
                seats=40,
                settings={"format": format_, "rounds": 20},
                bots=BOTS["nash"],
                seed=7,
            ).data("result")
        ]
        for format_ in ("first-price", "second-price")
    }

    # of four values between 0 and 100: 100 (n-1)/(n+1); 200 auctions, a standard error of 1.4
    assert mean(prices["first-price"]) == pytest.approx(60, abs=3)
    assert mean(prices["second-price"]) == pytest.approx(60, abs=5)
    assert mean(prices["first-price"]) == pytest.approx(mean(prices["second-price"]), abs=4)


def test_bidding_the_value_earns_nothing_where_one_pays_the_own_bid() -> None:
    result = play(Auction, seats=8, settings={"rounds": 3}, bots=BOTS["sincere"])
    assert set(result.payoffs.values()) == {0}


def test_both_formats_can_be_treatments_of_whole_sessions() -> None:
    given = {
        "rounds": 1,
        "assign": "session",
        "treatments": {"a": {"format": "first-price"}, "b": {"format": "second-price"}},
    }
    formats = {
        play(Auction, seats=4, settings=given, seed=seed).data("bid")[0]["format"]
        for seed in range(10)
    }
    assert formats == {"first-price", "second-price"}
