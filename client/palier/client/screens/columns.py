"""What the columns of a table are, what stands in their cells, how wide they are. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from palier.client.screens import facts
from palier.client.screens.saying import format_value
from palier.client.screens.words import Words

#: The key of the only column of a list that has no records in it.
VALUE = "value"

ELLIPSIS = "\N{HORIZONTAL ELLIPSIS}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """A column: the key that it shows, its title and format; numbers stand to the right."""

    key: str
    title: str
    format: str = ""
    right: bool = False

    def value(self, record: Any) -> Any:
        """Return what a record has for this column; None: nothing."""
        if isinstance(record, Mapping):
            return record.get(self.key)
        return record if self.key == VALUE else None

    def text(self, record: Any, words: Words) -> str:
        """Return what stands in the cell, in one line."""
        said = format_value(self.value(record), self.format, words)
        return " ".join(said.split()) or facts.NOTHING


def keys_of(records: Sequence[Any]) -> tuple[str, ...]:
    """Return the keys of the first record: the columns of a table that names none."""
    first = next(iter(records), None)
    if isinstance(first, Mapping):
        return tuple(first)
    return () if first is None else (VALUE,)


def are_numbers(values: Iterable[Any]) -> bool:
    """Whether the first of some values that is there is a number."""
    found = next((one for one in values if one is not None), None)
    return isinstance(found, int | float) and not isinstance(found, bool)


def decimals(values: Iterable[Any], *, most: int = 2) -> int:
    """Return how many decimals the numbers among some values need, so that all get as many."""
    numbers = [one for one in values if isinstance(one, float)]
    return next(
        (count for count in range(most) if all(_fits(one, count, most) for one in numbers)), most
    )


def _fits(number: float, count: int, most: int) -> bool:
    return round(number, count) == round(number, most)


def share(wanted: Sequence[float], room: int, *, least: int) -> tuple[int, ...]:
    """Return how wide each column becomes, in all exactly ``room``.

    Where there is more than they want, each gets its share of it. Where there is less, the widest
    give first, down to ``least``.
    """
    if not wanted:
        return ()
    widths = list(map(float, wanted))
    left = room - sum(widths)
    if left >= 0:
        widths = [one + left / len(widths) for one in widths]
    else:
        limit = _limit(widths, room)
        widths = [max(min(one, limit), min(least, one)) for one in widths]
    whole = [int(one) for one in widths]
    whole[-1] += max(room - sum(whole), 0)
    return tuple(whole)


def _limit(widths: Sequence[float], room: float) -> float:
    """Return the width that none may exceed, so that all together fit."""
    left, count = room, len(widths)
    for one in sorted(widths):
        if one * count >= left:
            return left / count
        left -= one
        count -= 1
    return max(widths)


def elide(text: str, room: float, measure: Callable[[str], float]) -> str:
    """Return a text, or as much of its beginning as fits, with an ellipsis."""
    if measure(text) <= room:
        return text
    short, long = 0, len(text)
    while short < long:
        half = (short + long + 1) // 2
        if measure(text[:half].rstrip() + ELLIPSIS) <= room:
            short = half
        else:
            long = half - 1
    return text[:short].rstrip() + ELLIPSIS


def window(scroll: float, *, row: int, seen: int, total: int, pool: int) -> int:
    """Return the first record of a pool of rows around those that are seen.

    ``scroll`` and ``row`` are in pixels. It is even, so that stripes and lines stay where they are.
    """
    first = int(scroll // row) - (pool - seen) // 2
    return max(0, min(first, total - pool))
