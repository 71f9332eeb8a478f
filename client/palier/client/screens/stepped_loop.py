"""An event loop without a thread: it runs between two frames, as far as it gets.

What authors await, others answer: a timer, the link in its thread. Whoever answers from another
thread wakes the window.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from contextvars import Context
from time import perf_counter
from typing import Any, TypeVarTuple, Unpack

Given = TypeVarTuple("Given")

#: Seconds that it may take of one frame: what is left runs in the next.
_MOST = 0.004


class SteppedLoop:
    """Runs coroutines in the thread of the window; main thread only.

    It exists while there is something to run. ``wake`` is called in any thread, when there is
    something to do before `until_next`.
    """

    def __init__(self, *, wake: Callable[[], None]) -> None:
        self._wake = wake
        self._loop: _Loop | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Start a coroutine; its first part runs at the next step."""
        if self._loop is None:
            self._loop = _Loop(self._wake)
        task = self._loop.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    def step(self) -> None:
        """Run what can go on, for some milliseconds at most."""
        loop = self._loop
        if loop is None:
            return
        end = perf_counter() + _MOST
        while True:
            loop.turn()
            if not loop.ready or perf_counter() > end:
                break
        if not self._tasks:
            self._loop = None
            loop.close()

    def until_next(self) -> float | None:
        """Return the seconds until something can go on; None where nothing will by itself."""
        return None if self._loop is None else self._loop.until_next()

    def close(self) -> None:
        """Cancel what still runs, let it hear of that, and be gone."""
        if self._loop is None:
            return
        for task in self._tasks:
            task.cancel()
        self.step()
        if self._loop is not None:
            self._loop.close()
            self._loop = None


class _Loop(asyncio.SelectorEventLoop):
    """Notes what is scheduled, since asyncio does not tell when there will be something to do."""

    def __init__(self, wake: Callable[[], None]) -> None:
        self.ready = False
        self._wake = wake
        self._timers: list[asyncio.TimerHandle] = []
        super().__init__()

    def turn(self) -> None:
        """Run what is ready, and come back."""
        now = self.time()
        super().call_soon(self.stop)
        self.ready = False
        self.run_forever()
        # whatever was due at its beginning has run
        self._timers = [one for one in self._timers if not one.cancelled() and one.when() > now]

    def until_next(self) -> float | None:
        """Return the seconds until the next timer; 0 where something is ready."""
        if self.ready:
            return 0.0
        due = [one.when() for one in self._timers if not one.cancelled()]
        # asyncio's clock is as coarse as the system's: a timer is due a little later
        return max(min(due) - self.time() + 0.001, 0.0) if due else None

    def call_soon(
        self,
        callback: Callable[[Unpack[Given]], object],
        *args: *Given,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Schedule for the next turn."""
        self.ready = True
        return super().call_soon(callback, *args, context=context)

    def call_soon_threadsafe(
        self,
        callback: Callable[[Unpack[Given]], object],
        *args: *Given,
        context: Context | None = None,
    ) -> asyncio.Handle:
        """Schedule from any thread."""
        self.ready = True
        handle = super().call_soon_threadsafe(callback, *args, context=context)
        self._wake()
        return handle

    def call_at(
        self,
        when: float,
        callback: Callable[[Unpack[Given]], object],
        *args: *Given,
        context: Context | None = None,
    ) -> asyncio.TimerHandle:
        """Schedule for later."""
        handle = super().call_at(when, callback, *args, context=context)
        self._timers.append(handle)
        return handle
