"""Where an axis ends and what is written along it: about five pleasant numbers. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

#: How many ticks are wanted, and the most and fewest that will do.
_WANTED, _FEWEST, _MOST = 5, 3, 7

#: Up to so many whole numbers are all written.
_EACH = 12

#: Steps that people count by, in each power of ten.
_PLEASANT = (1.0, 2.0, 2.5, 5.0)

#: Steps that people count seconds by; above them hours.
_SECONDS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600)

#: What rounding leaves of a multiple, in steps.
_HAIR = 1e-9


@dataclass(frozen=True, slots=True, kw_only=True)
class Scale:
    """An axis from ``low`` to ``high``: where its ticks are, how many decimals they need."""

    low: float
    high: float
    ticks: tuple[float, ...]
    decimals: int = 0


def scale(
    low: float, high: float, *, given: tuple[float | None, float | None] = (None, None)
) -> Scale:
    """Return an axis for values from ``low`` to ``high``, its ends on ticks.

    An end that is ``given`` stays where it is.
    """
    low, high, fixed = _widened(low, high, given)
    return _best(low, high, fixed, _steps(high - low))


def inside(low: float, high: float, *, whole: bool = False) -> Scale:
    """Return an axis that ends where the values do; ``whole``: they are whole numbers."""
    if whole and 0 < high - low < _EACH:
        return _scale(_span(low, high, (True, True), 1.0))  # few enough to name each
    low, high, _ = _widened(low, high, (None, None))
    steps = [one for one in _steps(high - low) if not whole or one == round(one)]
    return _best(low, high, (True, True), steps or [1.0])


def seconds(low: float, high: float) -> Scale:
    """Return an axis of seconds from ``low`` to a tick: it need not change with each of them."""
    low, high, _ = _widened(low, high, (low, None))
    hours = [3600.0 * 2**one for one in range(1, 12)]
    return _best(low, high, (True, False), [*map(float, _SECONDS), *hours])


def _widened(
    low: float, high: float, given: tuple[float | None, float | None]
) -> tuple[float, float, tuple[bool, bool]]:
    """Return ends that are apart, and which of them are fixed."""
    low, high = (
        (low if given[0] is None else given[0]),
        (high if given[1] is None else given[1]),
    )
    fixed = (given[0] is not None, given[1] is not None)
    if high > low:
        return low, high, fixed
    room = abs(low) / 2 or 1.0
    match fixed:
        case (True, False):
            return low, low + room, fixed
        case (False, True):
            return high - room, high, fixed
        case _:  # one value alone stands in the middle; ends the wrong way round are let be
            return min(low, high) - room, max(low, high) + room, fixed


def _steps(span: float) -> list[float]:
    power = math.floor(math.log10(span))
    return [one * 10.0**exponent for exponent in range(power - 2, power + 2) for one in _PLEASANT]


def _best(low: float, high: float, fixed: tuple[bool, bool], steps: Iterable[float]) -> Scale:
    spans = [_span(low, high, fixed, one) for one in steps]
    return _scale(min(spans, key=lambda one: _cost(one, low, high)))


@dataclass(frozen=True, slots=True)
class _Span:
    """An axis that has so many ticks: one at each multiple of a step from the first on."""

    low: float
    high: float
    step: float
    first: int
    count: int
    decimals: int

    def tick(self, number: int) -> float:
        return round((self.first + number) * self.step, self.decimals)


def _span(low: float, high: float, fixed: tuple[bool, bool], step: float) -> _Span:
    first = math.ceil(low / step - _HAIR) if fixed[0] else math.floor(low / step + _HAIR)
    last = math.floor(high / step + _HAIR) if fixed[1] else math.ceil(high / step - _HAIR)
    decimals = max(0, -math.floor(math.log10(step) + _HAIR))
    if round(step, decimals) != round(step, decimals + 1):
        decimals += 1  # a quarter needs one more than its power of ten
    return _Span(
        low if fixed[0] else first * step,
        high if fixed[1] else last * step,
        step,
        first,
        # more than can be told apart are no candidate, but must not be made either
        max(min(last - first + 1, 50), 0),
        decimals,
    )


def _scale(span: _Span) -> Scale:
    ticks = tuple(span.tick(one) for one in range(span.count))
    return Scale(low=span.low, high=span.high, ticks=ticks, decimals=span.decimals)


def _cost(one: _Span, low: float, high: float) -> float:
    """Return how far an axis is from a pleasant one: count, waste, plain numbers, its ends."""
    count = one.count
    cost = float(abs(count - _WANTED))
    if not _FEWEST <= count <= _MOST:
        cost += 10.0
    cost += 4 * ((one.high - one.low) / (high - low) - 1)
    cost += 1.1 * one.decimals  # 0 2 4 6 8 10 is better than 0 2.5 5 7.5 10
    if count and (one.tick(0) != one.low or one.tick(count - 1) != one.high):
        cost += 0.5
    return cost
