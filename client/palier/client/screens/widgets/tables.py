"""Records as rows: as many items as are seen, however many records there are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import dearpygui.dearpygui as dpg

from palier.client.screens import facts
from palier.client.screens.columns import Heading, are_numbers, decimals, keys_of, share
from palier.client.screens.scene import Scene
from palier.client.screens.sorting import ordered
from palier.client.screens.widgets.face import AnyWidgetFace, WidgetFace
from palier.client.screens.widgets.grid import DOWN, INSET, Grid, Head
from palier.client.screens.widgets.tail import name_of
from palier.schemas.message import Value
from palier.schemas.screens.widgets import Table

#: In pixels at scale 1: the least that a column is squeezed to, and what the scroll bar takes.
_LEAST, _SCROLL = 56, 12

#: So many records tell how wide a column must be.
_SAMPLE = 200

#: No table that shows all of its records is lower than this many rows.
_FEWEST = 2


class TableFace(WidgetFace[Table]):
    """A table whose heading stays; a press on a heading sorts, again turns round, again undoes."""

    def __init__(self, scene: Scene, widget: Table) -> None:
        super().__init__(scene, widget)
        self._name = widget.id or "table"
        self._streams = widget.source.startswith("stream.")
        self._titles: tuple[str, ...] | None = None
        self._records: list[Any] = []
        #: What stands in the cells of the records that were looked at, by their places.
        self._texts: dict[int, tuple[str, ...]] = {}
        self._order: list[int] = []
        self._headings: tuple[Heading, ...] = ()
        self._wanted: dict[str, float] = {}
        self._widths: tuple[int, ...] = ()
        self._grid = Grid(self.kit)
        self._head: Head | None = None
        self._sorted: tuple[str, bool] | None = None
        self._lines = 0
        self._width = 0

    # -- building ----------------------------------------------------------------------------------

    @property
    def roomy(self) -> bool:
        """More room is more to see."""
        return True

    def build_inside(self) -> None:
        """Add title, headings and rows."""
        kit = self.kit
        if self.widget.title:
            self._title = kit.text("", role="strong", wrap=True)
            kit.gap(0)
        with dpg.group() as self._above:
            kit.themes.bind(self._above, "flush")
        self._grid.build()
        self._empty = kit.name(f"{self._name}.empty", kit.text("", ink="muted", show=False))

    def refresh(self) -> None:
        """Say title and cells anew, as far as they have changed."""
        super().refresh()
        scene, widget = self.scene, self.widget
        if widget.title:
            dpg.set_value(self._title, scene.say(widget.title))
        records = self._read()
        fresh = records is not self._records and records != self._records
        titles = tuple(scene.say(one.title) for one in widget.children)
        if not fresh and titles == self._titles:
            self._show_empty()
            return  # what is typed beside a table does not concern its rows
        self._records, self._titles = records, titles
        headings = self._described()
        if headings != self._headings:
            self._headings = headings
            self._wanted = {}
            self._make_head()
        self._texts = {}
        self._order = self._sort()
        self._measure()
        self._show_empty()
        self._fit()

    def _read(self) -> list[Any]:
        source = self.widget.source
        if not self._streams:
            return self.scene.records(source)
        return [
            {
                "at": f"{one.at.astimezone():%H:%M:%S}",
                "seat": name_of(one.seat, self.scene),
                "value": one.value,
            }
            for one in self.scene.posts(source.partition(".")[2])
        ]

    def _described(self) -> tuple[Heading, ...]:
        """Return the columns: those that the author names, or those of the first record."""
        if self.widget.children:
            named = zip(self.widget.children, self._titles or (), strict=True)
            return tuple(
                self._heading(one.key, title, one.format, one.align) for one, title in named
            )
        said = self.kit.words.post_columns if self._streams else {}
        return tuple(self._heading(key, said.get(key, "")) for key in keys_of(self._records))

    def _heading(self, key: str, title: str, form: str = "", align: str = "auto") -> Heading:
        """Return a column; numbers stand to the right, with as many decimals each."""
        bare = Heading(key=key, title=title or facts.humanise(key), format=form)
        numbers = are_numbers(bare.value(one) for one in self._records)
        if numbers and not form:
            count = decimals(bare.value(one) for one in self._records[:_SAMPLE])
            form = f".{count}f" if count else ""
        right = align == "right" or (align == "auto" and numbers)
        return replace(bare, format=form, right=right)

    def _make_head(self) -> None:
        if self._head is not None:
            self.kit.forget(self._above)
            self._head = None
        if not self._headings:
            return
        dpg.push_container_stack(self._above)
        try:
            self._head = Head(
                self.kit,
                self._headings,
                name=self._name,
                sort=self._sort_by if self.widget.sortable else None,
            )
        finally:
            dpg.pop_container_stack()
        self._head.mark(self._sorted)

    def _show_empty(self) -> None:
        said = self.scene.say(self.widget.empty) or self.kit.words.nothing_yet
        dpg.set_value(self._empty, said)
        dpg.configure_item(self._empty, show=not self._records)

    # -- order -------------------------------------------------------------------------------------

    def _sort_by(self, key: str) -> None:
        match self._sorted:
            case (now, False) if now == key:
                self._sorted = (key, True)
            case (now, True) if now == key:
                self._sorted = None
            case _:
                self._sorted = (key, False)
        assert self._head is not None
        self._head.mark(self._sorted)
        self._order = self._sort()
        self._grid.fill(self._order, self._text)

    def _sort(self) -> list[int]:
        heading = next((one for one in self._headings if self._is_sorted_by(one)), None)
        if heading is None or self._sorted is None:
            return list(range(len(self._records)))
        values = [heading.value(one) for one in self._records]
        return ordered(values, falling=self._sorted[1])

    def _is_sorted_by(self, heading: Heading) -> bool:
        return self._sorted is not None and heading.key == self._sorted[0]

    # -- room --------------------------------------------------------------------------------------

    def _measure(self) -> None:
        """Note how wide each column must be: they widen with their cells, and never narrow."""
        kit = self.kit
        sample = [self._text(one) for one in range(min(len(self._records), _SAMPLE))]
        arrow = f" {DOWN}" if self.widget.sortable else ""
        for heading, *texts in zip(self._headings, *sample, strict=True):
            self._wanted[heading.key] = max(
                kit.width(heading.title + arrow, "small-strong"),
                self._wanted.get(heading.key, 0.0),
                *(kit.width(one, "cell") for one in texts),
            )

    def _text(self, place: int) -> tuple[str, ...]:
        """Return what stands in the cells of a record."""
        known = self._texts.get(place)
        if known is None:
            record, words = self._records[place], self.kit.words
            known = tuple(one.text(record, words) for one in self._headings)
            self._texts[place] = known
        return known

    def lay_out(self, width: int) -> None:
        """Share the width among the columns."""
        if width != self._width:
            self._width = width
            self._fit()

    def _fit(self) -> None:
        kit, widget = self.kit, self.widget
        # a list is as high as it is long, and never becomes lower while it is looked at
        wanted = widget.rows if self._streams else min(len(self._records), widget.rows)
        self._lines = max(self._lines, wanted, _FEWEST)
        if not self._width or self._head is None:
            self._grid.hide()
            return
        scrolls = len(self._records) > self._lines
        room = self._width - (kit.px(_SCROLL) if scrolls else 0)
        inset = 2 * kit.px(INSET)
        wants = [self._wanted[one.key] + inset for one in self._headings]
        self._widths = share(wants, room, least=kit.px(_LEAST))
        self._head.fit(self._widths)
        self._grid.fit(self._headings, self._widths, lines=self._lines, width=self._width)
        self._grid.fill(self._order, self._text)

    def tick(self) -> None:
        """Follow the scroll bar."""
        self._grid.tick()


#: From model to face.
FACES: Mapping[type[Value], type[AnyWidgetFace]] = MappingProxyType({Table: TableFace})
