"""What an operator wants to be done to a session, as a value. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

#: What can be ordered: of the session, then of some of its seats.
What: TypeAlias = Literal[
    "start",
    "close",
    "pause",
    "resume",
    "extend",
    "retry",
    "advance",
    "exclude",
    "stand-in",
    "readmit",
    "attend",
]

#: Seconds by which a clock is extended at a time.
EXTENSION = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One order; ``seats`` are those that it is about, ``reason`` is kept with it."""

    what: What
    seats: tuple[str, ...] = ()
    reason: str = ""
