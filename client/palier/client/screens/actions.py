"""What an operator can do to a session, and to the seats that are chosen."""

from __future__ import annotations

from collections.abc import Callable

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit, text_width
from palier.client.screens.orders import Order, What
from palier.client.screens.standing import applicable, listed
from palier.schemas.replies import Overview, SeatRow

#: Of the session: in their order, with how each button looks.
_SESSION: dict[What, str] = {
    "start": "primary",
    "resume": "primary",
    "extend": "secondary",
    "pause": "secondary",
    "close": "danger",
}

_SEATS: tuple[What, ...] = ("advance", "exclude", "stand-in", "readmit")

#: What is done without a question; what changes the data needs a reason.
_AT_ONCE, _NEEDED = (
    frozenset({"start", "resume", "extend", "attend"}),
    frozenset(_SEATS) - {"readmit"},
)


class SessionActions:
    """The buttons of the session, in the last cell of a row; ``wanted`` gets what is pressed."""

    def __init__(self, kit: Kit, *, wanted: Callable[[Order], None]) -> None:
        self._kit = kit
        self._wanted = wanted
        self._offered: tuple[What, ...] = ()
        self._buttons: dict[What, Item] = {}

    def build(self) -> None:
        """Add the buttons to the current cell."""
        kit = self._kit
        with kit.across() as cell:
            for what, kind in _SESSION.items():
                button = kit.button(kit.words.do[what], press=self._press(what), kind=kind)
                dpg.configure_item(button, show=False)
                self._buttons[what] = kit.name(what, button)
        row: Item = dpg.get_item_parent(cell)
        self._column: Item = dpg.get_item_children(dpg.get_item_parent(row), 0)[-1]

    def show(self, overview: Overview) -> None:
        """Offer what the session's status allows."""
        offered = _offered(overview)
        if offered == self._offered:
            return
        self._offered = offered
        self.settle()
        for what, button in self._buttons.items():
            dpg.configure_item(button, show=what in offered)
        kit = self._kit
        labels = [kit.words.do[one] for one in offered]
        width = sum(text_width(one, kit.fonts["strong"]) + kit.px(50) for one in labels)
        # as wide as its buttons, so that they end where the card ends
        dpg.configure_item(self._column, init_width_or_weight=max(width - kit.px(9), 1))

    def settle(self) -> None:
        """Enable the buttons: what was pressed has had its effect, or was refused."""
        for button in self._buttons.values():
            dpg.configure_item(button, enabled=True)

    def busy(self, order: Order) -> None:
        """Disable the button of an order that is under way."""
        if order.what in self._buttons and order.what != "extend":
            dpg.configure_item(self._buttons[order.what], enabled=False)

    def _press(self, what: What) -> Callable[[], None]:
        return lambda: self._wanted(Order(what=what))


def _offered(overview: Overview) -> tuple[What, ...]:
    match overview.status:
        case "lobby":
            return ("start", "close")
        case "running":
            clocked = any(row.clock is not None for row in overview.seats)
            return ("extend", "pause", "close") if clocked else ("pause", "close")
        case "paused":
            return ("resume", "close")
        case "stopped":
            return ("close",)
        case _:
            return ()


class SeatActions:
    """The buttons of the seats that are chosen, in the current container."""

    def __init__(
        self, kit: Kit, *, wanted: Callable[[Order], None], clear: Callable[[], None]
    ) -> None:
        self._kit = kit
        self._wanted = wanted
        self._rows: tuple[SeatRow, ...] = ()
        words = kit.words
        with dpg.group() as self._group, kit.across(spacing=8):
            with kit.lowered(7):
                self._who = kit.name("chosen", kit.text("", role="small", ink="muted"))
            self._buttons = {what: self._button(what) for what in _SEATS}
            self._clear = kit.button(words.choose_none, press=clear, kind="small")
            kit.name("choose.none", self._clear)
            # as high as a button, so that nothing moves when there are some
            dpg.add_spacer(height=kit.px(27))

    def _button(self, what: What) -> Item:
        kit = self._kit
        button = kit.button(kit.words.do[what], press=lambda: self._press(what), kind="small")
        return kit.name(what, button)

    def show(self, rows: tuple[SeatRow, ...], *, over: bool, asking: bool) -> None:
        """Offer what can be done to the seats that are chosen; nothing while something is asked."""
        kit, self._rows = self._kit, rows
        chosen = bool(rows) and not over
        dpg.configure_item(self._group, show=not (over or asking))
        names = listed([row.seat for row in rows], kit.words)
        dpg.set_value(self._who, names if chosen else kit.words.choose_seats)
        for what, button in self._buttons.items():
            dpg.configure_item(button, show=chosen, enabled=bool(applicable(what, rows)))
        dpg.configure_item(self._clear, show=chosen)

    def _press(self, what: What) -> None:
        self._wanted(Order(what=what, seats=applicable(what, self._rows)))


def is_immediate(order: Order) -> bool:
    """Whether an order is carried out without a question."""
    return order.what in _AT_ONCE


def needs_reason(order: Order) -> bool:
    """Whether an order changes the data, so that a reason has to be given."""
    return order.what in _NEEDED
