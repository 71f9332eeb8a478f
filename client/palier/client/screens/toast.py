"""A small message in the corner that goes away by itself."""

from __future__ import annotations

from time import monotonic

import dearpygui.dearpygui as dpg

from palier.client.screens.kit import Kit

_SECONDS = 7.0
_WIDTH = 380


class Toast:
    """One at a time; never takes the keyboard."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._until = 0.0
        with dpg.window(
            show=False,
            no_title_bar=True,
            no_move=True,
            no_resize=True,
            no_focus_on_appearing=True,
            no_scrollbar=True,
            autosize=True,
            min_size=[10, 10],
        ) as self._window:
            kit.themes.bind(self._window, "toast")
            self._text = kit.text("", role="body")
            dpg.configure_item(self._text, wrap=kit.px(_WIDTH - 36))
            kit.name("toast", self._text)

    def show(self, text: str) -> None:
        """Show a sentence for some seconds."""
        dpg.set_value(self._text, text)
        dpg.configure_item(self._window, show=True)
        self._until = monotonic() + _SECONDS

    def tick(self, width: int, height: int) -> None:
        """Stay in the corner; go when it is time."""
        if not self._until:
            return
        own_width, own_height = dpg.get_item_rect_size(self._window)
        x = width - (own_width or self._kit.px(_WIDTH)) - self._kit.px(24)
        y = height - (own_height or self._kit.px(60)) - self._kit.px(62)
        dpg.set_item_pos(self._window, [x, y])
        if monotonic() > self._until:
            self._until = 0.0
            dpg.configure_item(self._window, show=False)
