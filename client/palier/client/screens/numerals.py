"""Numbers as people read and type them."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

#: Spaces that people and programs put between groups of three digits.
_SPACES = str.maketrans("", "", " \u00a0\u202f\u2009")
#: Four figures need no group.
_GROUPED_FROM = 10_000
_MINUS = "\N{MINUS SIGN}"
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)")
_GROUPED = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Numerals:
    """How one language writes numbers."""

    decimal: str
    thousands: str

    def say(self, value: float, *, decimals: int = 2) -> str:
        """Return the number in figures, without trailing zeros."""
        if isinstance(value, int):
            few = -_GROUPED_FROM < value < _GROUPED_FROM
            return f"{value:d}".replace("-", _MINUS) if few else self._written(f"{value:,}")
        if not math.isfinite(value):
            return "\N{EN DASH}"
        return self._written(self._rounded(value, decimals))

    def fixed(self, value: float, *, decimals: int) -> str:
        """Return the number in figures, with so many decimals."""
        return self._written(f"{value:,.{decimals}f}") if math.isfinite(value) else "\N{EN DASH}"

    def _written(self, digits: str) -> str:
        whole, _, fraction = digits.partition(".")
        if len(whole.lstrip("-")) == len("1,234"):
            whole = whole.replace(",", "")  # four figures need no group
        whole = whole.replace(",", self.thousands).replace("-", _MINUS)
        return f"{whole}{self.decimal}{fraction}" if fraction else whole

    @staticmethod
    def _rounded(value: float, decimals: int) -> str:
        return f"{value:,.{decimals}f}".rstrip("0").rstrip(".")

    def read(self, typed: str) -> float | None:
        """Return the number that was typed, or None.

        A point is always read as decimal; a comma too where the language uses it so, and as a
        group of three elsewhere. Anything that could mean two things means nothing.
        """
        text = typed.translate(_SPACES).replace(_MINUS, "-")
        if self.decimal == ",":
            text = text.replace(",", ".")
        elif _GROUPED.fullmatch(text):
            text = text.replace(",", "")
        return float(text) if _PLAIN.fullmatch(text) else None

    def read_whole(self, typed: str) -> int | None:
        """Return the whole number that was typed, or None."""
        text = typed.translate(_SPACES).replace(_MINUS, "-")
        if self.decimal == "." and _GROUPED.fullmatch(text):
            text = text.replace(",", "")
        return int(text) if re.fullmatch(r"[+-]?\d+", text) else None
