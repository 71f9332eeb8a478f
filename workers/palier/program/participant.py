"""A participant, as the author of a program sees them."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from decimal import Decimal
from typing import Any

from palier.program.errors import ProgramError

#: Places of a payoff: enough for any currency, few enough to wash out binary fractions.
_PLACES = Decimal("1e-9")


class Participant:
    """Someone who takes part, by seat; ``number`` counts from 1 in the order of the seats."""

    __slots__ = ("_payoff", "excluded", "number", "role", "seat")

    def __init__(self, *, seat: str, number: int) -> None:
        self.seat = seat
        self.number = number
        #: Whether the others go on without this one: then it is in no scope's participants.
        self.excluded = False
        #: The role that was given last, by a matching with roles; empty before.
        self.role = ""
        self._payoff = Decimal(0)

    def __repr__(self) -> str:
        return f"Participant(seat={self.seat!r}, payoff={self.payoff})"

    def __deepcopy__(self, _known: object) -> Participant:
        """Return this one: in a copy of what an author keeps, who it is about stays the same."""
        return self

    def remember(self) -> dict[str, Any]:
        """Return all that is known of this one now, for `recall`."""
        return {one: copy(getattr(self, one)) for one in self.__slots__}

    def recall(self, known: Mapping[str, Any]) -> None:
        """Let everything be as it was when it was remembered."""
        for key, one in known.items():
            setattr(self, key, copy(one))

    @property
    def payoff(self) -> Decimal:
        """What the participant has earned so far, in points."""
        return self._payoff

    def pay(self, amount: float | Decimal) -> None:
        """Add to the payoff; an amount below zero is a loss.

        It is kept with the opening of the next stage, in one transaction. Raises `ProgramError`.
        """
        exact = amount if isinstance(amount, Decimal) else Decimal(repr(amount))
        if not exact.is_finite():
            raise ProgramError(f"{self.seat} cannot be paid {amount}: give a number.")
        self._payoff = (self._payoff + exact.quantize(_PLACES)).normalize()
