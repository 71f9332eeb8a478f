"""The overview: the operator's window. Every seat in one table, and the two things to decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import TypeAlias

import dearpygui.dearpygui as dpg

from palier.client.screens.actions import Actions
from palier.client.screens.drawings import draw_dot, draw_mark
from palier.client.screens.kit import Kit, is_measured
from palier.client.screens.look import Look
from palier.client.screens.loop import Loop, Pace
from palier.client.screens.port import open_port
from palier.client.screens.seats import Seats
from palier.client.screens.standing import counts, sentence
from palier.client.screens.toast import Toast
from palier.client.screens.window import inner_size, show, watch_input, window
from palier.client.state import Connectivity
from palier.schemas.replies import Overview

SIZE = (1080, 760)

_STATUS_INKS = {"running": "ok", "paused": "warn", "stopped": "bad", "lobby": "warn"}


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the operator, such as why a command was refused."""

    text: str


#: What the window takes: the newest overview, a sentence, or how the link is.
News: TypeAlias = Overview | Notice | Connectivity


class OverviewFace:
    """The tree of items; needs a context, but no window. Main thread only."""

    def __init__(self, kit: Kit, *, start: Callable[[], None], close: Callable[[], None]) -> None:
        self._kit = kit
        self._actions = Actions(kit, start=start, close=close)
        self._overview: Overview | None = None
        self._next: Overview | None = None
        with dpg.window(no_scrollbar=True) as self.root:
            kit.themes.bind(self.root, "root")
            self._bar()
            with kit.panel("page", width=-1, height=-1):
                kit.gap(4)
                with kit.across(spacing=0):
                    dpg.add_spacer(width=kit.px(10))
                    with dpg.group():
                        self._head()
                        kit.gap(12)
                        with kit.panel("dense-card", width=-kit.px(10), height=-kit.px(8)):
                            self._seats = Seats(kit)
        self.toast = Toast(kit)

    def _bar(self) -> None:
        kit = self._kit
        with kit.panel("bar", height=kit.px(64), width=-1), kit.across(spacing=12):
            draw_mark(kit)
            with kit.lowered(8):
                kit.text("Palier", role="section")
            with kit.lowered(9):
                self._program = kit.text("", ink="muted")
            self._dot = dpg.add_drawlist(width=kit.px(14), height=kit.px(36))
            with kit.lowered(9):
                self._status = kit.name("status", kit.text("", role="strong"))
            with kit.lowered(9):
                self._link = kit.name("connectivity", kit.text("", ink="warn"))
        kit.hairline()

    def _head(self) -> None:
        kit = self._kit
        card = kit.panel("dense-card", width=-kit.px(10), auto_resize_y=True)
        with card, kit.row(None, 10):
            with dpg.group():
                text = kit.text("", role="section", wrap=True)
                self._sentence = kit.name("sentence", text)
                text = kit.text("", role="small", ink="muted", wrap=True)
                self._counts = kit.name("counts", text)
                self._reason = kit.text("", ink="bad", wrap=True, show=False)
            self._actions.build()
        self._say(kit.words.no_session)

    def _say(self, text: str) -> None:
        dpg.set_value(self._sentence, text)

    def take(self, news: News) -> bool:
        """Take an overview for the next frame, or say a sentence; False if nothing changes."""
        match news:
            case Overview():
                if news == (self._next or self._overview):
                    return False
                self._next = news
            case Notice(text=text):
                self._actions.settle()
                self.toast.show(text)
            case Connectivity():
                online = news is Connectivity.ONLINE
                words = self._kit.words.connectivity[news.value]
                dpg.set_value(self._link, "" if online else words)
        return True

    def tick(self, now: datetime, width: int, height: int) -> None:
        """Bring the items up to date before a frame; ``now`` knows its time zone."""
        if self._next is not None and is_measured(self._kit):
            overview, self._next = self._next, None
            self.show(overview)
        if self._overview is not None and self._overview.status == "running":
            self._seats.tick(now)
        self.toast.tick(width, height)

    def show(self, overview: Overview) -> None:
        """Show an overview."""
        kit, words = self._kit, self._kit.words
        self._overview = overview
        dpg.set_value(self._program, f"{overview.program}, {overview.session}")
        dpg.set_value(self._status, words.status[overview.status])
        ink = _STATUS_INKS.get(overview.status, "faint")
        draw_dot(kit, self._dot, ink=ink, at=(kit.px(8), kit.px(18)))
        self._say(sentence(overview, words))
        dpg.set_value(self._counts, counts(overview, words) or " ")
        dpg.set_value(self._reason, overview.reason)
        dpg.configure_item(self._reason, show=bool(overview.reason))
        self._actions.show(overview)
        self._seats.show(overview)


def run_overview(
    *,
    inbox: SimpleQueue[News],
    start: Callable[[], None],
    close: Callable[[], None],
    title: str = "Palier",
    look: Look | None = None,
) -> None:
    """Show a session to its operator until the window is closed; blocking, in the main thread.

    ``start`` and ``close`` are called in this thread and must not block; what comes of them
    arrives in the inbox, as a newer `Overview` or a `Notice`. Raises `NoDisplay`.
    """
    with window(title=title, look=look or Look(), size=SIZE) as kit:
        face = OverviewFace(kit, start=start, close=close)
        with open_port(kit, screen=lambda: "overview") as port:
            loop = Loop(
                inbox,
                take=face.take,
                tick=lambda: face.tick(datetime.now(UTC), *inner_size()),
                after=port.answer,
                failed=lambda _: face.toast.show(kit.words.mishap),
                pace=Pace.from_environment(),
            )
            watch_input(loop.wake)
            show(face.root)
            loop.run()
