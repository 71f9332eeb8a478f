"""What is filled in: each input shows a field by the face that a generated form has for it."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from palier.client.screens.draft import Draft, Raw
from palier.client.screens.face import AnyFace
from palier.client.screens.fields import make_face
from palier.client.screens.widgets.face import AnyWidgetFace, WidgetFace
from palier.schemas.message import Value
from palier.schemas.screens.widgets import Input, Number, Slider


class InputFace(WidgetFace[Input]):
    """A question: label, help, input, problem."""

    face: AnyFace

    def build_inside(self) -> None:
        """Add the question."""
        spec = self.scene.field(self.widget)
        draft = _Watched(self)
        self.face = make_face(self.kit, spec, draft, enter=self._enter)
        self.face.build()

    def _enter(self) -> None:
        self.scene.enter(self.widget.bind)

    def say(self, problem: str) -> None:
        """Show what is wrong; empty clears it."""
        self.face.say(problem)

    def focus(self) -> None:
        """Put the keyboard here."""
        self.face.focus()


class _Watched(Draft):
    """The part of the draft that one input writes: the scene hears of each change."""

    def __init__(self, face: InputFace) -> None:
        super().__init__(face.scene.draft)
        self._face = face

    def __setitem__(self, name: str, raw: Raw) -> None:
        super().__setitem__(name, raw)
        self._face.scene.edit(self._face.widget.bind, raw)


#: From model to face.
FACES: Mapping[type[Value], type[AnyWidgetFace]] = MappingProxyType(
    {Number: InputFace, Slider: InputFace}
)
