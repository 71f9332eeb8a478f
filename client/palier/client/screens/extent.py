"""What a plot shows: where its axes end, what is written along them, which points are drawn. Pure.

It is made of the points of all series at once, since they share the axes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from palier.client.screens import ticks
from palier.client.screens.decimation import sift, thin
from palier.client.screens.points import Points
from palier.client.screens.remaining import clock_text
from palier.client.screens.ticks import Scale

#: The kinds that stand on the ground: their size is read from zero.
GROUNDED = ("area", "bars")

#: How much of the room between two bars is filled.
_FILLED = 0.7

#: Of bars that stand beside each other, of their room.
_BESIDE = 0.9

#: Pixels: of a mark, and beyond the ends of an axis, for the other half of the outermost marks.
_MARK, _BREATH = 3, 4

#: An end of an axis that is given, or None.
Ends = tuple[float | None, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """An axis: its ends, and what is written where."""

    low: float
    high: float
    labels: tuple[tuple[str, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """What is drawn of a series."""

    xs: list[float]
    ys: list[float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Extent:
    """A plot's axes, its curves, and how wide a bar is."""

    x: Axis
    y: Axis
    curves: tuple[Curve, ...]
    #: What an area stands on: zero, or the end of the axis that is nearest to it.
    ground: float
    bar: float = 0.0


def arrange(
    series: Sequence[tuple[str, Points]],
    *,
    x: Ends,
    y: Ends,
    size: tuple[int, int],
    say: Callable[[float, int], str],
    fits: Callable[[str], int],
) -> Extent | None:
    """Return what a plot shows of series, each a kind and its points; None: there are none.

    ``size`` is that of its inside in pixels, ``say`` writes a number with so many decimals,
    ``fits`` says how many such texts have room side by side.
    """
    filled = [(kind, one) for kind, one in series if one]
    if not filled:
        return None
    bars = [one for kind, one in series if kind == "bars"]
    step = _step(bars)
    along = _along([one for _, one in filled], given=x, pad=step / 2, say=say, fits=fits)
    up = _up(filled, given=y, say=say)
    ground = max(up.low, min(0.0, up.high))
    along, up = _breathing(along, size[0]), _breathing(up, size[1])
    bar = step * _FILLED / len(bars) if bars else 0.0
    curves, place = [], 0
    for kind, one in series:
        shift = 0.0
        if kind == "bars":
            shift = (place - (len(bars) - 1) / 2) * bar
            place += 1
        curves.append(_drawn(kind, one, shift, axes=(along, up), size=size))
    thick = bar * (_BESIDE if len(bars) > 1 else 1.0)
    return Extent(x=along, y=up, curves=tuple(curves), ground=ground, bar=thick)


def _breathing(axis: Axis, pixels: int) -> Axis:
    more = (axis.high - axis.low) * _BREATH / max(pixels, 1)
    return replace(axis, low=axis.low - more, high=axis.high + more)


def _step(bars: Sequence[Points]) -> float:
    """Return the least distance of two bars; 0 without bars."""
    if not bars:
        return 0.0
    places = sorted({x for one in bars for x in one.xs})
    return min((b - a for a, b in pairwise(places)), default=1.0)


def _along(
    series: Sequence[Points],
    *,
    given: Ends,
    pad: float,
    say: Callable[[float, int], str],
    fits: Callable[[str], int],
) -> Axis:
    low, high = min(one.xs[0] for one in series), max(one.xs[-1] for one in series)
    names = max((one.names for one in series), key=len)
    if names:
        room = min(fits(one) for one in names)
        every = -(-len(names) // max(room, 1))
        labels = tuple(
            (one, float(place)) for place, one in enumerate(names, 1) if (place - 1) % every == 0
        )
        edge = pad or 0.5
        return Axis(low=1 - edge, high=len(names) + edge, labels=labels)
    if all(one.seconds for one in series):
        scale = ticks.seconds(0.0 if given[0] is None else given[0], high)
        end = scale.high if given[1] is None else given[1]
        written = tuple((clock_text(round(one)), one) for one in scale.ticks if one <= end)
        return Axis(low=scale.low, high=max(end, scale.low + 1), labels=written)
    if given != (None, None):
        scale = ticks.scale(low, high, given=given)
    else:
        scale = ticks.inside(low, high, whole=all(one.whole for one in series))
    return Axis(
        low=scale.low - (pad if given[0] is None else 0),
        high=scale.high + (pad if given[1] is None else 0),
        labels=_written(scale, say),
    )


def _up(
    series: Sequence[tuple[str, Points]], *, given: Ends, say: Callable[[float, int], str]
) -> Axis:
    low, high = min(min(one.ys) for _, one in series), max(max(one.ys) for _, one in series)
    if any(kind in GROUNDED for kind, _ in series):
        low, high = min(low, 0.0), max(high, 0.0)
    scale = ticks.scale(low, high, given=given)
    return Axis(low=scale.low, high=scale.high, labels=_written(scale, say))


def _written(scale: Scale, say: Callable[[float, int], str]) -> tuple[tuple[str, float], ...]:
    return tuple((say(one, scale.decimals), one) for one in scale.ticks)


def _drawn(
    kind: str,
    points: Points,
    shift: float,
    *,
    axes: tuple[Axis, Axis],
    size: tuple[int, int],
) -> Curve:
    along, up = axes
    if kind == "scatter":
        cell = (
            (along.high - along.low) * _MARK / max(size[0], 1),
            (up.high - up.low) * _MARK / max(size[1], 1),
        )
        xs, ys = sift(points.xs, points.ys, cell=cell)
    else:
        ends = {"low": along.low, "high": along.high}
        xs, ys = thin(points.xs, points.ys, **ends, columns=max(size[0], 1))
    return Curve(xs=[one + shift for one in xs] if shift else xs, ys=ys)
