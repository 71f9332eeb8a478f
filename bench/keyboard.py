"""A key that is pressed as a person does, by the X server's XTEST."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_SCREEN, _NOW = -1, 0


@dataclass(frozen=True, slots=True)
class Keyboard:
    """Keyboard and mouse of a display; one thread only."""

    _x11: ctypes.CDLL
    _test: ctypes.CDLL
    _display: int

    def point(self, x: int, y: int) -> None:
        """Move the mouse: without a window manager, what is under it has the keyboard."""
        self._test.XTestFakeMotionEvent(self._display, _SCREEN, x, y, _NOW)
        self._x11.XFlush(self._display)

    def press(self, name: str) -> float:
        """Press a key by X's name of it, and let it go; returns the moment."""
        symbol = self._x11.XStringToKeysym(name.encode())
        code = self._x11.XKeysymToKeycode(self._display, symbol)
        at = time.monotonic()
        for down in (1, 0):
            self._test.XTestFakeKeyEvent(self._display, code, down, _NOW)
        self._x11.XFlush(self._display)
        return at


@contextmanager
def keyboard(display: str) -> Iterator[Keyboard | None]:
    """Open the keyboard of a display; None where there is no XTEST."""
    x11 = ctypes.CDLL("libX11.so.6")
    try:
        test = ctypes.CDLL("libXtst.so.6")
    except OSError:
        yield None
        return
    x11.XOpenDisplay.argtypes, x11.XOpenDisplay.restype = (ctypes.c_char_p,), ctypes.c_void_p
    x11.XStringToKeysym.argtypes = (ctypes.c_char_p,)
    x11.XStringToKeysym.restype = ctypes.c_ulong
    x11.XKeysymToKeycode.argtypes = (ctypes.c_void_p, ctypes.c_ulong)
    x11.XKeysymToKeycode.restype = ctypes.c_ubyte
    x11.XFlush.argtypes = x11.XCloseDisplay.argtypes = (ctypes.c_void_p,)
    number = (ctypes.c_int, ctypes.c_int, ctypes.c_int, ctypes.c_ulong)
    test.XTestFakeMotionEvent.argtypes = (ctypes.c_void_p, *number)
    test.XTestFakeKeyEvent.argtypes = (
        *(ctypes.c_void_p, ctypes.c_uint, ctypes.c_int),
        ctypes.c_ulong,
    )
    opened = x11.XOpenDisplay(display.encode())
    if not opened:
        raise OSError(f"No X server answers at {display}.")
    try:
        yield Keyboard(x11, test, opened)
    finally:
        x11.XCloseDisplay(opened)
