"""The overview: the operator's window. Every seat, what happened lately, and what can be done."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from queue import SimpleQueue
from time import monotonic
from typing import TypeAlias

import dearpygui.dearpygui as dpg

from palier.client.screens.actions import (
    SeatActions,
    SessionActions,
    is_immediate,
    needs_reason,
)
from palier.client.screens.calls import Calls
from palier.client.screens.drawings import draw_dot, draw_mark
from palier.client.screens.fault import Fault
from palier.client.screens.feed import Feed
from palier.client.screens.happenings import Happenings
from palier.client.screens.kit import Kit, is_measured
from palier.client.screens.look import Look
from palier.client.screens.loop import Loop
from palier.client.screens.orders import Order
from palier.client.screens.pace import Pace
from palier.client.screens.port import open_port
from palier.client.screens.question import Question
from palier.client.screens.seats import Seats
from palier.client.screens.standing import counts, sentence
from palier.client.screens.toast import Toast, Tone
from palier.client.screens.window import inner_size, show, watch_input, window
from palier.client.state import Connectivity
from palier.schemas.events import HelpCalled, SeatRefused
from palier.schemas.replies import Overview, SessionLog

SIZE = (1080, 760)

_OVER = frozenset({"finished", "closed"})
_STATUS_INKS = {"running": "ok", "paused": "warn", "stopped": "bad", "lobby": "warn"}

#: What is above the table at least, and the least that it, the feed and a traceback need.
_ABOVE, _TABLE, _FEED, _TRACEBACK = 240, 170, 110, 80


@dataclass(frozen=True, slots=True)
class Notice:
    """A sentence for the operator: what an order did, or why it was refused; may be empty."""

    text: str
    tone: Tone = "calm"


#: What the window takes: the newest overview, the next entries of the log, what a seat was refused,
#: that one calls for help, a sentence, or how the link is.
News: TypeAlias = Overview | SessionLog | SeatRefused | HelpCalled | Notice | Connectivity


class OverviewFace:
    """The tree of items; needs a context, but no window. Main thread only.

    ``ordered`` gets what the operator wants to be done, and must not block. ``clock`` counts
    seconds, and is never set.
    """

    def __init__(
        self,
        kit: Kit,
        *,
        ordered: Callable[[Order], None],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._kit = kit
        self._ordered = ordered
        self._clock = clock
        self._actions = SessionActions(kit, wanted=self._want)
        self._overview: Overview | None = None
        self._next: Overview | None = None
        self._taken_at = 0.0
        self._happenings = Happenings()
        self._refused: list[SeatRefused] = []
        self._size = (0, 0, 0, 0, False)
        with dpg.window(no_scrollbar=True) as self.root:
            kit.themes.bind(self.root, "root")
            self._bar()
            with kit.panel(
                "page", width=-1, height=-1, no_scrollbar=False, no_scroll_with_mouse=False
            ) as self._page:
                kit.gap(4)
                with kit.across(spacing=0):
                    dpg.add_spacer(width=kit.px(10))
                    with dpg.group():
                        self._build()
        self.toast = Toast(kit)

    def _build(self) -> None:
        kit = self._kit
        self._calls = Calls(kit, attended=self._order)
        self._head()
        kit.gap(12)
        self._fault = Fault(kit, retry=lambda: self._order(Order(what="retry")))
        self._fault_gap = dpg.add_spacer(height=kit.px(12), show=False)
        with kit.panel("dense-card", width=-kit.px(10)) as self._table:
            self._seats = Seats(kit, chosen=self._choose)
        self._feed_gap = dpg.add_spacer(height=kit.px(12))
        with kit.panel("dense-card", width=-kit.px(10), height=-kit.px(8)) as self._feed_card:
            self._feed = Feed(kit)

    def _bar(self) -> None:
        kit = self._kit
        with kit.panel("bar", height=kit.px(64), width=-1), kit.across(spacing=12):
            draw_mark(kit)
            with kit.lowered(8):
                kit.text("Palier", role="section")
            with kit.lowered(9):
                self._program = kit.text("", ink="muted")
            self._dot = kit.canvas(width=kit.px(14), height=kit.px(36))
            with kit.lowered(9):
                self._status = kit.name("status", kit.text("", role="strong"))
            with kit.lowered(9):
                self._link = kit.name("connectivity", kit.text("", ink="warn"))
        kit.hairline()

    def _head(self) -> None:
        kit = self._kit
        with kit.panel("dense-card", width=-kit.px(10), auto_resize_y=True):
            with kit.row(None, 10):
                with dpg.group():
                    text = kit.text("", role="section", wrap=True)
                    self._sentence = kit.name("sentence", text)
                    text = kit.text("", role="small", ink="muted", wrap=True)
                    self._counts = kit.name("counts", text)
                    self._reason = kit.name("reason", kit.text("", wrap=True, show=False))
                self._actions.build()
            kit.gap(2)
            self._question = Question(kit, answered=self._order, closed=self._choose)
            self._for_seats = SeatActions(kit, wanted=self._want, clear=self._choose_none)
        self._say(kit.words.no_session)

    def _say(self, text: str) -> None:
        dpg.set_value(self._sentence, text)

    # -- what comes in ----------------------------------------------------------------------------

    def take(self, news: News) -> bool:
        """Take news for the next frame, or say a sentence; False if nothing changes."""
        match news:
            case Overview():
                self._taken_at = self._clock()
                known = self._next or self._overview
                same = known is not None and _timeless(news) == _timeless(known)
                if same and self._next is None:
                    self._overview = news
                else:
                    self._next = news
                return not same
            case SessionLog():
                before = self._happenings.lines
                self._happenings.take(news)
                return self._happenings.lines != before
            case SeatRefused():
                self._refused.append(news)
            case Notice(text=text, tone=tone):
                self._actions.settle()
                self._fault.settle()
                self._calls.settle()
                if text:
                    self.toast.show(text, tone=tone)
            case HelpCalled():
                self._happenings.take_call(news)
            case Connectivity():
                online = news is Connectivity.ONLINE
                words = self._kit.words.connectivity[news.value]
                dpg.set_value(self._link, "" if online else words)
        return True

    def tick(self, now: datetime, width: int, height: int) -> None:
        """Bring the items up to date before a frame; ``now`` knows the zone that times are in."""
        if self._next is not None and is_measured(self._kit):
            self.show(self._next)
        while self._refused and self._overview is not None:
            refused = self._refused.pop(0)
            # a seat that speaks nonsense may name no session, or another
            if any(row.seat == refused.seat for row in self._overview.seats):
                self._happenings.take_refused(refused, at=now)
        self._feed.show(self._happenings.lines, now.tzinfo)
        if self._overview is not None:
            now = self._workers_now(self._overview)
            self._seats.tick(now, self._happenings.away)
            self._calls.tick(now)
        self._lay_out(width, height)
        self.toast.tick(width, height)

    def _workers_now(self, overview: Overview) -> datetime:
        """Return what time it is for the worker, whatever the clock of this computer says."""
        return overview.now + timedelta(seconds=self._clock() - self._taken_at)

    def show(self, overview: Overview) -> None:
        """Show an overview."""
        kit, words = self._kit, self._kit.words
        self._overview, self._next = overview, None
        dpg.set_value(self._program, f"{overview.program}, {overview.session}")
        dpg.set_value(self._status, words.status[overview.status])
        ink = _STATUS_INKS.get(overview.status, "faint")
        draw_dot(kit, self._dot, ink=ink, at=(kit.px(8), kit.px(18)))
        self._say(sentence(overview, words))
        dpg.set_value(self._counts, counts(overview, words) or " ")
        # why a program has stopped is said with its traceback
        reason = "" if overview.status == "stopped" else overview.reason
        dpg.set_value(self._reason, reason)
        dpg.configure_item(self._reason, show=bool(reason))
        self._actions.show(overview)
        self._calls.show(overview)
        self._fault.show(overview)
        self._seats.show(overview)
        if overview.status in _OVER and self._question.open:
            self._question.close()
        self._choose()

    # -- what the operator wants ------------------------------------------------------------------

    def _choose(self) -> None:
        """Offer what can be done to the seats that are chosen."""
        overview = self._overview
        over = overview is None or overview.status in _OVER
        names = self._seats.chosen
        rows = tuple(row for row in overview.seats if row.seat in names) if overview else ()
        self._for_seats.show(rows, over=over, asking=self._question.open)

    def _choose_none(self) -> None:
        self._seats.clear()

    def _want(self, order: Order) -> None:
        if is_immediate(order):
            self._order(order)
        else:
            self._question.ask(order, needed=needs_reason(order))
            self._choose()

    def _order(self, order: Order) -> None:
        self._actions.busy(order)
        if order.seats:
            self._seats.clear()
        self._ordered(order)

    # -- where it stands --------------------------------------------------------------------------

    def _lay_out(self, width: int, height: int) -> None:
        """Share the height: the table has most of it, and what is told of a failure comes first."""
        px = self._kit.px
        needed = self._fault.height if self._fault.shown else 0
        calls = self._calls.height
        tight = self._is_tight(height)
        if (width, height, needed, calls, tight) == self._size:
            return
        self._size = (width, height, needed, calls, tight)
        room = height - px(_ABOVE) - calls
        below = 0
        if needed:
            traceback = min(needed, max(px(_TRACEBACK), room // 3))
            self._fault.lay_out(traceback)
            room -= traceback + px(120)
        feed = max(px(_FEED), min(room // 3, px(190)))
        if room - feed >= px(_TABLE):
            below = feed + px(8) + px(12)
        dpg.configure_item(self._fault_gap, show=bool(needed))
        for item in (self._feed_gap, self._feed_card):
            dpg.configure_item(item, show=bool(below))
        dpg.configure_item(self._table, height=px(_TABLE) if tight else -(below or px(8)))

    def _is_tight(self, height: int) -> bool:
        """Whether what is above the table leaves it no room, so that all has to scroll.

        A large scale in a small window breaks sentences into many lines.
        """
        top = dpg.get_item_state(self._table).get("rect_min", (0, 0))[1]
        return bool(height - top - dpg.get_y_scroll(self._page) < self._kit.px(_TABLE))


def _timeless(overview: Overview) -> Overview:
    return overview.model_copy(update={"now": overview.opened_at})


def run_overview(
    *,
    inbox: SimpleQueue[News],
    ordered: Callable[[Order], None],
    title: str = "Palier",
    look: Look | None = None,
) -> None:
    """Show a session to its operator until the window is closed; blocking, in the main thread.

    ``ordered`` is called in this thread and must not block; what comes of an order arrives in the
    inbox, as a newer `Overview` or a `Notice`. Raises `NoDisplay`.
    """
    with window(title=title, look=look or Look(), size=SIZE) as kit:
        face = OverviewFace(kit, ordered=ordered)
        with open_port(kit, screen=lambda: "overview") as port:
            loop = Loop(
                inbox,
                take=face.take,
                tick=lambda: face.tick(datetime.now().astimezone(), *inner_size()),
                after=port.answer,
                failed=lambda _: face.toast.show(kit.words.mishap, tone="bad"),
                pace=Pace.from_environment(),
            )
            watch_input(loop.wake)
            show(face.root)
            loop.run()
