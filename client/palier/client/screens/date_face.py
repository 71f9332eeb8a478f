"""Questions that are answered by a day."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from palier.client.screens.dates import read_iso
from palier.client.screens.draft import Raw
from palier.client.screens.face import FieldFace, add_line
from palier.schemas.forms import DateField

#: The width of a line with a day.
_DAY = 190


class DateFace(FieldFace[DateField]):
    """A day typed as the language writes it.

    The draft has it as ``2026-11-22`` as soon as it can be read, and as it was typed until then.
    """

    def build_input(self) -> None:
        """Add a line."""
        add_line(self, width=self.kit.px(_DAY))

    def input_width(self) -> float:
        """Return how wide the line is."""
        return self.kit.px(_DAY)

    @property
    def hinted(self) -> str:
        """Between which days, or how a day is written."""
        words, spec = self.kit.words, self.spec
        if spec.minimum is None or spec.maximum is None:
            return words.date_form
        say = words.dates.say
        return words.days["hint"].format(low=say(spec.minimum), high=say(spec.maximum))

    def written(self, raw: Raw) -> str:
        """Return a day as the language writes it."""
        text = super().written(raw)
        day = read_iso(text)
        return text if day is None else self.kit.words.dates.say(day)

    def typed(self, text: str) -> None:
        """Keep the day, or what is typed while it is none yet."""
        day = self.kit.words.dates.read(text)
        self.edited(text if day is None else day.isoformat())

    def put(self, raw: Raw) -> None:
        """Show another day."""
        dpg.set_value(self.inputs[0], self.written(raw))
