"""What is said beside an input, or under it where there is no room."""

from __future__ import annotations

from typing import Any

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.kit import Inside, Kit


class Aside:
    """A text at the end of a line of items; it is made once there is something to say.

    ``drop`` is how far it is pushed down to stand on the line of the input.
    """

    def __init__(self, kit: Kit, *, role: str, ink: str, drop: float, name: str = "") -> None:
        self._kit = kit
        self._role = role
        self._ink = ink
        self._drop = drop
        self._name = name
        self._placed = (True, 0)
        #: All of it, what pushes it down if that is an item, and the text: there may be one alone.
        self._item: Item = 0
        self._space: Item = 0
        self._text: Item = 0

    def say(self, text: str, *, line: Item, shown: bool) -> None:
        """Say something in a line, or nothing."""
        if shown and not self._item:
            self._make(text, line)
        elif self._item:
            dpg.set_value(self._text, text)
            for item in {self._item, self._text}:
                dpg.configure_item(item, show=shown)

    def _make(self, text: str, line: Item) -> None:
        kit, (beside, width) = self._kit, self._placed
        look: dict[str, Any] = {
            "role": self._role,
            "wrap": not beside,
            "width": 0 if beside else width,
        }
        if self._role == "body":
            self._item = self._text = kit.text(text, parent=line, **look)
            self._dress()
        else:
            # aligned as the text of an input is, what is smaller would make the line higher
            self._item = dpg.add_group(parent=line)
            kit.themes.bind(self._item, "flush")
            with Inside(self._item):
                self._space = dpg.add_spacer(height=kit.px(self._drop), show=beside)
                self._text = kit.text(text, ink=self._ink, **look)
        if self._name:
            kit.name(self._name, self._text)

    def place(self, *, beside: bool, width: int) -> None:
        """Stand beside the input, or under it, so wide."""
        if (beside, width) == self._placed:
            return
        self._placed = beside, width
        if self._item:
            dpg.configure_item(self._text, wrap=-1 if beside else width)
            if self._space:
                dpg.configure_item(self._space, show=beside)
            else:
                self._dress()

    def _dress(self) -> None:
        if self._placed[0]:
            self._kit.lower(self._text, ink=self._ink, by=self._drop)
        else:
            self._kit.ink(self._text, self._ink)

    def width(self, text: str) -> float:
        """Return how wide a text is, in pixels."""
        return self._kit.width(text, self._role)
