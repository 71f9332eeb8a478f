"""What an operator can do to a session."""

from __future__ import annotations

from collections.abc import Callable

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit, text_width
from palier.schemas.replies import Overview


class Actions:
    """Start and close; closing asks once more, in the same place."""

    def __init__(self, kit: Kit, *, start: Callable[[], None], close: Callable[[], None]) -> None:
        self._kit = kit
        self._start_session = start
        self._close_session = close
        self._status = ""

    def build(self) -> None:
        """Add the buttons to the second cell of the current row."""
        with dpg.group() as cell:
            self._build()
        row: Item = dpg.get_item_parent(cell)
        table: Item = dpg.get_item_parent(row)
        self._column: Item = dpg.get_item_children(table, 0)[1]

    def _build(self) -> None:
        kit, words = self._kit, self._kit.words
        with kit.across() as self._usual:
            self._start = kit.button(words.start, press=self._press_start, kind="primary")
            kit.name("start", self._start)
            self._close = kit.button(words.close, press=lambda: self._ask(on=True), kind="danger")
            kit.name("close", self._close)
        with kit.across(show=False) as self._question:
            with kit.lowered(10):
                kit.text(words.close_question)
            yes = kit.button(words.close_yes, press=self._press_close, kind="danger")
            kit.name("close.yes", yes)
            no = kit.button(words.close_no, press=lambda: self._ask(on=False))
            kit.name("close.no", no)
        dpg.configure_item(self._usual, show=False)

    def show(self, overview: Overview) -> None:
        """Offer what the session's status allows."""
        if overview.status != self._status:
            self._status = overview.status
            self.settle()
        over = overview.status in {"finished", "closed"}
        asking = dpg.get_item_configuration(self._question)["show"]
        dpg.configure_item(self._usual, show=not (over or asking))
        dpg.configure_item(self._start, show=overview.status == "lobby")
        if over:
            dpg.configure_item(self._question, show=False)
        self._fit(asking=asking)

    def _fit(self, *, asking: bool) -> None:
        """Make the column as wide as its buttons, so that they end where the card ends."""
        kit, words = self._kit, self._kit.words
        labels = [words.start] if self._status == "lobby" else []
        labels = [words.close_yes, words.close_no] if asking else [*labels, words.close]
        width = sum(text_width(one, kit.fonts["strong"]) + kit.px(50) for one in labels)
        if asking:
            width += text_width(words.close_question, kit.fonts["body"]) + kit.px(10)
        dpg.configure_item(self._column, init_width_or_weight=width - kit.px(9))

    def settle(self) -> None:
        """Enable the buttons: what was pressed has had its effect, or was refused."""
        for button in (self._start, self._close):
            dpg.configure_item(button, enabled=True)

    def _press_start(self) -> None:
        dpg.configure_item(self._start, enabled=False)
        self._start_session()

    def _ask(self, *, on: bool) -> None:
        dpg.configure_item(self._question, show=on)
        dpg.configure_item(self._usual, show=not on)
        self._fit(asking=on)

    def _press_close(self) -> None:
        self._ask(on=False)
        dpg.configure_item(self._close, enabled=False)
        self._close_session()
