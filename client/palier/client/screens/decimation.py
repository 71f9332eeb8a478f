"""Many points as few: what cannot be told apart on the screen is not drawn. Pure.

Drawing is what costs: a hundred thousand points take ten times as long as what is left of them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence


def thin(
    xs: Sequence[float], ys: Sequence[float], *, low: float, high: float, columns: int
) -> tuple[list[float], list[float]]:
    """Return the smallest and the largest value of each column of pixels, in their order.

    ``xs`` never fall; ``low`` and ``high`` are the ends of the axis, ``columns`` pixels apart. The
    nearest point beyond each end is kept, so that a line runs to the edge. No more than two points
    a column, whatever there is; a line through them looks like the line through all.
    """
    first, last = bisect_left(xs, low), bisect_right(xs, high)
    start, end = max(first - 1, 0), min(last + 1, len(xs))
    if last - first <= 2 * columns or high <= low:
        return list(xs[start:end]), list(ys[start:end])
    kept = list(range(start, first))
    begin = first
    for column in range(1, columns + 1):
        edge = low + (high - low) * column / columns
        stop = last if column == columns else bisect_left(xs, edge, begin, last)
        kept += _extremes(ys, begin, stop)
        begin = stop
    kept += range(last, end)
    return [xs[one] for one in kept], [ys[one] for one in kept]


def _extremes(ys: Sequence[float], begin: int, stop: int) -> list[int]:
    """Return where the smallest and the largest of some values are, in order."""
    if stop - begin <= 2:  # noqa: PLR2004 - a pair has nothing between
        return list(range(begin, stop))
    some = ys[begin:stop]
    lowest, highest = some.index(min(some)), some.index(max(some))
    return sorted({begin + lowest, begin + highest})


def sift(
    xs: Sequence[float], ys: Sequence[float], *, cell: tuple[float, float]
) -> tuple[list[float], list[float]]:
    """Return one point for each cell of a grid: what lies on top of another is not seen.

    ``cell`` is as wide and as high as a mark, in the units of the axes.
    """
    width, height = cell
    seen: dict[tuple[float, float], int] = {}
    for number, (x, y) in enumerate(zip(xs, ys, strict=True)):
        seen.setdefault((x // width, y // height), number)
    return [xs[one] for one in seen.values()], [ys[one] for one in seen.values()]
