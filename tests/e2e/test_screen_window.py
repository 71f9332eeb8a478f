"""A screen with a controller in a real window under Xvfb, used by keyboard and mouse."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.e2e.desktops import DESK, DeskProcess, until

pytestmark = pytest.mark.gui

SCREEN, PREVIEW = DESK.with_name("screen_process.py"), DESK.with_name("preview_process.py")

FILE = """
<screen name="decision" controller="game.Decision">
  <data name="endowment" type="number" sample="20"/>
  <local name="kept" value="20"/>
  <local name="offer" value="none yet"/>
  <columns weights="58 42">
    <card>
      <heading id="title">How much do you put into the pot?</heading>
      <slider bind="answer.amount" label="My contribution" min="0" max="{endowment}"
              on-change="keep"/>
      <textfield bind="answer.why" label="Why?"/>
      <choice bind="answer.mood" label="Mood" kind="combo">
        <option value="calm">Calm</option>
        <option value="tired">Tired</option>
      </choice>
      <notice id="nothing" tone="warn" show-if="answer.amount == 0">You put nothing in.</notice>
      <actions>
        <button id="confirm" on-click="submit" kind="primary">Confirm</button>
        <button id="offer" on-click="offer">Offer</button>
        <button id="copy" on-click="copy">Copy</button>
        <button id="fail" on-click="fail">Fail</button>
      </actions>
    </card>
    <card title="So far">
      <number bind="local.kept" label="Kept"/>
      <textfield bind="local.offer" label="Offer"/>
    </card>
  </columns>
</screen>
"""

CONTROLLERS = """
import asyncio

import dearpygui.dearpygui as dpg

from palier.controller import Controller, action


class Decision(Controller):
    @action
    def keep(self, value):
        self.local["kept"] = self.data["endowment"] - (value or 0)

    @action
    async def offer(self):
        self.local["offer"] = "under way"
        try:
            number = await self.surface.post("offers", 12.5)
            await self.surface.sleep(0.05)
        except asyncio.CancelledError:
            self.surface.names  # can be read still
            raise
        self.local["offer"] = f"number {number}"

    @action
    def copy(self):
        dpg.set_clipboard_text("Déjà vu, à l’œuvre : 12 €")

    @action
    def fail(self):
        raise RuntimeError("no good")
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    folder = tmp_path / "game" / "screens"
    folder.mkdir(parents=True)
    (tmp_path / "game" / "controllers.py").write_text(CONTROLLERS, encoding="utf-8")
    path = folder / "decision.xml"
    path.write_text(FILE, encoding="utf-8")
    return path


@pytest.fixture
def desk(open_desk: Callable[..., DeskProcess], file: Path) -> DeskProcess:
    opened = open_desk(str(file), script=SCREEN)
    assert opened.event() == {"painted": 1}
    opened.take_keyboard()
    opened.expect("focus", reply="field.amount")
    return opened


def choose_tired(desk: DeskProcess) -> None:
    """Open the list of moods, and choose the second one."""
    left, top, width, height = desk.stands("field.mood")
    desk.click_at(left + width / 2, top + height / 2)
    # while it is open the port cannot see it: the next frames bring the list
    until(lambda: desk.ask("rect", "field.mood") is None, what="the list opens")
    desk.tool("mousemove", str(round(left + 40)), str(round(top + height * 2.2)))
    for _ in range(5):
        desk.ask("screen")  # once a frame: a list has its size from its second one
    desk.click_at(left + 40, top + height * 2.2)
    desk.shows("field.mood")
    assert desk.ask("value", "field.mood") == "Tired"


def test_a_screen_is_filled_in_by_keyboard_and_mouse_and_handed_in(desk: DeskProcess) -> None:
    desk.keys("1", "2", "Tab")
    desk.expect("value", "field.amount", reply="12")
    desk.expect("value", "field.local.kept", reply="8")
    left, top, width, height = desk.stands("field.amount.slider")
    desk.click_at(left + width * 0.99, top + height / 2)
    desk.expect("value", "field.amount", reply="20")
    desk.expect("value", "field.local.kept", reply="0")
    desk.click("button.copy")
    desk.click("field.why")
    desk.expect("focus", reply="field.why")
    desk.chord("ctrl", "v")
    desk.expect("value", "field.why", reply="Déjà vu, à l’œuvre : 12 €")
    choose_tired(desk)
    desk.click("button.confirm")
    assert desk.event() == {
        "submitted": {"amount": 20, "why": "Déjà vu, à l’œuvre : 12 €", "mood": "tired"}
    }
    desk.expect("value", "submit", reply="Sending…")


