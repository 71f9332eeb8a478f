"""What is pressed."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import dearpygui.dearpygui as dpg

from palier.client.screens.scene import Scene
from palier.client.screens.widgets.face import AnyWidgetFace, WidgetFace
from palier.schemas.message import Value
from palier.schemas.screens.widgets import Actions, Button

#: What hands the stage in, and waits for the worker's word.
_HANDS_IN = frozenset({"submit", "next"})
#: Between two buttons, and left and right of a button's text.
_APART, _PADDING = 10, 20


class ButtonFace(WidgetFace[Button]):
    """A button, disabled while its condition does not hold."""

    fills = False
    above = 18
    leaves = 0

    def __init__(self, scene: Scene, widget: Button) -> None:
        super().__init__(scene, widget)
        self._state = ("", True)

    def build(self, width: int) -> None:  # noqa: ARG002 - it is as wide as its text
        """Add the button."""
        kit, widget = self.kit, self.widget
        self._state = label, enabled = self._is()
        button = kit.button(
            label, press=self._press, kind=widget.kind, enabled=enabled, show=self.appear()
        )
        self.hold(button)
        if widget.on_click in _HANDS_IN:
            kit.name("submit", button)
        if widget.id:
            kit.name(f"button.{widget.id}", button)

    def refresh(self) -> None:
        """Say its text anew, and whether it can be pressed."""
        super().refresh()
        state = self._is()
        if state != self._state:
            self._state = label, enabled = state
            dpg.configure_item(self.item, label=label, enabled=enabled)

    def _is(self) -> tuple[str, bool]:
        """Return its text, and whether it can be pressed."""
        scene, widget = self.scene, self.widget
        waiting = scene.sending and widget.on_click in _HANDS_IN
        text = self.kit.words.sending if waiting else scene.say(widget.text)
        return text, scene.is_pressable(widget)

    @property
    def width(self) -> float:
        """How wide it is, in pixels."""
        text = self.kit.width(self._state[0], "strong")
        return text + self.kit.px(2 * _PADDING)

    @property
    def has_keyboard(self) -> bool:
        """Whether Enter presses it."""
        return bool(dpg.get_item_state(self.item).get("focused"))

    def focus(self) -> None:
        """Put the keyboard here."""
        dpg.focus_item(self.item)

    def _press(self) -> None:
        self.scene.press(self.widget)


class ActionsFace(WidgetFace[Actions]):
    """A row of buttons; a column where they do not fit."""

    above = 26

    def __init__(self, scene: Scene, widget: Actions) -> None:
        super().__init__(scene, widget)
        self._buttons = tuple(ButtonFace(scene, one) for one in widget.children)
        self._width = 0

    @property
    def inner(self) -> tuple[AnyWidgetFace, ...]:
        """The buttons."""
        return self._buttons

    @property
    def visible(self) -> bool:
        """Whether any of them is seen."""
        return super().visible and any(one.visible for one in self._buttons)

    def build_inside(self) -> None:
        """Add the row."""
        with self.kit.across(spacing=_APART) as self._row:
            for one in self._buttons:
                one.build(0)

    def refresh(self) -> None:
        """Bring all buttons up to date."""
        super().refresh()
        for one in self._buttons:
            one.refresh()
        self._fit()

    def lay_out(self, width: int) -> None:
        """Stand in a row where there is room."""
        self._width = width
        self._fit()

    def _fit(self) -> None:
        if self._width:
            seen = [one.width for one in self._buttons if one.visible]
            needed = sum(seen) + self.kit.px(_APART) * (len(seen) - 1)
            dpg.configure_item(self._row, horizontal=needed <= self._width)


#: From model to face.
FACES: Mapping[type[Value], type[AnyWidgetFace]] = MappingProxyType(
    {Button: ButtonFace, Actions: ActionsFace}
)
