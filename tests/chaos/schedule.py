"""Which faults, in which order: from a seed, the same ones each time."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """One fault: what is done, to whom, for how long, and after which pause.

    ``choice`` (0 to 1) chooses the victim among those there are; ``share`` (0 to 1) says how long
    it lasts within what its kind allows; ``pause`` is in seconds.
    """

    number: int
    kind: str
    choice: float
    share: float
    pause: float

    def plain(self) -> dict[str, Any]:
        """Return it as it is written down."""
        return asdict(self)


def drawn(
    seed: int, *, faults: int, weights: Mapping[str, float], pause: float = 0.5
) -> list[Fault]:
    """Return so many faults, each kind in proportion to its weight, in an order by chance."""
    chance = random.Random(seed)
    kinds = list(_apportioned(faults, weights))
    chance.shuffle(kinds)
    return [
        Fault(
            number=number,
            kind=kind,
            choice=chance.random(),
            share=chance.random(),
            pause=chance.uniform(0, pause),
        )
        for number, kind in enumerate(kinds, start=1)
    ]


def _apportioned(faults: int, weights: Mapping[str, float]) -> Iterable[str]:
    """Return kinds by largest remainder: a rare one is not left to chance."""
    total = sum(weights.values())
    shares = {one: faults * weight / total for one, weight in weights.items()}
    counts = Counter({one: int(share) for one, share in shares.items()})
    by_remainder = sorted(shares, key=lambda one: (int(shares[one]) - shares[one], one))
    counts.update(by_remainder[: faults - counts.total()])
    return counts.elements()
