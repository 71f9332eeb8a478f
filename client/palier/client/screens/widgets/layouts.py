"""Where things stand: columns, stacks, rows, cards, sections, tabs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.page import COLUMN, GUTTER, PADDING
from palier.client.screens.scene import Scene
from palier.client.screens.widgets.face import AnyWidgetFace, WidgetFace
from palier.client.screens.widgets.pile import Pile
from palier.client.screens.widgets.rows import RowFace
from palier.client.screens.widgets.tabs import TabsFace
from palier.schemas.message import Value
from palier.schemas.screens.widgets import Card, Columns, Row, Section, Stack, Tabs

C = TypeVar("C", bound=Card | Section | Stack)

#: A line of text longer than this is hard to follow.
WIDEST = COLUMN
#: Narrower than this, columns stand one above the other: cards, and what has no border.
_NARROWEST_CARD, _NARROWEST = 320, 200
#: Between columns without a border.
_APART = 28


class PiledFace(WidgetFace[C]):
    """A widget with others in it, one above the other."""

    #: The space between them; None: as they wish.
    space: int | None = None

    def __init__(self, scene: Scene, widget: C) -> None:
        super().__init__(scene, widget)
        self._pile = Pile(scene.kit, tuple(map(scene.make, widget.children)), space=self.space)

    @property
    def inner(self) -> tuple[AnyWidgetFace, ...]:
        """The faces within."""
        return self._pile.faces

    @property
    def visible(self) -> bool:
        """Whether there is anything to be seen of it."""
        titled = bool(getattr(self.widget, "title", ""))
        return super().visible and (titled or bool(self._pile.seen))

    def refresh(self) -> None:
        """Bring all of it up to date."""
        super().refresh()
        self._pile.refresh()

    def lay_out(self, width: int) -> None:
        """Give each the whole width."""
        self._pile.lay_out(width)

    def tick(self) -> None:
        """Let what is inside do what is due."""
        if self.visible:
            self._pile.tick()


class StackFace(PiledFace[Stack]):
    """One above the other, a gutter between; the last card takes what is left of a height."""

    space = GUTTER
    above = below = GUTTER

    def build_inside(self) -> None:
        """Add them."""
        self._pile.build()

    def height(self) -> float:
        """Return how high they are together."""
        return self._pile.height()

    def stretch(self, height: float) -> None:
        """Let the last one take what is left."""
        self._pile.stretch(height)


class CardFace(PiledFace[Card]):
    """A surface with a border."""

    above = below = GUTTER
    #: How much higher it is than it would be alone.
    _stretched = 0

    def build_inside(self) -> None:
        """Add the card and what is in it."""
        kit = self.kit
        with kit.panel("card", auto_resize_y=True) as self._card:
            self._title = self._pile.build(title=bool(self.widget.title))
            self._rest = dpg.add_spacer(height=0, show=False)

    def refresh(self) -> None:
        """Say the title anew, and what is inside."""
        super().refresh()
        if self.widget.title:
            dpg.set_value(self._title, self.scene.say(self.widget.title))

    def lay_out(self, width: int) -> None:
        """Be so wide."""
        inside = width - self.kit.px(2 * PADDING)
        dpg.configure_item(self._card, width=width)
        if self.widget.title:
            dpg.configure_item(self._title, wrap=inside)
        super().lay_out(inside)

    def height(self) -> float:
        """Return how high it would be alone."""
        return float(dpg.get_item_rect_size(self._pile.item)[1]) + self.kit.px(26) * 2

    def stretch(self, height: float) -> None:
        """Become so high."""
        rest = max(round(height - self.height()), 0)
        if rest != self._stretched:
            self._stretched = rest
            dpg.configure_item(self._rest, height=rest, show=rest > 0)


class SectionFace(PiledFace[Section]):
    """A part of a card, with a heading of its own."""

    above = below = 30

    def build_inside(self) -> None:
        """Add heading and contents."""
        self._title = self._pile.build(title=bool(self.widget.title))

    def refresh(self) -> None:
        """Say the heading anew, and what is inside."""
        super().refresh()
        if self.widget.title:
            dpg.set_value(self._title, self.scene.say(self.widget.title))

    def lay_out(self, width: int) -> None:
        """Be so wide."""
        if self.widget.title:
            dpg.configure_item(self._title, wrap=width)
        super().lay_out(width)


class ColumnsFace(WidgetFace[Columns]):
    """Side by side where there is room, else one above the other; all equally high."""

    def __init__(self, scene: Scene, widget: Columns) -> None:
        super().__init__(scene, widget)
        self._inner = tuple(scene.make(one) for one in widget.children)
        self._gap = GUTTER if any(map(_has_border, self._inner)) else _APART
        self.above = max((one.above for one in self._inner), default=GUTTER)
        self.below = max((one.below for one in self._inner), default=GUTTER)
        self._width = 0
        self._beside = False
        self._seen: tuple[AnyWidgetFace, ...] = ()
        self._cells: list[Item] = []
        #: Above each column, where they stand one above the other.
        self._spaces: list[Item] = []

    @property
    def inner(self) -> tuple[AnyWidgetFace, ...]:
        """The columns."""
        return self._inner

    @property
    def visible(self) -> bool:
        """Whether any of the columns is seen."""
        return super().visible and any(one.visible for one in self._inner)

    @property
    def roomy(self) -> bool:
        """Columns want all there is."""
        return True

    def build_inside(self) -> None:
        """Add a cell for each column: within it, the edge is the column's."""
        with self.kit.across(spacing=self._gap) as self._row:
            self.kit.themes.bind(self._row, "flush")
            for one in self._inner:
                self._spaces.append(dpg.add_spacer(height=self.kit.px(self._gap), show=False))
                with self.kit.panel("plain", auto_resize_y=True) as cell:
                    one.build()
                self._cells.append(cell)

    def refresh(self) -> None:
        """Bring all columns up to date; those that are seen share the width."""
        super().refresh()
        for one, cell in zip(self._inner, self._cells, strict=True):
            one.refresh()
            dpg.configure_item(cell, show=one.visible)
        seen = tuple(one for one in self._inner if one.visible)
        if seen != self._seen:
            self._seen = seen
            if self._width:
                self.lay_out(self._width)

    def lay_out(self, width: int) -> None:
        """Share the width by weight."""
        self._width = width
        shares = self._shares(width)
        self._beside = len(shares) > 1 and all(
            share >= self.kit.px(_narrowest(one)) for one, share in shares.items()
        )
        dpg.configure_item(self._row, horizontal=self._beside)
        for one, cell in zip(self._inner, self._cells, strict=True):
            mine = shares.get(one, width) if self._beside else width
            dpg.configure_item(cell, width=mine)
            one.lay_out(mine)
            one.stretch(0)
        for one, space in zip(self._inner, self._spaces, strict=True):
            dpg.configure_item(space, show=not self._beside and one in self._seen[1:])

    def _shares(self, width: int) -> dict[AnyWidgetFace, int]:
        given = self.widget.weights or (1,) * len(self._inner)
        # a column without a weight of its own weighs as much as the last
        padded = (*given, *(given[-1],) * len(self._inner))
        weights = {one: weight for one, weight in zip(self._inner, padded, strict=False)
                   if one.visible}  # fmt: skip
        room = width - self.kit.px(self._gap) * (len(weights) - 1)
        total = sum(weights.values())
        return {one: round(room * weight / total) for one, weight in weights.items()}

    def tick(self) -> None:
        """Let the columns do what is due, and make them equally high."""
        for one in self._seen:
            one.tick()
        if self._beside:
            highest = max(one.height() for one in self._seen)
            for one in self._seen:
                one.stretch(highest)


def _narrowest(face: AnyWidgetFace) -> int:
    return _NARROWEST_CARD if _has_border(face) else _NARROWEST


def _has_border(face: AnyWidgetFace) -> bool:
    """Return whether a column is a card, or a stack of them."""
    return isinstance(face, CardFace) or any(isinstance(one, CardFace) for one in face.inner)


#: From model to face.
FACES: Mapping[type[Value], type[AnyWidgetFace]] = MappingProxyType(
    {
        Stack: StackFace,
        Columns: ColumnsFace,
        Row: RowFace,
        Card: CardFace,
        Section: SectionFace,
        Tabs: TabsFace,
    }
)
