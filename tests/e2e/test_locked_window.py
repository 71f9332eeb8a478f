"""A locked desk under a window manager: there is one way out of it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from tests.e2e.desktops import DEADLINE, DeskProcess, until

pytestmark = pytest.mark.gui

CODE = "4711"


def geometry(desk: DeskProcess) -> dict[str, int]:
    told = desk.tool("getwindowgeometry", "--shell", desk.window())
    return {key: int(one) for key, one in (line.split("=") for line in told.splitlines())}


def screen(desk: DeskProcess) -> tuple[int, int]:
    width, height = desk.tool("getdisplaygeometry").split()
    return int(width), int(height)


def ask_for_the_code(desk: DeskProcess) -> None:
    hold, pause, let_go = ("keydown", "ctrl", "keydown", "shift"), ("sleep", "0.1"), "keyup"
    desk.tool(*hold, *pause, "key", "F12", *pause, let_go, "shift", let_go, "ctrl")
    desk.shows("dialog.entry")


def give(desk: DeskProcess, code: str) -> None:
    desk.expect("focus", reply="dialog.entry")
    desk.expect("value", "dialog.entry", reply="")
    desk.writes("dialog.entry", code)
    # two presses within half a second are one that is held
    desk.tool("sleep", "0.6", "key", "Return")


@pytest.fixture
def locked(desktop: None, open_desk: Callable[..., DeskProcess]) -> DeskProcess:
    desk = open_desk("--unlock-code", CODE)
    desk.show("form")
    desk.event()
    return desk


def test_a_locked_window_fills_the_screen_and_no_request_closes_it(locked: DeskProcess) -> None:
    place = geometry(locked)
    assert (place["X"], place["Y"]) == (0, 0)
    assert (place["WIDTH"], place["HEIGHT"]) == screen(locked)
    # what a window manager sends for its close button, and for Alt and F4
    locked.tool("windowactivate", "--sync", locked.window(), "key", "alt+F4")
    until(lambda: "stays open" in locked.ask("value", "toast"), what="it says why it stays")
    locked.expect("screen", reply="asking")
    assert locked.process.poll() is None
    assert locked.quiet()


def test_the_code_ends_a_locked_desk_and_a_wrong_one_does_not(locked: DeskProcess) -> None:
    locked.tool("windowactivate", "--sync", locked.window())
    ask_for_the_code(locked)
    give(locked, "0000")
    locked.expect("value", "dialog.problem", reply="This is not the code.")
    locked.keys("Escape")
    until(lambda: locked.ask("focus") == "field.amount", what="the page has the keyboard again")
    ask_for_the_code(locked)
    give(locked, CODE)
    assert locked.event() == {"closed": True}
    assert locked.process.wait(timeout=DEADLINE) == 0


def test_three_wrong_codes_are_followed_by_a_pause(locked: DeskProcess) -> None:
    locked.tool("windowactivate", "--sync", locked.window())
    ask_for_the_code(locked)
    for code, said in (
        ("0000", "This is not the code"),
        ("0000", "This is not the code"),
        ("0000", "Three wrong codes"),
        (CODE, "Three wrong codes"),
    ):
        give(locked, code)
        until(partial(_is_told, locked, said), what=said)
    assert locked.process.poll() is None


def _is_told(desk: DeskProcess, problem: str) -> bool:
    return problem in desk.ask("value", "dialog.problem")
