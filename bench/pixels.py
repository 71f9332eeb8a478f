"""What is on the X screen, by Xlib: to see when something has changed there."""

from __future__ import annotations

import ctypes
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_ALL, _Z = 0xFFFFFFFF, 2

#: Dots beside each other that are a surface.
_SURFACE = 60

#: Seconds between two looks: what a measured moment may be late by.
LOOK = 0.0004


class _Image(ctypes.Structure):
    """The beginning of an XImage."""

    _fields_ = (
        ("width", ctypes.c_int),
        ("height", ctypes.c_int),
        ("xoffset", ctypes.c_int),
        ("format", ctypes.c_int),
        ("data", ctypes.POINTER(ctypes.c_char)),
        ("byte_order", ctypes.c_int),
        ("bitmap_unit", ctypes.c_int),
        ("bitmap_bit_order", ctypes.c_int),
        ("bitmap_pad", ctypes.c_int),
        ("depth", ctypes.c_int),
        ("bytes_per_line", ctypes.c_int),
        ("bits_per_pixel", ctypes.c_int),
    )


@dataclass(frozen=True, slots=True)
class Eye:
    """Looks at the root window of a display; one thread only."""

    _x11: ctypes.CDLL
    _display: int
    _root: int

    def see(self, x: int, y: int, width: int = 1, height: int = 1) -> bytes:
        """Return what is there now, four bytes a pixel."""
        image = self._x11.XGetImage(self._display, self._root, x, y, width, height, _ALL, _Z)
        if not image:
            raise OSError("The X server gave no picture of its screen.")
        try:
            lines = image.contents.bytes_per_line * height
            return ctypes.string_at(image.contents.data, lines)
        finally:
            self._x11.XDestroyImage(image)

    def until_other(self, at: tuple[int, int], before: bytes, *, deadline: float) -> float | None:
        """Return the moment when a pixel is another; None: it was not within so many seconds."""
        end = time.monotonic() + deadline
        while (now := time.monotonic()) < end:
            if self.see(*at) != before:
                return now
            time.sleep(LOOK)
        return None

    def until_many(
        self, box: tuple[int, int, int, int], before: bytes, *, least: int, deadline: float
    ) -> float | None:
        """Return the moment when so many dots of a box are others; None: within no such time."""
        end = time.monotonic() + deadline
        while (now := time.monotonic()) < end:
            if _others(self.see(*box), before) >= least:
                return now
            time.sleep(LOOK)
        return None


def _others(one: bytes, other: bytes) -> int:
    if one == other:
        return 0
    return sum(one[at : at + 4] != other[at : at + 4] for at in range(0, len(one), 4))


def difference(one: bytes, other: bytes, width: int) -> tuple[int, int] | None:
    """Return the middle of the first surface that differs in two pictures; None: nothing does.

    A surface is at least so many dots wide: a clock that goes on changes only strokes.
    """
    line = 4 * width
    for top in range(0, len(one), line):
        if one[top : top + line] == other[top : top + line]:
            continue
        run = 0
        for at in range(top, top + line, 4):
            run = run + 1 if one[at : at + 4] != other[at : at + 4] else 0
            if run == _SURFACE:
                return (at - top) // 4 - _SURFACE // 2, top // line
    return None


@contextmanager
def eye(display: str) -> Iterator[Eye]:
    """Open an eye on a display."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.argtypes, x11.XOpenDisplay.restype = (ctypes.c_char_p,), ctypes.c_void_p
    x11.XDefaultRootWindow.argtypes = (ctypes.c_void_p,)
    x11.XDefaultRootWindow.restype = ctypes.c_ulong
    x11.XCloseDisplay.argtypes = (ctypes.c_void_p,)
    x11.XGetImage.restype = ctypes.POINTER(_Image)
    x11.XGetImage.argtypes = (
        *(ctypes.c_void_p, ctypes.c_ulong, ctypes.c_int, ctypes.c_int),
        *(ctypes.c_uint, ctypes.c_uint, ctypes.c_ulong, ctypes.c_int),
    )
    x11.XDestroyImage.argtypes = (ctypes.POINTER(_Image),)
    opened = x11.XOpenDisplay(display.encode())
    if not opened:
        raise OSError(f"No X server answers at {display}.")
    try:
        yield Eye(x11, opened, x11.XDefaultRootWindow(opened))
    finally:
        x11.XCloseDisplay(opened)
