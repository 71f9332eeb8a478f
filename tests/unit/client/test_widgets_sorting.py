"""Records in order, columns in their room."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palier.client.screens.columns import (
    Heading,
    are_numbers,
    decimals,
    elide,
    keys_of,
    share,
    window,
)
from palier.client.screens.sorting import ordered
from palier.client.screens.texts import WORDS

ANY = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=5))


def _sorted(values: list[Any], *, falling: bool = False) -> list[Any]:
    return [values[place] for place in ordered(values, falling=falling)]


def test_numbers_are_in_the_order_of_numbers() -> None:
    assert _sorted([10, 9, 2.5, -1]) == [-1, 2.5, 9, 10]


def test_texts_are_in_the_order_of_a_dictionary() -> None:
    assert _sorted(["Zoé", "élodie", "Ada", "Eve"]) == ["Ada", "élodie", "Eve", "Zoé"]


def test_nothing_comes_last_either_way() -> None:
    assert _sorted([None, 2, 1]) == [1, 2, None]
    assert _sorted([None, 2, 1], falling=True) == [2, 1, None]


def test_equal_ones_stay_as_they_are() -> None:
    assert ordered([1, 0, 1, 0, 1]) == [1, 3, 0, 2, 4]
    assert ordered([1, 0, 1, 0, 1], falling=True) == [0, 2, 4, 1, 3]


@given(values=st.lists(ANY, max_size=30), falling=st.booleans())
def test_whatever_there_is_has_an_order_that_loses_nothing(
    values: list[Any], falling: bool
) -> None:
    places = ordered(values, falling=falling)
    assert sorted(places) == list(range(len(values)))
    nothing = [values[place] is None for place in places]
    assert nothing == sorted(nothing)


def test_columns_are_those_of_the_first_record() -> None:
    assert keys_of([{"a": 1, "b": 2}, {"c": 3}]) == ("a", "b")
    assert keys_of([4, 5]) == ("value",)
    assert keys_of([]) == ()


def test_a_cell_says_a_value_in_one_line() -> None:
    heading = Heading(key="a", title="A", format=".2f")
    assert heading.text({"a": 1.5}, WORDS["fr"]) == "1,50"
    assert heading.text({"b": 1.5}, WORDS["en"]) == "–"
    assert Heading(key="a", title="A").text({"a": "two\nlines"}, WORDS["en"]) == "two lines"
    assert Heading(key="value", title="").text(7, WORDS["en"]) == "7"


def test_numbers_of_a_column_have_as_many_decimals() -> None:
    assert decimals([1, 2.5, None, "x"]) == 1
    assert decimals([1.25, 3.0]) == 2
    assert decimals([1, 2]) == 0
    assert decimals([1 / 3, math.pi]) == 2
    assert are_numbers([None, 3, "x"])
    assert not are_numbers([None, True])
    assert not are_numbers([])


@given(wanted=st.lists(st.floats(10, 400), min_size=1, max_size=12), room=st.integers(1200, 3000))
def test_columns_fill_their_room_exactly(wanted: list[float], room: int) -> None:
    widths = share(wanted, room, least=40)
    assert sum(widths) == room or sum(wanted) > room
    if sum(wanted) <= room:
        assert all(got >= int(want) for got, want in zip(widths, wanted, strict=True))


def test_where_room_is_short_the_widest_give_first() -> None:
    assert share([50, 60, 900], 300, least=40) == (50, 60, 190)
    assert share([50, 400, 900], 350, least=40) == (50, 150, 150)
    assert share([], 100, least=40) == ()


@pytest.mark.parametrize(
    ("room", "said"), [(100, "abcdef"), (60, "abcdef"), (50, "abcd…"), (20, "a…"), (5, "…")]
)
def test_a_text_that_does_not_fit_ends_in_an_ellipsis(room: float, said: str) -> None:
    assert elide("abcdef", room, lambda text: 10.0 * len(text)) == said


@given(scroll=st.floats(0, 340_000), seen=st.integers(2, 40))
def test_the_pool_of_rows_is_around_what_is_seen(scroll: float, seen: int) -> None:
    total, row, pool = 10_000, 34, seen + 12
    first = window(scroll, row=row, seen=seen, total=total, pool=pool)
    assert 0 <= first <= total - pool
    top = min(int(scroll // row), total - seen)
    assert first <= top
    assert top + seen <= first + pool
