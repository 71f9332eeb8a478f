"""When a window draws: pure, the moments come from outside.

A frame costs some 10 ms of processor where there is no graphics card. So one is drawn at once where
there is something to see, at full speed while somebody uses the window or something moves in it,
and otherwise only so often that a clock and a caret are believed.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

#: Seconds at full speed after mouse or keyboard were used.
_ALERT = 0.6

#: Frames at full speed after something has changed: heights follow from frame to frame.
_SETTLE = 4

#: Seconds after which a window that cannot see its input between two frames looks less often.
_HOPEFUL = 2.0

#: Seconds of a frame on a computer that has enough to do: there is a pause as long behind it.
_LONG = 1 / 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Frames a second while something happens, and while nothing does."""

    active: float = 60.0
    idle: float = 5.0

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Pace:
        """Read ``PALIER_FPS_ACTIVE`` and ``PALIER_FPS_IDLE``; what is no number is ignored."""
        return cls(
            active=_frequency(environment.get("PALIER_FPS_ACTIVE", ""), cls().active),
            idle=_frequency(environment.get("PALIER_FPS_IDLE", ""), cls().idle),
        )


def _frequency(text: str, usual: float) -> float:
    try:
        return min(max(float(text), 1.0), 240.0)
    except ValueError:
        return usual


class Rhythm:
    """Tells when the next frame is due, in seconds of one clock.

    A ``blind`` window learns of mouse and keyboard by drawing a frame, and no sooner: it draws
    twice as often for a while.
    """

    #: Never, on any clock.
    _NEVER: ClassVar[float] = float("-inf")

    def __init__(self, pace: Pace, *, blind: bool = True) -> None:
        self.blind = blind
        self._pace = pace
        self._touched = self._NEVER
        self._unsettled = 0
        self._began = self._ended = self._NEVER

    def touch(self, now: float) -> None:
        """Take it that somebody uses the window."""
        self._touched = now

    def change(self) -> None:
        """Take it that the next frame shows something else than the last one."""
        self._unsettled = _SETTLE

    def drawn(self, began: float, ended: float) -> None:
        """Take it that a frame was drawn."""
        self._began, self._ended = began, ended
        self._unsettled = max(self._unsettled - 1, 0)

    @property
    def soonest(self) -> float:
        """When a frame may be drawn for what mouse and keyboard say."""
        return self._began + 1 / self._pace.active

    @property
    def latest(self) -> float:
        """When a frame is drawn though nothing was said; a message is shown at once."""
        due = self._began + 1 / self._rate()
        took = self._ended - self._began
        # where the computer is busy, whoever has something to show comes first
        return max(due, self._ended + took) if took > _LONG else due

    def _rate(self) -> float:
        quiet = self._ended - self._touched
        if self._unsettled or quiet < _ALERT:
            return self._pace.active
        often = self.blind and quiet < _HOPEFUL
        return min(self._pace.idle * 2, self._pace.active) if often else self._pace.idle
