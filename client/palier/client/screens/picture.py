"""Pictures of a window: frames one by one, and what the last one shows as a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from time import monotonic, sleep
from typing import TypeAlias

import dearpygui.dearpygui as dpg

from palier.client.errors import ClientError

#: Draws so many frames.
Frames: TypeAlias = Callable[[int], None]

#: Frames until every automatic height has settled.
SETTLED = 8

#: Seconds until a picture is on disk.
_SECONDS = 10.0


def framer(tick: Callable[[], object]) -> Frames:
    """Return what draws frames, with the callbacks and ``tick`` before each; blocking."""

    def frame(count: int) -> None:
        for _ in range(count):
            for callback, *arguments in dpg.get_callback_queue() or ():
                if callback is not None:
                    callback(*arguments[:3])
            tick()
            dpg.render_dearpygui_frame()

    return frame


def save(target: Path, frame: Frames) -> None:
    """Write what the window shows as a PNG file; raises `ClientError` if it is not written."""
    target.parent.mkdir(parents=True, exist_ok=True)
    target.unlink(missing_ok=True)
    dpg.output_frame_buffer(file=str(target))
    deadline = monotonic() + _SECONDS
    while not (target.exists() and target.stat().st_size):
        if monotonic() > deadline:
            raise ClientError(f"No picture was written to {target} within {_SECONDS:.0f} s.")
        frame(1)
        sleep(0.01)
    frame(2)
