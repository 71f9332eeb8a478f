"""Calling for help, by keyboard and by mouse: the dialog has the keyboard, and gives it back."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.e2e.desktops import DeskProcess, until

pytestmark = pytest.mark.gui


@pytest.fixture
def desk(open_desk: Callable[..., DeskProcess]) -> DeskProcess:
    desk = open_desk()
    desk.show("form")
    desk.event()
    desk.take_keyboard()
    desk.expect("focus", reply="field.amount")
    desk.keys("1", "2")
    desk.expect("value", "field.amount", reply="12")
    return desk


def test_a_participant_calls_with_some_words_and_goes_on_where_they_were(
    desk: DeskProcess,
) -> None:
    desk.click("help")
    desk.shows("dialog.yes")
    desk.expect("focus", reply="dialog.entry")
    desk.type("The screen flickers")
    desk.expect("value", "dialog.entry", reply="The screen flickers")
    desk.keys("Return")
    assert desk.event() == {"called": "The screen flickers"}
    until(lambda: desk.ask("rect", "dialog") is None, what="the dialog goes")
    desk.show("called")
    desk.expect("value", "help", reply="Help is on its way")
    desk.expect("value", "toast", reply=desk.ask("value", "toast"))
    assert "has been called" in desk.ask("value", "toast")
    desk.expect("focus", reply="field.amount")
    assert desk.ask("value", "field.amount") == "12"
    assert desk.quiet(), "Enter was the dialog's: nothing was handed in"


def test_tab_stays_in_the_dialog_and_escape_leaves_it(desk: DeskProcess) -> None:
    desk.click("help")
    desk.shows("dialog.yes")
    order = ("dialog.entry", "dialog.yes", "dialog.no", "dialog.entry")
    for name in order:
        desk.expect("focus", reply=name)
        desk.keys("Tab")
    desk.keys("Escape")
    until(lambda: desk.ask("rect", "dialog") is None, what="the dialog goes")
    assert desk.quiet(), "nobody was called"


def test_a_click_beside_the_dialog_reaches_nothing_and_the_keyboard_stays(
    desk: DeskProcess,
) -> None:
    left, top, width, height = desk.shows("field.guess")
    desk.click("help")
    desk.expect("focus", reply="dialog.entry")
    desk.click_at(left + width / 2, top + height / 2)
    desk.type("x")
    desk.expect("focus", reply="dialog.entry")
    assert desk.ask("value", "field.guess") == ""
    desk.click("dialog.no")
    until(lambda: desk.ask("rect", "dialog") is None, what="the dialog goes")


def test_a_stage_that_opens_meanwhile_waits_below_the_dialog(desk: DeskProcess) -> None:
    desk.click("help")
    desk.expect("focus", reply="dialog.entry")
    desk.show("results")
    assert desk.event()["painted"] == "results"
    assert desk.ask("focus") == "dialog.entry"
    desk.keys("h", "i")
    desk.expect("value", "dialog.entry", reply="hi")
    desk.keys("Escape")
    desk.expect("focus", reply="submit")
    assert desk.quiet()


def test_a_key_calls_for_help_and_so_does_enter_on_the_button_alone(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("results")
    desk.event()
    desk.take_keyboard()
    desk.expect("focus", reply="submit")
    desk.keys("F1")
    desk.expect("focus", reply="dialog.entry")
    desk.keys("Escape")
    desk.expect("focus", reply="submit")
    for _ in range(9):  # what is drawn is a stop too, without a name
        desk.tool("key", "Tab", "sleep", "0.2")
        if desk.ask("focus") == "help":
            break
    desk.expect("focus", reply="help")
    desk.keys("Return")
    desk.expect("focus", reply="dialog.entry")
    desk.keys("Escape")
    until(lambda: desk.ask("rect", "dialog") is None, what="the dialog goes")
    assert desk.quiet(), "nothing was handed in"
