"""A fault on its way through a campaign, from when it strikes until play goes on."""

from __future__ import annotations

import time
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.chaos.ledger import Entry
from tests.chaos.schedule import Fault


@dataclass(slots=True)
class Strike:
    """One fault that strikes.

    Play goes on when somebody is shown a stage that opened after the fault had struck: a client
    process of ``concerned``, or any if that is empty. ``seconds`` is how long that took; None as
    long as it has not come, and when the session of those concerned was over first.
    """

    fault: Fault
    at: float = 0.0
    concerned: frozenset[str] = frozenset()
    seconds: float | None = None

    def now(self, *concerned: str) -> None:
        """Note that it strikes now, and whom."""
        self.at = time.time()
        self.concerned = frozenset(concerned)


@dataclass(slots=True)
class Strikes:
    """All strikes of a campaign, and those of them after which play has not gone on yet."""

    all: list[Strike] = field(default_factory=list)
    open: list[Strike] = field(default_factory=list)

    def add(self, fault: Fault) -> Strike:
        """Begin a strike."""
        strike = Strike(fault)
        self.all.append(strike)
        self.open.append(strike)
        return strike

    def take(self, entry: Entry) -> None:
        """Take an entry of a ledger: it may be what a strike waits for."""
        self.open = [one for one in self.open if not _ends(one, entry)]

    def troubled(self) -> frozenset[str]:
        """Return the client processes that are not known to be well again."""
        return frozenset(name for one in self.open for name in one.concerned)


def _ends(strike: Strike, entry: Entry) -> bool:
    if not strike.at or (strike.concerned and entry.client not in strike.concerned):
        return False
    if entry.what == "entered" and entry.opened > strike.at:
        strike.seconds = entry.at - strike.at
        return True
    # nothing will open any more for those who are concerned
    return entry.what == "over" and bool(strike.concerned) and entry.at > strike.at


def times(strikes: Iterable[Strike]) -> list[float]:
    """Return how long it took until play went on, where it did."""
    return [one.seconds for one in strikes if one.seconds is not None]
