"""Faces one above the other, with space between those that are seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit
from palier.client.screens.widgets.face import AnyWidgetFace

#: Between a title and what it is the title of.
_TITLED = 16


class Pile:
    """The faces within a container; with ``space`` all gaps are alike, else as the faces wish."""

    def __init__(self, kit: Kit, faces: Sequence[AnyWidgetFace], *, space: int | None) -> None:
        self.faces = tuple(faces)
        self._kit = kit
        self._space = space
        self._gaps: dict[AnyWidgetFace, Item] = {}
        self._gapped: dict[AnyWidgetFace, int] = {}
        self.item: Item = 0

    def build(self, width: int, *, title: str = "") -> Item:
        """Add all faces to the current container; returns the item of a title above them, or 0."""
        above: Item = 0
        with self._kit.group("flush") as self.item:
            if title:
                above = self._kit.text(title, role="section", width=width)
                self._kit.gap(_TITLED)
            gaps = self._heights()
            for index, one in enumerate(self.faces):
                if index:
                    self._gaps[one] = self._gap(gaps.get(one, 0))
                one.build(width)
        self._gapped = gaps
        return above

    def _gap(self, height: int) -> Item:
        # hidden it takes no space of its own, and none around it
        item: Item = dpg.add_spacer(height=height, show=height > 0)
        return item

    @property
    def seen(self) -> tuple[AnyWidgetFace, ...]:
        """The faces that are not hidden."""
        return tuple(one for one in self.faces if one.visible)

    def refresh(self) -> None:
        """Bring all faces up to date; what is hidden takes no space, and leaves none."""
        for one in self.faces:
            one.refresh()
        gaps = self._heights()
        if gaps == self._gapped:
            return
        for one, gap in self._gaps.items():
            if (height := gaps.get(one, 0)) != self._gapped.get(one, 0):
                dpg.configure_item(gap, show=height > 0, height=height)
        self._gapped = gaps

    def _heights(self) -> dict[AnyWidgetFace, int]:
        """Return the height of each space, in pixels, above the face that it stands before."""
        px = self._kit.px
        return {
            # what stands above leaves some of it by itself
            one: max(px(gap) - px(before.leaves), 0)
            for before, one, gap in self._between()
        }

    def _between(self) -> Iterator[tuple[AnyWidgetFace, AnyWidgetFace, int]]:
        for before, one in pairwise(self.seen):
            wish = max(before.below, one.above) if self._space is None else self._space
            yield before, one, wish

    def lay_out(self, width: int) -> None:
        """Give each face the whole width."""
        for one in self.faces:
            one.lay_out(width)

    def tick(self) -> None:
        """Let all faces do what is due before a frame."""
        for one in self.faces:
            one.tick()

    def height(self) -> float:
        """Return how high the faces are together, in pixels."""
        seen = self.seen
        gaps = sum(self._kit.px(gap) for _, _, gap in self._between())
        return sum(one.height() for one in seen) + gaps

    def stretch(self, height: float) -> None:
        """Let the last face take what is left of a height."""
        if seen := self.seen:
            seen[-1].stretch(height - self.height() + seen[-1].height())
