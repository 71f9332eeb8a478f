"""Questions that are answered by a number."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from palier.client.screens.draft import Raw
from palier.client.screens.face import FieldFace, add_line
from palier.client.screens.fonts import Item
from palier.schemas.forms import IntegerField, NumberField

#: The width of a line with a number, and of one between two steps.
_NUMBER, _LINE = 160, 96


class NumberFace(FieldFace[IntegerField | NumberField]):
    """A number typed as the language writes it, its unit and its range beside it."""

    def build_input(self) -> None:
        """Add a line, and the unit beside it."""
        kit = self.kit
        if self.manner.unit is None:
            add_line(self, width=kit.px(_NUMBER))
            return
        with kit.across(spacing=10):
            add_line(self, width=kit.px(_NUMBER))
            # it stands on the line of what is typed
            self._unit = kit.text(self.manner.unit)

    @property
    def hinted(self) -> str:
        """The range."""
        low, high = self.spec.minimum, self.spec.maximum
        if low is None or high is None:
            return ""
        say = self.kit.words.numerals.say
        return self.kit.words.between.format(low=say(low), high=say(high))

    def input_width(self) -> float:
        """Return how wide line and unit are."""
        unit = self.manner.unit
        beside = self.kit.width(unit, "body") + self.kit.px(10) if unit else 0
        return self.kit.px(_NUMBER) + beside

    def rephrase(self) -> None:
        """Say the unit anew."""
        super().rephrase()
        if self.manner.unit is not None:
            dpg.set_value(self._unit, self.manner.unit)

    def written(self, raw: Raw) -> str:
        """Return a number with all the decimals that a screen wants."""
        text = super().written(raw)
        numerals, decimals = self.kit.words.numerals, self.manner.decimals
        value = numerals.read(text) if decimals else None
        return text if value is None else numerals.fixed(value, decimals=decimals or 0)

    def put(self, raw: Raw) -> None:
        """Show another number."""
        dpg.set_value(self.inputs[0], self.written(raw))


class SliderFace(FieldFace[IntegerField]):
    """A whole number of a small range: typed, stepped, or slid."""

    def build_input(self) -> None:
        """Add the line between its two steps, and the unit beside them."""
        kit = self.kit
        role = "title" if self.manner.large else "section"
        height = 28 if self.manner.large else 20
        side = kit.px(height) + 2 * kit.px(9)  # as high as the line between
        self._steps_width = 2 * side + kit.px(_LINE) + 2 * kit.px(8)
        with kit.across(spacing=12) as self._steps:
            with kit.across(spacing=8):
                self._step("\N{MINUS SIGN}", -1, side)
                self._number = add_line(self, width=kit.px(_LINE))
                dpg.bind_item_font(self._number, kit.fonts[role])
                self._step("+", +1, side)
            with dpg.group() as self._beside:
                kit.themes.bind(self._beside, "flush")
                self._unit_lower = dpg.add_spacer(height=kit.px(self.drop))
                self._unit = kit.text("", ink="muted")
        # the first input is what gets the keyboard
        self.inputs.insert(0, self.inputs.pop(1))

    @property
    def drop(self) -> int:
        """As far as the line is high."""
        return 14 if self.manner.large else 9

    def build_below(self) -> None:
        """Add the slider and its ends."""
        kit = self.kit
        kit.gap(0)
        self._slider: Item = dpg.add_slider_int(
            width=-1,
            format="",
            clamped=True,
            callback=lambda _sender, value, _data: self._set(int(value)),
        )
        self.named(self._slider, "slider")
        with kit.row(None, 1) as self._ends:
            self._low = kit.text("", role="small", ink="muted")
            self._high = kit.text("", role="small", ink="muted")

    def rephrase(self) -> None:
        """Bring unit and ends up to date."""
        super().rephrase()
        kit, unit = self.kit, self.manner.unit or ""
        dpg.set_value(self._unit, unit)
        self.show(self._beside, on=bool(unit))
        self._place_unit()
        low, high = self._bounds
        dpg.configure_item(self._slider, min_value=low, max_value=high)
        say = kit.words.numerals.say
        dpg.set_value(self._low, say(low))
        dpg.set_value(self._high, say(high))
        right = kit.width(say(high), "small") + 2
        column = dpg.get_item_children(self._ends, 0)[1]
        dpg.configure_item(column, init_width_or_weight=right)
        self._follow()

    def fit(self) -> None:
        """Let slider and ends be so wide."""
        super().fit()
        self._place_unit()
        for item in (self._slider, self._ends):
            dpg.configure_item(item, width=self.width)

    def _place_unit(self) -> None:
        """Put the unit beside the line where there is room, else under it."""
        if self.width:
            beside = self.input_width() <= self.width
            dpg.configure_item(self._steps, horizontal=beside)
            self.show(self._unit_lower, on=beside)
            dpg.configure_item(self._unit, wrap=-1 if beside else self.width)

    def input_width(self) -> float:
        """Return how wide line, steps and unit are."""
        unit = self.manner.unit
        beside = self.kit.width(unit, "body") + self.kit.px(12) if unit else 0
        return self._steps_width + beside

    @property
    def _bounds(self) -> tuple[int, int]:
        """The ends: the screen's, else the field's; nothing to slide while there are none."""
        low = self.spec.minimum if self.manner.low is None else round(self.manner.low)
        high = self.spec.maximum if self.manner.high is None else round(self.manner.high)
        start = low or 0
        return start, max(start if high is None else high, start)

    @property
    def _value(self) -> int | None:
        return self.kit.words.numerals.read_whole(str(self.raw)) if self.raw else None

    def _step(self, label: str, by: int, side: int) -> None:
        press = lambda: self._move(by)  # noqa: E731 - a press has no argument
        button = self.kit.button(label, press=press, kind="step", width=side, height=side)
        if self.manner.large:
            dpg.bind_item_font(button, self.kit.fonts["section"])
        self.named(button, "less" if by < 0 else "more")

    def _move(self, by: int) -> None:
        low, high = self._bounds
        value = self._value
        start = low - by if value is None and by > 0 else value
        self._set(min(max((high + 1 if start is None else start) + by, low), high))

    def _set(self, value: int) -> None:
        text = self.kit.words.numerals.say(value)
        dpg.set_value(self._number, text)
        self.edited(text)

    def edited(self, raw: Raw) -> None:
        """Keep the value, and let the slider follow."""
        super().edited(raw)
        self._follow()

    def put(self, raw: Raw) -> None:
        """Show another value."""
        dpg.set_value(self._number, self.written(raw))
        self._follow()

    def mark(self, *, bad: bool) -> None:
        """Mark the line alone."""
        self.kit.themes.bind(self._number, "field-bad" if bad else "field")

    def _follow(self) -> None:
        low, high = self._bounds
        value = self._value
        inside = value is not None and low <= value <= high
        dpg.set_value(self._slider, value if inside else low)
        # an untouched slider must not look like an answer
        self.kit.themes.bind(self._slider, "slider" if inside else "slider-untouched")
