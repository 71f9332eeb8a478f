"""What is read: headings, text, figures, notices, pictures."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import dearpygui.dearpygui as dpg

from palier.client.screens.drawings import draw_disc
from palier.client.screens.kit import text_width
from palier.client.screens.page import COLUMN
from palier.client.screens.scene import Scene
from palier.client.screens.widgets.face import AnyWidgetFace, WidgetFace
from palier.client.screens.widgets.images import ImageFace
from palier.client.screens.widgets.paragraphs import Paragraphs, inks
from palier.schemas.message import Value
from palier.schemas.screens.widgets import Figure, Heading, Image, Notice, Text

#: Between a figure and what it is.
_APART = 10
#: The padding of a notice, and the width of its sign with the space after it.
_INSET, _SIGN = 18, 36


class HeadingFace(WidgetFace[Heading]):
    """A title."""

    below = 12

    def __init__(self, scene: Scene, widget: Heading) -> None:
        super().__init__(scene, widget)
        # a line of small text above a title belongs to it
        self.above = 10 if widget.level == "title" else 24

    def build_inside(self) -> None:
        """Add the line."""
        self._text = self.kit.text("", role=self.widget.level, wrap=True)

    def refresh(self) -> None:
        """Say it anew."""
        super().refresh()
        dpg.set_value(self._text, self.scene.say(self.widget.text))

    def lay_out(self, width: int) -> None:
        """Break where the width ends."""
        dpg.configure_item(self._text, wrap=min(width, self.kit.px(COLUMN * 1.2)))


class TextFace(WidgetFace[Text]):
    """Paragraphs and lists."""

    above = below = 12

    def __init__(self, scene: Scene, widget: Text) -> None:
        super().__init__(scene, widget)
        self._prose = Paragraphs(scene.kit, size=widget.size, ink=inks(widget.tone))

    def build_inside(self) -> None:
        """Add the place where it stands."""
        self._prose.build()

    def refresh(self) -> None:
        """Say it anew."""
        super().refresh()
        self._prose.say(self.scene.say(self.widget.text))

    def lay_out(self, width: int) -> None:
        """Break the lines anew; long ones are hard to follow."""
        self._prose.lay_out(min(width, self.kit.px(COLUMN)))


class FigureFace(WidgetFace[Figure]):
    """One large value, and what it is beside it, or under it where there is no room."""

    fills = False
    above = below = 16

    def build_inside(self) -> None:
        """Add both."""
        kit = self.kit
        with kit.across(spacing=_APART) as self._row:
            kit.themes.bind(self._row, "flush")
            self._value = kit.text("", role="figure", ink=inks(self.widget.tone))
            with dpg.group():
                self._lower = dpg.add_spacer(height=kit.px(19))
                self._label = kit.text("", ink="muted")

    def refresh(self) -> None:
        """Say both anew."""
        super().refresh()
        value, label = self.scene.say(self.widget.value), self.scene.say(self.widget.label)
        dpg.set_value(self._value, value)
        dpg.set_value(self._label, label)

    def lay_out(self, width: int) -> None:
        """Stand beside each other where both fit."""
        kit = self.kit
        value = text_width(dpg.get_value(self._value), kit.fonts["figure"])
        label = text_width(dpg.get_value(self._label), kit.fonts["body"])
        beside = value + kit.px(_APART) + label <= width
        dpg.configure_item(self._row, horizontal=beside)
        dpg.configure_item(self._lower, show=beside)
        dpg.configure_item(self._label, wrap=-1 if beside else width)


class NoticeFace(WidgetFace[Notice]):
    """A soft box with a sign."""

    above = below = 18

    def __init__(self, scene: Scene, widget: Notice) -> None:
        super().__init__(scene, widget)
        self._prose = Paragraphs(scene.kit)

    def build_inside(self) -> None:
        """Add box, sign, title and text."""
        kit, tone = self.kit, self.widget.tone
        panel = kit.panel(f"notice-{tone}", auto_resize_y=True)
        with panel as self._box, kit.across(spacing=0) as row:
            kit.themes.bind(row, "flush")
            canvas = kit.canvas(width=kit.px(_SIGN), height=kit.px(22))
            draw_disc(kit, canvas, tone=tone, x=kit.px(11), y=kit.px(10))
            with dpg.group():
                self._title = kit.text("", role="strong", show=False)
                self._gap = dpg.add_spacer(height=kit.px(5), show=False)
                self._prose.build()

    def refresh(self) -> None:
        """Say title and text anew."""
        super().refresh()
        title = self.scene.say(self.widget.title)
        dpg.set_value(self._title, title)
        for item in (self._title, self._gap):
            dpg.configure_item(item, show=bool(title))
        self._prose.say(self.scene.say(self.widget.text))

    def lay_out(self, width: int) -> None:
        """Be so wide, if not wider than text should be."""
        kit = self.kit
        whole = min(width, kit.px(COLUMN))
        inside = whole - kit.px(2 * _INSET) - kit.px(_SIGN)
        dpg.configure_item(self._box, width=whole)
        dpg.configure_item(self._title, wrap=inside)
        self._prose.lay_out(inside)


#: From model to face.
FACES: Mapping[type[Value], type[AnyWidgetFace]] = MappingProxyType(
    {
        Heading: HeadingFace,
        Text: TextFace,
        Figure: FigureFace,
        Notice: NoticeFace,
        Image: ImageFace,
    }
)
