"""The code that opens a locked window: where it stands, and what it is compared with."""

from __future__ import annotations

import hmac
import math
import os
from collections.abc import Callable, Mapping
from pathlib import Path

from palier.client.errors import BadOption

#: So many wrong codes in a row, and nothing is looked at for so many seconds.
_TRIES, _PAUSE = 3, 30.0

#: Shorter codes are guessed.
_SHORTEST = 4


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


def read_unlock_code(file: Path | None, environment: Mapping[str, str] = os.environ) -> str:
    """Return the code that opens a locked window: of the file, else of ``PALIER_UNLOCK_CODE``.

    Raises `BadOption` where there is none, or one that is soon guessed.
    """
    code, where = environment.get("PALIER_UNLOCK_CODE", ""), "PALIER_UNLOCK_CODE"
    if file is not None:
        try:
            code, where = file.read_text(encoding="utf-8"), str(file)
        except (OSError, UnicodeDecodeError) as error:
            raise BadOption(f"The code cannot be read from {file}: {error}") from error
    code = code.strip()
    if not code:
        raise BadOption(
            "A locked window needs a code, or nobody gets out of it: give one by "
            "--unlock-code-file, or by PALIER_UNLOCK_CODE."
        )
    if len(code) < _SHORTEST:
        raise BadOption(f"The code of {where} is short: {_SHORTEST} characters at least.")
    return code
