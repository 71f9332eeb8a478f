"""The modal layer: one dialog at a time over the page, which is dimmed and cannot be reached.

Dear PyGui shows one modal window at a time and loses the others. This is an ordinary window over
the whole page, with a card in it: what comes while one is open waits for its turn.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection
from dataclasses import dataclass

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit

_WIDTH, _MARGIN = 520, 16

#: Frames that nothing in a dialog may have the keyboard before it is given to it again.
_PATIENCE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line to type in a dialog."""

    hint: str
    longest: int = 1000
    secret: bool = False


def _nothing() -> None:
    """Do nothing when a dialog is cancelled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialog:
    """A question to the participant; Enter confirms it, Escape cancels it.

    ``confirmed`` gets what was typed, and returns what is wrong with it in a sentence: the dialog
    then stays. An empty one closes it.
    """

    title: str
    text: str
    confirm: str
    confirmed: Callable[[str], str]
    cancelled: Callable[[], None] = _nothing
    entry: Entry | None = None


class Modal:
    """The layer; needs a context, main thread only.

    ``tick`` before each frame opens and places what is to be shown. What had the keyboard before
    has it again afterwards; ``openers`` name what only opens dialogs, and is passed over.
    """

    def __init__(self, kit: Kit, *, openers: Collection[str] = ()) -> None:
        self._kit = kit
        self._openers = openers
        self._last = ""
        self._waiting: deque[Dialog] = deque()
        self._shown: _Shown | None = None
        self._closing = False
        self._back: Callable[[], None] | None = None
        self._size = (0, 0)
        self._returns = 0
        with dpg.window(
            show=False,
            no_title_bar=True,
            no_move=True,
            no_resize=True,
            no_scrollbar=True,
            no_scroll_with_mouse=True,
            no_saved_settings=True,
            min_size=[10, 10],
            pos=[0, 0],
        ) as self.veil:
            kit.themes.bind(self.veil, "veil")

    @property
    def open(self) -> bool:
        """Whether a dialog has the keyboard, or had it until this frame."""
        return self._shown is not None or self._closing

    def ask(self, dialog: Dialog) -> None:
        """Open a dialog at the next frame, or behind those that wait; one is never there twice."""
        known = [self._shown.dialog] if self._shown else []
        if dialog.title not in {one.title for one in (*known, *self._waiting)}:
            self._waiting.append(dialog)

    def return_to(self, focus: Callable[[], None]) -> None:
        """Say what takes the keyboard when no dialog is open any more."""
        self._back = focus

    def enter(self) -> bool:
        """Take a press of Enter; False where no dialog is open, and it is for the page."""
        if self._shown is not None and not self._shown.on_button():
            self._confirm(self._shown)
        return self.open

    def escape(self) -> bool:
        """Take a press of Escape; False where no dialog is open."""
        if self._shown is not None:
            self._cancel(self._shown)
        return self.open

    def tick(self, width: int, height: int) -> None:
        """Open, place, and keep the keyboard."""
        self._closing = False
        if self._shown is None:
            if not self._waiting:
                self._rest()
                return
            self._open(self._waiting.popleft())
        if self._shown is not None:
            if (width, height) != self._size:
                self._size = (width, height)
                dpg.configure_item(self.veil, width=width, height=height)
            self._shown.place(width, height)
            self._shown.hold()

    def _open(self, dialog: Dialog) -> None:
        dpg.configure_item(self.veil, show=True)
        dpg.push_container_stack(self.veil)
        try:
            self._shown = _Shown(self._kit, dialog, confirm=self._confirm, cancel=self._cancel)
        finally:
            dpg.pop_container_stack()

    def _rest(self) -> None:
        """Give the keyboard back after a dialog, and watch who has it until the next."""
        if not self._returns:
            self._watch()
            return
        # the window behind needs a frame or two until it takes it
        self._returns -= 1
        (self._back or self._give_back)()
        if not self._returns:
            self._back = None

    def _watch(self) -> None:
        """Remember what has the keyboard, of all that has a name."""
        named = self._kit.named
        if self._last in named and _has_keyboard(named[self._last]):
            return
        name = next((name for name, one in named.items() if _has_keyboard(one)), "")
        if name and name not in self._openers:
            self._last = name

    def _give_back(self) -> None:
        if self._last in self._kit.named:
            dpg.focus_item(self._kit.named[self._last])

    def _confirm(self, shown: _Shown) -> None:
        if shown is self._shown and shown.confirm():
            self._close()

    def _cancel(self, shown: _Shown) -> None:
        if shown is self._shown:
            self._close()
            shown.dialog.cancelled()

    def _close(self) -> None:
        self._shown, self._closing = None, True
        # its events that are still on their way go with it
        self._kit.forget(self.veil)
        if self._waiting:
            return
        dpg.configure_item(self.veil, show=False)
        self._returns = _PATIENCE


class _Shown:
    """The card of the dialog that is open."""

    def __init__(
        self,
        kit: Kit,
        dialog: Dialog,
        *,
        confirm: Callable[[_Shown], None],
        cancel: Callable[[_Shown], None],
    ) -> None:
        self.dialog = dialog
        self._kit = kit
        self._entry: Item | None = None
        self._lost = _PATIENCE
        with kit.panel("card", auto_resize_y=True, width=kit.px(_WIDTH)) as self._card:
            kit.name("dialog", kit.text(dialog.title, role="section", wrap=True))
            kit.gap(2)
            kit.text(dialog.text, ink="muted", wrap=True)
            kit.gap(8)
            if dialog.entry is not None:
                self._entry = self._add_entry(dialog.entry)
            self._problem = kit.text("", role="small", ink="bad", wrap=True, show=False)
            kit.name("dialog.problem", self._problem)
            kit.gap(10)
            with kit.across() as row:
                yes = kit.button(dialog.confirm, press=lambda: confirm(self), kind="primary")
                no = kit.button(kit.words.cancel, press=lambda: cancel(self))
            self._row = row
        self._buttons = (kit.name("dialog.yes", yes), kit.name("dialog.no", no))

    def _add_entry(self, entry: Entry) -> Item:
        kit = self._kit
        item: Item = dpg.add_input_text(width=-1, hint=entry.hint, password=entry.secret)
        kit.themes.bind(item, "field")
        kit.on_edit(item, self._edited)
        return kit.name("dialog.entry", item)

    def _edited(self) -> None:
        assert self._entry is not None
        assert self.dialog.entry is not None
        typed = str(dpg.get_value(self._entry))
        if len(typed) > self.dialog.entry.longest:
            dpg.set_value(self._entry, typed[: self.dialog.entry.longest])
        self._say("")

    def confirm(self) -> bool:
        """Do what the dialog is for; False if something is wrong, which is then shown."""
        typed = "" if self._entry is None else str(dpg.get_value(self._entry)).strip()
        problem = self.dialog.confirmed(typed)
        if not problem:
            return True
        if self._entry is not None and self.dialog.entry and self.dialog.entry.secret:
            dpg.set_value(self._entry, "")
        self._say(problem)
        self._focus()
        return False

    def _say(self, problem: str) -> None:
        dpg.set_value(self._problem, problem)
        dpg.configure_item(self._problem, show=bool(problem))
        if self._entry is not None:
            self._kit.themes.bind(self._entry, "field-bad" if problem else "field")

    def on_button(self) -> bool:
        """Whether a button has the keyboard: Enter presses that."""
        return any(_has_keyboard(one) for one in self._buttons)

    def hold(self) -> None:
        """Take the keyboard, and take it back from whatever got it by a click or a key."""
        mine = self.on_button() or (self._entry is not None and _has_keyboard(self._entry))
        self._lost = 0 if mine else self._lost + 1
        if self._lost > _PATIENCE:
            self._lost = 0
            self._focus()

    def _focus(self) -> None:
        dpg.focus_item(self._buttons[0] if self._entry is None else self._entry)

    def place(self, width: int, height: int) -> None:
        """Stand in the upper third; its height is known after its first frame."""
        px = self._kit.px
        wide = min(px(_WIDTH), width - 2 * px(_MARGIN))
        _, high = dpg.get_item_rect_size(self._card)
        left = (width - wide) // 2
        top = max(px(_MARGIN), (height - (high or px(240))) // 3)
        if dpg.get_item_width(self._card) != wide:
            dpg.configure_item(self._card, width=wide)
        if dpg.get_item_pos(self._card) != [left, top]:
            dpg.set_item_pos(self._card, [left, top])


def _has_keyboard(item: Item) -> bool:
    return bool(dpg.does_item_exist(item) and dpg.get_item_state(item).get("focused"))
