"""The one window of a process: opened once, closed with the process.

Dear PyGui 2.3 leaves the window of a destroyed context on the desktop until the process ends: a
process opens one window and then goes.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

import dearpygui.dearpygui as dpg

from palier.client.screens.display import (
    become_dpi_aware,
    require_display,
    screen_size,
    system_palette,
    system_scale,
)
from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit
from palier.client.screens.look import Look, Place
from palier.client.screens.texts import WORDS, Language, Speech, speech
from palier.client.screens.tokens import PaletteName

_WHERE = (100, 100)

#: Seconds between two reports of a key, after which it was let go in between.
_HELD = 0.5

#: Smaller than this, a page cannot be read without scrolling sideways.
SMALLEST = (900, 560)


@contextmanager
def context(*, palette: PaletteName, scale: float, language: Language | Speech) -> Iterator[Kit]:
    """Open a context without a window: the whole tree of items works in it, but no pixel."""
    spoken = (
        Speech(language=language, words=WORDS[language]) if isinstance(language, str) else language
    )
    dpg.create_context()
    try:
        dpg.configure_app(manual_callback_management=True, keyboard_navigation=True)
        yield Kit(palette=palette, scale=scale, words=spoken.words, language=spoken.language)
    finally:
        dpg.destroy_context()


@contextmanager
def window(
    *,
    title: str,
    look: Look,
    size: tuple[int, int],
) -> Iterator[Kit]:
    """Open a context with its window, not shown yet; ``size`` is for a scale of 1.

    Raises `NoDisplay`, `NoSuchLanguage`, `BadWords`.
    """
    require_display()
    become_dpi_aware()
    factor = system_scale() if look.scale is None else look.scale
    tone = system_palette() if look.palette == "system" else look.palette
    with context(palette=tone, scale=factor, language=speech(look.language)) as kit:
        kit.locked = look.locked
        left, top, width, height = _place(look, size, factor)
        dpg.create_viewport(
            title=title,
            x_pos=left,
            y_pos=top,
            width=width,
            height=height,
            min_width=SMALLEST[0],
            min_height=SMALLEST[1],
            clear_color=kit.colour("background"),
            vsync=True,
            decorated=not look.locked,
            always_on_top=look.locked,
            disable_close=look.locked,
        )
        dpg.setup_dearpygui()
        yield kit
        # what is left of the window goes with the process: until then, out of sight
        dpg.minimize_viewport()


def _place(look: Look, size: tuple[int, int], factor: float) -> Place:
    screen = screen_size()
    if look.locked and screen is not None:
        return 0, 0, *screen
    return look.place or (*_WHERE, round(size[0] * factor), round(size[1] * factor))


def show(root: Item) -> None:
    """Fill the window with one item, and show it."""
    dpg.set_primary_window(root, True)
    # 2.3.1: becoming the primary window resets the flags. Its ground is that of the viewport:
    # without a graphics card, filling the whole window once more took half of each frame
    dpg.configure_item(root, no_scrollbar=True, no_scroll_with_mouse=True, no_background=True)
    dpg.show_viewport()


def watch_input(told: Callable[[], None]) -> None:
    """Call ``told`` whenever mouse or keyboard is used."""
    with dpg.handler_registry():
        dpg.add_mouse_move_handler(callback=lambda *_: told())
        dpg.add_mouse_click_handler(callback=lambda *_: told())
        dpg.add_mouse_wheel_handler(callback=lambda *_: told())
        dpg.add_key_press_handler(callback=lambda *_: told())


def watch_enter(told: Callable[[], None]) -> None:
    """Call ``told`` at each press of Enter; one that is held down is one press."""
    last = -_HELD

    def pressed(*_: object) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last > _HELD:
            told()
        last = now

    with dpg.handler_registry():
        for key in (dpg.mvKey_Return, dpg.mvKey_NumPadEnter):
            dpg.add_key_press_handler(key, callback=pressed)


def watch_keys(told: Mapping[int, Callable[[], None]]) -> None:
    """Call what belongs to a key of Dear PyGui at each press of it."""
    with dpg.handler_registry():
        for key, one in told.items():
            dpg.add_key_press_handler(key, callback=lambda *_, one=one: one())


def watch_unlock(told: Callable[[], None]) -> None:
    """Call ``told`` when Control, Shift and F12 are pressed together."""

    def pressed(*_: object) -> None:
        if _down(dpg.mvKey_LControl, dpg.mvKey_RControl) and _down(
            dpg.mvKey_LShift, dpg.mvKey_RShift
        ):
            told()

    with dpg.handler_registry():
        dpg.add_key_press_handler(dpg.mvKey_F12, callback=pressed)


def _down(*keys: int) -> bool:
    return any(dpg.is_key_down(key) for key in keys)


def watch_close(told: Callable[[], None]) -> None:
    """Call ``told`` when the desktop asks a window to close that does not."""
    dpg.set_exit_callback(lambda *_: told())


def inner_size() -> tuple[int, int]:
    """Return width and height inside the window's frame."""
    return dpg.get_viewport_client_width(), dpg.get_viewport_client_height()
