"""What surrounds every page: top bar, strip, stepper and status bar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import dearpygui.dearpygui as dpg

from palier.client.screens.drawings import (
    STEPPER_HEIGHT,
    draw_countdown,
    draw_dot,
    draw_mark,
    draw_stepper,
)
from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit, text_width
from palier.client.screens.remaining import Reading, read
from palier.client.screens.words import say
from palier.client.state import (
    Asking,
    Connectivity,
    Countdown,
    Ended,
    Lobby,
    Note,
    View,
    Waiting,
)

BAR, STATUS = 64, 38

#: The colour of the connection's dot, and the tone of the strip where there is one.
_INKS = {
    Connectivity.CONNECTING: "faint",
    Connectivity.ONLINE: "ok",
    Connectivity.RECONNECTING: "warn",
    Connectivity.BLOCKED: "warn",
    Connectivity.REFUSED: "bad",
}
_STRIPS = {
    Connectivity.RECONNECTING: "warn",
    Connectivity.BLOCKED: "warn",
    Connectivity.REFUSED: "bad",
}


class TopBar:
    """Mark, program, countdown, seat, connection, and the button that calls for help.

    Where the window is too narrow for all of them, the names on the left give way.
    """

    def __init__(self, kit: Kit, *, title: str, call: Callable[[], None]) -> None:
        self._kit = kit
        self._width = 0
        self._countdown: Countdown | None = None
        self._urgent = False
        self._reading: Reading | None = None
        self._words = ("", "")
        self._label = kit.words.help
        self._offered = False
        self._drawn = 0
        with kit.panel("bar", height=kit.px(BAR), width=-1), kit.row(None, 10):
            with kit.across(spacing=12):
                draw_mark(kit)
                with kit.lowered(8) as self._palier:
                    kit.text("Palier", role="section")
                with kit.lowered(9) as self._program:
                    self._title = kit.text(title, ink="muted")
            with kit.across(spacing=8) as self._right:
                canvas = kit.canvas(width=1, height=kit.px(36), show=False)
                self._time = kit.name("countdown.drawn", canvas)
                self._space = dpg.add_spacer(width=kit.px(8), show=False)
                # what is drawn has no words for who asks
                self._said = kit.name("countdown", kit.text("", show=False))
                with kit.lowered(9):
                    self._seat = kit.text("", role="strong")
                self._dot = kit.canvas(width=kit.px(14), height=kit.px(36))
                with kit.lowered(9):
                    self._state = kit.name("connectivity", kit.text("", ink="muted"))
                self._space_before = dpg.add_spacer(width=kit.px(4))
                with dpg.group() as self._helping:
                    kit.themes.bind(self._helping, "flush")
                    kit.gap(4)
                    self._help = kit.button(kit.words.help, press=call, kind="small")
                    kit.name("help", self._help)
        row: Item = dpg.get_item_parent(self._right)
        table: Item = dpg.get_item_parent(row)
        self._column: Item = dpg.get_item_children(table, 0)[1]
        kit.hairline()

    def show(self, view: View) -> None:
        """Show who and where."""
        kit = self._kit
        if view.program:
            dpg.set_value(self._title, view.program)
        seat = kit.words.seat.format(seat=view.seat)
        state = kit.words.connectivity[view.connectivity.value]
        self._words = (seat, state)
        self._offer_help(view)
        dpg.set_value(self._seat, seat)
        dpg.set_value(self._state, state)
        ink = _INKS[view.connectivity]
        draw_dot(kit, self._dot, ink=ink, at=(kit.px(8), kit.px(18)))
        self._fit()
        self._countdown = view.countdown
        self._urgent = isinstance(view.screen, Asking)

    def _offer_help(self, view: View) -> None:
        """Offer to call, or say that help is on its way; to nobody who has no session."""
        words = self._kit.words
        self._offered = bool(view.session) and not isinstance(view.screen, Ended)
        for item in (self._space_before, self._helping):
            dpg.configure_item(item, show=self._offered)
        self._label = words.help_called if view.called else words.help
        dpg.configure_item(self._help, label=self._label, enabled=not view.called)
        self._kit.themes.bind(self._help, "under-way" if view.called else "small")

    @property
    def offers_help(self) -> bool:
        """Whether the participant can call now."""
        return self._offered and self._label == self._kit.words.help

    def has_keyboard(self) -> bool:
        """Whether Enter presses the button here."""
        return bool(dpg.get_item_state(self._help).get("focused"))

    def lay_out(self, width: int) -> None:
        """Fit the window's width."""
        self._width = width
        self._fit()

    def tick(self, now: float) -> None:
        """Count down; who has nothing to do any more is not told that the time is up."""
        reading = None if self._countdown is None else read(self._countdown, now)
        if reading is not None and not reading.text:
            said = self._kit.words.time_up if self._urgent else ""
            reading = replace(reading, text=said) if said else None
        if reading != self._reading:
            self._reading = reading
            self._draw(reading)

    def _draw(self, reading: Reading | None) -> None:
        dpg.configure_item(self._space, show=reading is not None)
        self._kit.reveal(self._time, on=reading is not None)
        dpg.set_value(self._said, reading.text if reading else "")
        self._drawn = draw_countdown(self._kit, self._time, reading) if reading else 0
        self._fit()

    def _fit(self) -> None:
        """Make the right column as wide as what it says; before the first frame, a guess."""
        kit = self._kit
        width = text_width(self._words[0], kit.fonts["strong"])
        width += text_width(self._words[1], kit.fonts["body"])
        if self._drawn:
            width += self._drawn + kit.px(24)
        if self._offered:
            width += text_width(self._label, kit.fonts["small-strong"]) + kit.px(24 + 1 + 4 + 16)
        width += kit.px(30)
        dpg.configure_item(self._column, init_width_or_weight=width)
        left = self._width - width - kit.px(2 * 24 + 36 + 12)
        palier = text_width("Palier", kit.fonts["section"]) + kit.px(12)
        program = text_width(str(dpg.get_value(self._title)), kit.fonts["body"]) + kit.px(12)
        dpg.configure_item(self._palier, show=left >= palier)
        dpg.configure_item(self._program, show=left >= palier + program)


