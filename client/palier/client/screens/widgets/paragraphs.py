"""Prose as items: what is plain is wrapped by Dear PyGui, what is bold in part is drawn."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit, text_width
from palier.client.screens.prose import Block, break_lines, read_prose
from palier.client.screens.tokens import CLEAR, ROLES

#: Between two paragraphs, and between two items of a list.
_PARTED, _LISTED = 12, 6
#: How far an item of a list is moved in.
_INDENT = 26


class Paragraphs:
    """A text within the current container; set anew only where it says something else."""

    def __init__(self, kit: Kit, *, size: str = "body", ink: str = "text") -> None:
        self._kit = kit
        self._role = size
        self._bold = "strong" if size == "body" else "small-strong"
        self._ink = ink
        self._said: str | None = None
        self._blocks: tuple[Block, ...] = ()
        self._width = 0
        self._wrapped: list[tuple[Item, int]] = []
        self._drawn: list[tuple[Item, Block, int]] = []

    def build(self) -> None:
        """Add the place where it stands."""
        with dpg.group() as self._group:
            self._kit.themes.bind(self._group, "flush")

    def say(self, text: str) -> None:
        """Say something."""
        if text == self._said:
            return
        self._said = text
        blocks = read_prose(text)
        simple = len(blocks) == 1 and blocks[0].plain and not blocks[0].marker
        if simple and len(self._wrapped) == 1 and not self._drawn and not self._blocks[0].marker:
            dpg.set_value(self._wrapped[0][0], blocks[0].text)
            self._blocks = blocks
            return
        self._blocks = blocks
        self._rebuild()

    def lay_out(self, width: int) -> None:
        """Break the lines anew for a width."""
        if width != self._width:
            self._width = width
            self._fit()

    def _rebuild(self) -> None:
        dpg.delete_item(self._group, children_only=True)
        self._wrapped, self._drawn = [], []
        dpg.push_container_stack(self._group)
        try:
            for index, block in enumerate(self._blocks):
                if index:
                    self._kit.gap(_LISTED if block.follows(self._blocks[index - 1]) else _PARTED)
                self._add(block)
        finally:
            dpg.pop_container_stack()
        self._fit()

    def _add(self, block: Block) -> None:
        if not block.marker:
            self._body(block, indent=0)
            return
        with self._kit.across(spacing=0):
            self._mark(block.marker)
            self._body(block, indent=self._kit.px(_INDENT))

    def _body(self, block: Block, *, indent: int) -> None:
        if block.plain:
            item = self._kit.text(block.text, role=self._role, ink=self._ink)
            self._wrapped.append((item, indent))
        else:
            # what is drawn has no words for who asks
            said = self._kit.text(block.text, show=False)
            dpg.set_item_user_data(said, "drawn")
            self._drawn.append((self._kit.canvas(width=1, height=1), block, indent))

    def _mark(self, marker: str) -> None:
        kit, height = self._kit, self._height
        canvas = kit.canvas(width=kit.px(_INDENT), height=height)
        colour = kit.colour(self._ink)
        if marker == "•":
            at = (kit.px(9), height / 2 + kit.px(0.5))
            dpg.draw_circle(at, kit.px(2.6), fill=colour, color=CLEAR, parent=canvas)
            return
        x = max(kit.px(_INDENT - 8) - text_width(marker, kit.fonts[self._role]), 0)
        text = dpg.draw_text((x, 0), marker, size=height, color=colour, parent=canvas)
        dpg.bind_item_font(text, kit.fonts[self._role])

    @property
    def _height(self) -> int:
        return self._kit.px(ROLES[self._role][1])

    def _fit(self) -> None:
        if not self._width:
            return
        for item, indent in self._wrapped:
            dpg.configure_item(item, wrap=self._width - indent)
        for canvas, block, indent in self._drawn:
            self._draw(canvas, block, self._width - indent)

    def _draw(self, canvas: Item, block: Block, width: int) -> None:
        kit, height = self._kit, self._height
        fonts = (kit.fonts[self._role], kit.fonts[self._bold])
        lines = break_lines(block.runs, width, lambda text, bold: text_width(text, fonts[bold]))
        dpg.delete_item(canvas, children_only=True)
        dpg.configure_item(canvas, width=width, height=height * len(lines))
        # bold within muted text stands out by its colour too
        inks = (self._ink, "text" if self._ink == "muted" else self._ink)
        for number, line in enumerate(lines):
            for one in line:
                at, colour = (one.x, number * height), kit.colour(inks[one.bold])
                item = dpg.draw_text(at, one.text, size=height, color=colour, parent=canvas)
                dpg.bind_item_font(item, fonts[one.bold])


def inks(tone: str) -> str:
    """Return the colour in which a tone is read."""
    return {"plain": "text", "accent": "accent_text"}.get(tone, tone)
