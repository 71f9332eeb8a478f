"""A form, generated from its description."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pydantic import JsonValue

from palier.client.screens.draft import Draft, read
from palier.client.screens.face import AnyFace
from palier.client.screens.fields import make_face
from palier.client.screens.kit import Kit
from palier.schemas.forms import FormSpec


class FormFace:
    """The fields of a form, over a draft that outlives them."""

    def __init__(
        self, kit: Kit, spec: FormSpec, draft: Draft, *, enter: Callable[[], None]
    ) -> None:
        self._kit = kit
        self._spec = spec
        self._draft = draft
        self._faces: dict[str, AnyFace] = {
            field.name: make_face(kit, field, draft, enter=enter) for field in spec.fields
        }

    def build(self) -> None:
        """Add the fields to the current container."""
        for index, face in enumerate(self._faces.values()):
            if index:
                self._kit.gap(16)
            face.build()

    def answer(self) -> dict[str, JsonValue] | None:
        """Return the answer, or show what is wrong with it, go there, and return None."""
        reading = read(self._spec, self._draft, self._kit.words.numerals)
        self.say(reading.problems)
        return None if reading.problems else reading.answer

    def say(self, problems: Mapping[str, str]) -> None:
        """Show the problem of each field, and go to the first."""
        for name, face in self._faces.items():
            face.say(problems.get(name, ""))
        first = next((face for name, face in self._faces.items() if name in problems), None)
        if first is not None:
            first.focus()

    def enable(self, *, on: bool) -> None:
        """Let the answer be changed, or not."""
        for face in self._faces.values():
            face.enable(on=on)

    def focus(self) -> None:
        """Put the keyboard into the first field."""
        if self._faces:
            next(iter(self._faces.values())).focus()
