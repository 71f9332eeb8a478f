"""Records in the order of one of their values. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from typing import Any


def ordered(values: Sequence[Any], *, falling: bool = False) -> list[int]:
    """Return the places of values in their order: numbers, then texts, then the rest.

    Equal ones stay as they are, and what is None comes last either way.
    """
    there = [place for place, value in enumerate(values) if value is not None]
    none = [place for place, value in enumerate(values) if value is None]
    keys = {place: _key(values[place]) for place in there}
    return sorted(there, key=keys.__getitem__, reverse=falling) + none


def _key(value: Any) -> tuple[int, float, str]:
    match value:
        case bool() | int() | float():
            # a number that is none, as nan, would be neither before nor after any
            return (0, float(value), "") if value == value else (3, 0.0, "")  # noqa: PLR0124
        case str():
            return (1, 0.0, _letters(value))
        case _:
            return (2, 0.0, str(value))


def _letters(text: str) -> str:
    """Return a text without its accents and capitals, as a dictionary sorts it."""
    if text.isascii():
        return text.casefold()
    plain = unicodedata.normalize("NFKD", text.casefold())
    return "".join(one for one in plain if not unicodedata.combining(one))
