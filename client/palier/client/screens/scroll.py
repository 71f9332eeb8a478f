"""How far a page is scrolled, kept when it is built anew."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item

#: Frames in which a page that was built anew gets its height.
_SETTLE = 4


class Scroll:
    """Puts a panel back to where it was scrolled, once it is high enough again."""

    def __init__(self, panel: Item) -> None:
        self._panel = panel
        self._frames = 0
        self._where = 0.0

    def to(self, where: float) -> None:
        """Scroll there during the next frames."""
        self._where, self._frames = where, _SETTLE

    def tick(self) -> None:
        """Do what is due before a frame."""
        if self._frames:
            self._frames -= 1
            dpg.set_y_scroll(self._panel, self._where)
