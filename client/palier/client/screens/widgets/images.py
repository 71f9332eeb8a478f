"""Pictures, from files beside the screen."""

from __future__ import annotations

import logging
from pathlib import Path

import dearpygui.dearpygui as dpg

from palier.client.screens.fonts import Item
from palier.client.screens.pictures import MOST_PIXELS, picture_size
from palier.client.screens.scene import Scene
from palier.client.screens.widgets.face import WidgetFace
from palier.schemas.screens.widgets import Image

_log = logging.getLogger(__name__)

#: The box that a picture of each size fits into, in pixels at scale 1.
_BOXES = {"small": 160, "medium": 320, "large": 560}
#: The padding of what stands in place of a picture.
_INSET = 18


class ImageFace(WidgetFace[Image]):
    """A picture in its own proportions; what it shows in words while it is not here, or broken.

    It is never drawn larger than it is, but for ``full``, which fills the width.
    """

    fills = False
    above = below = 16

    def __init__(self, scene: Scene, widget: Image) -> None:
        super().__init__(scene, widget)
        self._path: Path | None = None
        self._registry: Item = 0
        self._size = (0, 0)
        self._picture: Item = 0
        self._width = 0

    def build_inside(self) -> None:
        """Add the place of the picture, and what is said instead."""
        kit = self.kit
        with dpg.group() as self._frame:
            kit.themes.bind(self._frame, "flush")
        with kit.panel("placeholder", auto_resize_y=True) as self._instead:
            self._alt = kit.text("", role="small", ink="muted")
        if self.widget.id:
            kit.name(f"widget.{self.widget.id}.alt", self._alt)

    def refresh(self) -> None:
        """Take the picture up once it is here; say in words what it shows until then."""
        super().refresh()
        dpg.set_value(self._alt, self.scene.say(self.widget.alt))
        path = self.scene.image(self.widget.source)
        if path != self._path:
            self._path = path
            self._load(path)

    def _load(self, path: Path | None) -> None:
        self.close()
        found = _unpack(path) if path is not None else None
        if found is not None:
            width, height, data = found
            self._size = width, height
            with dpg.texture_registry() as self._registry:
                texture = dpg.add_static_texture(width, height, data)
            self._picture = dpg.add_image(texture, width=1, height=1, parent=self._frame)
        dpg.configure_item(self._frame, show=found is not None)
        dpg.configure_item(self._instead, show=found is None)
        self.lay_out(self._width)

    def lay_out(self, width: int) -> None:
        """Fit the box of its size into a width."""
        self._width = width
        if not width:
            return
        kit = self.kit
        box = kit.px(_BOXES.get(self.widget.size, 0)) or width
        dpg.configure_item(self._instead, width=min(width, box))
        dpg.configure_item(self._alt, wrap=min(width, box) - kit.px(2 * _INSET))
        if self._picture:
            share = self._share(min(width, box), box)
            across, down = (max(1, round(side * share)) for side in self._size)
            dpg.configure_item(self._picture, width=across, height=down)

    def _share(self, width: int, height: int) -> float:
        """Return by how much the picture is drawn smaller, or larger."""
        by_width = width / self._size[0]
        if self.widget.size == "full":
            return by_width
        return min(by_width, height / self._size[1], self.kit.scale)

    def close(self) -> None:
        """Give the texture back."""
        if self._picture:
            # with its page it may have gone already
            if dpg.does_item_exist(self._picture):
                dpg.delete_item(self._picture)
            dpg.delete_item(self._registry)
            self._picture = self._registry = 0


def _unpack(path: Path) -> tuple[int, int, object] | None:
    """Return a picture's size and pixels; None where it is broken, or too large."""
    size = picture_size(path)
    if size is None:
        _log.warning("%s is no PNG or JPEG that can be read", path)
        return None
    if size[0] * size[1] > MOST_PIXELS:
        _log.warning("%s has %d x %d pixels: at most %d are shown", path, *size, MOST_PIXELS)
        return None
    loaded = dpg.load_image(str(path))
    if loaded is None:
        _log.warning("%s is broken", path)
        return None
    width, height, _, data = loaded
    return width, height, data
