"""What the computer offers: a display to open a window on, its scale, its light or dark.

All of it is asked before Dear PyGui is touched: without a display its viewport aborts the process,
and Windows fixes the scale of a process at its first window.
"""

from __future__ import annotations

import ctypes
import ctypes.util
import locale
import os
import shutil
import subprocess
import sys

from palier.client.errors import NoDisplay
from palier.client.screens.tokens import PaletteName

_USUAL_DPI = 96
_PER_MONITOR = 2
_LOCALE_NAME = 85


def require_display() -> None:
    """Raise `NoDisplay` where no window can be opened."""
    if not sys.platform.startswith("linux"):
        return
    x11 = _x11()
    display = x11.XOpenDisplay(None) if x11 else None
    if not display:
        raise NoDisplay(os.environ.get("DISPLAY", ""))
    assert x11 is not None
    x11.XCloseDisplay(display)


def screen_size() -> tuple[int, int] | None:
    """Return width and height of the screen in pixels; None where they cannot be asked."""
    if sys.platform == "win32":
        metrics = ctypes.windll.user32.GetSystemMetrics
        return metrics(0), metrics(1)
    x11 = _x11() if sys.platform.startswith("linux") else None
    display = x11.XOpenDisplay(None) if x11 else None
    if x11 is None or not display:
        return None
    size = (x11.XDisplayWidth(display, 0), x11.XDisplayHeight(display, 0))
    x11.XCloseDisplay(display)
    return size


def become_dpi_aware() -> None:
    """Tell Windows that we scale ourselves; without it the window is a blurred enlargement."""
    if sys.platform == "win32":
        try:
            ctypes.windll.shcore.SetProcessDpiAwareness(_PER_MONITOR)
        except (AttributeError, OSError):
            return  # older than Windows 8.1, or told already


def system_scale() -> float:
    """Return how much larger than usual this desktop draws, from 1 to 2."""
    return min(max(_dpi() / _USUAL_DPI, 1.0), 2.0)


def system_palette() -> PaletteName:
    """Return whether this desktop is light or dark."""
    if sys.platform == "win32":
        return "dark" if _windows_is_dark() else "light"
    if sys.platform == "darwin":
        asked = ("defaults", "read", "-g", "AppleInterfaceStyle")
    else:
        asked = ("gsettings", "get", "org.gnome.desktop.interface", "color-scheme")
    return "dark" if "dark" in _answer(*asked).lower() else "light"


def system_language() -> str:
    """Return the language of this desktop, such as ``fr_FR`` or ``fr-FR``; empty if unknown."""
    if sys.platform == "win32":
        name = ctypes.create_unicode_buffer(_LOCALE_NAME)
        found = ctypes.windll.kernel32.GetUserDefaultLocaleName(name, _LOCALE_NAME)
        return name.value if found else ""
    # a program that was started by a click has no locale on macOS
    spoken = locale.getlocale()[0]
    if sys.platform == "darwin" and not spoken:
        return _answer("defaults", "read", "-g", "AppleLocale").strip()
    return spoken or ""


def _dpi() -> float:
    if sys.platform == "win32":
        try:
            return float(ctypes.windll.user32.GetDpiForSystem())
        except (AttributeError, OSError):
            return _USUAL_DPI
    x11 = _x11() if sys.platform.startswith("linux") else None
    display = x11.XOpenDisplay(None) if x11 else None
    if x11 is None or not display:
        return _USUAL_DPI
    said = x11.XGetDefault(display, b"Xft", b"dpi")
    x11.XCloseDisplay(display)
    try:
        return float(said or _USUAL_DPI)
    except ValueError:
        return _USUAL_DPI


def _x11() -> ctypes.CDLL | None:
    try:
        x11 = ctypes.CDLL("libX11.so.6")
    except OSError:
        return None
    x11.XOpenDisplay.argtypes = (ctypes.c_char_p,)
    x11.XOpenDisplay.restype = ctypes.c_void_p
    x11.XCloseDisplay.argtypes = (ctypes.c_void_p,)
    for ask in (x11.XDisplayWidth, x11.XDisplayHeight):
        ask.argtypes = (ctypes.c_void_p, ctypes.c_int)
    x11.XGetDefault.argtypes = (ctypes.c_void_p, ctypes.c_char_p, ctypes.c_char_p)
    x11.XGetDefault.restype = ctypes.c_char_p
    return x11


def _windows_is_dark() -> bool:
    if sys.platform != "win32":
        return False
    import winreg

    path = r"Software\Microsoft\Windows\CurrentVersion\Themes\Personalize"
    try:
        with winreg.OpenKey(winreg.HKEY_CURRENT_USER, path) as key:
            return winreg.QueryValueEx(key, "AppsUseLightTheme")[0] == 0
    except OSError:
        return False


def _answer(program: str, *arguments: str) -> str:
    found = shutil.which(program)
    if found is None:
        return ""
    try:
        asked = subprocess.run(  # noqa: S603 - a fixed command
            [found, *arguments], capture_output=True, text=True, timeout=2, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return asked.stdout
