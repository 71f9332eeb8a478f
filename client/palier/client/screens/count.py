"""How many of all are there: a sentence, a bar, a dot for each."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from palier.client.screens.drawings import draw_bar, draw_dots
from palier.client.screens.kit import Kit


class Count:
    """Adds itself to the current card; ``sentence`` goes on after the number.

    ``large`` where it is what the page is about.
    """

    def __init__(self, kit: Kit, sentence: str, *, large: bool = True) -> None:
        self._kit = kit
        self._sentence = sentence
        self._shown: tuple[int, int] | None = None
        self._drawn: tuple[int, int, int] | None = None
        with kit.across(spacing=10 if large else 6):
            role, ink = ("figure", "text") if large else ("strong", "accent_text")
            self._figure = kit.name("count", kit.text("", role=role, ink=ink))
            with kit.lowered(22 if large else 0):
                self._of = kit.text("", ink="muted")
        kit.gap(2)
        self._bar = kit.canvas(width=1, height=1)
        kit.gap(8 if large else 4)
        self._dots = kit.canvas(width=1, height=1)

    def show(self, filled: int, total: int) -> None:
        """Say how many there are of how many; `draw` draws it."""
        if (filled, total) == self._shown:
            return
        self._shown = (filled, total)
        dpg.set_value(self._figure, str(filled))
        dpg.set_value(self._of, self._sentence.format(expected=total))

    def draw(self, width: int) -> None:
        """Draw bar and dots so wide, if they are not yet."""
        filled, total = self._shown or (0, 0)
        if (filled, total, width) == self._drawn:
            return
        self._drawn = (filled, total, width)
        share = filled / total if total else 0.0
        draw_bar(self._kit, self._bar, share=share, width=width)
        draw_dots(self._kit, self._dots, filled=filled, total=total, width=width)
