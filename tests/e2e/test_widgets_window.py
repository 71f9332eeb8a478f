"""The widgets of a screen in a real window, by keyboard and mouse; one process a test."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.desktops import DeskProcess, until

pytestmark = pytest.mark.gui

WIDGETS = Path(__file__).with_name("widgets_process.py")


@pytest.fixture
def desk(open_desk: Callable[..., DeskProcess]) -> DeskProcess:
    """A desk with the screen, twenty tokens, and the keyboard."""
    opened = open_desk(script=WIDGETS)
    opened.show("20")
    assert opened.event()["painted"] == "contribute"
    opened.take_keyboard()
    opened.expect("focus", reply="field.amount")
    return opened


def test_a_screen_is_filled_in_and_handed_in_by_keyboard_alone(desk: DeskProcess) -> None:
    desk.keys("1", "2")
    desk.expect("value", "field.amount", reply="12")
    for name in ("amount.more", "amount.slider", *(f"trust.{one}" for one in range(7)), "born"):
        desk.keys("Tab")
        desk.expect("focus", reply=f"field.{name}")
        if name == "trust.4":
            desk.keys("space")
    desk.type("22 Nov 1999")
    desk.expect("value", "field.born", reply="22 Nov 1999")
    desk.keys("Tab")
    desk.expect("focus", reply="field.news")
    desk.keys("space")
    desk.expect("value", "field.news", reply=True)
    desk.keys("Tab")
    desk.expect("focus", reply="submit")
    desk.keys("Return")

    assert desk.event() == {
        "submitted": {"amount": 12, "trust": 5, "born": "1999-11-22", "news": True}
    }


def test_who_types_is_not_disturbed_by_data_that_come(desk: DeskProcess) -> None:
    desk.keys("1")
    desk.expect("value", "field.amount", reply="1")
    desk.show("15")
    desk.expect("value", "submit", reply="Confirm, of 15")
    desk.keys("3")

    desk.expect("value", "field.amount", reply="13")
    desk.expect("focus", reply="field.amount")
    desk.show("12")
    desk.expect("value", "submit", reply="Confirm, of 12")
    desk.keys("Return")
    desk.expect("value", "problem.amount", reply="Enter a number between 0 and 12.")


def test_cards_of_one_row_are_equally_high_and_stay_so(desk: DeskProcess) -> None:
    def heights() -> set[float]:
        return {desk.shows(f"widget.{name}")[3] for name in ("left", "right")}

    until(lambda: len(heights()) == 1, what="both cards are equally high")
    (before,) = heights()
    desk.keys("Return")
    desk.shows("problem.trust")

    def grown() -> bool:
        found = heights()
        return len(found) == 1 and found.pop() > before

    until(grown, what="both have grown alike")


def test_a_tab_is_opened_by_a_click_and_by_keyboard(desk: DeskProcess) -> None:
    desk.shows("widget.rules")
    desk.click("widget.tabs.1")
    desk.shows("widget.example")
    assert desk.ask("rect", "widget.rules") is None

    desk.keys("shift+Tab")
    desk.expect("focus", reply="widget.tabs.0")
    desk.keys("space")

    desk.shows("widget.rules")
