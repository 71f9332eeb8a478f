"""What is read: headings, text, figures, notices, pictures."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import dearpygui.dearpygui as dpg

from palier.client.screens.drawings import draw_disc
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
    leaves = 0

    def __init__(self, scene: Scene, widget: Heading) -> None:
        super().__init__(scene, widget)
        # a line of small text above a title belongs to it
        self.above = 10 if widget.level == "title" else 24

    def build(self, width: int) -> None:
        """Add the line."""
        text = self.scene.say(self.widget.text)
        wrap = {"width": self._wrap(width)} if width else {"wrap": True}
        shown = self.appear()
        self.hold(self.kit.text(text, role=self.widget.level, show=shown, **wrap))

    def refresh(self) -> None:
        """Say it anew."""
        super().refresh()
        dpg.set_value(self.item, self.scene.say(self.widget.text))

    def lay_out(self, width: int) -> None:
        """Break where the width ends."""
        dpg.configure_item(self.item, wrap=self._wrap(width))

    def _wrap(self, width: int) -> int:
        return min(width, self.kit.px(COLUMN * 1.2))


class TextFace(WidgetFace[Text]):
    """Paragraphs and lists."""

    above = below = 12
    leaves = 0

    def __init__(self, scene: Scene, widget: Text) -> None:
        super().__init__(scene, widget)
        self._prose = Paragraphs(scene.kit, size=widget.size, ink=inks(widget.tone))

    def build(self, width: int) -> None:
        """Add what it says."""
        self._prose.build(self.scene.say(self.widget.text), self._inside(width))
        self.hold(self._prose.item)
        if not self.appear():
            dpg.configure_item(self.item, show=False)

    def refresh(self) -> None:
        """Say it anew."""
        super().refresh()
        if self._prose.say(self.scene.say(self.widget.text)):
            self.hold(self._prose.item)
            dpg.configure_item(self.item, show=self._shown)

    def lay_out(self, width: int) -> None:
        """Break the lines anew; long ones are hard to follow."""
        self._prose.lay_out(self._inside(width))

    def _inside(self, width: int) -> int:
        return min(width, self.kit.px(COLUMN))


class FigureFace(WidgetFace[Figure]):
    """One large value, and what it is beside it, or under it where there is no room."""

    fills = False
    above = below = 16
    leaves = 0

    def __init__(self, scene: Scene, widget: Figure) -> None:
        super().__init__(scene, widget)
        self._width = 0
        self._said = ("", "")
        self._beside = True

    def build(self, width: int) -> None:
        """Add both."""
        kit, self._width = self.kit, width
        value, label = self._said = self._says()
        self._beside = self._fits()
        row = kit.across(spacing=_APART, theme="flush", horizontal=self._beside, show=self.appear())
        with row as item:
            self._value = kit.text(value, role="figure", ink=inks(self.widget.tone))
            with kit.group():
                self._lower = dpg.add_spacer(height=kit.px(19), show=self._beside)
                wrap = 0 if self._beside else width
                self._label = kit.text(label, ink="muted", width=wrap)
        self.hold(item)

    def refresh(self) -> None:
        """Say both anew."""
        super().refresh()
        said = self._says()
        if said != self._said:
            self._said = said
            dpg.set_value(self._value, said[0])
            dpg.set_value(self._label, said[1])

    def lay_out(self, width: int) -> None:
        """Stand beside each other where both fit."""
        self._width = width
        self._beside = self._fits()
        dpg.configure_item(self.item, horizontal=self._beside)
        dpg.configure_item(self._lower, show=self._beside)
        dpg.configure_item(self._label, wrap=-1 if self._beside else width)

    def _says(self) -> tuple[str, str]:
        return self.scene.say(self.widget.value), self.scene.say(self.widget.label)

    def _fits(self) -> bool:
        """Return whether both have room side by side; where the width is not known they do."""
        kit, (value, label) = self.kit, self._said
        wide = kit.width(value, "figure") + kit.width(label, "body")
        return not self._width or wide + kit.px(_APART) <= self._width


class NoticeFace(WidgetFace[Notice]):
    """A soft box with a sign."""

    above = below = 18

    def __init__(self, scene: Scene, widget: Notice) -> None:
        super().__init__(scene, widget)
        self._prose = Paragraphs(scene.kit)

    def build(self, width: int) -> None:
        """Add box, sign, title and text."""
        kit, tone, scene = self.kit, self.widget.tone, self.scene
        whole, inside = self._widths(width) if width else (0, 0)
        title = scene.say(self.widget.title)
        # of a child window nobody can say where it is
        with kit.group("body", show=self.appear()) as item:
            panel = kit.panel(f"notice-{tone}", auto_resize_y=True, width=whole)
            with panel as self._box, kit.across(spacing=0, theme="flush"):
                canvas = kit.canvas(width=kit.px(_SIGN), height=kit.px(22))
                draw_disc(kit, canvas, tone=tone, x=kit.px(11), y=kit.px(10))
                with kit.group():
                    shown = bool(title)
                    self._title = kit.text(title, role="strong", width=inside, show=shown)
                    self._gap = dpg.add_spacer(height=kit.px(5), show=shown)
                    self._prose.build(scene.say(self.widget.text), inside)
        self.hold(item)

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
        whole, inside = self._widths(width)
        dpg.configure_item(self._box, width=whole)
        dpg.configure_item(self._title, wrap=inside)
        self._prose.lay_out(inside)

    def _widths(self, width: int) -> tuple[int, int]:
        """Return how wide the box is, and how wide its text."""
        kit = self.kit
        whole = min(width, kit.px(COLUMN))
        return whole, whole - kit.px(2 * _INSET) - kit.px(_SIGN)


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
