"""Where axes end, and what is written along them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palier.client.screens.ticks import inside, scale, seconds

ENDS = st.floats(min_value=-1e9, max_value=1e9, allow_nan=False, allow_subnormal=False)


@pytest.mark.parametrize(
    ("low", "high", "ticks"),
    [
        (0, 20, (0, 5, 10, 15, 20)),
        (0, 100, (0, 25, 50, 75, 100)),
        (0, 10, (0, 2, 4, 6, 8, 10)),
        (3.2, 17.9, (0, 5, 10, 15, 20)),
        (0.001, 0.0045, (0.001, 0.002, 0.003, 0.004, 0.005)),
        (-3, 8, (-4, -2, 0, 2, 4, 6, 8)),
        (1_000_000, 3_400_000, (1e6, 1.5e6, 2e6, 2.5e6, 3e6, 3.5e6)),
    ],
)
def test_an_axis_ends_on_ticks_that_people_count_by(
    low: float, high: float, ticks: tuple[float, ...]
) -> None:
    assert scale(low, high).ticks == ticks


def test_an_end_that_is_given_stays_where_it_is() -> None:
    assert scale(3, 12, given=(0, 20)).ticks == (0, 5, 10, 15, 20)
    half = scale(3, 18, given=(0, None))
    assert (half.low, half.high) == (0, 20)
    odd = scale(3, 5, given=(0, 7))
    assert (odd.low, odd.high, odd.ticks) == (0, 7, (0, 2, 4, 6))


def test_ends_the_wrong_way_round_still_make_an_axis() -> None:
    wrong = scale(0, 1, given=(5, 1))
    assert wrong.low < wrong.high


def test_a_value_alone_stands_in_the_middle() -> None:
    for value in (12.0, 0.0, -4.0):
        one = scale(value, value)
        assert one.low < value < one.high


@given(low=ENDS, high=ENDS)
def test_whatever_there_is_lies_on_the_axis_and_a_few_ticks_do_too(low: float, high: float) -> None:
    low, high = min(low, high), max(low, high)
    if high - low < 1e-6 * max(abs(low), abs(high), 1.0):
        high = low
    one = scale(low, high)
    room = (one.high - one.low) * 1e-6
    assert one.low - room <= low <= high <= one.high + room
    assert 3 <= len(one.ticks) <= 7
    assert list(one.ticks) == sorted(set(one.ticks))
    assert one.low - room <= one.ticks[0]
    assert one.ticks[-1] <= one.high + room


def test_an_axis_of_rounds_names_each_and_one_of_many_only_some() -> None:
    assert inside(1, 10, whole=True).ticks == tuple(range(1, 11))
    assert inside(1, 3, whole=True).ticks == (1, 2, 3)
    many = inside(1, 90, whole=True)
    assert (many.low, many.high) == (1, 90)
    assert all(one == round(one) for one in many.ticks)


def test_seconds_are_counted_as_clocks_do_and_the_axis_grows_in_jumps() -> None:
    assert seconds(0, 93).ticks == (0, 30, 60, 90, 120)
    assert seconds(0, 94).high == seconds(0, 119).high
    assert seconds(0, 3000).ticks == (0, 900, 1800, 2700, 3600)
