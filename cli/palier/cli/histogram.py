"""Histograms as SVG: one below the other, on one scale.

A picture of bars is some fifty lines of text; a plotting library would bring an array library along
and be five times as large as all the rest.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from statistics import fmean
from xml.sax.saxutils import escape

#: Pixels: of the whole, of what stands left of the bars, of one histogram and its bars.
_WIDTH, _LEFT, _RIGHT, _EACH, _BARS, _TOP, _BOTTOM = 760, 130, 24, 92, 64, 52, 46

#: About so many bars.
_BINS = 40

_STYLE = """\
  <style>
    text { font: 13px system-ui, sans-serif; fill: #333 }
    .title { font-size: 16px; font-weight: 600; fill: #111 }
    .muted { fill: #666 }
    .bar { fill: #3b6fb6 }
    .axis { stroke: #999 }
    .mean { stroke: #c2410c; stroke-width: 2 }
  </style>
"""


def histograms(title: str, groups: Mapping[str, Sequence[float]], *, unit: str) -> str:
    """Return a picture of how often which values come, group by group; each has its mean marked."""
    values = [one for group in groups.values() for one in group]
    low, step, bins = _scale(min(values), max(values))
    height = _TOP + _EACH * len(groups) + _BOTTOM
    parts = [
        (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {height}" '
            f'width="{_WIDTH}" height="{height}" role="img">\n'
        ),
        f"  <title>{escape(title)}</title>\n",
        _STYLE,
        f'  <rect width="{_WIDTH}" height="{height}" fill="white" />\n',
        f'  <text class="title" x="{_LEFT}" y="28">{escape(title)}</text>\n',
    ]
    for number, (name, group) in enumerate(groups.items()):
        base = _TOP + _EACH * number + _BARS + 12
        parts += _one(name, group, base=base, low=low, step=step, bins=bins)
    parts += _axis(height - _BOTTOM + 2, low, step, bins, unit)
    return "".join([*parts, "</svg>\n"])


def _scale(low: float, high: float) -> tuple[float, float, int]:
    """Return where bars begin, how wide one is in round numbers, and how many there are."""
    span = high - low or 1.0
    raw = span / _BINS
    magnitude = 10.0 ** math.floor(math.log10(raw))
    step = next(one for one in (1, 2, 5, 10) if one * magnitude >= raw) * magnitude
    first = math.floor(low / step) * step
    return first, step, int((high - first) / step) + 1


def _one(
    name: str, group: Sequence[float], *, base: int, low: float, step: float, bins: int
) -> list[str]:
    counts = [0] * bins
    for one in group:
        counts[min(bins - 1, int((one - low) / step))] += 1
    width, most, mean = _inner() / bins, max(counts), fmean(group)
    at = _LEFT + (mean - low) / (step * bins) * _inner()
    parts = [
        f'  <text x="{_LEFT - 12}" y="{base - 22}" text-anchor="end">{escape(name)}</text>\n',
        (
            f'  <text class="muted" x="{_LEFT - 12}" y="{base - 4}" text-anchor="end">'
            f"mean {mean:.4g}</text>\n"
        ),
    ]
    for number, count in enumerate(counts):
        tall = count / most * _BARS
        parts.append(
            f'  <rect class="bar" x="{_LEFT + number * width:.1f}" y="{base - tall:.1f}" '
            f'width="{max(0.5, width - 1):.1f}" height="{tall:.1f}" />\n'
            if count
            else ""
        )
    parts += [
        f'  <line class="axis" x1="{_LEFT}" x2="{_WIDTH - _RIGHT}" y1="{base}" y2="{base}" />\n',
        (
            f'  <line class="mean" x1="{at:.1f}" x2="{at:.1f}" y1="{base - _BARS - 4}" '
            f'y2="{base}" />\n'
        ),
    ]
    return parts


def _axis(top: int, low: float, step: float, bins: int, unit: str) -> list[str]:
    every = max(1, round(bins / 8))
    parts = [
        f'  <text class="muted" x="{_LEFT + number * _inner() / bins:.1f}" y="{top + 14}" '
        f'text-anchor="middle">{low + number * step:g}</text>\n'
        for number in range(0, bins + 1, every)
    ]
    middle = _LEFT + _inner() / 2
    label = f'  <text x="{middle}" y="{top + 34}" text-anchor="middle">{escape(unit)}</text>\n'
    return [*parts, label]


def _inner() -> int:
    return _WIDTH - _LEFT - _RIGHT
