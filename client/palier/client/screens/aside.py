"""What is said beside an input, or under it where there is no room."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit, text_width


class Aside:
    """A text at the end of a line of items; its own items are made once there is something to say.

    ``drop`` is how far it is pushed down to stand on the line of the input.
    """

    def __init__(self, kit: Kit, *, role: str, ink: str, drop: int, name: str = "") -> None:
        self._kit = kit
        self._role = role
        self._ink = ink
        self._drop = drop
        self._name = name
        self._group: Item = 0
        self._placed: tuple[bool, int] | None = None

    def say(self, text: str, *, line: Item, shown: bool) -> None:
        """Say something in a line, or nothing."""
        if shown and not self._group:
            self.build(line)
        if self._group:
            dpg.set_value(self._text, text)
            for item in (self._group, self._text):
                dpg.configure_item(item, show=shown)

    def build(self, line: Item) -> None:
        """Make its items now, so that they have their name; nothing is seen of them."""
        kit = self._kit
        with dpg.group(parent=line, show=False) as self._group:
            kit.themes.bind(self._group, "flush")
            self._lower: Item = dpg.add_spacer(height=kit.px(self._drop))
            self._text: Item = kit.text("", role=self._role, ink=self._ink, wrap=True, show=False)
        if self._name:
            kit.name(self._name, self._text)
        if self._placed is not None:
            beside, width = self._placed
            self.place(beside=beside, width=width)

    def place(self, *, beside: bool, width: int) -> None:
        """Stand beside the input, or under it, so wide."""
        self._placed = beside, width
        if self._group:
            dpg.configure_item(self._lower, show=beside)
            dpg.configure_item(self._text, wrap=-1 if beside else width)

    def width(self, text: str) -> float:
        """Return how wide a text is, in pixels."""
        return text_width(text, self._kit.fonts[self._role])
