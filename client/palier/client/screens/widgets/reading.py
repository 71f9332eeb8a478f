"""What is read: headings, text, figures, notices, pictures."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import dearpygui.dearpygui as dpg

from palier.client.screens.widgets.face import AnyWidgetFace, WidgetFace
from palier.schemas.message import Value
from palier.schemas.screens.widgets import Heading


class HeadingFace(WidgetFace[Heading]):
    """A title."""

    def build_inside(self) -> None:
        """Add the line."""
        self._text = self.kit.text("", role=self.widget.level, wrap=True)

    def refresh(self) -> None:
        """Say it anew."""
        super().refresh()
        dpg.set_value(self._text, self.scene.say(self.widget.text))


#: From model to face.
FACES: Mapping[type[Value], type[AnyWidgetFace]] = MappingProxyType({Heading: HeadingFace})
