"""What the face of any widget shares: it is built once, then refreshed as values change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeAlias, TypeVar

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.schemas.message import Value

if TYPE_CHECKING:
    from palier.client.screens.scene import Scene

W = TypeVar("W", bound=Value)

#: The space that a group of items leaves below itself by its theme.
SPACING = 8


class WidgetFace(Generic[W]):
    """The items of one widget; main thread only.

    In this order: `build` once, then `refresh` whenever a value has changed, `lay_out` whenever the
    width has, `tick` before each frame. What is built is up to date already.

    A face adds its items in `build_inside`, or where it needs no group around them in `build`.
    """

    #: Whether the face fills the width that it is given, rather than taking what it needs.
    fills: ClassVar[bool] = True
    #: The space that it likes above and below; between two the larger wish counts.
    above: int = 14
    below: int = 8
    #: The part of the space below that its items leave by themselves.
    leaves: ClassVar[int] = SPACING

    def __init__(self, scene: Scene, widget: W) -> None:
        self.scene = scene
        self.kit = scene.kit
        self.widget = widget
        self.item: Item = 0
        # pydantic takes long over an attribute that a model does not have
        self._condition: str | None = vars(widget).get("show_if")
        self._shown = True

    def build(self, width: int) -> None:
        """Add the items to the current container, for a width in pixels; 0: it is not known yet."""
        with self.kit.group("body") as item:
            self.build_inside()
        self.hold(item)
        self.refresh()
        if width:
            self.lay_out(width)

    def hold(self, item: Item) -> None:
        """Take an item as the one that all others of it are in; these have their names by then."""
        self.item = item
        if name := vars(self.widget).get("id"):
            self.kit.name(f"widget.{name}", item)

    def build_inside(self) -> None:
        """Add the items, into a group that can be hidden."""
        raise NotImplementedError

    @property
    def visible(self) -> bool:
        """Whether the widget's own condition lets it be seen."""
        return self._condition is None or self.scene.holds(self._condition)

    def refresh(self) -> None:
        """Bring the items up to date with the values."""
        if self.visible != self._shown:
            self._shown = not self._shown
            dpg.configure_item(self.item, show=self._shown)

    def appear(self) -> bool:
        """Return whether it is to be seen as it is built."""
        self._shown = self.visible
        return self._shown

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
