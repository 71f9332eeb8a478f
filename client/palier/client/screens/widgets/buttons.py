"""What is pressed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import dearpygui.dearpygui as dpg

from palier.client.screens.scene import Scene
from palier.client.screens.widgets.face import AnyWidgetFace, WidgetFace
from palier.schemas.message import Value
from palier.schemas.screens.widgets import Actions, Button


class ButtonFace(WidgetFace[Button]):
    """A button, disabled while its condition does not hold."""

    fills = False
    above = 16

    def build_inside(self) -> None:
        """Add the button."""
        self._button = self.kit.button("", press=self._press, kind=self.widget.kind)
        if self.widget.on_click in {"submit", "next"}:
            self.kit.name("submit", self._button)

    def refresh(self) -> None:
        """Say its text anew, and whether it can be pressed."""
        super().refresh()
        scene, widget = self.scene, self.widget
        hands_in = widget.on_click in {"submit", "next"}
        waiting = scene.sending and hands_in
        text = self.kit.words.sending if waiting else scene.say(widget.text)
        dpg.configure_item(self._button, label=text, enabled=scene.is_pressable(widget))

    def _press(self) -> None:
        self.scene.press(self.widget)


class ActionsFace(WidgetFace[Actions]):
    """A row of buttons."""

    above = 24

    def __init__(self, scene: Scene, widget: Actions) -> None:
        super().__init__(scene, widget)
        self._buttons = tuple(scene.make(one) for one in widget.children)

    @property
    def inner(self) -> tuple[AnyWidgetFace, ...]:
        """The buttons."""
        return self._buttons

    def build_inside(self) -> None:
        """Add the row."""
        with self.kit.across():
            for one in self._buttons:
                one.build()

    def refresh(self) -> None:
        """Bring all buttons up to date."""
        super().refresh()
        for one in self._buttons:
            one.refresh()


#: From model to face.
FACES: Mapping[type[Value], type[AnyWidgetFace]] = MappingProxyType(
    {Button: ButtonFace, Actions: ActionsFace}
)
