"""Faces one above the other, with space between those that are seen."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit
from palier.client.screens.widgets.face import AnyWidgetFace

#: The space that a face leaves below itself by its theme.
SPACING = 8
#: Between a title and what it is the title of.
_TITLED = 16


class Pile:
    """The faces within a container; with ``space`` all gaps are alike, else as the faces wish."""

    def __init__(self, kit: Kit, faces: Sequence[AnyWidgetFace], *, space: int | None) -> None:
        self.faces = tuple(faces)
        self._kit = kit
        self._space = space
        self._gaps: dict[AnyWidgetFace, Item] = {}
        self.item: Item = 0

    def build(self, *, title: bool = False) -> Item:
        """Add all faces to the current container; returns the item of a title above them, or 0."""
        above: Item = 0
        with dpg.group() as self.item:
            self._kit.themes.bind(self.item, "flush")
            if title:
                above = self._kit.text("", role="section")
                self._kit.gap(_TITLED)
            for index, one in enumerate(self.faces):
                if index:
                    self._gaps[one] = dpg.add_spacer(height=0, show=False)
                one.build()
        return above

    @property
    def seen(self) -> tuple[AnyWidgetFace, ...]:
        """The faces that are not hidden."""
        return tuple(one for one in self.faces if one.visible)

    def refresh(self) -> None:
        """Bring all faces up to date; what is hidden takes no space, and leaves none."""
        for one in self.faces:
            one.refresh()
        gaps = dict(self._between())
        for one, gap in self._gaps.items():
            # what stands above has its own spacing below it
            height = self._kit.px(gaps.get(one, SPACING)) - self._kit.px(SPACING)
            dpg.configure_item(gap, show=one in gaps and height > 0, height=max(height, 0))

    def _between(self) -> Iterator[tuple[AnyWidgetFace, int]]:
        for before, one in pairwise(self.seen):
            yield one, max(before.below, one.above) if self._space is None else self._space

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
        gaps = sum(self._kit.px(gap) for _, gap in self._between())
        return sum(one.height() for one in seen) + gaps

    def stretch(self, height: float) -> None:
        """Let the last face take what is left of a height."""
        if seen := self.seen:
            seen[-1].stretch(height - self.height() + seen[-1].height())
