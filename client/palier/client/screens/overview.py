"""The overview: the operator's window. Every seat in one table, and the two things to decide."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from queue import SimpleQueue
from typing import TypeAlias

import dearpygui.dearpygui as dpg

from palier.client.screens.drawings import draw_dot, draw_mark
from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit, is_measured, text_width
from palier.client.screens.loop import Loop, Pace
from palier.client.screens.port import open_port
from palier.client.screens.standing import counts, elapsed, held_up, sentence
from palier.client.screens.texts import choose_language
from palier.client.screens.toast import Toast
from palier.client.screens.window import PaletteChoice, inner_size, show, watch_input, window
from palier.client.state import Connectivity
from palier.schemas.replies import Overview, SeatRow

SIZE = (1080, 760)

_STATUS_INKS = {"running": "ok", "failed": "bad", "lobby": "warn"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A sentence for the operator, such as why a command was refused."""

    text: str


#: What the window takes: the newest overview, a sentence, or how the link is.
News: TypeAlias = Overview | Notice | Connectivity


class OverviewFace:
    """The tree of items; needs a context, but no window. Main thread only."""

    def __init__(self, kit: Kit, *, start: Callable[[], None], close: Callable[[], None]) -> None:
        self._kit = kit
        self._actions = _Actions(kit, start=start, close=close)
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
                            self._seats = _Seats(kit)
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

    def take(self, news: News) -> None:
        """Take an overview for the next frame, or say a sentence at once."""
        match news:
            case Overview():
                self._next = news
            case Notice(text=text):
                self._actions.settle()
                self.toast.show(text)
            case Connectivity():
                online = news is Connectivity.ONLINE
                words = self._kit.words.connectivity[news.value]
                dpg.set_value(self._link, "" if online else words)

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


class _Actions:
    """Start and close; closing asks once more, in the same place."""

    def __init__(self, kit: Kit, *, start: Callable[[], None], close: Callable[[], None]) -> None:
        self._kit = kit
        self._start_session = start
        self._close_session = close
        self._status = ""

    def build(self) -> None:
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
        over = overview.status in {"finished", "closed", "failed"}
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
        dpg.set_value(self._payoff, row.payoff)
        self._since = row.since

    def tick(self, now: datetime) -> None:
        dpg.set_value(self._for, elapsed(self._since, now))


def _ink(row: SeatRow, *, late: bool) -> str:
    if not row.present:
        return "bad"
    return "warn" if late else "muted" if row.state != "working" else "text"


class _Seats:
    """The table; rows are made anew only when other seats come."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._rows: dict[str, _Row] = {}
        self._table: Item = 0
        self._here: Item = dpg.last_container()

    def show(self, overview: Overview) -> None:
        seats = tuple(row.seat for row in overview.seats)
        if seats != tuple(self._rows):
            self._build(seats)
        _, late = held_up(overview)
        names = {row.seat for row in late}
        for row in overview.seats:
            self._rows[row.seat].show(row, late=row.seat in names)

    def tick(self, now: datetime) -> None:
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


def run_overview(
    *,
    inbox: SimpleQueue[News],
    start: Callable[[], None],
    close: Callable[[], None],
    title: str = "Palier",
    palette: PaletteChoice = "system",
    scale: float | None = None,
    language: str | None = None,
) -> None:
    """Show a session to its operator until the window is closed; blocking, in the main thread.

    ``start`` and ``close`` are called in this thread and must not block; what comes of them
    arrives in the inbox, as a newer `Overview` or a `Notice`. Raises `NoDisplay`.
    """
    spoken = choose_language(language)
    with window(title=title, palette=palette, scale=scale, language=spoken, size=SIZE) as kit:
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