class Strip:
    """A line across the window: the server cannot be reached, or there is something to know.

    Inputs stay usable.
    """

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        with kit.panel("strip-warn", auto_resize_y=True, width=-1, show=False) as self._panel:
            self._text = kit.name("strip", kit.text("", role="small-strong", wrap=True))

    def show(self, view: View) -> None:
        """Show or hide; what has no sentence of its own is told by the link's note."""
        tone = _STRIPS.get(view.connectivity, "warn" if view.notice else None)
        if view.notice is not None and view.notice.note is Note.MOVED:
            tone = None  # that has a page of its own
        dpg.configure_item(self._panel, show=tone is not None)
        if tone is None:
            dpg.set_value(self._text, "")
            return
        if view.notice is not None:
            said = say(view.notice, self._kit.words)
        else:
            said = f"{self._kit.words.strip[view.connectivity.value]} {view.note}".strip()
        dpg.set_value(self._text, said)
        self._kit.themes.bind(self._panel, f"strip-{tone}")
        self._kit.ink(self._text, tone)


class Banner:
    """Says that the session does not go on for now, and what the operator says about it."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        with kit.panel("strip-calm", auto_resize_y=True, width=-1, show=False) as self._panel:
            self._title = kit.name("held", kit.text("", role="strong", wrap=True))
            self._reason = kit.name("held.reason", kit.text("", wrap=True, show=False))
            kit.text(kit.words.held_text, role="small", ink="muted", wrap=True)

    def show(self, view: View) -> None:
        """Show or hide."""
        dpg.configure_item(self._panel, show=view.held is not None)
        dpg.set_value(self._title, self._kit.words.held[view.held] if view.held else "")
        dpg.set_value(self._reason, view.reason)
        dpg.configure_item(self._reason, show=bool(view.reason))


class Stepper:
    """The stages of the program, where it declares them."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._titles: tuple[str, ...] = ()
        self._current = -1
        self._width = 0
        with kit.across(spacing=0, show=False) as self._group:
            dpg.add_spacer(width=kit.px(24))
            self._canvas = kit.canvas(width=1, height=kit.px(STEPPER_HEIGHT))

    def show(self, view: View) -> None:
        """Show the stage that is open; one that no step names leaves the mark where it was."""
        self._titles = tuple(title for _, title in view.steps)
        self._current = _position(view, self._current)
        dpg.configure_item(self._group, show=bool(self._titles))
        self._draw()

    def lay_out(self, width: int) -> None:
        """Fit the window's width."""
        self._width = width - self._kit.px(48)
        self._draw()

    def _draw(self) -> None:
        if self._width > 0:
            draw_stepper(
                self._kit,
                self._canvas,
                titles=self._titles,
                current=self._current,
                width=self._width,
            )


def _position(view: View, current: int) -> int:
    match view.screen:
        case Lobby():
            return -1
        case Ended(outcome="finished"):
            return len(view.steps)
        case Asking(stage=stage) | Waiting(stage=stage):
            names = [name for name, _ in view.steps]
            return names.index(stage.name) if stage.name in names else current
        case _:
            return current


class StatusBar:
    """What is saved, how far the server is, what time it is."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        kit.hairline()
        with kit.panel("status", height=kit.px(STATUS), width=-1), kit.across(spacing=28):
            self._saved = kit.name("saved", kit.text("", role="small", ink="muted"))
            self._way = kit.text("", role="small", ink="muted", show=False)
            self._clock = kit.text("", role="small", ink="muted")

    def show(self, view: View) -> None:
        """Show how much is under way."""
        words = self._kit.words
        match view.pending:
            case 0:
                saved = words.all_saved
            case 1:
                saved = words.one_pending
            case n:
                saved = words.pending.format(n=n)
        dpg.set_value(self._saved, saved)
        self._kit.ink(self._saved, "warn" if view.pending else "muted")
        dpg.configure_item(self._way, show=view.round_trip is not None)
        if view.round_trip is not None:
            ms = words.numerals.say(view.round_trip, decimals=0)
            dpg.set_value(self._way, words.round_trip.format(ms=ms))

    def tick(self, now: datetime) -> None:
        """Show the time."""
        dpg.set_value(self._clock, now.strftime("%H:%M:%S"))
