"""The items of a table: a line of headings, and a pool of rows that moves along the records."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TypeAlias

import dearpygui.dearpygui as dpg

from palier.client.screens import facts
from palier.client.screens.columns import Heading, elide, window
from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit, text_width
from palier.client.screens.tokens import CLEAR

#: In pixels at scale 1: a row, the line of headings, what stands beside a cell's text, and above.
_ROW, _HEAD, INSET, _PAD = 34, 30, 12, 8

#: Returns what stands in the cells of a record, by its place among all of them.
Texts: TypeAlias = Callable[[int], tuple[str, ...]]

#: Rows beyond those that are seen, so that a turn of the wheel never shows an empty one.
_SPARE = 8

UP, DOWN = "\N{UPWARDS ARROW}", "\N{DOWNWARDS ARROW}"


class Head:
    """The line of headings; each a button where it sorts."""

    def __init__(
        self,
        kit: Kit,
        headings: tuple[Heading, ...],
        *,
        name: str,
        sort: Callable[[str], None] | None,
    ) -> None:
        self._kit = kit
        self._headings = headings
        self._sorts = sort is not None
        self._items: list[Item] = []
        _hold_themes(kit)
        with dpg.table(
            header_row=False,
            policy=dpg.mvTable_SizingFixedFit,
            no_pad_outerX=True,
            no_pad_innerX=True,
            no_host_extendX=True,
        ) as table:
            kit.themes.bind(table, "row")
            self._columns = [dpg.add_table_column(width_fixed=True) for _ in headings]
            with dpg.table_row(height=kit.px(_HEAD)):
                for one in headings:
                    item = self._cell(one, sort)
                    self._items.append(kit.name(f"{name}.heading.{one.key}", item))
        kit.gap(1)
        # a separator, as the keyboard passes it by; it would stop at what is drawn
        kit.themes.bind(dpg.add_separator(), "heading-line")

    def _cell(self, heading: Heading, sort: Callable[[str], None] | None) -> Item:
        kit = self._kit
        if sort is None:
            with kit.lowered(5):
                return kit.text(heading.title, role="small", ink="muted")
        item: Item = dpg.add_button(
            label=heading.title, height=kit.px(_HEAD), callback=lambda *_: sort(heading.key)
        )
        dpg.bind_item_font(item, kit.fonts["small"])
        return item

    def mark(self, by: tuple[str, bool] | None) -> None:
        """Show by an arrow what it is sorted by."""
        if not self._sorts:
            return
        for heading, item in zip(self._headings, self._items, strict=True):
            chosen = by is not None and by[0] == heading.key
            arrow = (DOWN if by and by[1] else UP) if chosen else ""
            parts = (arrow, heading.title) if heading.right else (heading.title, arrow)
            dpg.configure_item(item, label=" ".join(one for one in parts if one))
            side = "right" if heading.right else "left"
            self._kit.themes.bind(item, f"heading-{side}" + ("-sorted" if chosen else ""))
            dpg.bind_item_font(item, self._kit.fonts["small-strong" if chosen else "small"])

    def fit(self, widths: tuple[int, ...]) -> None:
        """Give each column its width."""
        kit = self._kit
        cells = zip(self._headings, self._columns, self._items, widths, strict=True)
        for heading, column, item, room in cells:
            dpg.configure_item(column, init_width_or_weight=room)
            if self._sorts:
                dpg.configure_item(item, width=room)
                continue
            inset = kit.px(INSET)
            said = elide(heading.title, room - 2 * inset, lambda one: kit.width(one, "small"))
            dpg.set_value(item, said)
            left = room - inset - kit.width(said, "small") if heading.right else inset
            dpg.configure_item(item, indent=round(left))


class Grid:
    """A pool of rows that is moved along the records as they are scrolled, and refilled."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._headings: tuple[Heading, ...] = ()
        self._cells: list[list[_Cell]] = []
        self._widths: tuple[int, ...] = ()
        self._columns: list[Item] = []
        self._order: list[int] = []
        self._texts: Texts = lambda _: ()
        self._seen = 0
        self._first = 0
        self._table: Item = 0

    def build(self) -> None:
        """Add the room that it scrolls in."""
        kit = self._kit
        _hold_themes(kit)
        # a place of its own for the keyboard: Enter goes in, arrows scroll, Escape comes back
        with dpg.child_window(
            border=False, height=1, width=1, show=False, flattened_navigation=False
        ) as self._body:
            kit.themes.bind(self._body, "rows")
            self._before = dpg.add_spacer(height=0)
            self._here = dpg.add_group()
            self._after = dpg.add_spacer(height=0)

    @property
    def _pool(self) -> int:
        return min(len(self._order), self._seen + _SPARE)

    def hide(self) -> None:
        """Show nothing: there are no columns."""
        dpg.configure_item(self._body, show=False)

    def fit(
        self, headings: tuple[Heading, ...], widths: tuple[int, ...], *, lines: int, width: int
    ) -> None:
        """Take these columns and this room."""
        kit = self._kit
        if headings != self._headings or not self._table:
            self._headings = headings
            self._make_table()
        self._seen = lines
        self._widths = widths
        dpg.configure_item(self._body, show=True, width=width, height=lines * kit.px(_ROW))
        for column, room in zip(self._columns, widths, strict=True):
            dpg.configure_item(column, init_width_or_weight=room)

    def _make_table(self) -> None:
        kit = self._kit
        if self._table:
            kit.forget(self._here)
            self._cells = []
        with dpg.table(
            parent=self._here,
            header_row=False,
            borders_innerH=True,
            policy=dpg.mvTable_SizingFixedFit,
            no_pad_outerX=True,
            no_pad_innerX=True,
            no_host_extendX=True,
        ) as self._table:
            kit.themes.bind(self._table, "rows-table")
            self._columns = [dpg.add_table_column(width_fixed=True) for _ in self._headings]

    def fill(self, order: list[int], texts: Texts) -> None:
        """Show records in this order, by their texts; cells that stay the same are let be."""
        self._order, self._texts = order, texts
        # the empty sentence stands in the place of the rows
        dpg.configure_item(self._body, show=bool(order))
        # at first those that are seen
        self._grow(self._pool if self._cells else min(self._pool, self._seen))
        for extra in self._cells[self._pool :]:
            dpg.delete_item(extra[0].row)
        del self._cells[self._pool :]
        self._place()

    def _grow(self, rows: int) -> None:
        while len(self._cells) < rows:
            row = dpg.add_table_row(parent=self._table, height=self._kit.px(_ROW))
            self._cells.append([_Cell(self._kit, row) for _ in self._headings])

    def tick(self) -> None:
        """Move the pool to what is seen."""
        if len(self._cells) < self._pool:
            self._grow(self._pool)
            self._place()
        if self._pool < len(self._order) and self._at() != self._first:
            self._place()

    def _at(self) -> int:
        scroll = dpg.get_y_scroll(self._body)
        row, total = self._kit.px(_ROW), len(self._order)
        return window(scroll, row=row, seen=self._seen, total=total, pool=self._pool)

    def _place(self) -> None:
        row = self._kit.px(_ROW)
        self._first = self._at() if self._pool < len(self._order) else 0
        after = len(self._order) - self._first - len(self._cells)
        dpg.configure_item(self._before, height=self._first * row, show=self._first > 0)
        dpg.configure_item(self._after, height=after * row, show=after > 0)
        shown = self._order[self._first : self._first + len(self._cells)]
        columns = [
            (one.right, width) for one, width in zip(self._headings, self._widths, strict=True)
        ]
        for cells, place in zip(self._cells, shown, strict=True):
            texts = self._texts(place)
            for cell, text, (right, width) in zip(cells, texts, columns, strict=True):
                cell.show(text, right=right, width=width)


