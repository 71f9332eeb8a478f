"""Where things stand: columns, stacks, rows, cards, sections, tabs."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import TypeVar

import dearpygui.dearpygui as dpg

from palier.client.screens.page import COLUMN, GUTTER, PADDING, WIDE
from palier.client.screens.scene import Scene
from palier.client.screens.widgets.face import AnyWidgetFace, WidgetFace
from palier.schemas.message import Value
from palier.schemas.screens.widgets import Card, Columns, Row, Section, Stack, Tab

C = TypeVar("C", bound=Card | Columns | Row | Section | Stack | Tab)

#: Between what stands in a card.
_SPACE = 14


class ContainerFace(WidgetFace[C]):
    """A widget with others in it."""

    def __init__(self, scene: Scene, widget: C) -> None:
        super().__init__(scene, widget)
        self._inner = tuple(scene.make(one) for one in widget.children)

    @property
    def inner(self) -> tuple[AnyWidgetFace, ...]:
        """The faces within."""
        return self._inner

    def refresh(self) -> None:
        """Bring all of it up to date."""
        super().refresh()
        for one in self._inner:
            one.refresh()

    def lay_out(self, width: int) -> None:
        """Give each the whole width."""
        for one in self._inner:
            one.lay_out(width)


class StackFace(ContainerFace[Stack]):
    """One above the other, a gutter between."""

    def build_inside(self) -> None:
        """Add them."""
        for number, one in enumerate(self._inner):
            if number:
                self.kit.gap(GUTTER)
            one.build()


class ColumnsFace(ContainerFace[Columns]):
    """Side by side where there is room, else one above the other."""

    def build_inside(self) -> None:
        """Add the row of columns."""
        with self.kit.across(spacing=GUTTER) as self._row:
            self.kit.themes.bind(self._row, "gutter")
            for one in self._inner:
                one.build()

    def lay_out(self, width: int) -> None:
        """Share the width by weight."""
        kit = self.kit
        beside = len(self._inner) > 1 and width >= kit.px(WIDE - 2 * GUTTER)
        dpg.configure_item(self._row, horizontal=beside)
        room = width - kit.px(GUTTER) * (len(self._inner) - 1)
        weights = self.widget.weights or (1,) * len(self._inner)
        for one, weight in zip(self._inner, weights, strict=False):
            one.lay_out(round(room * weight / sum(weights)) if beside else width)


class CardFace(ContainerFace[Card]):
    """A surface with a border."""

    def build_inside(self) -> None:
        """Add the card and what is in it."""
        kit = self.kit
        with kit.panel("card", auto_resize_y=True) as self._card:
            if self.widget.title:
                self._title = kit.text("", role="section", wrap=True)
                kit.gap(6)
            for number, one in enumerate(self._inner):
                if number:
                    kit.gap(_SPACE)
                one.build()

    def refresh(self) -> None:
        """Say the title anew, and what is inside."""
        super().refresh()
        if self.widget.title:
            dpg.set_value(self._title, self.scene.say(self.widget.title))

    def lay_out(self, width: int) -> None:
        """Be so wide."""
        dpg.configure_item(self._card, width=width)
        super().lay_out(width - self.kit.px(2 * PADDING))


#: From model to face.
FACES: Mapping[type[Value], type[AnyWidgetFace]] = MappingProxyType(
    {Stack: StackFace, Columns: ColumnsFace, Card: CardFace}
)

#: A line of text longer than this is hard to follow.
WIDEST = COLUMN
