"""A page: what stands between the stepper and the status bar, in one or two columns of cards."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit
from palier.client.state import Screen, View

#: A line of text longer than this is hard to follow.
COLUMN, PAIR, GUTTER, MARGIN, PADDING = 720, 1232, 16, 24, 28
#: What the margin leaves to the scroll bar.
_SCROLL = 10
#: A window at least this wide has room for two columns.
WIDE = 960
#: The left column's share of a pair.
_LEFT = 0.58


class Page(ABC):
    """One screen of the desk. ``key`` says which: the same key means update, not rebuild."""

    name: str
    #: Whether it shows an open stage, so that its onset counts.
    asks: ClassVar[bool] = False

    def __init__(self, kit: Kit, key: tuple[object, ...]) -> None:
        self.kit = kit
        self.key = key
        self.inner = 0

    @abstractmethod
    def build(self) -> None:
        """Add the items to the current container."""

    def follow(self, view: View) -> None:
        """Take a newer view of the same page."""
        self.update(view.screen)

    def update(self, screen: Screen) -> None:  # noqa: B027 - most pages never change
        """Take a newer state of the same screen."""

    @abstractmethod
    def lay_out(self, width: int) -> None:
        """Fit a window of this width, in pixels."""

    def opened(self) -> None:  # noqa: B027 - most pages are complete once they are built
        """Do what is to be done when the page is there for the first time."""

    def tick(self) -> bool:
        """Do what is due before a frame; returns whether anything has changed by itself."""
        return False

    def close(self) -> None:  # noqa: B027 - most pages have nothing but items
        """Give back what is not an item."""

    def enter(self) -> None:  # noqa: B027 - most pages have nothing to confirm
        """Do what Enter does wherever the keyboard is."""

    def focus(self) -> None:  # noqa: B027 - most pages have nothing to type
        """Put the keyboard where the participant begins."""


class CentredPage(Page):
    """A page of one card."""

    @contextmanager
    def card(self, **more: Any) -> Iterator[Item]:
        """Open the card."""
        kit = self.kit
        kit.gap(18)
        with kit.across(spacing=0):
            self._left = dpg.add_spacer(width=1)
            with kit.panel("card", auto_resize_y=True, **more) as self._card:
                yield self._card
        kit.gap(24)

    def lay_out(self, width: int) -> None:
        """Centre the card."""
        kit = self.kit
        room = width - kit.px(2 * MARGIN + 1)
        column = min(room, kit.px(COLUMN))
        self.inner = column - kit.px(2 * PADDING)
        dpg.configure_item(self._left, width=kit.px(_SCROLL) + (room - column) // 2)
        dpg.configure_item(self._card, width=column)
        self.draw()

    def draw(self) -> None:
        """Draw what is drawn by hand, ``inner`` pixels wide."""


class PairedPage(Page):
    """A page of two cards, side by side where there is room, else one above the other."""

    #: Whether the second card is there.
    paired = False

    @contextmanager
    def pair(self) -> Iterator[None]:
        """Open the row of cards."""
        kit = self.kit
        kit.gap(18)
        with kit.across(spacing=0):
            self._left = dpg.add_spacer(width=1)
            with kit.across(spacing=GUTTER) as self._row:
                kit.themes.bind(self._row, "gutter")
                yield
        kit.gap(24)

    @contextmanager
    def card(self, **more: Any) -> Iterator[Item]:
        """Open one of the cards."""
        with self.kit.panel("card", auto_resize_y=True, **more) as item:
            yield item

    def lay_out_pair(self, width: int, first: Item, second: Item) -> None:
        """Fit both cards."""
        kit = self.kit
        room = width - kit.px(2 * MARGIN + 1)
        beside = self.paired and width >= kit.px(WIDE)
        total = min(room, kit.px(PAIR if beside else COLUMN))
        left = round((total - kit.px(GUTTER)) * _LEFT) if beside else total
        right = total - kit.px(GUTTER) - left if beside else total
        self.inner = left - kit.px(2 * PADDING)
        dpg.configure_item(self._left, width=kit.px(_SCROLL) + (room - total) // 2)
        dpg.configure_item(self._row, horizontal=beside)
        dpg.configure_item(first, width=left)
        dpg.configure_item(second, width=right)