class _Cell:
    """A text in a row, written only when it changes: most of a table does not."""

    def __init__(self, kit: Kit, row: Item) -> None:
        self._kit = kit
        self.row = row
        self._item: Item | None = None
        self._shown: tuple[str, bool, int] | None = None
        self._ink = "text"

    def show(self, text: str, *, right: bool, width: int) -> None:
        """Show a text, at the left or right of a width."""
        if (text, right, width) == self._shown:
            return
        self._shown = (text, right, width)
        kit = self._kit
        inset = kit.px(INSET)
        room, wide = width - 2 * inset, kit.width(text, "cell")
        if wide > room:
            text = elide(text, room, lambda part: text_width(part, kit.fonts["cell"]))
            wide = kit.width(text, "cell")
        left = round(inset + (max(room - wide, 0) if right else 0))
        if self._item is None:
            self._item = kit.text(text, role="cell", parent=self.row, indent=left)
        else:
            dpg.configure_item(self._item, indent=left)
            dpg.set_value(self._item, text)
        ink = "muted" if text == facts.NOTHING else "text"
        if ink != self._ink:
            self._ink = ink
            kit.ink(self._item, ink)


def _hold_themes(kit: Kit) -> None:
    px = kit.px

    def rows() -> None:
        with dpg.theme_component(dpg.mvChildWindow):
            dpg.add_theme_color(dpg.mvThemeCol_ChildBg, CLEAR)
            dpg.add_theme_style(dpg.mvStyleVar_WindowPadding, 0, 0)
            dpg.add_theme_style(dpg.mvStyleVar_ItemSpacing, 0, 0)
            dpg.add_theme_style(dpg.mvStyleVar_ChildRounding, 0)

    def table() -> None:
        with dpg.theme_component(dpg.mvTable):
            dpg.add_theme_style(dpg.mvStyleVar_CellPadding, 0, px(_PAD))

    def heading(align: float, ink: str) -> None:
        with dpg.theme_component(dpg.mvButton):
            dpg.add_theme_color(dpg.mvThemeCol_Button, CLEAR)
            dpg.add_theme_color(dpg.mvThemeCol_ButtonHovered, kit.colour("sunken"))
            dpg.add_theme_color(dpg.mvThemeCol_ButtonActive, kit.colour("track"))
            dpg.add_theme_color(dpg.mvThemeCol_Border, CLEAR)
            dpg.add_theme_color(dpg.mvThemeCol_Text, kit.colour(ink))
            dpg.add_theme_style(dpg.mvStyleVar_ButtonTextAlign, align, 0.5)
            dpg.add_theme_style(dpg.mvStyleVar_FramePadding, px(INSET), 0)
            dpg.add_theme_style(dpg.mvStyleVar_FrameRounding, px(6))

    def line() -> None:
        with dpg.theme_component(dpg.mvSeparator):
            dpg.add_theme_color(dpg.mvThemeCol_Separator, kit.colour("faint", 150))

    kit.themes.hold("heading-line", line)
    kit.themes.hold("rows", rows)
    kit.themes.hold("rows-table", table)
    for side, align in (("left", 0.0), ("right", 1.0)):
        kit.themes.hold(f"heading-{side}", partial(heading, align, "muted"))
        kit.themes.hold(f"heading-{side}-sorted", partial(heading, align, "text"))
