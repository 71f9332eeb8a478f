"""Whether mouse or keyboard have said something that no frame has taken yet.

Dear PyGui takes its input within a frame. Whoever draws few of them asks the system in between: to
ask takes nothing from the queue.
"""

from __future__ import annotations

import ctypes
import sys
from collections.abc import Callable

import dearpygui._dearpygui as library

#: Xlib: count what waits, and read what has come; send nothing.
_AFTER_READING = 1

#: Windows: keys, mouse, and what is posted, such as characters. Timers would never end.
_INPUT = 0x040F


def waiting_input() -> Callable[[], bool] | None:
    """Return what tells whether input waits; None where the system does not say.

    To be called once the window is shown, and what it returns as long as it is: main thread only.
    """
    if sys.platform == "win32":
        status = ctypes.windll.user32.GetQueueStatus
        return lambda: bool(status(_INPUT) >> 16 & 0xFFFF)
    return _x11() if sys.platform.startswith("linux") else None


def _x11() -> Callable[[], bool] | None:
    """Return what asks the connection to the X server that Dear PyGui's own GLFW has opened."""
    try:
        connection = ctypes.CDLL(library.__file__).glfwGetX11Display
        queued = ctypes.CDLL("libX11.so.6").XEventsQueued
    except (OSError, AttributeError):
        return None  # a build of it that does not show its parts
    connection.restype = ctypes.c_void_p
    queued.argtypes = (ctypes.c_void_p, ctypes.c_int)
    display = connection()
    return (lambda: queued(display, _AFTER_READING) > 0) if display else None
