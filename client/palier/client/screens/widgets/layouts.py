"""Where things stand: columns, stacks, rows, cards, sections, tabs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.page import COLUMN, GUTTER, PADDING
from palier.client.screens.scene import Scene
from palier.client.screens.widgets.face import SPACING, AnyWidgetFace, WidgetFace
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
    leaves = 0

    def __init__(self, scene: Scene, widget: C) -> None:
        super().__init__(scene, widget)
        self._title: Item = 0
        self._pile = Pile(scene.kit, tuple(map(scene.make, widget.children)), space=self.space)

    @property
    def inner(self) -> tuple[AnyWidgetFace, ...]:
        """The faces within."""
        return self._pile.faces

    @property
    def visible(self) -> bool:
        """Whether there is anything to be seen of it."""
        titled = bool(vars(self.widget).get("title"))
        return super().visible and (titled or any(one.visible for one in self._pile.faces))

    def build(self, width: int) -> None:
        """Add them, in the group that they share."""
        shown = self.appear()
        self._title = self._pile.build(width, title=self._titled())
        self.hold(self._pile.item)
        if not shown:
            dpg.configure_item(self.item, show=False)

    def _titled(self) -> str:
        title: str = vars(self.widget).get("title", "")
        return self.scene.say(title)

    def refresh(self) -> None:
        """Bring all of it up to date, and say the title anew."""
        super().refresh()
        self._pile.refresh()
        if self._title:
            dpg.set_value(self._title, self._titled())

    def lay_out(self, width: int) -> None:
        """Give each the whole width."""
        if self._title:
            dpg.configure_item(self._title, wrap=width)
        self._pile.lay_out(width)

    def tick(self) -> None:
        """Let what is inside do what is due."""
        if self.visible:
            self._pile.tick()


class StackFace(PiledFace[Stack]):
    """One above the other, a gutter between; the last card takes what is left of a height."""

    space = GUTTER
    above = below = GUTTER

    def height(self) -> float:
        """Return how high they are together."""
        return self._pile.height()

    def stretch(self, height: float) -> None:
        """Let the last one take what is left."""
        self._pile.stretch(height)


class CardFace(PiledFace[Card]):
    """A surface with a border."""

    above = below = GUTTER
    leaves = SPACING
    #: How much higher it is than it would be alone, and what makes it so.
    _stretched = 0
    _rest: Item = 0

    def build(self, width: int) -> None:
        """Add the card and what is in it."""
        kit, inside = self.kit, self._inside(width) if width else 0
        # of a child window nobody can say where it is
        with (
            kit.group("body", show=self.appear()) as item,
            kit.panel("card", auto_resize_y=True, width=width) as self._card,
        ):
            self._title = self._pile.build(inside, title=self._titled())
        self.hold(item)

    def _inside(self, width: int) -> int:
        return width - self.kit.px(2 * PADDING)

    def lay_out(self, width: int) -> None:
        """Be so wide."""
        dpg.configure_item(self._card, width=width)
        super().lay_out(self._inside(width))

    def height(self) -> float:
        """Return how high it would be alone."""
        return float(dpg.get_item_rect_size(self._pile.item)[1]) + self.kit.px(26) * 2

    def stretch(self, height: float) -> None:
        """Become so high."""
        rest = max(round(height - self.height()), 0)
        if rest != self._stretched:
            self._stretched = rest
            self._rest = self._rest or dpg.add_spacer(parent=self._card)
            dpg.configure_item(self._rest, height=rest, show=rest > 0)


class SectionFace(PiledFace[Section]):
    """A part of a card, with a heading of its own."""

    above = below = 30


class ColumnsFace(WidgetFace[Columns]):
    """Side by side where there is room, else one above the other; all equally high."""

    leaves = 0

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

    def build(self, width: int) -> None:
        """Add a cell for each column: within it, the edge is the column's."""
        kit, self._width = self.kit, width
        self._seen = tuple(one for one in self._inner if one.visible)
        shares = self._shares(width) if width else {}
        self._beside = self._fits(shares)
        row = kit.across(
            spacing=self._gap, theme="flush", horizontal=self._beside, show=self.appear()
        )
        with row as item:
            for one in self._inner:
                mine = shares.get(one, width) if self._beside else width
                seen = one in self._seen
                space = dpg.add_spacer(height=kit.px(self._gap), show=self._is_lower(one))
                self._spaces.append(space)
                with kit.panel("plain", auto_resize_y=True, width=mine, show=seen) as cell:
                    one.build(mine)
                self._cells.append(cell)
        self.hold(item)

    def refresh(self) -> None:
        """Bring all columns up to date; those that are seen share the width."""
        super().refresh()
        for one in self._inner:
            one.refresh()
        seen = tuple(one for one in self._inner if one.visible)
        if seen != self._seen:
            self._seen = seen
            for one, cell in zip(self._inner, self._cells, strict=True):
                dpg.configure_item(cell, show=one in seen)
            if self._width:
                self.lay_out(self._width)

    def lay_out(self, width: int) -> None:
        """Share the width by weight."""
        self._width = width
        shares = self._shares(width)
        self._beside = self._fits(shares)
        dpg.configure_item(self.item, horizontal=self._beside)
        for one, cell in zip(self._inner, self._cells, strict=True):
            mine = shares.get(one, width) if self._beside else width
            dpg.configure_item(cell, width=mine)
            one.lay_out(mine)
            one.stretch(0)
        for one, space in zip(self._inner, self._spaces, strict=True):
            dpg.configure_item(space, show=self._is_lower(one))

    def _is_lower(self, one: AnyWidgetFace) -> bool:
        """Return whether a column stands under another one."""
        return not self._beside and one in self._seen[1:]

    def _fits(self, shares: Mapping[AnyWidgetFace, int]) -> bool:
        """Return whether the columns have room side by side."""
        return len(shares) > 1 and all(
            share >= self.kit.px(_narrowest(one)) for one, share in shares.items()
        )

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
