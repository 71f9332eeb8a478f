"""The calls for help: who, since when, with which words; on top of the overview."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit, text_width
from palier.client.screens.orders import Order
from palier.client.screens.standing import elapsed, listed
from palier.schemas.replies import Overview, SeatRow

#: So many have a line each, those who have waited longest; the others are named in one.
MOST = 3

_LINE, _OTHERS, _AROUND, _GAP = 33, 22, 22, 12


class Calls:
    """A card with a line for each call, in the current container; hidden while nobody calls.

    ``attended`` gets the order that ends a call.
    """

    def __init__(self, kit: Kit, *, attended: Callable[[Order], None]) -> None:
        self._kit = kit
        self._attended = attended
        self._told: tuple[SeatRow, ...] = ()
        self._times: list[tuple[datetime | None, Item]] = []
        with kit.panel("alert-card", auto_resize_y=True, width=-kit.px(10)) as self._card:
            pass
        self._gap = dpg.add_spacer(height=kit.px(_GAP))
        self._hide()

    @property
    def height(self) -> int:
        """Pixels that it takes, the gap below it included."""
        count = len(self._told)
        if not count:
            return 0
        others = _OTHERS if count > MOST else 0
        return self._kit.px(min(count, MOST) * _LINE + others + _AROUND + _GAP)

    def show(self, overview: Overview) -> None:
        """Show who calls by now."""
        told = tuple(sorted((one for one in map(_call, overview.seats) if one), key=_since))
        if told == self._told:
            return
        self._told = told
        self._kit.forget(self._card)
        self._times = []
        if not told:
            self._hide()
            return
        for item in (self._card, self._gap):
            dpg.configure_item(item, show=True)
        dpg.push_container_stack(self._card)
        try:
            for row in told[:MOST]:
                self._line(row)
            self._others([row.seat for row in told[MOST:]])
        finally:
            dpg.pop_container_stack()

    def tick(self, now: datetime) -> None:
        """Count how long each has waited; ``now`` is by the worker's clock."""
        for since, item in self._times:
            said = self._kit.words.calls_since.format(time=elapsed(since, now))
            if dpg.get_value(item) != said:
                dpg.set_value(item, said)

    def _line(self, row: SeatRow) -> None:
        kit, words = self._kit, self._kit.words
        label = words.do["attend"]
        width = text_width(label, kit.fonts["small-strong"]) / kit.scale + 26
        with kit.row(None, 122, width):
            form = words.calls_saying if row.call else words.calls
            with kit.lowered(4):
                text = kit.text(form.format(seat=row.seat, text=row.call), role="strong", wrap=True)
                kit.name(f"call.{row.seat}", text)
            with kit.across(spacing=0):
                dpg.add_spacer(width=kit.px(12))
                with kit.lowered(4):
                    self._times.append((row.called_at, kit.text("", ink="muted")))
            button = kit.button(label, press=self._press(row.seat), kind="small")
            kit.name(f"attend.{row.seat}", button)

    def _others(self, seats: list[str]) -> None:
        if seats:
            kit = self._kit
            text = kit.text(listed(seats, kit.words), role="small", wrap=True)
            kit.name("call.others", text)

    def _press(self, seat: str) -> Callable[[], None]:
        def pressed() -> None:
            dpg.configure_item(self._kit.named[f"attend.{seat}"], enabled=False)
            self._attended(Order(what="attend", seats=(seat,)))

        return pressed

    def settle(self) -> None:
        """Let the buttons be pressed again: what was pressed was refused, or has had its effect."""
        for row in self._told[:MOST]:
            dpg.configure_item(self._kit.named[f"attend.{row.seat}"], enabled=True)

    def _hide(self) -> None:
        for item in (self._card, self._gap):
            dpg.configure_item(item, show=False)


def _call(row: SeatRow) -> SeatRow | None:
    """Return what of a seat is shown here, so that nothing else makes the lines anew."""
    if row.called_at is None:
        return None
    return SeatRow(
        seat=row.seat, present=True, state="working", called_at=row.called_at, call=row.call
    )


def _since(row: SeatRow) -> tuple[datetime | None, str]:
    return row.called_at, row.seat
