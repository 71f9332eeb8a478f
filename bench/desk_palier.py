"""Palier's part of the windows that are measured."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from datetime import datetime
from functools import partial
from queue import SimpleQueue
from time import monotonic, thread_time
from typing import Any

import dearpygui.dearpygui as dpg
import desk_screens
from desk_talk import listen, tell

from palier.client.screens.desk import SIZE, Desk, run_desk
from palier.client.screens.look import Look
from palier.client.screens.window import inner_size, show, window
from palier.client.view import View
from palier.schemas.events import Stage

LOOK = Look(palette="light", scale=1.0, language="en")


class Errands:
    """Nobody is asked anything; the onset is told."""

    def submit(self, stage: Stage, answer: dict[str, Any] | None) -> None:
        """Take no answer."""

    def draft(self, stage: Stage, fields: Mapping[str, Any]) -> None:
        """Keep no draft."""

    def painted(self, stage: Stage) -> None:
        """Say that a stage is on the screen."""
        tell(painted=monotonic(), stage=stage.name)

    def call_for_help(self, text: str) -> None:
        """Call nobody."""

    def post(self, stage: Stage, stream: str, value: str | float) -> Future[int]:
        """Leave it open what becomes of a post."""
        del stage, stream, value
        return Future()

    def act(self, stage: Stage, action: str, body: Mapping[str, Any] | None) -> Future[int]:
        """Leave it open what becomes of what is done."""
        del stage, action, body
        return Future()

    def ask(self) -> Future[None]:
        """Leave it open what is asked."""
        return Future()


def palier() -> None:
    """Show a desk until stdin ends."""
    spec = desk_screens.small()
    inbox: SimpleQueue[View] = SimpleQueue()
    first = desk_screens.view(spec)
    inbox.put(first)

    def shown(arrived: int) -> None:
        inbox.put(desk_screens.changed(first, arrived=arrived))

    threading.Thread(target=listen, args=(shown,), daemon=True).start()
    run_desk(inbox=inbox, errands=Errands(), title="Palier bench", look=LOOK)


def rebuild(rounds: int) -> None:
    """Measure what a screen of sixty widgets takes: to be made anew, and to be brought up to date.

    Anew is from nothing: all of the last page's items go, none of them is used again. The screen is
    one that was shown before, as in a game of rounds: its words are read and measured. Beside it
    what Dear PyGui takes at least: as many texts made, and as many values set.
    """
    spec = desk_screens.sixty()
    figures: dict[str, list[float]] = {"rebuild": [], "refresh": [], "items": [], "values": []}
    with window(title="Palier bench", look=LOOK, size=SIZE) as kit:
        desk = Desk(kit, title="Palier bench", errands=Errands())
        show(desk.root)
        bare = _Bare()
        _frames(desk)
        empty = _within(desk.root)
        for number in range(1, rounds + 1):
            view = desk_screens.view(spec, generation=number)
            later = desk_screens.changed(view, arrived=1 + number % 23)
            figures["rebuild"].append(_took(partial(desk.show, view)))
            bare.count = bare.count or _within(desk.root) - empty
            _frames(desk)
            figures["refresh"].append(_took(partial(_follow, desk, later)))
            _frames(desk)
            figures["items"].append(_took(bare.make))
            figures["values"].append(_took(bare.fill))
        warm = {name: some[2:] for name, some in figures.items()}
        tell(made=bare.count, **warm)


def _within(item: int | str) -> int:
    """Return how many items are within one: the page's, without themes and fonts."""
    slots: dict[int, list[int]] = dpg.get_item_children(item)
    return sum(1 + _within(one) for some in slots.values() for one in some)


def _follow(desk: Desk, view: View) -> None:
    desk.show(view)
    desk.tick(datetime.now(), *inner_size())  # noqa: DTZ005 - wall clock


def _frames(desk: Desk) -> None:
    """Draw until every automatic height has settled."""
    for _ in range(4):
        desk.tick(datetime.now(), *inner_size())  # noqa: DTZ005 - wall clock
        dpg.render_dearpygui_frame()


def _took(job: Callable[[], object]) -> float:
    """Return the milliseconds of processor that something takes: it waits for nothing."""
    began = thread_time()
    job()
    return (thread_time() - began) * 1000


class _Bare:
    """As many items as the screen has, in a window that is not seen, made without a thought."""

    def __init__(self) -> None:
        self.count = 0
        self._texts: list[int | str] = []
        with dpg.window(show=False) as self._window:
            pass

    def make(self) -> None:
        """Make them anew."""
        dpg.delete_item(self._window, children_only=True)
        self._texts = [dpg.add_text("x", parent=self._window) for _ in range(self.count)]

    def fill(self) -> None:
        """Set a value in each of sixty."""
        for one in self._texts[:60]:
            dpg.set_value(one, "another text, as long as a line")
