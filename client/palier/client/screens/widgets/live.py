"""What changes by itself: progress, barrier, timer, chat, log."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from palier.client.screens.widgets.face import AnyWidgetFace
from palier.schemas.message import Value

#: From model to face.
FACES: Mapping[type[Value], type[AnyWidgetFace]] = MappingProxyType({})
