"""Questions that are answered in writing."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from palier.client.screens.draft import Raw
from palier.client.screens.face import FieldFace, add_line
from palier.client.screens.fonts import Item
from palier.schemas.forms import TextField

#: A text that may be longer than this gets several lines.
LONGEST_LINE = 160
#: The lines that it gets where nothing says how many.
_ROWS = 5
#: The width of a letter, with room to spare, and of the shortest line.
_LETTER, _SHORTEST = 11, 180


class TextFace(FieldFace[TextField]):
    """Text: one line, or several where the answer may be long."""

    beside = False

    @property
    def _rows(self) -> int:
        if self.manner.rows is not None:
            return self.manner.rows
        return 1 if self.spec.max_length <= LONGEST_LINE else _ROWS

    def build_input(self) -> None:
        """Add the line, or the lines."""
        kit, rows = self.kit, self._rows
        if rows == 1:
            add_line(self, width=-1)
            return
        item: Item = dpg.add_input_text(
            default_value=self.written(self.raw),
            multiline=True,
            width=-1,
            height=kit.px(18) * rows + 2 * kit.px(9) + kit.px(8),
            callback=lambda _sender, value, _data: self.edited(str(value)),
        )
        kit.themes.bind(item, "field")
        self.named(item)

    def fit(self) -> None:
        """Be as wide as the answer may be long."""
        super().fit()
        room = self.width
        if self._rows == 1:
            room = min(room, self.kit.px(max(self.spec.max_length * _LETTER, _SHORTEST)))
        dpg.configure_item(self.inputs[0], width=room)

    def put(self, raw: Raw) -> None:
        """Show another text."""
        dpg.set_value(self.inputs[0], self.written(raw))
