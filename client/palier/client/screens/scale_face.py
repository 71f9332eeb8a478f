"""Questions that are answered by a point between two ends."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from palier.client.screens.choice_faces import OptionsFace
from palier.client.screens.draft import Raw
from palier.client.screens.fonts import Item
from palier.client.screens.kit import text_width
from palier.client.screens.prose import Line, Run, break_lines
from palier.client.screens.tokens import ROLES

#: The width of a point with the space around it, of the point itself, and the least between two.
_CELL, _POINT, _LEAST = 96, 40, 4


class ScaleFace(OptionsFace):
    """A row of points with a number in each, words at the ends; none chosen at first."""

    def build_input(self) -> None:
        """Add the points and the place for the words."""
        kit = self.kit
        with kit.across(spacing=8) as self._row:
            for index, (title, _) in enumerate(self.options):
                press = lambda index=index: self._choose(index)  # noqa: E731 - it binds
                point = kit.button(title, press=press, kind="point", width=1, height=1)
                dpg.bind_item_font(point, kit.fonts["small-strong"])
                self.named(point, str(index))
        self._words: Item = kit.canvas(width=1, height=1)
        # what is drawn has no words for who asks
        self._said = kit.text("", show=False)
        self._bad = False
        self.put(self.raw)

    def rephrase(self) -> None:
        """Say the words at the ends anew."""
        super().rephrase()
        said = ", ".join(one for one in self.manner.ends if one)
        if said != dpg.get_value(self._said):
            dpg.set_value(self._said, said)
            self.kit.name(f"field.{self.spec.name}.ends", self._said)
        self.lay_out(self.width or self.kit.px(480))

    def fit(self) -> None:
        """Spread the points over a width."""
        super().fit()
        px, count = self.kit.px, len(self.inputs)
        total = min(self.width, count * px(_CELL))
        side = max(min(px(_POINT), total // max(count, 1) - px(_LEAST)), 1)
        spacing = (total - side * count) / max(count - 1, 1)
        for point in self.inputs:
            dpg.configure_item(point, width=side, height=side)
        dpg.configure_item(self._row, horizontal_spacing=spacing)
        self._draw(total)

    def _draw(self, total: int) -> None:
        """Write the words under the ends and the middle, each in lines of its own."""
        kit, (low, middle, high) = self.kit, self.manner.ends
        font, height = kit.fonts["small"], kit.px(ROLES["small"][1])
        share = total * (0.32 if middle else 0.48)
        measure = lambda text, _bold: text_width(text, font)  # noqa: E731 - one weight alone
        dpg.delete_item(self._words, children_only=True)
        most = 0
        for text, place in ((low, 0.0), (middle, 0.5), (high, 1.0)):
            lines = break_lines([Run(text)], share, measure)
            most = max(most, len(lines))
            for number, line in enumerate(lines):
                self._write(line, (total - _wide(line, font)) * place, number * height)
        dpg.configure_item(self._words, width=total, height=max(most * height, 1))
        kit.reveal(self._words, on=most > 0)

    def _write(self, line: Line, x: float, y: float) -> None:
        kit = self.kit
        for one in line:
            item = dpg.draw_text(
                (x + one.x, y),
                one.text,
                size=kit.px(ROLES["small"][1]),
                color=kit.colour("muted"),
                parent=self._words,
            )
            dpg.bind_item_font(item, kit.fonts["small"])

    def _choose(self, chosen: int) -> None:
        """Keep a point; only where nothing is required can it be taken back."""
        raw = self.options[chosen][1]
        if raw == self.raw and not self.spec.required:
            raw = None
        self.edited(raw)
        self.put(raw)

    def put(self, raw: Raw) -> None:
        """Fill the chosen point."""
        for item, (_, mine) in zip(self.inputs, self.options, strict=True):
            on = raw is not None and mine == raw
            unchosen = "point-bad" if self._bad else "point"
            self.kit.themes.bind(item, "point-on" if on else unchosen)

    def mark(self, *, bad: bool) -> None:
        """Mark every point."""
        self._bad = bad
        self.put(self.raw)


def _wide(line: Line, font: Item) -> float:
    return sum(text_width(one.text, font) for one in line)
