"""The double auction trades as worked out by hand, and as Gode & Sunder found without anybody."""

from __future__ import annotations

import random as chance
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from statistics import mean
from typing import Any

from palier.program.bots import strategies
from palier.program.testing import load
from palier.schemas.commands import Act, Submit
from palier.schemas.events import Stage
from palier.schemas.live import as_do
from palier.schemas.names import ALL
from palier.workers.domain.acting import act
from palier.workers.domain.facts import Acted
from palier.workers.domain.record import Opening
from palier.workers.domain.refusal import Refusal
from palier.workers.domain.session import Session
from tests.unit.workers.sitting import NOON

FOLDER = Path(__file__).parents[3] / "programs" / "double_auction"
DoubleAuction = load(FOLDER)


class Floor:
    """A session of it, with its first market open."""

    def __init__(self, seats: int, *, seed: int = 1, **settings: Any) -> None:
        names = tuple(f"p{number}" for number in range(1, seats + 1))
        opening = Opening(
            name="s",
            program="double-auction",
            seats=names,
            settings={},
            partition=0,
            seed=seed,
            auto_start=False,
            author="operator",
            at=NOON,
        )
        given = DoubleAuction.Settings.model_validate(settings)
        self.session = Session(opening, DoubleAuction(given))
        self.session.start(author="operator", at=NOON)
        self.now = NOON
        self.everyone_goes_on()
        current = self.session.scopes[ALL].current
        assert current is not None
        assert current.live is not None
        #: The author's object of the first market.
        self.market = current.live.live

    @property
    def stage(self) -> str:
        current = self.session.scopes[ALL].current
        assert current is not None
        return current.stage.name

    def everyone_goes_on(self) -> None:
        current = self.session.scopes[ALL].current
        assert current is not None
        for one in self.session.seats:
            answered = self.session.submit(
                Submit(session="s", scope=ALL, generation=current.number),
                seat=one,
                message_id="m",
                at=self.now,
            )
            assert not isinstance(answered, Refusal), answered

    def do(self, seat: str, action: str, price: int | None = None) -> str:
        """Have somebody do something; return why it is refused, if it is."""
        current = self.session.scopes[ALL].current
        assert current is not None
        self.now += timedelta(seconds=0.01)
        command = Act(
            session="s",
            scope=ALL,
            generation=current.number,
            action=action,
            body=None if price is None else {"price": price},
        )
        facts, refusal = act(self.session, command, seat=seat, message_id="m", at=self.now)
        assert refusal is None or refusal.code == "not-allowed", refusal
        assert bool(facts[0].done if isinstance(facts[0], Acted) else None) == (refusal is None)
        return refusal.reason if refusal else ""

    def shown(self, seat: str) -> Stage:
        current = self.session.scopes[ALL].current
        assert current is not None
        return self.session.shown(current, seat=seat)

    def seen(self, seat: str) -> dict[str, Any]:
        return dict(self.shown(seat).data)

    def payoffs(self) -> list[Decimal]:
        return [self.session.payoff(one) for one in self.session.seats]


def four() -> Floor:
    """Two buyers (p1: 100, 60; p2: 80, 40) and two sellers (p3: 20, 70; p4: 50, 90)."""
    return Floor(4, values=[[100, 60], [80, 40]], costs=[[20, 70], [50, 90]])


def test_orders_stand_in_the_book_and_meet_at_the_price_of_the_first() -> None:
    floor = four()
    assert floor.seen("p1")["units"][0] == {"unit": 1, "worth": 100, "traded": False}
    floor.do("p1", "offer", 40)
    floor.do("p2", "offer", 45)
    floor.do("p4", "offer", 65)
    floor.do("p3", "offer", 60)

    shown = floor.seen("p1")
    assert shown["bids"] == [{"bid": 45}, {"bid": 40}]
    assert shown["asks"] == [{"ask": 60}, {"ask": 65}]
    assert (shown["best_bid"], shown["best_ask"], shown["mine"]) == (45, 60, 40)
    # p1 gives up to 70 and meets p3, who was there first: they trade at 60
    floor.do("p1", "offer", 70)
    shown = floor.seen("p1")
    assert shown["trades"] == [{"trade": 1, "price": 60}]
    assert (shown["earned"], shown["worth"], shown["mine"], shown["left"]) == (40, 60, None, 1)
    # p4 takes the best bid, 45: a loss, for the unit costs 50
    assert "lose" in floor.do("p4", "take")
    floor.do("p2", "offer", 55)
    floor.do("p4", "take")
    # 100 - 60; 80 - 55; 60 - 20; 55 - 50
    assert floor.payoffs() == [40, 25, 40, 5]
    assert floor.seen("p4")["trades"][-1] == {"trade": 2, "price": 55}


