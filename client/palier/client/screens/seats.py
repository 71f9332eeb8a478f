"""The table of seats: where each is, how it stands, and which are chosen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

import dearpygui.dearpygui as dpg

from palier.client.screens import onsets
from palier.client.screens.drawings import draw_dot
from palier.client.screens.facts import say_money
from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit
from palier.client.screens.remaining import Reading
from palier.client.screens.standing import elapsed, held_up, state, time_left
from palier.client.screens.words import Words
from palier.schemas.replies import Overview, SeatRow


class _Text:
    """A text that is written only when it changes: most of a table does not."""

    def __init__(self, kit: Kit, item: Item, *, ink: str = "text") -> None:
        self._kit = kit
        self._item = item
        self._said = ("", ink)

    def say(self, text: str, *, ink: str | None = None) -> None:
        said, written = self._said
        if text != said:
            dpg.set_value(self._item, text)
        if ink is not None and ink != written:
            self._kit.ink(self._item, ink)
        self._said = (text, written if ink is None else ink)


class _Row:
    """One line of the table, made once and then refilled."""

    def __init__(self, kit: Kit, seat: str, *, chosen: Callable[[], None]) -> None:
        self._kit = kit
        self._row: SeatRow | None = None
        self._late = False
        self._behind: float | None = None
        with dpg.table_row():
            with kit.across(spacing=6):
                self._dot = kit.canvas(width=kit.px(14), height=kit.px(18))
                self.choice = kit.choice(seat, chosen=chosen)
                kit.name(f"choose.{seat}", self.choice)
            self._stage = _Text(kit, kit.text("", wrap=True))
            self._state = _Text(kit, kit.name(f"seat.{seat}", kit.text("", wrap=True)))
            self._left = _Text(kit, kit.name(f"left.{seat}", kit.text("", wrap=True)))
            self._for = _Text(kit, kit.text("", ink="muted"))
            self._payoff = _Text(kit, kit.name(f"payoff.{seat}", kit.text("", wrap=True)))

    def show(self, row: SeatRow, *, late: bool, behind: float | None) -> None:
        kit, words = self._kit, self._kit.words
        if self._row is None or row.present != self._row.present:
            ink = "ok" if row.present else "bad"
            draw_dot(kit, self._dot, ink=ink, at=(kit.px(6), kit.px(9)))
        stage = row.title or row.stage or ""
        again = f"{stage}, {words.round.format(n=row.visit)}" if row.visit > 1 else stage
        group = ", ".join(one for one in (row.group, row.role) if one)
        where = f"{again} ({group})" if group else again
        self._stage.say(where, ink="muted" if row.state == "excluded" else "text")
        self._payoff.say(_earned(row, words))
        self._row, self._late, self._behind = row, late, behind

    def tick(self, now: datetime, away: datetime | None) -> None:
        if self._row is None:
            return
        row, words = self._row, self._kit.words
        gone = None if away is None else now - away
        ink = _ink(row, late=self._late or self._behind is not None)
        self._state.say(state(row, words, away=gone, late=self._behind), ink=ink)
        reading = time_left(row, now) or Reading(text="", ink="text", stands=False)
        stands = words.stands.format(time=reading.text) if reading.stands else reading.text
        self._left.say(stands, ink=reading.ink)
        self._for.say("" if row.state == "finished" else elapsed(row.since, now))


def _earned(row: SeatRow, words: Words) -> str:
    """Return the points of a seat, and what they come to in money where that is known."""
    points = row.payoff.replace(".", words.numerals.decimal)
    amount, _, currency = row.payment.partition(" ")
    return f"{points} ({say_money(amount, currency, words)})" if currency else points


def _ink(row: SeatRow, *, late: bool) -> str:
    if row.standing == "excluded" or row.state == "finished":
        return "muted"
    if not row.present:
        return "bad"
    return "warn" if late else "muted" if row.state != "working" else "text"


class Seats:
    """The table; rows are made anew only when other seats come.

    ``chosen`` is called whenever other seats are chosen.
    """

    def __init__(self, kit: Kit, *, chosen: Callable[[], None]) -> None:
        self._kit = kit
        self._chosen = chosen
        self._rows: dict[str, _Row] = {}
        self._table: Item = 0
        self._here: Item = dpg.last_container()

    @property
    def chosen(self) -> tuple[str, ...]:
        """The seats that are chosen, in their order."""
        return tuple(seat for seat, row in self._rows.items() if dpg.get_value(row.choice))

    def clear(self) -> None:
        """Choose none."""
        for row in self._rows.values():
            dpg.set_value(row.choice, False)
        self._choose()

    def _choose(self) -> None:
        colour = self._kit.colour("accent_soft")
        # the first row is that of the titles
        for number, row in enumerate(self._rows.values(), start=1):
            if dpg.get_value(row.choice):
                dpg.highlight_table_row(self._table, number, colour)
            else:
                dpg.unhighlight_table_row(self._table, number)
        self._chosen()

    def show(self, overview: Overview) -> None:
        """Refill the rows; other seats get other rows."""
        seats = tuple(row.seat for row in overview.seats)
        if seats != tuple(self._rows):
            self._build(seats)
        _, late = held_up(overview)
        names = {row.seat for row in late}
        behind = onsets.late(overview.seats)
        for row in overview.seats:
            self._rows[row.seat].show(row, late=row.seat in names, behind=behind.get(row.seat))

    def tick(self, now: datetime, away: Mapping[str, datetime]) -> None:
        """Count the time that is left, that each state has lasted, that somebody is away."""
        for seat, row in self._rows.items():
            row.tick(now, away.get(seat))

    def _build(self, seats: tuple[str, ...]) -> None:
        kit = self._kit
        kit.forget(self._here)
        with dpg.table(
            parent=self._here,
            header_row=False,
            borders_innerH=True,
            policy=dpg.mvTable_SizingStretchProp,
            scrollY=True,
            freeze_rows=1,
            no_pad_outerX=True,
        ) as self._table:
            kit.themes.bind(self._table, "dense-grid")
            for weight in (1.0, 2.0, 2.2, 0.9, 0.8, 0.8):
                dpg.add_table_column(init_width_or_weight=weight)
            with dpg.table_row():
                for column in kit.words.columns:
                    kit.text(column, role="small", ink="muted")
            self._rows = {seat: _Row(kit, seat, chosen=self._choose) for seat in seats}
