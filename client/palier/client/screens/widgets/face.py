"""What the face of any widget shares: it is built once, then refreshed as values change."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.schemas.message import Value

if TYPE_CHECKING:
    from palier.client.screens.scene import Scene

W = TypeVar("W", bound=Value)


class WidgetFace(ABC, Generic[W]):
    """The items of one widget; main thread only.

    In this order: `build` once, then `refresh` whenever a value has changed, `lay_out` whenever the
    width has, `tick` before each frame.
    """

    #: Whether the face fills the width that it is given, rather than taking what it needs.
    fills: ClassVar[bool] = True
    #: The space that it likes above and below; between two the larger wish counts.
    above: int = 14
    below: int = 8

    def __init__(self, scene: Scene, widget: W) -> None:
        self.scene = scene
        self.kit = scene.kit
        self.widget = widget
        self.item: Item = 0
        self._shown = True

    def build(self) -> None:
        """Add the items to the current container, in a group that can be hidden."""
        with dpg.group() as self.item:
            self.kit.themes.bind(self.item, "body")
            self.build_inside()
        if name := getattr(self.widget, "id", None):
            self.kit.name(f"widget.{name}", self.item)

    @abstractmethod
    def build_inside(self) -> None:
        """Add the items."""

    @property
    def visible(self) -> bool:
        """Whether the widget's own condition lets it be seen."""
        condition = getattr(self.widget, "show_if", None)
        return condition is None or self.scene.holds(condition)

    def refresh(self) -> None:
        """Bring the items up to date with the values."""
        if self.visible != self._shown:
            self._shown = not self._shown
            dpg.configure_item(self.item, show=self._shown)

    @property
    def roomy(self) -> bool:
        """Whether it makes use of more room than a line of text."""
        return any(one.roomy for one in self.inner)

    def height(self) -> float:
        """Return how high it is by itself, in pixels, as of the last frame."""
        return float(dpg.get_item_rect_size(self.item)[1])

    def stretch(self, height: float) -> None:
        """Become so high, where it can: cards do, beside higher ones."""

    def lay_out(self, width: int) -> None:
        """Fit a width in pixels."""

    def tick(self) -> None:
        """Do what is due before a frame; cheap."""

    def close(self) -> None:
        """Give back what is not an item within the page: textures, subscriptions."""

    @property
    def inner(self) -> tuple[AnyWidgetFace, ...]:
        """The faces within this one, in order."""
        return ()


#: The face of any widget.
AnyWidgetFace: TypeAlias = WidgetFace[Any]
