"""From points to money, exactly."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from typing import Any

import pytest

from palier.program import Field, Form, Money, Payment, Program, ProgramError, Session
from palier.program.participant import Participant
from palier.program.payment import Payroll
from palier.program.testing import Result, play


class Gain(Form):
    points: int = Field(ge=-100, le=100)


class Periods(Program):
    """Everyone earns what they say, in each of three periods, and one point besides."""

    payment = Payment(rate="0.10", show_up="5", paid_periods=1)

    async def run(self, session: Session) -> None:
        for one in session:
            one.pay(1)
        for period in (1, 2, 3):
            for one, gain in (await session.stage("gain", form=Gain)).items():
                one.pay(gain.points, period=period)
        await session.stage("goodbye", data=lambda one: {"payment": one.payment})


@pytest.mark.parametrize(
    ("payment", "points", "paid"),
    [
        (Payment(rate="0.10", show_up="5"), "123", "17.30"),
        (Payment(rate="0.1", rounding="0.10", round="up"), "20.01", "2.10"),
        (Payment(rate="0.1", rounding="0.10", round="down"), "20.99", "2.00"),
        (Payment(rate="0.01", rounding="0.5"), "125", "1.50"),
        (Payment(rate=1, rounding=1), "12.5", "13.00"),
        (Payment(rate=0.1), "3", "0.30"),
        (Payment(show_up=5, bankruptcy="zero"), "-3", "2.00"),
        (Payment(show_up=5, bankruptcy="zero"), "-8", "0.00"),
        (Payment(show_up=5, bankruptcy="show-up"), "-8", "5.00"),
        (Payment(show_up=5, bankruptcy="carry"), "-8", "-3.00"),
        (Payment(rounding="0.001"), "0.0005", "0.001"),
    ],
)
def test_points_become_money_by_hand(payment: Payment, points: str, paid: str) -> None:
    assert str(payment.settled(Decimal(points)).amount) == paid


@pytest.mark.parametrize(
    "given",
    [
        {"currency": "Euro"},
        {"rate": "a tenth"},
        {"rate": "-1"},
        {"show_up": float("nan")},
        {"rounding": 0},
        {"paid_periods": 0},
        {"drawn": "often"},
        {"bankruptcy": "jail"},
        {"round": "off"},
    ],
)
def test_a_payment_that_cannot_be_is_refused_by_name(given: dict[str, Any]) -> None:
    with pytest.raises(ProgramError, match=next(iter(given))):
        Payment(**given)


def test_only_the_drawn_period_counts_and_what_belongs_to_none() -> None:
    said = {1: 10, 2: 20, 3: 40}
    result = _played(said, seed=5)
    (drawn,) = {one.settlement.periods for one in _settled(result)}
    assert drawn is not None
    expected = Decimal(5) + Decimal("0.1") * (said[drawn[0]] + 1)
    assert {one.amount for one in result.payments.values()} == {expected}
    assert set(result.payoffs.values()) == {Decimal(71)}


def test_the_drawn_period_hangs_on_the_seed_alone_and_each_comes_up() -> None:
    drawn = Counter(
        _settled(_played({1: 1, 2: 1, 3: 1}, seed=one))[0].settlement.periods for one in range(60)
    )
    assert set(drawn) == {(1,), (2,), (3,)}
    assert _settled(_played({1: 1, 2: 1, 3: 1}, seed=3)) == _settled(
        _played({1: 1, 2: 1, 3: 1}, seed=3)
    )


def test_the_last_stage_shows_what_is_paid_in_the_end() -> None:
    result = _played({1: 3, 2: 5, 3: 7}, seed=2)
    for row in result.data("goodbye"):
        paid = result.payments[row["seat"]]
        assert row["payment"] == {"amount": f"{paid.amount:f}", "currency": "EUR"}


def test_each_can_have_a_period_of_their_own_drawn() -> None:
    payroll = Payroll(payment=Payment(paid_periods=1, drawn="each"), seed=1)
    seats = [f"s{number}" for number in range(30)]
    for seat in seats:
        person = Participant(seat=seat, number=1, payroll=payroll)
        for period in range(1, 6):
            person.pay(period, period=period)
    amounts = {one.amount for seat in seats if (one := payroll.settle(seat, Decimal(15)))}
    assert amounts == set(map(Decimal, range(1, 6)))


def test_who_missed_the_drawn_period_is_paid_nothing_for_it() -> None:
    payroll = Payroll(payment=Payment(paid_periods=1), seed=1)
    Participant(seat="s1", number=1, payroll=payroll).pay(7, period=1)
    Participant(seat="s2", number=2, payroll=payroll).pay(0)
    found = payroll.settle("s2", Decimal(0))
    assert found is not None
    assert found.periods == (1,)
    assert found.amount == 0


def test_where_periods_are_drawn_and_none_was_paid_the_session_says_so() -> None:
    class Forgetful(Program):
        payment = Payment(paid_periods=1)

        async def run(self, session: Session) -> None:
            for one in session:
                one.pay(3)
            await session.stage("end")

    with pytest.raises(ProgramError, match=r"participant\.pay\(points, period=period\)"):
        play(Forgetful, seats=1)


def test_without_payment_there_is_no_money_and_it_says_what_to_write() -> None:
    one = Participant(seat="s1", number=1)
    one.pay(0.1)
    one.pay(0.2)
    assert one.payoff == Decimal("0.3")
    with pytest.raises(ProgramError, match="payment = Payment"):
        _ = one.payment


def test_periods_are_counted_from_one() -> None:
    with pytest.raises(ProgramError, match="counted from 1"):
        Participant(seat="s1", number=1).pay(1, period=0)


def test_points_are_worth_their_rate_without_the_fee() -> None:
    assert Payment(rate="0.10", show_up=5).worth(25) == Money(Decimal("2.50"), "EUR")


def _played(said: dict[int, int], *, seed: int) -> Result:
    return play(
        Periods,
        seats=2,
        seed=seed,
        answers={"gain": lambda _, stage: {"points": said[stage.visit]}},
    )


def _settled(result: Result) -> list[Any]:
    return [one for one in result.facts if type(one).__name__ == "Settled"]
