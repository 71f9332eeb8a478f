"""The barrier: nobody passes until every party has arrived.

Its parties are a frozen set, never a count: a repeated arrival changes nothing, a stranger's
changes nothing, and the empty set never opens.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from enum import Enum


class Arrival(Enum):
    """What an arrival did."""

    #: It counted, others are still missing.
    COUNTED = "counted"
    #: It counted and was the last: the barrier is released, now and only now.
    RELEASED = "released"
    #: This party had arrived before.
    REPEATED = "repeated"
    #: No party of this barrier.
    FOREIGN = "foreign"


@dataclass(frozen=True, slots=True)
class Barrier:
    """One generation's parties, and those of them who have arrived."""

    parties: frozenset[str]
    arrived: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        assert self.arrived <= self.parties, "only parties arrive"

    @classmethod
    def of(cls, parties: Iterable[str]) -> Barrier:
        """Return a barrier at which nobody has arrived."""
        return cls(frozenset(parties))

    @property
    def released(self) -> bool:
        """Whether every party has arrived; a barrier without parties is never released."""
        return bool(self.parties) and len(self.arrived) == len(self.parties)

    @property
    def missing(self) -> frozenset[str]:
        """The parties still to come."""
        return self.parties - self.arrived

    def withdraw(self, party: str) -> Barrier:
        """Return the barrier without a party that has not arrived; it may be released by that."""
        assert party in self.missing, "an arrival stays"
        return replace(self, parties=self.parties - {party})

    def rejoin(self, party: str) -> Barrier:
        """Return the barrier with a party that had withdrawn, while it is not released."""
        return replace(self, parties=self.parties | {party})

    def arrive(self, party: str) -> tuple[Barrier, Arrival]:
        """Return the barrier after this arrival, and what it did."""
        if party not in self.parties:
            return self, Arrival.FOREIGN
        if party in self.arrived:
            return self, Arrival.REPEATED
        after = replace(self, arrived=self.arrived | {party})
        return after, Arrival.RELEASED if after.released else Arrival.COUNTED
