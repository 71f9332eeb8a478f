"""Which face shows which widget."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

from palier.client.screens.widgets import (
    buttons,
    chats,
    inputs,
    layouts,
    live,
    logs,
    plots,
    reading,
    tables,
)
from palier.client.screens.widgets.face import AnyWidgetFace
from palier.schemas.message import Value

if TYPE_CHECKING:
    from palier.client.screens.scene import Scene

#: From a widget's model to its face; every widget that can stand by itself has one.
FACES: Mapping[type[Value], type[AnyWidgetFace]] = MappingProxyType(
    {
        **layouts.FACES,
        **reading.FACES,
        **inputs.FACES,
        **buttons.FACES,
        **tables.FACES,
        **plots.FACES,
        **live.FACES,
        **chats.FACES,
        **logs.FACES,
    }
)


def make(scene: Scene, widget: Value) -> AnyWidgetFace:
    """Return the face of a widget, not built yet."""
    return FACES[type(widget)](scene, widget)


def every(faces: Iterable[AnyWidgetFace]) -> Iterator[AnyWidgetFace]:
    """Yield faces and those within them, in the order of the screen."""
    for one in faces:
        yield one
        yield from every(one.inner)
