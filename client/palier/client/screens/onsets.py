"""How evenly a stage was painted: each desk tells when it had, counted from the opening. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from statistics import median

from palier.client.screens.words import Words
from palier.schemas.replies import SeatRow

#: Seconds behind the middle one from which a desk was late: people see a difference by then.
LATE = 0.25

_SECOND = 1.0


def spreads(rows: Iterable[SeatRow]) -> dict[str, float]:
    """Return the seconds between the first desk and the last, by title of the open stages.

    Of several scopes with the same title, the largest; a scope of which less than two desks have
    reported has none.
    """
    found: dict[str, float] = {}
    for of_scope in _by_barrier(rows):
        told = [row.painted for row in of_scope if row.painted is not None]
        if len(told) > 1:
            title = of_scope[0].title
            found[title] = max(found.get(title, 0.0), max(told) - min(told))
    return found


def late(rows: Iterable[SeatRow]) -> dict[str, float]:
    """Return by how many seconds desks were late, behind the middle one of their scope."""
    found: dict[str, float] = {}
    for of_scope in _by_barrier(rows):
        told = {row.seat: row.painted for row in of_scope if row.painted is not None}
        middle = median(told.values()) if told else 0.0
        found |= {seat: at - middle for seat, at in told.items() if at - middle >= LATE}
    return found


def span(seconds: float, words: Words) -> str:
    """Return a short time, in milliseconds up to a second."""
    if seconds < _SECOND:
        return f"{words.numerals.say(round(seconds * 1000))}\u00a0ms"
    return f"{words.numerals.say(seconds, decimals=1)}\u00a0s"


def _by_barrier(rows: Iterable[SeatRow]) -> Iterable[list[SeatRow]]:
    scopes: dict[tuple[str | None, int], list[SeatRow]] = defaultdict(list)
    for row in rows:
        if row.stage is not None:
            scopes[row.scope, row.generation].append(row)
    return scopes.values()
