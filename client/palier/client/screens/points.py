"""The points of a series: out of a list among the data, or out of a stream as it grows. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from palier.client.screens.following import Follower
from palier.schemas.events import PostedValue

#: The key of a stream's values that counts them, instead of the time that has passed.
NUMBER = "number"

#: No axis reaches further: JSON's whole numbers have no end, a float has one.
_LARGEST = 1e100


@dataclass(slots=True, kw_only=True)
class Points:
    """Points in the order of their x.

    ``names`` are the words that stand along the axis where x is no number, from 1 on; ``whole``:
    every x is a whole number; ``seconds``: x is time.
    """

    xs: list[float] = field(default_factory=list)
    ys: list[float] = field(default_factory=list)
    names: tuple[str, ...] = ()
    whole: bool = True
    seconds: bool = False

    def __bool__(self) -> bool:
        return bool(self.xs)

    def add(self, x: float, y: float) -> None:
        """Take a point, wherever its x belongs."""
        late = bool(self.xs) and x < self.xs[-1]
        self.xs.append(x)
        self.ys.append(y)
        self.whole = self.whole and float(x).is_integer()
        if late:
            pairs = sorted(zip(self.xs, self.ys, strict=True), key=lambda one: one[0])
            self.xs[:] = [one for one, _ in pairs]
            self.ys[:] = [one for _, one in pairs]


def points_of(records: Sequence[Any], *, x: str | None, y: str | None) -> Points:
    """Return the points of a list: of numbers, or of records with keys ``x`` and ``y``.

    Numbers are counted from 1, as rounds are. What has no number to show is left out.
    """
    found = []
    names: list[str] = []
    for number, record in enumerate(records, start=1):
        place: Any = number
        value = record
        if isinstance(record, Mapping):
            value = record.get(y or "y")
            place = record.get(x) if x else record.get("x", number)
        if isinstance(place, str):
            names += [""] * (number - 1 - len(names)) + [place]
            place = number
        if is_number(place) and is_number(value):
            found.append((float(place), float(value)))
    found.sort(key=lambda one: one[0])
    return Points(
        xs=[one for one, _ in found],
        ys=[one for _, one in found],
        names=tuple(names),
        whole=all(one.is_integer() for one, _ in found),
    )


def is_number(value: Any) -> bool:
    """Whether a value can be drawn: a number within reason, and no flag."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    return number and abs(value) < _LARGEST  # which no infinity is, nor what is no number


class Growing:
    """The points of a stream."""

    def __init__(self, stream: str, *, opened: datetime, x: str | None) -> None:
        self._follower = Follower(stream)
        self._opened = opened
        self._counted = x == NUMBER
        self.points = Points(seconds=not self._counted)

    def take(self, posts: Sequence[PostedValue]) -> bool:
        """Read what is new; return whether there are other points than before."""
        news = self._follower.take(posts)
        if news.anew:
            self.points = Points(seconds=not self._counted)
        for post in news.posts:
            if is_number(post.value):
                passed = (post.at - self._opened).total_seconds()
                x = len(self.points.xs) + 1 if self._counted else max(passed, 0.0)
                self.points.add(float(x), float(post.value))
        return bool(news)
