"""The real desk under Xvfb, used by keyboard and mouse; one process a test."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from tests.e2e.desktops import DEADLINE, DESK, DeskProcess, until

pytestmark = pytest.mark.gui


def test_a_form_filled_by_keyboard_is_handed_in_with_enter(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("form")
    assert desk.event()["painted"] == "contribute"
    desk.take_keyboard()
    desk.expect("focus", reply="field.amount")
    desk.keys("1", "2", "Tab")
    desk.expect("value", "field.amount", reply="12")
    for name in ("field.amount.more", "field.amount.slider"):
        desk.expect("focus", reply=name)
        desk.keys("Tab")
    desk.expect("focus", reply="field.guess")
    desk.keys("9", "period", "5")
    desk.expect("value", "field.guess", reply="9.5")
    desk.keys("Return")
    assert desk.event() == {"submitted": {"amount": 12, "guess": 9.5}}
    desk.expect("value", "submit", reply="Sending…")


def test_enter_goes_on_from_a_page_that_asks_for_nothing_once_for_each_press(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("results")
    desk.take_keyboard()
    desk.shows("submit")
    assert desk.event()["painted"] == "results"
    desk.keys("Return")
    assert desk.event() == {"submitted": None}
    desk.show("form")
    assert desk.event()["painted"] == "contribute"


def test_a_french_desk_takes_a_decimal_comma(open_desk: Callable[..., DeskProcess]) -> None:
    desk = open_desk("--language", "fr")
    desk.show("form")
    desk.event()
    desk.take_keyboard()
    desk.expect("focus", reply="field.amount")
    desk.keys("3")
    desk.expect("value", "field.amount", reply="3")
    desk.click("field.guess")
    desk.expect("focus", reply="field.guess")
    desk.keys("2", "comma", "5")
    desk.expect("value", "field.guess", reply="2,5")
    desk.click("submit")
    assert desk.event() == {"submitted": {"amount": 3, "guess": 2.5}}


def test_what_is_out_of_range_is_said_beside_its_field(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("form")
    desk.event()
    desk.take_keyboard()
    desk.expect("focus", reply="field.amount")
    desk.keys("2", "1", "Return")
    desk.expect("value", "problem.amount", reply="Enter a number between 0 and 20.")
    field, said = desk.shows("field.amount"), desk.shows("problem.amount")
    assert said[0] > field[0] + field[2]
    assert abs((said[1] + said[3] / 2) - (field[1] + field[3] / 2)) < 12
    assert desk.quiet()
    desk.keys("BackSpace")
    until(lambda: desk.ask("rect", "problem.amount") is None, what="editing clears the problem")


def test_an_option_is_chosen_by_a_click_on_its_words(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("survey")
    desk.event()
    left, top, width, height = desk.shows("field.mood.1")
    desk.click_at(left + 3 * width, top + height / 2)
    desk.expect("value", "field.mood.1", reply=True)
    desk.click("field.mood.2")
    desk.expect("value", "field.mood.2", reply=True)
    assert desk.ask("value", "field.mood.1") is False


def test_a_view_of_the_same_stage_keeps_what_is_being_typed(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("form")
    desk.event()
    desk.take_keyboard()
    desk.expect("focus", reply="field.amount")
    desk.keys("1")
    desk.expect("value", "field.amount", reply="1")
    desk.show("reconnecting")
    desk.shows("strip")
    assert desk.ask("focus") == "field.amount"
    desk.keys("7")
    desk.expect("value", "field.amount", reply="17")


@pytest.mark.slow
def test_a_countdown_runs_by_itself_to_its_end_and_the_form_stays_usable(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("form 9")
    desk.event()
    assert desk.ask("value", "countdown") in {f"0:0{second}" for second in range(1, 10)}
    desk.shows("countdown.drawn")
    desk.take_keyboard()
    desk.expect("focus", reply="field.amount")
    desk.keys("1", "2")
    desk.expect("value", "countdown", reply="Time is up")
    assert desk.ask("focus") == "field.amount"
    desk.click("field.guess")
    desk.expect("focus", reply="field.guess")
    desk.keys("9", "Return")
    assert desk.event() == {"submitted": {"amount": 12, "guess": 9}}


def test_a_paused_desk_can_be_typed_in_but_hands_nothing_in_until_it_goes_on(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("form")
    desk.event()
    desk.take_keyboard()
    desk.expect("focus", reply="field.amount")
    desk.keys("1")
    desk.show("paused")
    desk.shows("held.reason")
    desk.expect("value", "countdown", reply="1:24")
    assert desk.ask("focus") == "field.amount"
    desk.keys("2")
    desk.expect("value", "field.amount", reply="12")
    desk.click("field.guess")
    desk.expect("focus", reply="field.guess")
    desk.keys("9", "Return")
    desk.expect("value", "field.guess", reply="9")
    desk.click("submit")
    desk.show("form")
    until(lambda: desk.ask("rect", "held") is None, what="the banner goes")
    assert desk.quiet(), "nothing was handed in"
    desk.click("submit")
    assert desk.event() == {"submitted": {"amount": 12, "guess": 9}}


def test_a_seat_that_is_left_out_and_let_in_again_finds_what_it_had_typed(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("form")
    desk.event()
    desk.take_keyboard()
    desk.expect("focus", reply="field.amount")
    desk.keys("7")
    desk.expect("value", "field.amount", reply="7")
    desk.show("excluded")
    desk.expect("screen", reply="excluded")
    desk.show("form")
    desk.expect("value", "field.amount", reply="7")


def test_the_desk_follows_the_views(open_desk: Callable[..., DeskProcess], tmp_path: Path) -> None:
    desk = open_desk()
    for view, screen in (
        ("lobby", "lobby"),
        ("form", "asking"),
        ("waiting", "waiting"),
        ("between", "between"),
        ("answered-for", "waiting"),
        ("excluded", "excluded"),
        ("results", "asking"),
        ("end", "ended"),
        ("moved", "moved"),
    ):
        desk.show(view)
        desk.expect("screen", reply=screen)
    picture = tmp_path / "end.png"
    desk.ask("shot", str(picture))
    until(lambda: picture.exists() and picture.stat().st_size > 0, what="the picture is written")


def test_the_window_can_be_small_or_large(open_desk: Callable[..., DeskProcess]) -> None:
    desk = open_desk()
    desk.show("form")
    desk.event()
    for width, height in ((1024, 640), (1600, 1000)):
        desk.tool("windowsize", desk.window(), str(width), str(height))
        until(partial(_ends_at, desk, width), what=f"the top bar ends at {width}")
        left, _, wide, _ = desk.shows("field.amount.slider")
        assert left + wide - desk.origin() < width


def _ends_at(desk: DeskProcess, width: int) -> bool:
    left, _, wide, _ = desk.shows("help")
    return abs(left + wide - desk.origin() - width) < 60


def test_a_failing_callback_is_told_and_ends_nothing(
    open_desk: Callable[..., DeskProcess],
) -> None:
    desk = open_desk()
    desk.show("form")
    desk.event()
    desk.take_keyboard()
    desk.expect("focus", reply="field.amount")
    desk.keys("1", "3")
    desk.click("field.guess")
    desk.expect("focus", reply="field.guess")
    desk.keys("1", "Return")
    assert desk.event()["submitted"] == {"amount": 13, "guess": 1}
    desk.shows("toast")
    desk.expect("value", "submit", reply="Confirm my decision")
    desk.show("results")
    assert desk.event()["painted"] == "results"


# -- the window ---------------------------------------------------------------------------------


def test_closing_the_window_ends_the_desk(
    desktop: None, open_desk: Callable[..., DeskProcess]
) -> None:
    desk = open_desk()
    desk.show("results")
    desk.event()
    desk.tool("windowactivate", "--sync", desk.window(), "key", "alt+F4")
    assert desk.event() == {"closed": True}
    assert desk.process.wait(timeout=DEADLINE) == 0


def test_a_minimised_desk_shows_the_newest_view_when_it_comes_back(
    desktop: None, open_desk: Callable[..., DeskProcess]
) -> None:
    desk = open_desk()
    desk.show("form")
    desk.event()
    window = desk.window()
    desk.tool("windowminimize", "--sync", window)
    for view in ("waiting", "between", "results"):
        desk.show(view)
    desk.tool("windowactivate", window)
    assert desk.event()["painted"] == "results"


def test_the_first_stage_is_painted_soon(
    open_desk: Callable[..., DeskProcess], record_property: Callable[[str, object], None]
) -> None:
    desk = open_desk()
    desk.show("form")
    seconds = desk.event()["seconds"]
    record_property("first_frame_seconds", seconds)
    sys.stdout.write(f"first frame of a stage after {seconds:.2f} s, imports included\n")
    assert seconds < DEADLINE


def test_without_a_display_a_sentence_says_what_to_do() -> None:
    environment = {key: one for key, one in os.environ.items() if key != "DISPLAY"}
    done = subprocess.run(
        [sys.executable, str(DESK)],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=DEADLINE,
        check=False,
    )
    assert done.returncode == 3
    assert "DISPLAY is not set" in done.stderr
    assert "palier bots" in done.stderr
