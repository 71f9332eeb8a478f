"""How a countdown reads: minutes and seconds, and how urgent they are. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass

from palier.client.state import Countdown

#: Seconds from the end in which a countdown warns.
_LAST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a countdown shows: ``text`` is empty once the time is up."""

    text: str
    ink: str
    stands: bool


def read(countdown: Countdown, now: float) -> Reading:
    """Return what a countdown shows; 0:01 lasts until the time is up."""
    seconds = _shown(countdown, now)
    if countdown.stands:
        return Reading(text=clock_text(seconds), ink="muted", stands=True)
    text = clock_text(seconds) if seconds else ""
    return Reading(text=text, ink="warn" if seconds <= _LAST else "text", stands=False)


def until_next(countdown: Countdown | None, now: float) -> float | None:
    """Return the seconds until a countdown reads otherwise; None where it will not."""
    if countdown is None or countdown.stands:
        return None
    shown = _shown(countdown, now)
    # a little after the second, else it would still be the same one
    return countdown.remaining(now) - shown + 1.005 if shown else None


def _shown(countdown: Countdown, now: float) -> int:
    # a clock that is asked twice for the same second may differ in the last digits
    return math.ceil(round(countdown.remaining(now), 3))


def clock_text(seconds: int) -> str:
    """Return whole seconds as ``m:ss`` or ``h:mm:ss``."""
    minutes, second = divmod(max(seconds, 0), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}" if hour else f"{minute}:{second:02}"
