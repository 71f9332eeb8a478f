"""The render loop: one thread, awake when something happens.

Dear PyGui's own loop draws as fast as it can and runs callbacks in a thread that drops those past
the five hundredth. Ours runs callbacks itself, and between frames sleeps on the inbox: a message
wakes it at once, so an idle window can afford ten frames a second.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from queue import Empty, SimpleQueue
from time import perf_counter
from typing import Any, Generic, TypeVar

import dearpygui.dearpygui as dpg

_log = logging.getLogger(__name__)

Message = TypeVar("Message")

#: What wakes the loop and is no message.
_NUDGE = object()

#: Seconds after the last thing that happened: a window is alert, then idle, then at rest.
_ALERT, _IDLE = 0.6, 2.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """Frames a second while something happens, and while nothing does.

    A window that nobody has touched for a while rests at half its idle rate: without a graphics
    card each frame costs some 15 ms of processor.
    """

    active: float = 60.0
    idle: float = 10.0

    def rate(self, quiet: float) -> float:
        """Return the frames a second after so many quiet seconds."""
        if quiet < _ALERT:
            return self.active
        return self.idle if quiet < _IDLE else self.idle / 2

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] = os.environ) -> Pace:
        """Read ``PALIER_FPS_ACTIVE`` and ``PALIER_FPS_IDLE``; what is no number is ignored."""
        return cls(
            active=_frequency(environment.get("PALIER_FPS_ACTIVE", ""), cls().active),
            idle=_frequency(environment.get("PALIER_FPS_IDLE", ""), cls().idle),
        )


def _frequency(text: str, usual: float) -> float:
    try:
        return min(max(float(text), 1.0), 240.0)
    except ValueError:
        return usual


class Loop(Generic[Message]):
    """Runs a window until it is closed; blocking, main thread only.

    ``take`` gets the messages and says whether one changes anything, ``tick`` runs before each
    frame and says whether what is shown changes by itself, ``after`` behind it, ``failed`` hears
    of exceptions in any of them or in a callback: none of them ends the loop. ``until_next`` says
    in how many seconds something changes by itself, so that there is a frame then.
    """

    def __init__(
        self,
        inbox: SimpleQueue[Message],
        *,
        take: Callable[[Message], bool],
        tick: Callable[[], object],
        after: Callable[[], None],
        failed: Callable[[Exception], None],
        pace: Pace,
        until_next: Callable[[], float | None] = lambda: None,
    ) -> None:
        self._inbox = inbox
        self._take = take
        self._tick = tick
        self._after = after
        self._failed = failed
        self._pace = pace
        self._until_next = until_next
        self._woken = perf_counter()
        self._nudges: SimpleQueue[Any] = inbox

    def nudge(self) -> None:
        """Draw the next frame now; for any thread."""
        self._nudges.put(_NUDGE)

    def wake(self) -> None:
        """Draw at full speed for a moment: somebody is using the window."""
        self._woken = perf_counter()

    def run(self) -> None:
        """Draw until the window is closed."""
        self.wake()
        while dpg.is_dearpygui_running():
            began = perf_counter()
            self._run_callbacks()
            self._drain()
            self._guarded(self._do_tick)
            dpg.render_dearpygui_frame()
            self._guarded(self._after)
            self._sleep(began)

    def _do_tick(self) -> None:
        # a page that changes by itself may take some frames to settle
        if self._tick():
            self.wake()

    def _run_callbacks(self) -> None:
        for callback, *arguments in dpg.get_callback_queue() or ():
            self.wake()
            if callback is not None:
                self._guarded(lambda: callback(*arguments[:3]))  # noqa: B023 - called at once

    def _drain(self) -> None:
        while True:
            try:
                message = self._inbox.get_nowait()
            except Empty:
                return
            if message is not _NUDGE:
                self._accept(message)

    def _accept(self, message: Message) -> None:
        self._guarded(lambda: self.wake() if self._take(message) else None)

    def _sleep(self, began: float) -> None:
        now = perf_counter()
        left = began + 1 / self._pace.rate(now - self._woken) - now
        if (soon := self._until_next()) is not None:
            left = min(left, soon)
        end = now + max(left, 0.0005)
        woken = self._woken
        # a message that changes nothing is no reason to draw
        while woken == self._woken and (left := end - perf_counter()) > 0:
            try:
                message = self._inbox.get(timeout=left)
            except Empty:
                return
            if message is _NUDGE:
                return
            self._accept(message)

    def _guarded(self, job: Callable[[], None]) -> None:
        try:
            job()
        except Exception as error:  # noqa: BLE001 - logged and shown, never the end
            _log.exception("A callback of the window failed")
            self._report(error)

    def _report(self, error: Exception) -> None:
        try:
            self._failed(error)
        except Exception:  # noqa: BLE001 - the same
            _log.exception("The window could not show that a callback failed")
