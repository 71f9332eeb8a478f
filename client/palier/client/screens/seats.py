"""The table of seats."""

from __future__ import annotations

from datetime import datetime

import dearpygui.dearpygui as dpg

from palier.client.screens.drawings import draw_dot
from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit
from palier.client.screens.standing import elapsed, held_up
from palier.schemas.replies import Overview, SeatRow


class _Row:
    """One line of the table, made once and then refilled."""

    def __init__(self, kit: Kit, seat: str) -> None:
        self._kit = kit
        self._since: datetime | None = None
        with dpg.table_row():
            with kit.across(spacing=6):
                self._dot = dpg.add_drawlist(width=kit.px(14), height=kit.px(18))
                kit.text(seat, role="strong")
            self._stage = kit.text("")
            self._state = kit.name(f"seat.{seat}", kit.text(""))
            self._for = kit.text("", ink="muted")
            self._payoff = kit.text("")

    def show(self, row: SeatRow, *, late: bool) -> None:
        kit, words = self._kit, self._kit.words
        ink = "ok" if row.present else "bad"
        draw_dot(kit, self._dot, ink=ink, at=(kit.px(6), kit.px(9)))
        stage = row.title or row.stage or ""
        again = f"{stage}, {words.round.format(n=row.visit)}" if row.visit > 1 else stage
        dpg.set_value(self._stage, again)
        away = "" if row.present else f", {words.away}"
        dpg.set_value(self._state, words.states[row.state] + away)
        kit.ink(self._state, _ink(row, late=late))
        dpg.set_value(self._payoff, row.payoff.replace(".", words.numerals.decimal))
        self._since = row.since

    def tick(self, now: datetime) -> None:
        dpg.set_value(self._for, elapsed(self._since, now))


def _ink(row: SeatRow, *, late: bool) -> str:
    if not row.present:
        return "bad"
    return "warn" if late else "muted" if row.state != "working" else "text"


class Seats:
    """The table; rows are made anew only when other seats come."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._rows: dict[str, _Row] = {}
        self._table: Item = 0
        self._here: Item = dpg.last_container()

    def show(self, overview: Overview) -> None:
        """Refill the rows; other seats get other rows."""
        seats = tuple(row.seat for row in overview.seats)
        if seats != tuple(self._rows):
            self._build(seats)
        _, late = held_up(overview)
        names = {row.seat for row in late}
        for row in overview.seats:
            self._rows[row.seat].show(row, late=row.seat in names)

    def tick(self, now: datetime) -> None:
        """Count the time that each state has lasted."""
        for row in self._rows.values():
            row.tick(now)

    def _build(self, seats: tuple[str, ...]) -> None:
        kit = self._kit
        dpg.delete_item(self._here, children_only=True)
        with dpg.table(
            parent=self._here,
            header_row=False,
            borders_innerH=True,
            policy=dpg.mvTable_SizingStretchProp,
            scrollY=True,
            freeze_rows=1,
            no_pad_outerX=True,
        ) as table:
            kit.themes.bind(table, "dense-grid")
            for weight in (1.0, 2.2, 1.4, 0.8, 0.8):
                dpg.add_table_column(init_width_or_weight=weight)
            with dpg.table_row():
                for column in kit.words.columns:
                    kit.text(column, role="small", ink="muted")
            self._rows = {seat: _Row(kit, seat) for seat in seats}
