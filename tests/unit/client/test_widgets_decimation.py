"""Many points as few: what is left out could not have been seen."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from palier.client.screens.decimation import sift, thin

VALUES = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False)
POINTS = st.lists(st.tuples(st.floats(0, 100), VALUES), max_size=400).map(
    lambda some: sorted(some, key=lambda one: one[0])
)


def _column(x: float, columns: int) -> int:
    return min(int(x / 100 * columns), columns - 1)


@given(points=POINTS, columns=st.integers(1, 60))
def test_each_column_keeps_its_smallest_and_its_largest(
    points: list[tuple[float, float]], columns: int
) -> None:
    xs, ys = thin([x for x, _ in points], [y for _, y in points], low=0, high=100, columns=columns)

    if points:
        assert min(ys) == min(y for _, y in points)
        assert max(ys) == max(y for _, y in points)
    assert set(zip(xs, ys, strict=True)) <= set(points)


@given(points=POINTS, columns=st.integers(1, 60))
def test_what_is_left_is_in_order_and_no_more_than_two_a_column(
    points: list[tuple[float, float]], columns: int
) -> None:
    xs, ys = thin([x for x, _ in points], [y for _, y in points], low=0, high=100, columns=columns)

    assert xs == sorted(xs)
    assert len(xs) <= max(2 * columns, 0) or len(points) <= 2 * columns
    places = iter(points)
    assert all(one in places for one in zip(xs, ys, strict=True)), "in the order they came"


def test_every_column_has_the_extremes_of_its_own() -> None:
    xs = [float(one) for one in range(10_000)]
    ys = [float(one * 7919 % 1000) for one in range(10_000)]
    kept = list(zip(*thin(xs, ys, low=0, high=9_999, columns=100), strict=True))

    assert len(kept) == 200
    for column in range(100):
        there = [y for x, y in zip(xs, ys, strict=True) if _column(x / 99.99, 100) == column]
        left = [y for x, y in kept if _column(x / 99.99, 100) == column]
        assert (min(left), max(left)) == (min(there), max(there))


def test_a_line_runs_to_the_edge_where_it_goes_on_beyond() -> None:
    xs = [float(one) for one in range(100)]
    assert thin(xs, xs, low=40.5, high=42.5, columns=50)[0] == [40.0, 41.0, 42.0, 43.0]
    dense = [one / 100 for one in range(10_000)]
    kept, _ = thin(dense, dense, low=40.0, high=60.0, columns=50)
    assert (kept[0], kept[-1]) == (39.99, 60.01)
    assert len(kept) <= 102


def test_few_points_stay_as_they_are() -> None:
    assert thin([1.0, 2.0], [5.0, 4.0], low=1, high=2, columns=1) == ([1.0, 2.0], [5.0, 4.0])
    assert thin([], [], low=0, high=1, columns=10) == ([], [])


@given(points=POINTS)
def test_a_cloud_keeps_one_point_for_each_place_that_has_any(
    points: list[tuple[float, float]],
) -> None:
    xs, ys = sift([x for x, _ in points], [y for _, y in points], cell=(5.0, 1e5))
    kept = [(x // 5.0, y // 1e5) for x, y in zip(xs, ys, strict=True)]
    assert len(kept) == len(set(kept))
    assert set(kept) == {(x // 5.0, y // 1e5) for x, y in points}
