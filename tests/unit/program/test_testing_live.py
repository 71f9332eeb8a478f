"""Live stages are played in memory too: turn by turn, by scripts, strategies and chance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from palier.program import (
    GO_ON,
    Bot,
    Field,
    Form,
    Live,
    Participant,
    Program,
    Refuse,
    Session,
    action,
)
from palier.program.testing import (
    MISSING,
    BadAnswer,
    Endless,
    NobodyGoesOn,
    NoSuchStage,
    Result,
    play,
)
from palier.schemas.events import Stage


class Bid(Form):
    price: int = Field(ge=0, le=100)


class Sale(Live):
    """Who bids most has it; who bids 100 ends it."""

    def __init__(self) -> None:
        self.best = 0
        self.who = ""

    def shown(self) -> Mapping[str, Any]:
        return {"best": self.best, "who": self.who}

    @action
    def bid(self, who: Participant, body: Bid) -> None:
        if body.price <= self.best:
            raise Refuse(f"Bid more than {self.best}.")
        if body.price == 13:
            raise LookupError("thirteen")
        self.best, self.who = body.price, who.seat
        if body.price == 100:
            self.end()


class Auction(Program):
    class Settings(Program.Settings):
        seconds: float | None = 20

    async def run(self, session: Session) -> None:
        sale = Sale()
        await session.stage("sale", live=sale, deadline=self.settings.seconds, missing="default")
        for one in session:
            if one.seat == sale.who:
                one.pay(100 - sale.best)
        await session.stage("goodbye", data={"best": sale.best})


def sold(live: Any = None, **more: Any) -> Result:
    return play(Auction, seats=2, live={"sale": live} if live else None, **more)


def by_five(one: Participant, stage: Stage) -> Any:
    """Bid five more than the best, up to thirty; p2 not above ten."""
    best = int(str(stage.data["best"]))
    most = 30 if one.seat == "p1" else 10
    return (
        ("bid", {"price": best + 5}) if best + 5 <= most and stage.data["who"] != one.seat else None
    )


def test_a_script_sees_what_is_shown_now_and_the_clock_ends_it() -> None:
    result = sold(by_five)

    done = [(one["seat"], one["price"]) for one in result.actions("sale")]
    assert done == [("p1", 5), ("p2", 10), ("p1", 15)]
    assert result.payoffs == {"p1": 85, "p2": 0}
    assert result.seconds == 20


def test_without_a_deadline_all_go_on_when_nobody_has_anything_to_do() -> None:
    result = sold(by_five, settings={"seconds": None})

    assert result.payoffs == {"p1": 85, "p2": 0}
    assert [one["how"] for one in result.answers("sale")] == ["submitted", "submitted"]
    assert result.seconds < 10


def test_what_the_rules_refuse_is_a_row_and_no_mistake() -> None:
    result = sold(lambda *_: ("bid", Bid(price=7)), settings={"seconds": 3})

    assert [one["refusal"] for one in result.actions("sale")][:2] == ["", "Bid more than 7."]
    assert result.data("goodbye")[0]["best"] == 7


def test_an_action_can_end_the_stage() -> None:
    result = sold(lambda *_: ("bid", {"price": 100}))
    assert [one["seat"] for one in result.actions("sale")] == ["p1"]
    assert result.seconds == 0


def test_what_an_action_raises_comes_out_as_it_is() -> None:
    with pytest.raises(LookupError, match="thirteen"):
        sold(lambda *_: ("bid", {"price": 13}))


@pytest.mark.parametrize(
    ("decided", "reason"),
    [
        (("bid", {"price": 101}), "price: Input should be less than or equal to 100"),
        (("bit", {"price": 1}), "has no action 'bit'; it has: bid"),
        (7, "is nothing to do in a live stage"),
    ],
)
def test_what_cannot_be_done_names_stage_and_seat(decided: Any, reason: str) -> None:
    with pytest.raises(BadAnswer, match=reason) as caught:
        sold(lambda *_: decided)
    assert (caught.value.stage, caught.value.seat) == ("sale", "p1")


def test_without_a_script_chance_does_something_and_goes_on() -> None:
    first, second = sold(seed=4), sold(seed=4)

    assert first.actions("sale") == second.actions("sale")
    assert len(first.actions("sale")) >= 6
    assert {one["action"] for one in first.actions("sale")} == {"bid"}


def test_a_strategy_acts_as_it_does_over_the_broker() -> None:
    class Bidder(Bot):
        def sale(self, stage: Stage) -> Any:
            return None if stage.data["who"] == self.seat else ("bid", {"price": 50})

    result = sold(bots={"p2": Bidder, "p1": Bidder}, settings={"seconds": 2})
    assert result.payoffs == {"p1": 50, "p2": 0}


def test_a_strategy_goes_on_when_it_has_nothing_more_to_do_though_others_have() -> None:
    class Once(Bot):
        def sale(self, stage: Stage) -> Any:
            return GO_ON if stage.data["best"] else ("bid", {"price": 5})

    class Watching(Bot):
        def sale(self, _: Stage) -> Any:
            return None

    result = sold(bots={"p1": Once, "p2": Watching})
    assert [(one["seat"], one["price"]) for one in result.actions("sale")] == [("p1", 5)]
    went = {one["seat"]: one["how"] for one in result.answers("sale")}
    assert went["p1"] == "submitted"
    assert sold(bots=Once, settings={"seconds": None}).seconds == 1


def test_who_is_away_does_nothing_and_holds_up_whom_the_stage_waits_for() -> None:
    without_p1 = sold(lambda one, stage: MISSING if one.seat == "p1" else by_five(one, stage))
    assert {one["seat"] for one in without_p1.actions("sale")} == {"p2"}
    with pytest.raises(NobodyGoesOn, match="waits for p1"):
        sold(by_five, absent=["p1"], settings={"seconds": None})
    with pytest.raises(NobodyGoesOn, match="waits for p1, p2"):
        sold(lambda *_: MISSING, settings={"seconds": None})


def test_a_script_for_no_stage_and_a_stage_without_an_end_are_mistakes() -> None:
    with pytest.raises(NoSuchStage, match="live= names stage 'sail'"):
        play(Auction, live={"sail": by_five})
    with pytest.raises(Endless):
        sold(lambda *_: ("bid", {"price": 1}), settings={"seconds": None}, limit=50)
