"""What participants are paid: from points to money, exactly.

All numbers are decimals. A binary fraction is taken for what it is written as: 0.1 is 0.1.
"""

from __future__ import annotations

import random as chance
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal, InvalidOperation
from typing import Literal, Protocol, Self, TypeAlias

from palier.program.errors import ProgramError

#: A number as an author writes it: text is exact, and so is what it says.
Exact: TypeAlias = Decimal | int | float | str

_ROUNDINGS = {"nearest": ROUND_HALF_UP, "up": ROUND_CEILING, "down": ROUND_FLOOR}
_CURRENCY = re.compile(r"[A-Z]{3}")
_CENT, _PLACES = Decimal("0.01"), -2


def exact(number: Exact, what: str) -> Decimal:
    """Return a number as a decimal; raises `ProgramError` for what is none."""
    try:
        found = Decimal(repr(number)) if isinstance(number, float) else Decimal(number)
    except (InvalidOperation, TypeError, ValueError):
        found = Decimal("nan")
    if isinstance(number, bool) or not found.is_finite():
        raise ProgramError(f"{what} is {number!r}: give a number, such as '0.10'.")
    return found


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of a currency; shown to participants as their language writes it."""

    amount: Decimal
    currency: str

    def __str__(self) -> str:
        return f"{self.amount:f} {self.currency}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """What a seat is paid, and how that came about.

    ``points`` are all it has earned, ``paid_points`` those that are paid: of the ``periods`` that
    were drawn, and those that belong to no period; all of them where ``periods`` is None.
    """

    seat: str
    currency: str
    rate: Decimal
    show_up: Decimal
    points: Decimal
    paid_points: Decimal
    periods: tuple[int, ...] | None
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Payment:
    """How points become money.

    A participant is paid ``show_up`` and ``rate`` for each point, rounded to a multiple of
    ``rounding``: to the nearest, or always ``round`` up or down. With ``paid_periods=n`` only the
    points of ``n`` periods count, drawn by chance: the same ones for all, or each their own
    (``drawn="each"``); points that were paid without a period always count.

    ``bankruptcy`` says what becomes of losses: ``zero``, they are set against the show-up fee, and
    nobody pays anything in; ``show-up``, nobody is paid less than the show-up fee; ``carry``, they
    count in full, and the amount may be below zero. Raises `ProgramError`.
    """

    currency: str = "EUR"
    rate: Exact = 1
    show_up: Exact = 0
    paid_periods: int | None = None
    drawn: Literal["same", "each"] = "same"
    rounding: Exact = _CENT
    round: Literal["nearest", "up", "down"] = "nearest"
    bankruptcy: Literal["zero", "show-up", "carry"] = "zero"

    def __post_init__(self) -> None:
        for name in ("rate", "show_up", "rounding"):
            number = exact(getattr(self, name), f"Payment({name}=…)")
            object.__setattr__(self, name, number)
            if number < 0 or (name == "rounding" and not number):
                raise ProgramError(f"Payment({name}={number}): give a number above 0.")
        if not _CURRENCY.fullmatch(self.currency):
            raise ProgramError(
                f"Payment(currency={self.currency!r}): give its three letters, such as 'EUR'."
            )
        if self.paid_periods is not None and self.paid_periods < 1:
            raise ProgramError(f"Payment(paid_periods={self.paid_periods}): give 1 or more.")
        for name, known in (
            ("drawn", ("same", "each")),
            ("round", tuple(_ROUNDINGS)),
            ("bankruptcy", ("zero", "show-up", "carry")),
        ):
            if (given := getattr(self, name)) not in known:
                raise ProgramError(f"Payment({name}={given!r}): there are {', '.join(known)}.")

    def worth(self, points: Exact) -> Money:
        """Return what points are worth: by the rate alone, without the show-up fee."""
        return self._money(exact(points, "What points are worth") * self._of("rate"))

    def settled(self, points: Decimal) -> Money:
        """Return what is paid for so many points that count."""
        earned, show_up = points * self._of("rate"), self._of("show_up")
        match self.bankruptcy:
            case "zero":
                amount = max(Decimal(0), show_up + earned)
            case "show-up":
                amount = show_up + max(Decimal(0), earned)
            case "carry":
                amount = show_up + earned
        return self._money(amount)

    def _money(self, amount: Decimal) -> Money:
        step = self._of("rounding")
        whole = (amount / step).to_integral_value(rounding=_ROUNDINGS[self.round])
        return Money(in_cents(whole * step), self.currency)

    def _of(self, name: str) -> Decimal:
        number = getattr(self, name)
        assert isinstance(number, Decimal)
        return number


def in_cents(amount: Decimal) -> Decimal:
    """Return an amount with cents, and with smaller parts where it has any."""
    plain = amount.normalize()
    exponent = plain.as_tuple().exponent
    return plain.quantize(_CENT) if isinstance(exponent, int) and exponent > _PLACES else plain


class Earner(Protocol):
    """Somebody with points, by the period in which they were earned; None: in no period."""

    @property
    def points(self) -> Mapping[int | None, Decimal]:
        """Return them."""


@dataclass(slots=True, kw_only=True)
class Payroll:
    """What all participants of a session have earned, period by period, and are paid for it.

    Which periods are paid hangs on the session's seed and nothing else: whoever asks again is told
    the same. It is asked for once the last period is over.
    """

    payment: Payment | None
    seed: int
    earners: dict[str, Earner] = field(default_factory=dict)
    _lots: dict[str, float] = field(default_factory=dict)

    def __copy__(self) -> Self:
        """Return this one: it keeps nothing but who earns."""
        return self

    @property
    def periods(self) -> tuple[int, ...]:
        """The periods in which anybody has earned something."""
        known = set[int | None]().union(*(one.points for one in self.earners.values()))
        return tuple(sorted(one for one in known if one is not None))

    def settle(self, seat: str, payoff: Decimal) -> Settlement | None:
        """Return what a seat is paid; None where the program pays no money."""
        payment = self.payment
        if payment is None:
            return None
        periods = None if payment.paid_periods is None else self._drawn(seat, payment)
        points = payoff if periods is None else _sum(self.earners[seat].points, periods)
        return settlement(payment, seat, payoff=payoff, points=points, periods=periods)

    def check(self) -> None:
        """Raise `ProgramError` where periods are to be drawn and nothing was paid in any."""
        payment = self.payment
        if payment is not None and payment.paid_periods and self._anything and not self.periods:
            raise ProgramError(
                f"payment draws {payment.paid_periods} of the periods, but no pay() names one: "
                "write participant.pay(points, period=period)."
            )

    @property
    def _anything(self) -> bool:
        return any(one.points for one in self.earners.values())

    def _drawn(self, seat: str, payment: Payment) -> tuple[int, ...]:
        """Return the paid periods: those of the lowest numbers that chance gives to each."""
        whose = f"{seat}:" if payment.drawn == "each" else ""

        def lot(period: int) -> float:
            name = f"{self.seed}:payment:{whose}{period}"
            if name not in self._lots:
                self._lots[name] = chance.Random(name).random()  # noqa: S311 - repeatable
            return self._lots[name]

        return tuple(sorted(sorted(self.periods, key=lot)[: payment.paid_periods]))


def settlement(
    payment: Payment,
    seat: str,
    *,
    payoff: Decimal,
    points: Decimal,
    periods: tuple[int, ...] | None = None,
) -> Settlement:
    """Return what is paid to a seat for the points that count."""
    rate, show_up = payment.rate, payment.show_up
    assert isinstance(rate, Decimal)
    assert isinstance(show_up, Decimal)
    return Settlement(
        seat=seat,
        currency=payment.currency,
        rate=rate,
        show_up=show_up,
        points=payoff,
        paid_points=points,
        periods=periods,
        amount=payment.settled(points).amount,
    )


def _sum(points: Mapping[int | None, Decimal], periods: Iterable[int]) -> Decimal:
    counted = (points.get(one, Decimal(0)) for one in (None, *periods))
    return sum(counted, Decimal(0))
