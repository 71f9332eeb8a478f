"""Prose as items: what is plain is wrapped by Dear PyGui, what is bold in part is drawn."""

from __future__ import annotations

from dataclasses import dataclass

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.kit import Inside, Kit
from palier.client.screens.prose import Block, break_lines, read_prose
from palier.client.screens.tokens import CLEAR, ROLES

#: Between two paragraphs, and between two items of a list.
_PARTED, _LISTED = 12, 6
#: How far an item of a list is moved in.
_INDENT = 26


@dataclass(frozen=True, slots=True)
class Drawn:
    """What a canvas has as its data: the words that are drawn there."""

    text: str


class Paragraphs:
    """A text within the current container; set anew only where it says something else."""

    def __init__(self, kit: Kit, *, size: str = "body", ink: str = "text") -> None:
        self._kit = kit
        self._role = size
        self._bold = "strong" if size == "body" else "small-strong"
        self._ink = ink
        self._said = ""
        self._blocks: tuple[Block, ...] = ()
        self._width = 0
        self._wrapped: list[tuple[Item, int]] = []
        self._drawn: list[tuple[Item, Block, int]] = []
        #: What all of it is in: a single line of text is that itself.
        self.item: Item = 0
        self._single = False

    def build(self, text: str, width: int) -> None:
        """Say something in the current container, for a width; 0: it is not known yet."""
        self._said, self._width = text, width
        self._blocks = read_prose(text)
        self._single = _is_single(self._blocks)
        if self._single:
            self._body(self._blocks[0], indent=0)
            self.item = self._wrapped[0][0]
        else:
            self.item = dpg.add_group()
            self._kit.themes.bind(self.item, "flush")
            self._fill()

    def say(self, text: str) -> bool:
        """Say something else; returns whether it has become another item."""
        if text == self._said:
            return False
        self._said = text
        self._blocks = read_prose(text)
        if self._single and _is_single(self._blocks):
            dpg.set_value(self.item, self._blocks[0].text)
            return False
        before = self.item
        if self._single:
            self.item = dpg.add_group(parent=dpg.get_item_parent(before), before=before)
            self._kit.themes.bind(self.item, "flush")
            dpg.delete_item(before)
        else:
            dpg.delete_item(self.item, children_only=True)
        self._single = False
        self._fill()
        return before != self.item

    def lay_out(self, width: int) -> None:
        """Break the lines anew for a width."""
        if width != self._width:
            self._width = width
            self._fit()

    def _fill(self) -> None:
        self._wrapped, self._drawn = [], []
        with Inside(self.item):
            for index, block in enumerate(self._blocks):
                if index:
                    self._kit.gap(_LISTED if block.follows(self._blocks[index - 1]) else _PARTED)
                self._add(block)

    def _add(self, block: Block) -> None:
        if not block.marker:
            self._body(block, indent=0)
            return
        with self._kit.across(spacing=0):
            self._mark(block.marker)
            self._body(block, indent=self._kit.px(_INDENT))

    def _body(self, block: Block, *, indent: int) -> None:
        width = max(self._width - indent, 0)
        if block.plain:
            item = self._kit.text(block.text, role=self._role, ink=self._ink, width=width)
            self._wrapped.append((item, indent))
            return
        # what is drawn has no words for who asks
        canvas = self._kit.canvas(width=1, height=1)
        dpg.set_item_user_data(canvas, Drawn(block.text))
        self._drawn.append((canvas, block, indent))
        if width:
            self._draw(canvas, block, width)

    def _mark(self, marker: str) -> None:
        kit, height = self._kit, self._height
        canvas = kit.canvas(width=kit.px(_INDENT), height=height)
        colour = kit.colour(self._ink)
        if marker == "•":
            at = (kit.px(9), height / 2 + kit.px(0.5))
            dpg.draw_circle(at, kit.px(2.6), fill=colour, color=CLEAR, parent=canvas)
            return
        x = max(kit.px(_INDENT - 8) - kit.width(marker, self._role), 0)
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
        roles = (self._role, self._bold)
        fonts = (kit.fonts[self._role], kit.fonts[self._bold])
        lines = break_lines(block.runs, width, lambda text, bold: kit.width(text, roles[bold]))
        dpg.delete_item(canvas, children_only=True)
        dpg.configure_item(canvas, width=width, height=height * len(lines))
        # bold within muted text stands out by its colour too
        inks = (self._ink, "text" if self._ink == "muted" else self._ink)
        for number, line in enumerate(lines):
            for one in line:
                at, colour = (one.x, number * height), kit.colour(inks[one.bold])
                item = dpg.draw_text(at, one.text, size=height, color=colour, parent=canvas)
                dpg.bind_item_font(item, fonts[one.bold])


def _is_single(blocks: tuple[Block, ...]) -> bool:
    return len(blocks) == 1 and blocks[0].plain and not blocks[0].marker


def inks(tone: str) -> str:
    """Return the colour in which a tone is read."""
    return {"plain": "text", "accent": "accent_text"}.get(tone, tone)