def test_of_equal_orders_the_older_one_is_met_first() -> None:
    floor = four()
    floor.do("p2", "offer", 60)
    floor.do("p1", "offer", 60)
    floor.do("p3", "take")

    assert (floor.seen("p2")["left"], floor.seen("p1")["left"]) == (1, 2)


def test_what_is_against_the_rules_is_said_in_a_sentence() -> None:
    floor = four()

    assert floor.do("p1", "offer", 101) == "You would lose: the value of this unit is 100."
    assert floor.do("p3", "offer", 19) == "You would lose: the cost of this unit is 20."
    assert floor.do("p1", "take") == "Nobody on the other side has named a price."
    assert floor.do("p1", "withdraw") == "You have no order in the book."
    floor.do("p1", "offer", 10)
    assert floor.do("p1", "withdraw") == ""
    assert floor.seen("p3")["bids"] == []


def test_a_period_ends_once_one_side_has_traded_all() -> None:
    floor = Floor(2, values=[[100]], costs=[[20]], rounds=2)
    floor.do("p2", "offer", 50)
    floor.do("p1", "take")

    assert floor.stage == "results"
    seen = floor.seen("p1")
    assert (seen["mean"], seen["efficiency"], seen["earned"]) == (50, 1, 50)
    floor.everyone_goes_on()
    assert (floor.stage, floor.seen("p1")["period"], floor.seen("p1")["left"]) == ("market", 2, 1)


def simulated(seed: int) -> tuple[Floor, float]:
    """Let ZI-C traders trade until nothing is left to gain; return how efficiently they did."""
    floor = Floor(8, seed=seed, units=4, rounds=1, seconds=3600)
    kind: Any = strategies(FOLDER)["zero-intelligence"]
    bots = {one: kind(seat=one, seed=seed) for one in floor.session.seats}
    order = chance.Random(seed)
    market: Any = floor.market
    best = program_of(floor)["surplus"](market.worth)
    while floor.stage == "market" and _left_to_gain(market):
        seat = order.choice(floor.session.seats)
        done = as_do(bots[seat].market(floor.shown(seat)))
        if done is not None:
            assert done.body is not None
            price = done.body["price"]
            assert isinstance(price, int)
            assert 1 <= price <= 200
            assert floor.do(seat, done.action, price) == ""
    return floor, sum(market.earned.values()) / best


def program_of(floor: Floor) -> dict[str, Any]:
    return type(floor.session.program).run.__globals__


def _left_to_gain(market: Any) -> bool:
    """Tell whether some buyer's next unit is worth more than some seller's costs."""
    there = {
        role: [market.worth[one][market.done[one]] for one in market.wanting(role)]
        for role in ("buyer", "seller")
    }
    return max(there["buyer"], default=0) > min(there["seller"], default=1000)


def test_traders_without_intelligence_find_nearly_all_there_is_to_gain() -> None:
    """Gode & Sunder (1993) report 97 to 99 per cent on average for their markets."""
    found = [simulated(seed) for seed in range(4)]

    efficiencies = [one for _, one in found]
    assert mean(efficiencies) > 0.95
    assert all(0.9 < one <= 1 for one in efficiencies)
    for floor, _ in found:
        # nobody trades at a loss, and what one side pays the other gets
        assert all(one >= 0 for one in floor.payoffs())
        traded = _traded(floor)
        assert len(traded["buyer"]) == len(traded["seller"])
        assert sum(floor.payoffs()) == sum(traded["buyer"]) - sum(traded["seller"])


def _traded(floor: Floor) -> dict[str, list[int]]:
    """Return what the units that were traded are worth to those who have bought and sold them."""
    market: Any = floor.market
    found: dict[str, list[int]] = {"buyer": [], "seller": []}
    for one, units in market.worth.items():
        found[one.role] += units[: market.done[one]]
    return found
