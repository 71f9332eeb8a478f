"""Points of lists and of streams, and what a plot shows of them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from palier.client.screens.extent import Ends, Extent, arrange
from palier.client.screens.following import Follower
from palier.client.screens.points import Growing, Points, points_of
from palier.schemas.events import PostedValue

OPENED = datetime(2026, 5, 12, 14, 30, tzinfo=UTC)


def post(
    number: int, value: str | float, *, stream: str = "price", after: float = 0
) -> PostedValue:
    at = OPENED + timedelta(seconds=after)
    return PostedValue(number=number, stream=stream, seat="s01", at=at, value=value)


def shown(*series: tuple[str, Points], x: Ends = (None, None), y: Ends = (None, None)) -> Extent:
    found = arrange(
        series,
        x=x,
        y=y,
        size=(400, 200),
        say=lambda number, decimals: f"{number:.{decimals}f}",
        fits=lambda _text: 3,
    )
    assert found is not None
    return found


# -- lists --------------------------------------------------------------------------------------


def test_numbers_are_counted_from_one() -> None:
    points = points_of([5, 7, 6], x=None, y=None)
    assert (points.xs, points.ys) == ([1, 2, 3], [5, 7, 6])


def test_records_have_their_x_and_y_by_key_and_are_drawn_in_the_order_of_x() -> None:
    records = [{"t": 3, "v": 1}, {"t": 1, "v": 2.5}, {"t": 2}]
    points = points_of(records, x="t", y="v")
    assert (points.xs, points.ys) == ([1, 3], [2.5, 1])


def test_what_is_no_number_is_left_out() -> None:
    records = [1, None, "x", True, 10**400, float("nan"), 2]
    assert points_of(records, x=None, y=None).ys == [1, 2]


def test_words_stand_along_the_axis_in_their_order() -> None:
    records = [{"x": "s02", "y": 3}, {"x": "s07", "y": None}, {"x": "s11", "y": 5}]
    points = points_of(records, x="x", y="y")
    assert points.names == ("s02", "s07", "s11")
    assert (points.xs, points.ys) == ([1, 3], [3, 5])
    assert shown(("bars", points)).x.labels == (("s02", 1.0), ("s07", 2.0), ("s11", 3.0))


# -- streams ------------------------------------------------------------------------------------


def test_a_stream_is_over_the_seconds_since_its_stage_opened() -> None:
    growing = Growing("price", opened=OPENED, x=None)
    assert growing.take(
        (post(1, 4.5, after=2), post(2, "hello", stream="talk"), post(3, 5.0, after=9))
    )
    assert (growing.points.xs, growing.points.ys) == ([2, 9], [4.5, 5])


def test_a_stream_is_over_its_count_where_that_is_asked_for() -> None:
    growing = Growing("price", opened=OPENED, x="number")
    growing.take((post(1, 4.5), post(2, 5.0), post(3, "no number"), post(4, 6.0)))
    assert growing.points.xs == [1, 2, 3]


def test_each_post_is_read_once_however_often_it_is_asked() -> None:
    growing = Growing("price", opened=OPENED, x=None)
    posts = tuple(post(number, float(number), after=number) for number in range(1, 6))
    assert growing.take(posts[:3])
    assert not growing.take(posts[:3])
    assert growing.take(posts)
    assert growing.points.ys == [1, 2, 3, 4, 5]


def test_a_stage_that_is_begun_again_begins_its_streams_again() -> None:
    growing = Growing("price", opened=OPENED, x=None)
    growing.take((post(1, 1.0), post(2, 2.0)))
    assert growing.take((post(1, 7.0),))
    assert growing.points.ys == [7]


def test_news_are_of_one_stream_alone() -> None:
    follower = Follower("talk")
    assert follower.take((post(1, 2.0), post(2, "a", stream="talk"))).posts[0].value == "a"
    assert not follower.take((post(1, 2.0), post(2, "a", stream="talk"), post(3, 3.0)))


# -- axes ---------------------------------------------------------------------------------------


def test_bounds_that_are_given_hold_and_those_that_are_not_follow_the_points() -> None:
    points = Points(xs=[1, 2, 3], ys=[4, 11, 6])
    given = shown(("line", points), y=(0, 20))
    assert [text for text, _ in given.y.labels] == ["0", "5", "10", "15", "20"]
    free = shown(("line", points))
    assert free.y.low < 4
    assert free.y.high > 11
    assert [text for text, _ in free.x.labels] == ["1", "2", "3"]


def test_what_stands_on_the_ground_is_read_from_zero() -> None:
    points = Points(xs=[1, 2], ys=[90, 100])
    assert shown(("line", points)).y.low > 50
    for kind in ("area", "bars"):
        assert shown((kind, points)).y.low < 0
        assert shown((kind, points)).ground == 0


def test_bars_of_several_series_stand_beside_each_other() -> None:
    one, two = Points(xs=[1, 2, 3], ys=[1, 2, 3]), Points(xs=[1, 2, 3], ys=[3, 2, 1])
    extent = shown(("bars", one), ("bars", two))
    places = sorted(x for curve in extent.curves for x in curve.xs)
    assert all(b - a > extent.bar * 0.99 for a, b in pairwise(places))
    assert extent.x.low < 1 - extent.bar
    assert extent.x.high > 3 + extent.bar


def test_the_clock_stands_along_a_stream() -> None:
    extent = shown(("line", Points(xs=[2, 80], ys=[1, 2], seconds=True)))
    assert extent.x.labels[0] == ("0:00", 0)
    assert ("1:00", 60) in extent.x.labels


def test_names_that_have_no_room_are_left_out_evenly() -> None:
    records = [{"x": f"s{number}", "y": 1} for number in range(9)]
    labels = shown(("bars", points_of(records, x=None, y=None))).x.labels
    assert [text for text, _ in labels] == ["s0", "s3", "s6"]


def test_a_hundred_thousand_points_become_what_can_be_seen() -> None:
    many = Points(
        xs=[float(one) for one in range(100_000)], ys=[one % 977 for one in range(100_000)]
    )
    for kind, most in (("line", 800), ("scatter", 134 * 67 + 300)):
        (curve,) = shown((kind, many)).curves
        assert len(curve.xs) <= most
        assert (min(curve.ys), max(curve.ys)) == (0, 976) or kind == "scatter"


def test_without_points_there_is_nothing_to_show() -> None:
    nothing = arrange(
        [("line", Points())], x=(0, 1), y=(0, 1), size=(10, 10), say=lambda *_: "", fits=lambda _: 1
    )
    assert nothing is None
