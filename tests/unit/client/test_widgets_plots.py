"""Plots as a tree of items: what is drawn, along which axes, and how often."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from typing import Any

import dearpygui.dearpygui as dpg
import pytest
from pydantic import JsonValue

from palier.client.screens.kit import Kit
from palier.client.screens.tokens import PALETTES, PaletteName, contrast, rgba
from palier.client.screens.widgets.plot_look import RANKS, ink
from palier.client.screens.widgets.plots import PlotFace
from palier.client.screens.window import context
from palier.schemas.screens.widgets import Plot, Series
from tests.unit.client.opened import Opened, is_seen, open_screen, texts
from tests.unit.client.posted import Clock, bring, post


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.0, language="fr") as made:
        yield made


def plot(opened: Opened) -> PlotFace:
    face = opened.page.faces[0]
    assert isinstance(face, PlotFace)
    return face


def opened_plot(kit: Kit, *series: Series, data: dict[str, JsonValue], **more: Any) -> Opened:
    return open_screen(kit, Plot(id="it", children=series, **more), data=data)


def drawn(opened: Opened) -> dict[str, list[list[list[float]]]]:
    """Return the values of what is drawn, by kind."""
    found: dict[str, list[list[list[float]]]] = {}
    for axis in dpg.get_item_children(plot(opened)._plot, 1):
        for one in dpg.get_item_children(axis, 1):
            kind = dpg.get_item_type(one).removeprefix("mvAppItemType::mv").removesuffix("Series")
            value = [list(part) for part in dpg.get_value(one) if len(part)]
            if value:
                found.setdefault(kind, []).append(value)
    return found


def axes(opened: Opened) -> list[tuple[tuple[str, float], ...]]:
    face = plot(opened)
    return [face._labels[one].labels for one in (face._x, face._y)]


NUMBERS: list[JsonValue] = [4, 11, 6]


@pytest.mark.parametrize(
    ("kind", "items"),
    [
        ("line", {"Line"}),
        ("area", {"Shade", "Line"}),
        ("scatter", {"Scatter"}),
        ("bars", {"Bar"}),
        ("stairs", {"Stair"}),
    ],
)
def test_each_kind_is_drawn_by_its_items(kit: Kit, kind: Any, items: set[str]) -> None:
    opened = opened_plot(kit, Series(source="means", kind=kind), data={"means": NUMBERS})
    found = drawn(opened)
    assert set(found) == items
    for (values,) in found.values():
        assert values[:2] == [[1, 2, 3], [4, 11, 6]]


def test_numbers_along_the_axes_are_written_as_the_language_does(kit: Kit) -> None:
    opened = opened_plot(
        kit, Series(source="means"), data={"means": [0.25, 1.5]}, y_min=0, y_max="{most}"
    )
    opened.page.scene.clock = Clock()
    opened.follow(data={"means": [0.25, 1.5], "most": 2})
    along, up = axes(opened)
    assert along == (("1", 1.0), ("2", 2.0))
    assert [text for text, _ in up] == ["0,0", "0,5", "1,0", "1,5", "2,0"]


def test_bounds_follow_the_data_where_none_are_given(kit: Kit) -> None:
    opened = opened_plot(kit, Series(source="means"), data={"means": NUMBERS})
    before = axes(opened)
    opened.follow(data={"means": [*NUMBERS, 900]})
    opened.page.scene.clock = Clock()
    plot(opened).tick()
    assert axes(opened)[1][-1][1] >= 900
    assert axes(opened) != before


def test_a_legend_is_there_only_where_there_are_names_for_more_than_one(kit: Kit) -> None:
    data: dict[str, JsonValue] = {"a": [1, 2], "b": [2, 1]}
    one = opened_plot(kit, Series(source="a", label="You"), Series(source="b"), data=data)
    assert not is_seen(plot(one)._legend)
    two = opened_plot(
        kit, Series(source="a", label="You"), Series(source="b", label="Others"), data=data
    )
    assert is_seen(plot(two)._legend)


def test_marks_may_have_the_colour_of_a_line_and_two_lines_can_be_told_apart(kit: Kit) -> None:
    tones: list[Series] = [
        Series(source="a"),
        Series(source="a", kind="scatter"),
        Series(source="a", kind="area"),
        Series(source="a", tone="ok"),
    ]
    looks = [one._rank for one in plot(opened_plot(kit, *tones, data={"a": [1]}))._series]
    assert looks == [0, 0, 1, 0]


@pytest.mark.parametrize("palette", PALETTES)
def test_every_series_can_be_seen_on_its_card(palette: PaletteName) -> None:
    surface = PALETTES[palette].surface
    with context(palette=palette, scale=1.0, language="en") as kit:
        for tone, rank in product(("accent", "muted", "ok", "warn", "bad"), range(RANKS)):
            *colour, alpha = ink(kit, tone, rank)
            ground = rgba(surface)[:3]
            mixed = [
                round((one * alpha + below * (255 - alpha)) / 255)
                for one, below in zip(colour, ground, strict=True)
            ]
            assert contrast("#" + bytes(mixed).hex(), surface) >= 3


def test_words_around_a_plot_are_filled_in(kit: Kit) -> None:
    opened = opened_plot(
        kit,
        Series(source="means"),
        data={"means": NUMBERS, "unit": "jetons"},
        title="Moyenne",
        note="en {unit}",
        x_label="Période",
        y_label="{unit}",
    )
    assert {"Moyenne", "en jetons", "jetons"} <= texts()
    assert dpg.get_item_label(plot(opened)._x) == "Période"


def test_without_points_it_says_so_in_the_same_room(kit: Kit) -> None:
    opened = opened_plot(kit, Series(source="means"), data={"means": []})
    face = plot(opened)
    assert is_seen(face._nothing)
    assert not is_seen(face._plot)
    heights = [dpg.get_item_configuration(one)["height"] for one in (face._nothing, face._plot)]
    assert heights[0] == heights[1]
    opened.page.scene.clock = Clock()
    opened.follow(data={"means": NUMBERS})
    assert is_seen(face._plot)
    assert not is_seen(face._nothing)


def test_one_point_alone_can_be_seen(kit: Kit) -> None:
    opened = opened_plot(kit, Series(source="means"), data={"means": [7]})
    assert drawn(opened)["Scatter"] == [[[1], [7]]]


def test_the_same_data_are_not_drawn_again(kit: Kit) -> None:
    opened = opened_plot(kit, Series(source="means"), data={"means": NUMBERS})
    face = plot(opened)
    opened.page.scene.clock = Clock()
    before = face.drawings
    for _ in range(5):
        opened.follow(data={"means": list(NUMBERS)})
        face.tick()
    assert face.drawings == before


def test_a_stream_is_drawn_twenty_times_a_second_at_most_and_to_its_end(kit: Kit) -> None:
    opened = open_screen(kit, Plot(children=(Series(source="stream.price"),)))
    face = plot(opened)
    clock = opened.page.scene.clock = Clock()
    posts = tuple(post(one, float(one), stream="price", after=one) for one in range(1, 501))
    before = face.drawings
    for count in range(1, 501):  # five hundred posts within half a second
        clock.now = 1e9 + count / 1000
        bring(opened, *posts[:count])
        face.tick()
    assert face.drawings - before <= 11
    clock.now += 0.06
    face.tick()
    assert drawn(opened)["Line"][0][1][-1] == 500
    # where it is now is marked
    assert drawn(opened)["Scatter"] == [[[500], [500]]]


def test_a_hundred_thousand_posts_are_drawn_as_what_can_be_seen(kit: Kit) -> None:
    opened = open_screen(kit, Plot(children=(Series(source="stream.price", x="number"),)))
    template = post(1, 0.0, stream="price")
    posts = tuple(
        template.model_copy(update={"number": one, "value": float(one * 7919 % 1000)})
        for one in range(1, 100_001)
    )
    opened.page.scene.clock = Clock()
    bring(opened, *posts)
    ((xs, ys),) = drawn(opened)["Line"]
    assert len(xs) <= 2 * 1232
    assert (min(ys), max(ys)) == (0, 999)
    assert xs == sorted(xs)


@pytest.mark.parametrize("size", ["small", "medium", "large"])
def test_heights_are_by_role(kit: Kit, size: Any) -> None:
    opened = opened_plot(kit, Series(source="means"), data={"means": NUMBERS}, size=size)
    height = dpg.get_item_configuration(plot(opened)._plot)["height"]
    assert height == {"small": 170, "medium": 260, "large": 400}[size]
