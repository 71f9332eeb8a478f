"""What the faces of one open screen share: its values, its words, and what its actions do.

Faces read from here and put into here; every change is shown by all of them at the next frame.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any

from pydantic import JsonValue

from palier.client.errands import Errands
from palier.client.screens.draft import Draft, Raw, read, show_raw, value_of
from palier.client.screens.kit import Kit
from palier.client.screens.questions import question
from palier.client.screens.saying import fill
from palier.client.screens.widgets.face import AnyWidgetFace
from palier.client.state import Asking, View
from palier.schemas.events import PostedValue
from palier.schemas.forms import FieldSpec
from palier.schemas.message import Value
from palier.schemas.screens import expressions
from palier.schemas.screens.errors import EvaluationFailed
from palier.schemas.screens.screen import ScreenSpec
from palier.schemas.screens.templates import read_template
from palier.schemas.screens.widgets import Input, walk

_log = logging.getLogger(__name__)


class Scene:
    """One screen, open for one generation; main thread only.

    ``hand_in`` is what ``submit`` and ``next`` do; ``faces`` makes the face of a widget; ``clock``
    is the one that deadlines are told by: seconds, and never set.
    """

    def __init__(  # noqa: PLR0913 - wired in one place, by name
        self,
        kit: Kit,
        *,
        spec: ScreenSpec,
        view: View,
        draft: Draft,
        errands: Errands,
        hand_in: Callable[[], None],
        faces: Callable[[Scene, Value], AnyWidgetFace],
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self.kit = kit
        self.clock = clock
        self.spec = spec
        self.view = view
        self.draft = draft
        self.errands = errands
        self.hand_in = hand_in
        self._faces = faces
        #: The local values that no input has been put into.
        self.locals: dict[str, JsonValue] = {one.name: one.value for one in spec.locals}
        #: The inputs, by place.
        self.inputs: dict[str, Input] = {
            one.bind: one for one, _ in walk(spec.body) if isinstance(one, Input)
        }
        self._texts = next(
            (one.texts for one in spec.strings if one.lang == kit.language), dict[str, str]()
        )
        self._names: dict[str, Any] | None = None
        self._failed: set[str] = set()

    # -- what faces read --------------------------------------------------------------------------

    def make(self, widget: Value) -> AnyWidgetFace:
        """Return the face of a widget, not built yet."""
        return self._faces(self, widget)

    @property
    def names(self) -> Mapping[str, Any]:
        """All values by name, as expressions see them."""
        if self._names is None:
            self._names = self._named()
        return self._names

    def say(self, words: str) -> str:
        """Return a text of the screen: translated, with its values filled in."""
        return fill(read_template(self._texts.get(words, words)), self.names, self.kit.words)

    def value(self, expression: str) -> Any:
        """Return what an expression comes to; None where its values do not go together."""
        try:
            return expressions.read(expression).value(self.names)
        except EvaluationFailed as error:
            if expression not in self._failed:
                self._failed.add(expression)
                _log.warning("Screen %s: %s", self.spec.name, error)
            return None

    def holds(self, condition: str | None) -> bool:
        """Return whether a condition holds; there being none, it does."""
        return condition is None or bool(self.value(condition))

    def number(self, amount: float | str | None) -> float | None:
        """Return a bound: the number, or what the text in braces comes to."""
        if not isinstance(amount, str):
            return amount
        parts = read_template(amount)
        if len(parts) == 1 and not isinstance(parts[0], str):
            value = self.value(parts[0].expression.text)
        else:
            value = self.kit.words.numerals.read(self.say(amount))
        return value if isinstance(value, int | float) else None

    def records(self, source: str) -> list[Any]:
        """Return the list that a source names: among the data, or a stream's values."""
        if source.startswith("stream."):
            return [one.value for one in self.posts(source.partition(".")[2])]
        found = self.value(source)
        return found if isinstance(found, list) else []

    def posts(self, stream: str) -> tuple[PostedValue, ...]:
        """Return what was posted to a stream, in order."""
        return tuple(one for one in self.view.shown.posts if one.stream == stream)

    def image(self, name: str) -> Path | None:
        """Return the file of a picture, once it is here."""
        return self.view.shown.images.get(name)

    def field(self, widget: Input) -> FieldSpec:
        """Return what an input asks for."""
        return question(widget, self.asking.stage.form, say=self.say, number=self.number)

    @property
    def asking(self) -> Asking:
        """The state of the open stage."""
        screen = self.view.screen
        assert isinstance(screen, Asking)
        return screen

    @property
    def sending(self) -> bool:
        """Whether the answer is on its way, so that nothing may be changed."""
        return self.asking.sending

    @property
    def locked(self) -> bool:
        """Whether nothing can be handed in for now."""
        return self.asking.sending or self.asking.locked

    # -- what changes -----------------------------------------------------------------------------

    def update(self, view: View) -> None:
        """Take a newer view of the same generation."""
        self.view = view
        self._names = None

    def edit(self, place: str, raw: Raw) -> None:
        """Keep what is put into an input."""
        self.draft[_key(place)] = raw
        self._names = None

    def put(self, place: str, value: JsonValue) -> None:
        """Put a value into a place, as a controller does, or the action ``set``."""
        if place in self.inputs:
            self.edit(place, show_raw(value, self.kit.words.numerals))
        else:
            self.locals[place.partition(".")[2]] = value
        self._names = None

    def perform(self, action: str, value: JsonValue = None) -> None:
        """Do what a button or a changed field names."""
        del value
        if action in {"submit", "next"}:
            self.hand_in()

    def _named(self) -> dict[str, Any]:
        asking = self.asking
        stage, numerals = asking.stage, self.kit.words.numerals
        answer: dict[str, JsonValue] = {}
        valid = True
        if stage.form is not None:
            reading = read(stage.form, self.draft, numerals)
            answer, valid = reading.answer, not reading.problems
        local: dict[str, JsonValue] = dict(self.locals)
        names: dict[str, Any] = {
            **stage.data,
            "answer": answer,
            "local": local,
            "form": {"valid": valid, "sent": asking.sending},
            "stage": {"name": stage.name, "visit": stage.visit, "title": stage.title},
            "seat": self.view.seat,
            "arrived": self.view.arrived,
            "expected": self.view.expected,
        }
        self._names = names  # local inputs may have bounds that depend on the rest
        for place, widget in self.inputs.items():
            kind, _, name = place.partition(".")
            if kind == "local" and place in self.draft:
                raw = self.draft[place]
                local[name] = value_of(self.field(widget), raw, numerals)
        return names


def _key(place: str) -> str:
    """Return where a place stands in the draft: a field by its name, a local one by its place."""
    return place.removeprefix("answer.")
