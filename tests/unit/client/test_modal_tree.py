"""Dialogs and toasts as trees of items."""

from __future__ import annotations

from collections.abc import Iterator

import dearpygui.dearpygui as dpg
import pytest

from palier.client.screens.kit import Kit, press
from palier.client.screens.modal import Dialog, Entry, Modal
from palier.client.screens.toast import Toast
from palier.client.screens.window import context


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.0, language="en") as made:
        yield made


@pytest.fixture
def modal(kit: Kit) -> Modal:
    return Modal(kit)


def question(title: str, told: list[str], *, problem: str = "") -> Dialog:
    def confirmed(typed: str) -> str:
        told.append(f"{title}: {typed}")
        return problem if typed != "right" else ""

    return Dialog(
        title=title,
        text="Really?",
        confirm="Yes",
        confirmed=confirmed,
        cancelled=lambda: told.append(f"not {title}"),
        entry=Entry(hint="why"),
    )


def say(kit: Kit, name: str) -> str:
    return str(dpg.get_value(kit.named[name]))


def tick(modal: Modal) -> None:
    modal.tick(1280, 800)


def test_one_dialog_is_open_and_the_others_wait_for_their_turn(kit: Kit, modal: Modal) -> None:
    told: list[str] = []
    for title in ("one", "two", "one", "two"):
        modal.ask(question(title, told))
    tick(modal)
    assert say(kit, "dialog") == "one"
    press(kit.named["dialog.yes"])
    tick(modal)
    assert say(kit, "dialog") == "two"
    press(kit.named["dialog.no"])
    tick(modal)
    assert told == ["one: ", "not two"]
    assert not modal.open


def test_enter_confirms_what_was_typed_and_escape_cancels(kit: Kit, modal: Modal) -> None:
    told: list[str] = []
    modal.ask(question("one", told))
    modal.ask(question("two", told))
    tick(modal)
    dpg.set_value(kit.named["dialog.entry"], " because ")
    assert modal.enter()
    tick(modal)
    assert modal.escape()
    tick(modal)
    assert told == ["one: because", "not two"]
    assert not modal.enter(), "Enter is the page's again"
    assert not modal.escape()


def test_the_key_that_closes_a_dialog_is_not_the_pages_too(kit: Kit, modal: Modal) -> None:
    told: list[str] = []
    modal.ask(question("one", told))
    tick(modal)
    press(kit.named["dialog.yes"])
    assert modal.enter(), "until the next frame"
    tick(modal)
    assert not modal.enter()
    assert told == ["one: "]


def test_what_is_wrong_is_said_and_the_dialog_stays(kit: Kit, modal: Modal) -> None:
    told: list[str] = []
    modal.ask(question("one", told, problem="Say why."))
    tick(modal)
    modal.enter()
    tick(modal)
    assert say(kit, "dialog.problem") == "Say why."
    dpg.set_value(kit.named["dialog.entry"], "right")
    modal.enter()
    tick(modal)
    assert "dialog" not in kit.named


def test_the_keyboard_goes_back_to_whoever_is_to_have_it(modal: Modal) -> None:
    told: list[str] = []
    modal.ask(question("one", told))
    tick(modal)
    modal.return_to(lambda: told.append("page"))
    modal.escape()
    tick(modal)
    assert told == ["not one", "page"]


def test_dialogs_leave_nothing_behind(kit: Kit, modal: Modal) -> None:
    def turn() -> int:
        modal.ask(question("one", []))
        tick(modal)
        modal.escape()
        tick(modal)
        return len(dpg.get_all_items())

    assert turn() == turn() == turn()


# -- toasts -------------------------------------------------------------------------------------


def shown(toast: Toast) -> list[str]:
    return [one.text for one in toast._shown]


def test_three_toasts_are_there_at_a_time_and_the_oldest_makes_room(kit: Kit) -> None:
    toast = Toast(kit, clock=Clock())
    for number in range(5):
        toast.show(f"{number}", tone="warn")
        toast.tick(1280, 800)
    assert shown(toast) == ["2", "3", "4"]
    assert say(kit, "toast") == "4"


def test_a_toast_goes_when_its_time_is_up_and_one_that_is_said_again_stays(kit: Kit) -> None:
    clock = Clock()
    toast = Toast(kit, clock=clock)
    toast.show("first")
    toast.show("second", tone="ok")
    clock.now += 5
    toast.show("first")
    clock.now += 5
    toast.tick(1280, 800)
    assert shown(toast) == ["first"]
    clock.now += 5
    toast.tick(1280, 800)
    assert shown(toast) == []