def test_what_is_missing_is_said_beside_its_field_and_enter_hands_in_once_it_is_there(
    desk: DeskProcess,
) -> None:
    desk.keys("0")
    desk.shows("widget.nothing")
    desk.keys("Return")
    desk.shows("problem.why")
    desk.expect("focus", reply="field.why")
    choose_tired(desk)
    desk.click("field.why")
    desk.expect("focus", reply="field.why")
    desk.keys("s", "o", "Return")
    assert desk.event() == {"submitted": {"amount": 0, "why": "so", "mood": "tired"}}


def test_an_action_that_waits_stops_no_frame_and_ends_with_its_stage(desk: DeskProcess) -> None:
    desk.click("button.offer")
    assert desk.event() == {"posted": 12.5}
    desk.expect("value", "field.local.offer", reply="under way")
    desk.click("button.offer")  # it is running: nothing happens
    desk.click("field.amount")
    desk.expect("focus", reply="field.amount")
    desk.keys("7")
    desk.expect("value", "field.amount", reply="7")
    assert desk.quiet()
    desk.show("answer 41")
    desk.expect("value", "field.local.offer", reply="number 41")
    desk.click("button.offer")
    assert desk.event() == {"posted": 12.5}
    desk.show("waiting")
    desk.expect("screen", reply="waiting")
    desk.show("answer 42")
    desk.show("next")
    assert desk.event() == {"painted": 2}
    desk.expect("value", "field.local.offer", reply="none yet")


def test_an_action_that_fails_is_told_and_ends_nothing(desk: DeskProcess) -> None:
    desk.click("button.fail")
    desk.shows("toast")
    desk.click("field.amount")
    desk.expect("focus", reply="field.amount")
    desk.keys("3")
    desk.expect("value", "field.local.kept", reply="17")


def test_an_edited_screen_is_shown_at_once_with_what_was_typed_and_the_keyboard(
    desk: DeskProcess, file: Path
) -> None:
    desk.keys("1", "2")
    desk.expect("value", "field.amount", reply="12")
    file.write_text(FILE.replace("<heading", "<headin"), encoding="utf-8")
    desk.show("read")
    desk.shows("author")
    assert "decision.xml:8:" in desk.ask("value", "author")
    file.write_text(FILE.replace("Why?", "Why so much?"), encoding="utf-8")
    desk.show("read")
    until(lambda: desk.ask("rect", "author") is None, what="the strip goes")
    desk.expect("value", "field.amount", reply="12")
    desk.expect("value", "field.local.kept", reply="8")
    desk.expect("focus", reply="field.amount")


def test_an_action_goes_on_while_the_window_is_minimised_and_shows_afterwards(
    desktop: None, open_desk: Callable[..., DeskProcess], file: Path
) -> None:
    desk = open_desk(str(file), script=SCREEN)
    assert desk.event() == {"painted": 1}
    desk.click("button.offer")
    assert desk.event() == {"posted": 12.5}
    window = desk.window()
    desk.tool("windowminimize", "--sync", window)
    desk.show("answer 5")
    desk.tool("windowactivate", window)
    desk.expect("value", "field.local.offer", reply="number 5")


@pytest.mark.slow
def test_a_preview_follows_what_its_author_saves(
    open_desk: Callable[..., DeskProcess], file: Path
) -> None:
    preview = open_desk("screen", "preview", str(file), "--palette", "light", script=PREVIEW)
    preview.shows("field.amount")
    file.write_text(FILE.replace("Why?", "Why so much?</x>"), encoding="utf-8")
    preview.shows("author")
    file.write_text(FILE, encoding="utf-8")
    until(lambda: preview.ask("rect", "author") is None, what="the strip goes")
    preview.take_keyboard()
    preview.click("field.amount")
    preview.expect("focus", reply="field.amount")
    preview.keys("1")
    preview.click("field.why")
    preview.expect("focus", reply="field.why")
    preview.keys("a")
    choose_tired(preview)
    preview.click("submit")
    preview.shows("toast")
    assert '{"amount": 1, "why": "a", "mood": "tired"}' in preview.ask("value", "toast")


def test_a_preview_can_be_a_picture_and_says_what_has_to_be_mended(
    display: str, file: Path, tmp_path: Path
) -> None:
    picture = tmp_path / "shot.png"
    file.write_text(FILE.replace('on-click="fail"', 'on-click="fial"'), encoding="utf-8")
    command = [str(PREVIEW), "screen", "preview", str(file), "--shot", str(picture)]
    done = subprocess.run(
        [sys.executable, *command, "--palette", "dark", "--size", "1024x640"],
        env={**os.environ, "DISPLAY": display},
        capture_output=True,
        text=True,
        timeout=30,
        check=True,
    )
    assert picture.read_bytes().startswith(b"\x89PNG")
    assert "Do you mean fail?" in done.stderr
