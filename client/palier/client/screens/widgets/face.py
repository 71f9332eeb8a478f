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

    def __init__(self, scene: Scene, widget: W) -> None:
        self.scene = scene
        self.kit = scene.kit
        self.widget = widget
        self.item: Item = 0

    def build(self) -> None:
        """Add the items to the current container, in a group that can be hidden."""
        with dpg.group() as self.item:
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
        dpg.configure_item(self.item, show=self.visible)

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
