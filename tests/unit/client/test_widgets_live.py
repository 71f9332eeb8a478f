"""Progress, barrier, timer and log as a tree of items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import dearpygui.dearpygui as dpg
import pytest
from pydantic import JsonValue

from palier.client.screens.kit import Kit
from palier.client.screens.widgets.live import ProgressFace
from palier.client.screens.widgets.logs import MOST, LogFace
from palier.client.screens.window import context
from palier.client.view import Countdown
from palier.schemas.screens.widgets import Barrier, Log, Progress, Timer
from tests.unit.client.opened import Opened, is_seen, open_screen, texts
from tests.unit.client.posted import Clock, bring, post


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.0, language="en") as made:
        yield made


def change(opened: Opened, **view: Any) -> None:
    """Bring a view that differs so."""
    opened.view = replace(opened.view, **view)
    opened.page.follow(opened.view)


# -- progress -----------------------------------------------------------------------------------


def bars(kit: Kit, name: str) -> list[float]:
    """Return how wide what a bar consists of is."""
    pieces = dpg.get_item_children(kit.named[name], 2)
    return [dpg.get_item_configuration(one)["pmax"][0] for one in pieces]


def test_progress_is_a_share_of_the_width(kit: Kit) -> None:
    data = {"done": 3, "all": 10}
    open_screen(
        kit, Progress(id="way", value="done", max="all", label="{done} of {all}"), data=data
    )
    track, filled = bars(kit, "way.bar")
    assert filled == round(track * 0.3)
    assert "3 of 10" in texts()


@pytest.mark.parametrize(
    ("value", "most", "share"),
    [(None, 10, 0), (5, 0, 0), (20, 10, 1), (-1, 10, 0), ("x", 2, 0), (1, 4, 0.25), (True, 1, 0)],
)
def test_progress_stays_between_nothing_and_all(
    kit: Kit, value: Any, most: Any, share: float
) -> None:
    data = {"value": value, "most": most}
    opened = open_screen(kit, Progress(id="way", value="value", max="most"), data=data)
    face = opened.page.faces[0]
    assert isinstance(face, ProgressFace)
    assert face.share == share
    assert len(bars(kit, "way.bar")) == (2 if share else 1)


def test_the_least_progress_can_be_seen(kit: Kit) -> None:
    open_screen(kit, Progress(id="way", value="0.001"))
    assert bars(kit, "way.bar")[1] == 10


# -- barrier ------------------------------------------------------------------------------------


def test_a_barrier_counts_who_has_arrived_with_a_dot_for_each(kit: Kit) -> None:
    opened = open_screen(kit, Barrier(title="Your group"))
    assert {"Your group", "0", "of 24 participants are ready"} <= texts()
    change(opened, arrived=17, expected=20)
    assert {"17", "of 20 participants are ready"} <= texts()
    circles = [one for one in dpg.get_all_items() if dpg.get_item_type(one).endswith("DrawCircle")]
    full = [one for one in circles if dpg.get_item_configuration(one)["fill"][3] > 0]
    assert (len(full), len(circles)) == (17, 20)


def test_a_barrier_is_drawn_again_only_when_somebody_arrives(kit: Kit) -> None:
    opened = open_screen(kit, Barrier())
    change(opened, arrived=3, expected=4)
    before = dpg.get_all_items()
    change(opened, round_trip=9.0)
    assert dpg.get_all_items() == before
    change(opened, arrived=4)
    assert dpg.get_all_items() != before


# -- timer --------------------------------------------------------------------------------------


def test_a_timer_counts_by_the_clock_and_warns_at_the_end(kit: Kit) -> None:
    opened = open_screen(kit, Timer(id="left", label="Time left"))
    face = opened.page.faces[0]
    assert not is_seen(face.item), "without a deadline there is nothing to count"
    clock = opened.page.scene.clock = Clock()
    change(opened, countdown=Countdown(deadline=1e9 + 75))
    assert is_seen(face.item)
    said = []
    for passed in (0.0, 0.4, 60.0, 66.0, 74.5, 75.0, 999.0):
        clock.now = 1e9 + passed
        face.tick()
        said.append((opened.value("left"), _ink(kit, "left.drawn")))
    text, warn = kit.colour("text"), kit.colour("warn")
    assert said == [
        ("1:15", text),
        ("1:15", text),
        ("0:15", text),
        ("0:09", warn),
        ("0:01", warn),
        ("Time is up", warn),
        ("Time is up", warn),
    ]


def test_a_timer_that_stands_reads_the_same_for_ever(kit: Kit) -> None:
    opened = open_screen(kit, Timer(id="left"))
    change(opened, countdown=Countdown(left=42.0))
    opened.page.scene.clock = Clock()
    opened.page.faces[0].tick()
    assert opened.value("left") == "0:42"


def test_a_timer_is_drawn_again_only_when_it_reads_otherwise(kit: Kit) -> None:
    opened = open_screen(kit, Timer(id="left"))
    clock = opened.page.scene.clock = Clock()
    change(opened, countdown=Countdown(deadline=1e9 + 30))
    drawn = set()
    for tenth in range(30):
        clock.now = 1e9 + tenth / 10
        opened.page.faces[0].tick()
        drawn.add(tuple(dpg.get_item_children(kit.named["left.drawn"], 2)))
    assert len(drawn) == 3


def _ink(kit: Kit, name: str) -> tuple[int, ...]:
    piece = dpg.get_item_children(kit.named[name], 2)[0]
    colour = dpg.get_item_configuration(piece)["color"]
    return tuple(round(one * 255) for one in colour)


# -- log ----------------------------------------------------------------------------------------


def lines(opened: Opened) -> list[list[str]]:
    face = opened.page.faces[0]
    assert isinstance(face, LogFace)
    return [
        [dpg.get_value(one) for one in dpg.get_item_children(item, 1) or [item]]
        for item in face._items
    ]


def test_a_log_shows_the_texts_of_a_list_and_adds_what_is_new(kit: Kit) -> None:
    opened = open_screen(kit, Log(source="events", title="So far"), data={"events": ["a", "b"]})
    first = lines(opened)
    face = opened.page.faces[0]
    assert isinstance(face, LogFace)
    kept = list(face._items)
    opened.follow(data={"events": ["a", "b", "c"]})
    assert first == [["a"], ["b"]]
    assert lines(opened) == [["a"], ["b"], ["c"]]
    assert face._items[:2] == kept
    opened.follow(data={"events": ["z"]})
    assert lines(opened) == [["z"]]


def test_a_log_of_a_stream_says_who_and_when(kit: Kit) -> None:
    opened = open_screen(kit, Log(source="stream.talk"))
    assert "Nothing yet." in texts()
    bring(opened, post(1, "hello"), post(2, 4.5, seat="s07"), post(3, "no", stream="other"))
    assert [one[1:] for one in lines(opened)] == [["Seat s02", "hello"], ["You", "4.5"]]
    assert "Nothing yet." not in texts()


def test_a_log_keeps_the_newest_lines_only(kit: Kit) -> None:
    events: list[JsonValue] = [f"line {number}" for number in range(MOST + 30)]
    opened = open_screen(kit, Log(source="events"), data={"events": events[:-20]})
    opened.follow(data={"events": events})
    shown = lines(opened)
    assert len(shown) == MOST
    assert shown[-1] == [events[-1]]
    assert shown[0] == [events[30]]
