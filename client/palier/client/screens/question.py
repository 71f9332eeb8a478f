"""A question to the operator before something is done, and the reason that is kept with it."""

from __future__ import annotations

from collections.abc import Callable

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit, text_width
from palier.client.screens.orders import Order
from palier.client.screens.standing import listed


class Question:
    """One line: what is asked, a field for the reason, yes and no. In the current container.

    ``answered`` is called with the order, its reason filled in; ``closed`` when the line goes.
    """

    def __init__(
        self, kit: Kit, *, answered: Callable[[Order], None], closed: Callable[[], None]
    ) -> None:
        self._kit = kit
        self._answered = answered
        self._closed = closed
        self._order: Order | None = None
        self._needed = False
        with dpg.group(show=False) as self._group, kit.row(10, None, 10):
            with kit.lowered(9):
                self._text = kit.name("question", kit.text("", role="strong"))
            self._reason: Item = dpg.add_input_text(
                width=-kit.px(12), on_enter=True, callback=lambda *_: self._yes()
            )
            kit.themes.bind(self._reason, "field")
            kit.name("question.reason", self._reason)
            kit.on_edit(self._reason, lambda: self._mark(bad=False))
            with kit.across() as buttons:
                self._do = kit.button("", press=self._yes, kind="primary")
                kit.name("question.yes", self._do)
                self._no = kit.button("", press=self.close)
                kit.name("question.no", self._no)
        row: Item = dpg.get_item_parent(buttons)
        self._left, _, self._right = dpg.get_item_children(dpg.get_item_parent(row), 0)

    @property
    def open(self) -> bool:
        """Whether something is asked."""
        return self._order is not None

    def ask(self, order: Order, *, needed: bool) -> None:
        """Ask before an order; the reason is ``needed`` where it changes the data."""
        kit, words = self._kit, self._kit.words
        self._order, self._needed = order, needed
        text = words.questions[order.what].format(seats=listed(order.seats, words))
        yes, no = words.do[order.what], words.keep if order.what == "close" else words.cancel
        dpg.set_value(self._text, text)
        dpg.set_value(self._reason, "")
        dpg.configure_item(self._reason, hint=words.why[order.what])
        dpg.configure_item(self._do, label=yes)
        kit.themes.bind(self._do, "danger" if order.what in {"close", "exclude"} else "primary")
        dpg.configure_item(self._no, label=no)
        dpg.configure_item(
            self._left, init_width_or_weight=text_width(text, kit.fonts["strong"]) + kit.px(16)
        )
        width = sum(text_width(one, kit.fonts["strong"]) + kit.px(41) for one in (yes, no))
        dpg.configure_item(self._right, init_width_or_weight=width + kit.px(10))
        self._mark(bad=False)
        dpg.configure_item(self._group, show=True)
        dpg.focus_item(self._reason)

    def close(self) -> None:
        """Do nothing of it."""
        self._order = None
        dpg.configure_item(self._group, show=False)
        self._closed()

    def _yes(self) -> None:
        order, reason = self._order, str(dpg.get_value(self._reason)).strip()
        if order is None:
            return
        if self._needed and not reason:
            self._mark(bad=True)
            dpg.focus_item(self._reason)
            return
        self.close()
        self._answered(Order(what=order.what, seats=order.seats, reason=reason))

    def _mark(self, *, bad: bool) -> None:
        self._kit.themes.bind(self._reason, "field-bad" if bad else "field")
