"""The card of a session that its program has stopped: why, where, and what to do."""

from __future__ import annotations

from collections.abc import Callable

import dearpygui.dearpygui as dpg

from palier.client.screens.kit import Kit, text_width
from palier.schemas.replies import Overview


class Fault:
    """A card with the traceback; shown while the session is stopped.

    The traceback can be read, selected and copied. Lines that only point at columns are left out:
    the letters here are not all of one width. What is copied has them.
    """

    def __init__(self, kit: Kit, *, retry: Callable[[], None]) -> None:
        self._kit = kit
        self._traceback = self._command = ""
        #: Pixels that the whole traceback needs.
        self.height = 0
        with kit.panel("dense-card", auto_resize_y=True, width=-kit.px(10)) as self._card:
            label = kit.words.do["retry"]
            with kit.row(None, 10):
                text = kit.text("", role="section", ink="bad", wrap=True)
                self._reason = kit.name("fault", text)
                self._again = kit.button(
                    kit.words.do["retry"], press=self._press(retry), kind="primary"
                )
                kit.name("retry", self._again)
            row = dpg.get_item_parent(self._again)
            self._column = dpg.get_item_children(dpg.get_item_parent(row), 0)[1]
            kit.gap(2)
            self._text = dpg.add_input_text(multiline=True, readonly=True, width=-1)
            dpg.bind_item_font(self._text, kit.fonts["small"])
            kit.themes.bind(self._text, "field")
            kit.name("traceback", self._text)
            kit.gap(2)
            with kit.across(spacing=10):
                with kit.lowered(8):
                    kit.text(kit.words.mend, role="small", ink="muted")
                with kit.lowered(8):
                    self._hint = kit.name("retry.command", kit.text("", role="small-strong"))
                press = self._copy
                for name, label in (("command", kit.words.copy_command), ("all", kit.words.copy)):
                    button = kit.button(label, press=press(name), kind="small")
                    kit.name(f"copy.{name}", button)
        dpg.configure_item(self._card, show=False)

    @property
    def shown(self) -> bool:
        """Whether there is something to mend."""
        return bool(dpg.get_item_configuration(self._card)["show"])

    def show(self, overview: Overview) -> None:
        """Show why the session is stopped, or nothing."""
        kit, stopped = self._kit, overview.status == "stopped"
        dpg.configure_item(self._card, show=stopped)
        if not stopped:
            self.settle()
            return
        dpg.set_value(self._reason, overview.reason)
        width = text_width(kit.words.do["retry"], kit.fonts["strong"]) + kit.px(41)
        dpg.configure_item(self._column, init_width_or_weight=width)
        if overview.traceback != self._traceback:
            self._traceback = overview.traceback
            lines = [one for one in overview.traceback.splitlines() if one.strip(" ^~|")]
            dpg.set_value(self._text, "\n".join(lines))
            self.height = kit.px(16) * (len(lines) + 1) + kit.px(18)
        self._command = f"palier session retry {overview.session}"
        dpg.set_value(self._hint, self._command)

    def settle(self) -> None:
        """Let it be tried again."""
        dpg.configure_item(self._again, enabled=True)

    def lay_out(self, height: int) -> None:
        """Give the traceback so many pixels."""
        dpg.configure_item(self._text, height=height)

    def _press(self, retry: Callable[[], None]) -> Callable[[], None]:
        def pressed() -> None:
            dpg.configure_item(self._again, enabled=False)
            retry()

        return pressed

    def _copy(self, what: str) -> Callable[[], None]:
        return lambda: dpg.set_clipboard_text(
            self._command if what == "command" else self._traceback
        )
