"""The code that opens a locked window. Pure."""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable

#: So many wrong codes in a row, and nothing is looked at for so many seconds.
_TRIES, _PAUSE = 3, 30.0

#: Shorter codes are guessed.
SHORTEST = 4


class Lock:
    """Compares codes in constant time; ``clock`` counts seconds, and is never set."""

    def __init__(self, code: str, *, clock: Callable[[], float]) -> None:
        self._code = code.encode()
        self._clock = clock
        self._wrong = 0
        self._until = 0.0

    @property
    def waits(self) -> int:
        """How many seconds no code is looked at still; 0 where one may be tried."""
        return max(0, math.ceil(self._until - self._clock()))

    def opens(self, typed: str) -> bool:
        """Whether this is the code; while it waits, none is."""
        if self.waits:
            return False
        if hmac.compare_digest(typed.encode(), self._code):
            self._wrong = 0
            return True
        self._wrong += 1
        if self._wrong == _TRIES:
            self._wrong, self._until = 0, self._clock() + _PAUSE
        return False
