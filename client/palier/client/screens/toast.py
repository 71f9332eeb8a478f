"""Small messages in the corner that go away by themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from time import monotonic
from typing import Literal, TypeAlias

import dearpygui.dearpygui as dpg

from palier.client.screens.drawings import draw_sign
from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit

Tone: TypeAlias = Literal["calm", "ok", "warn", "bad"]

#: At most so many at a time: the next one takes the place of the oldest.
MOST = 3

_SECONDS = 7.0
_WIDTH, _ICON, _APART = 380, 24, 10
_BELOW, _BESIDE = 62, 24


class Toast:
    """A stack of sentences, the newest at the bottom; none ever takes the keyboard."""

    def __init__(self, kit: Kit, *, clock: Callable[[], float] = monotonic) -> None:
        self._kit = kit
        self._clock = clock
        self._free = [_Slip(kit) for _ in range(MOST)]
        self._shown: list[_Slip] = []
        kit.name("toast", self._free[-1].item)

    def show(self, text: str, *, tone: Tone = "calm") -> None:
        """Show a sentence for some seconds; one that is there already stays for longer."""
        same = next((one for one in self._shown if one.text == text), None)
        if same is not None:
            self._shown.remove(same)
        elif self._free:
            same = self._free.pop()
        else:
            same = self._shown.pop(0)
        same.write(text, tone=tone)
        same.until = self._clock() + _SECONDS
        self._shown.append(same)
        self._kit.name("toast", same.item)

    def tick(self, width: int, height: int) -> None:
        """Stay in the corner; go when it is time."""
        if not self._shown:
            return
        now, px = self._clock(), self._kit.px
        for one in [one for one in self._shown if now > one.until]:
            one.hide()
            self._shown.remove(one)
            self._free.append(one)
        bottom = height - px(_BELOW)
        for one in reversed(self._shown):
            bottom = one.place(width - px(_BESIDE), bottom) - px(_APART)


@dataclass(slots=True)
class _Places:
    """Where a slip was put, so that it is moved only when it has to."""

    position: tuple[int, int] = (0, 0)
    wrap: int = 0


class _Slip:
    """One sentence with its sign; made once, and written anew."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self.text = ""
        self.until = 0.0
        self._placed = _Places()
        with (
            dpg.window(
                show=False,
                no_title_bar=True,
                no_move=True,
                no_resize=True,
                no_focus_on_appearing=True,
                no_scrollbar=True,
                no_saved_settings=True,
                autosize=True,
                min_size=[10, 10],
            ) as self._window,
            kit.across(spacing=10),
        ):
            kit.themes.bind(self._window, "toast")
            self._sign: Item = kit.canvas(width=kit.px(_ICON), height=kit.px(_ICON))
            with kit.lowered(3):
                self.item = kit.text("")

    def write(self, text: str, *, tone: Tone) -> None:
        self.text = text
        draw_sign(self._kit, self._sign, tone=tone, size=_ICON)
        dpg.set_value(self.item, text)
        dpg.configure_item(self._window, show=True)

    def place(self, right: int, bottom: int) -> int:
        """Put the lower right corner there; return where the upper edge is."""
        px = self._kit.px
        wrap = min(px(_WIDTH), right - px(_BESIDE)) - px(36 + _ICON + 10)
        if wrap != self._placed.wrap:
            self._placed.wrap = wrap
            dpg.configure_item(self.item, wrap=wrap)
        width, height = dpg.get_item_rect_size(self._window)
        width, height = int(width) or px(_WIDTH), int(height) or px(56)
        position = (right - width, bottom - height)
        if position != self._placed.position:
            self._placed.position = position
            dpg.set_item_pos(self._window, list(position))
        return position[1]

    def hide(self) -> None:
        self.text = ""
        dpg.configure_item(self._window, show=False)
