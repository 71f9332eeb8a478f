"""A part of the page that scrolls by itself, and stays at its end unless somebody scrolls up."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial

import dearpygui.dearpygui as dpg

from palier.client.screens.kit import Kit
from palier.client.screens.scene import Scene

#: Frames until the height of what was added is known: it wraps, and what wraps is measured twice.
_SETTLE = 3

#: Pixels from the end that still count as the end.
_NEAR = 4


class Tail:
    """Adds itself to the current container, so high; what it holds is added at `end`."""

    def __init__(self, kit: Kit, *, height: int, ground: str = "sunken") -> None:
        self._kit = kit
        kit.themes.hold(f"tail-{ground}", partial(_look, kit, ground))
        # a place of its own for the keyboard: Enter goes in, arrows scroll, Escape comes back
        with dpg.child_window(
            width=1,
            height=height,
            border=False,
            always_use_window_padding=True,
            flattened_navigation=False,
        ) as self.item:
            kit.themes.bind(self.item, f"tail-{ground}")
        self._follows = True
        self._due = 0

    @property
    def inside(self) -> int:
        """Pixels that what it holds may be wide."""
        kit = self._kit
        width: int = dpg.get_item_configuration(self.item)["width"]
        return max(width - kit.px(2 * 14 + 12), 1)

    @contextmanager
    def end(self) -> Iterator[None]:
        """Add what follows at the end."""
        dpg.push_container_stack(self.item)
        try:
            yield
        finally:
            dpg.pop_container_stack()
            self.grown()

    def grown(self) -> None:
        """Go to the end, unless somebody reads further up."""
        self._due = _SETTLE

    def return_to_end(self) -> None:
        """Go to the end, wherever the reader is: they have said something themselves."""
        self._follows = True
        self.grown()

    def fit(self, width: int) -> None:
        """Be so wide."""
        if width != dpg.get_item_configuration(self.item)["width"]:
            dpg.configure_item(self.item, width=width)
            self.grown()

    def tick(self) -> None:
        """Follow the end, or see that somebody does not."""
        if self._due:
            self._due -= 1
            if self._follows:
                dpg.set_y_scroll(self.item, dpg.get_y_scroll_max(self.item) + 1000.0)
            return
        at, most = dpg.get_y_scroll(self.item), dpg.get_y_scroll_max(self.item)
        self._follows = at >= most - self._kit.px(_NEAR)


def name_of(seat: str, scene: Scene) -> str:
    """Return what a seat is called: you, or by its name."""
    words = scene.kit.words
    return words.you if seat == scene.view.seat else words.seat.format(seat=seat)


def _look(kit: Kit, ground: str) -> None:
    px = kit.px
    with dpg.theme_component(dpg.mvChildWindow):
        dpg.add_theme_color(dpg.mvThemeCol_ChildBg, kit.colour(ground))
        dpg.add_theme_style(dpg.mvStyleVar_WindowPadding, px(14), px(12))
        dpg.add_theme_style(dpg.mvStyleVar_ChildRounding, px(8))
        dpg.add_theme_style(dpg.mvStyleVar_ItemSpacing, px(8), px(4))
