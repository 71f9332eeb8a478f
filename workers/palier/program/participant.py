"""A participant, as the author of a program sees them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from decimal import Decimal, InvalidOperation
from typing import Any, Protocol

from palier.program.errors import ProgramError
from palier.program.payment import Money, Payroll

#: Places of a payoff: enough for any currency, few enough to wash out binary fractions.
_PLACES = Decimal("1e-9")


class Numbered(Protocol):
    """What has a number, as a period has."""

    @property
    def number(self) -> int:
        """Return it, counted from 1."""


class Participant:
    """Someone who takes part, by seat; ``number`` counts from 1 in the order of the seats."""

    __slots__ = ("_payoff", "_payroll", "_points", "excluded", "number", "role", "seat")

    def __init__(self, *, seat: str, number: int, payroll: Payroll | None = None) -> None:
        self.seat = seat
        self.number = number
        #: Whether the others go on without this one: then it is in no scope's participants.
        self.excluded = False
        #: The role that was given last, by a matching with roles; empty before.
        self.role = ""
        self._payoff = Decimal(0)
        self._points: dict[int | None, Decimal] = {}
        self._payroll = payroll or Payroll(payment=None, seed=0)
        self._payroll.earners[seat] = self

    def __repr__(self) -> str:
        return f"Participant(seat={self.seat!r}, payoff={self.payoff})"

    def __deepcopy__(self, _known: object) -> Participant:
        """Return this one: in a copy of what an author keeps, who it is about stays the same."""
        return self

    def remember(self) -> dict[str, Any]:
        """Return all that is known of this one now, for `recall`."""
        # the payroll is everybody's, and follows from what each has
        return {one: copy(getattr(self, one)) for one in self.__slots__ if one != "_payroll"}

    def recall(self, known: Mapping[str, Any]) -> None:
        """Let everything be as it was when it was remembered."""
        for key, one in known.items():
            setattr(self, key, copy(one))

    @property
    def payoff(self) -> Decimal:
        """What the participant has earned so far, in points."""
        return self._payoff

    def pay(self, amount: float | Decimal, period: Numbered | int | None = None) -> None:
        """Add to the payoff; an amount below zero is a loss.

        ``period`` says in which period it was earned, for a program that pays some of them by
        chance. It is kept with the opening of the next stage, in one transaction. Raises
        `ProgramError`.
        """
        exact = amount if isinstance(amount, Decimal) else Decimal(repr(amount))
        if not exact.is_finite():
            raise ProgramError(f"{self.seat} cannot be paid {amount}: give a number.")
        number = period if period is None or isinstance(period, int) else period.number
        if number is not None and number < 1:
            raise ProgramError(f"Periods are counted from 1: {self.seat} is paid in {number}.")
        try:
            points = exact.quantize(_PLACES)
        except InvalidOperation:
            raise ProgramError(f"{self.seat} cannot be paid {amount}: it is too large.") from None
        self._points[number] = self._points.get(number, Decimal(0)) + points
        self._payoff = (self._payoff + points).normalize()

    @property
    def points(self) -> Mapping[int | None, Decimal]:
        """What the participant has earned so far, by period; None: in no period."""
        return self._points

    @property
    def payment(self) -> Money:
        """What the participant is paid for what they have earned so far, in money.

        By the ``payment`` of the program. Where periods are drawn it is the amount only once the
        last one is over: who shows it earlier tells which periods would be drawn of those so far.
        Raises `ProgramError` where the program has no ``payment``.
        """
        settled = self._payroll.settle(self.seat, self._payoff)
        if settled is None:
            raise ProgramError(
                "The program pays in points alone: give it payment = Payment(currency=…, rate=…)."
            )
        return Money(settled.amount, settled.currency)
