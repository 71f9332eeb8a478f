"""Questions that are answered by a number."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from palier.client.screens.draft import Raw
from palier.client.screens.face import FieldFace, add_line
from palier.client.screens.fonts import Item
from palier.client.screens.kit import text_width
from palier.schemas.forms import IntegerField, NumberField


class NumberFace(FieldFace[IntegerField | NumberField]):
    """A number typed as the language writes it, its range beside it."""

    def build_input(self) -> None:
        """Add a line."""
        add_line(self, width=self.kit.px(160))

    def build_hint(self) -> None:
        """Say the range."""
        low, high = self.spec.minimum, self.spec.maximum
        say = self.kit.words.numerals.say
        with self.kit.lowered(2) as self._range:
            if low is not None and high is not None:
                between = self.kit.words.between.format(low=say(low), high=say(high))
                self.kit.text(between, role="small", ink="muted")

    def say(self, problem: str) -> None:
        """Show the problem in the place of the range."""
        super().say(problem)
        dpg.configure_item(self._range, show=not problem)


class SliderFace(FieldFace[IntegerField]):
    """A whole number of a small range: typed, stepped, or slid."""

    def build_input(self) -> None:
        """Add the line between its two steps."""
        kit = self.kit
        side = kit.px(20) + 2 * kit.px(9)  # as high as the line between
        with kit.across(spacing=8):
            self._step("\N{MINUS SIGN}", -1, side)
            self._line = add_line(self, width=kit.px(96))
            dpg.bind_item_font(self._line, kit.fonts["section"])
            self._step("+", +1, side)
        # the first input is what gets the keyboard
        self.inputs.insert(0, self.inputs.pop(1))

    def build_below(self) -> None:
        """Add the slider and its ends."""
        kit = self.kit
        low, high = self._bounds
        kit.gap(0)
        self._slider: Item = dpg.add_slider_int(
            min_value=low,
            max_value=high,
            width=-1,
            format="",
            clamped=True,
            callback=lambda _sender, value, _data: self._set(int(value)),
        )
        self.named(self._slider, "slider")
        self._follow()
        say = kit.words.numerals.say
        right = text_width(say(high), kit.fonts["small"]) / kit.scale + 2
        with kit.row(None, right):
            kit.text(say(low), role="small", ink="muted")
            kit.text(say(high), role="small", ink="muted")

    @property
    def _bounds(self) -> tuple[int, int]:
        low, high = self.spec.minimum, self.spec.maximum
        assert low is not None
        assert high is not None
        return low, high

    @property
    def _value(self) -> int | None:
        return self.kit.words.numerals.read_whole(str(self.raw)) if self.raw else None

    def _step(self, label: str, by: int, side: int) -> None:
        press = lambda: self._move(by)  # noqa: E731 - a press has no argument
        button = self.kit.button(label, press=press, kind="step", width=side, height=side)
        self.named(button, "less" if by < 0 else "more")

    def _move(self, by: int) -> None:
        low, high = self._bounds
        value = self._value
        start = low - by if value is None and by > 0 else value
        self._set(min(max((high + 1 if start is None else start) + by, low), high))

    def _set(self, value: int) -> None:
        text = self.kit.words.numerals.say(value)
        dpg.set_value(self._line, text)
        self.edited(text)

    def edited(self, raw: Raw) -> None:
        """Keep the value, and let the slider follow."""
        super().edited(raw)
        self._follow()

    def mark(self, *, bad: bool) -> None:
        """Mark the line alone."""
        self.kit.themes.bind(self._line, "field-bad" if bad else "field")

    def _follow(self) -> None:
        low, high = self._bounds
        value = self._value
        inside = value is not None and low <= value <= high
        dpg.set_value(self._slider, value if inside else low)
        # an untouched slider must not look like an answer
        self.kit.themes.bind(self._slider, "slider" if inside else "slider-untouched")
