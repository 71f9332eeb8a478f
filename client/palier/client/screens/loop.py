"""The render loop: one thread, awake when something happens.

Dear PyGui's own loop draws as fast as it can and runs callbacks in a thread that drops those past
the five hundredth. Ours runs callbacks itself, and between frames sleeps on the inbox: a message
wakes it at once, and so do mouse and keyboard, so an idle window can afford five frames a second.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Any, Generic, TypeVar

import dearpygui.dearpygui as dpg

from palier.client.screens.inputs import waiting_input
from palier.client.screens.pace import Pace, Rhythm

_log = logging.getLogger(__name__)

Message = TypeVar("Message")

#: What wakes the loop and is no message.
_NUDGE = object()

#: Seconds between two looks at mouse and keyboard while nothing is drawn.
_LOOK = 0.02

#: Seconds that other threads get after each frame, however late the next one is.
_LEAST = 0.0005


class Loop(Generic[Message]):
    """Runs a window until it is closed; blocking, main thread only.

    ``take`` gets the messages and says whether one changes anything, ``tick`` runs before each
    frame and says whether what is shown changes by itself, ``after`` behind it and says whether it
    waits for what the next ones show, ``failed`` hears of exceptions in any of them or in a
    callback: none of them ends the loop. ``until_next`` says in how many seconds something changes
    by itself, so that there is a frame then.
    """

    def __init__(
        self,
        inbox: SimpleQueue[Message],
        *,
        take: Callable[[Message], bool],
        tick: Callable[[], object],
        after: Callable[[], object],
        failed: Callable[[Exception], None],
        pace: Pace,
        until_next: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._inbox = inbox
        self._take = take
        self._tick = tick
        self._after = after
        self._failed = failed
        self._until_next = until_next
        self._rhythm = Rhythm(pace)
        self._nudges: SimpleQueue[Any] = inbox

    def nudge(self) -> None:
        """Draw the next frame now; for any thread."""
        self._nudges.put(_NUDGE)

    def wake(self) -> None:
        """Draw at full speed for a moment: somebody is using the window."""
        self._rhythm.touch(perf_counter())

    def run(self) -> None:
        """Draw until the window is closed."""
        waiting = waiting_input()
        self._rhythm.blind = waiting is None
        self.wake()
        while dpg.is_dearpygui_running():
            began = perf_counter()
            self._run_callbacks()
            self._drain()
            self._settle(self._tick)
            dpg.render_dearpygui_frame()
            self._settle(self._after)
            self._rhythm.drawn(began, perf_counter())
            self._sleep(waiting)

    def _settle(self, job: Callable[[], object]) -> None:
        # a page that changes by itself may take some frames to settle
        if self._guarded(job):
            self._rhythm.change()

    def _run_callbacks(self) -> None:
        for callback, *arguments in dpg.get_callback_queue() or ():
            self.wake()
            if callback is not None:
                self._guarded(lambda: callback(*arguments[:3]))  # noqa: B023 - called at once

    def _drain(self) -> None:
        while True:
            try:
                self._accept(self._inbox.get_nowait())
            except Empty:
                return

    def _accept(self, message: Message) -> bool:
        """Take a message; returns whether it is a reason to draw."""
        changes = message is _NUDGE or self._guarded(lambda: self._take(message))
        if changes:
            self._rhythm.change()
        return changes

    def _sleep(self, waiting: Callable[[], bool] | None) -> None:
        """Wait for the next frame, or for whatever comes before it."""
        end = self._rhythm.latest
        if (soon := self._until_next()) is not None:
            end = min(end, perf_counter() + soon)
        end = max(end, perf_counter() + _LEAST)
        while (left := end - (now := perf_counter())) > 0:
            if waiting is not None and now >= self._rhythm.soonest and waiting():
                self.wake()
                return
            try:
                message = self._inbox.get(timeout=left if waiting is None else min(left, _LOOK))
            except Empty:
                continue
            if self._accept(message):
                return

    def _guarded(self, job: Callable[[], object]) -> bool:
        """Return what a job says; False where it failed."""
        try:
            return bool(job())
        except Exception as error:  # noqa: BLE001 - logged and shown, never the end
            _log.exception("A callback of the window failed")
            self._report(error)
            return False

    def _report(self, error: Exception) -> None:
        try:
            self._failed(error)
        except Exception:  # noqa: BLE001 - the same
            _log.exception("The window could not show that a callback failed")
