"""Questions that are answered in writing."""

from __future__ import annotations

import dearpygui.dearpygui as dpg

from palier.client.screens.face import FieldFace, add_line
from palier.client.screens.fonts import Item
from palier.schemas.forms import TextField

#: A text that may be longer than this gets several lines.
LONGEST_LINE = 160


class TextFace(FieldFace[TextField]):
    """Text: one line, or several where the answer may be long."""

    beside = False

    def build_input(self) -> None:
        """Add the line, or the lines."""
        kit = self.kit
        if self.spec.max_length <= LONGEST_LINE:
            add_line(self, width=-1)
            return
        item: Item = dpg.add_input_text(
            default_value=self.raw if isinstance(self.raw, str) else "",
            multiline=True,
            width=-1,
            height=kit.px(116),
            callback=lambda _sender, value, _data: self.edited(str(value)),
        )
        kit.themes.bind(item, "field")
        self.named(item)
