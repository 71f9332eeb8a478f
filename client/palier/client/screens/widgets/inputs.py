"""What is filled in: a question in the words of the screen, over the draft that all faces share."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from types import MappingProxyType
from typing import TypeAlias

from palier.client.screens.choice_faces import CheckFace, ComboFace, RadioFace
from palier.client.screens.date_face import DateFace
from palier.client.screens.draft import Raw, show_raw
from palier.client.screens.face import AnyFace, Manner
from palier.client.screens.facts import say
from palier.client.screens.fields import MOST_RADIOS
from palier.client.screens.number_faces import NumberFace, SliderFace
from palier.client.screens.scale_face import ScaleFace
from palier.client.screens.scene import Scene
from palier.client.screens.text_face import TextFace
from palier.client.screens.widgets.face import AnyWidgetFace, WidgetFace
from palier.schemas.forms import ChoiceField, FieldSpec, IntegerField
from palier.schemas.message import Value
from palier.schemas.screens.widgets import (
    Check,
    Choice,
    Date,
    Input,
    Number,
    Scale,
    Slider,
    TextArea,
    TextField,
)

#: What most inputs want: nothing of their own, or a single line.
_PLAIN, _LINE = Manner(), Manner(rows=1)

_Options: TypeAlias = tuple[tuple[str, Raw], ...]


class InputFace(WidgetFace[Input]):
    """A question: label, help, input, problem."""

    above = below = 24

    def __init__(self, scene: Scene, widget: Input) -> None:
        super().__init__(scene, widget)
        self._enabled = True

    def build(self, width: int) -> None:
        """Add the question."""
        spec, manner = self._asked()
        kind = _kind(self.widget, spec, manner)
        watched = _Watched(self.scene, self.widget.bind)
        self.face: AnyFace = kind(self.kit, spec, watched, enter=self._enter, manner=manner)
        self.face.build(width, show=self.appear())
        self.hold(self.face.item)
        if not self._is_open:
            self._enabled = False
            self.face.enable(on=False)

    def _enter(self) -> None:
        self.scene.enter(self.widget.bind)

    def refresh(self) -> None:
        """Bring question and value up to date, and whether it can be answered."""
        super().refresh()
        self.face.ask(*self._asked())
        self.face.follow()
        if self._is_open != self._enabled:
            self._enabled = not self._enabled
            self.face.enable(on=self._enabled)

    @property
    def _is_open(self) -> bool:
        """Whether the question can be answered now."""
        return self.scene.holds(self.widget.enable_if) and not self.scene.sending

    def lay_out(self, width: int) -> None:
        """Fit a width."""
        self.face.lay_out(width)

    def tick(self) -> None:
        """Show what was put here while somebody typed, once they have left."""
        self.face.follow()

    def say(self, problem: str) -> None:
        """Show what is wrong, by its code or as a sentence; empty clears it."""
        self.face.say(problem)

    def focus(self) -> None:
        """Put the keyboard here."""
        self.face.focus()

    def _asked(self) -> tuple[FieldSpec, Manner]:
        spec = self.scene.field(self.widget)
        return spec, _manner(self.scene, self.widget, spec)


def _kind(widget: Input, spec: FieldSpec, manner: Manner) -> type[AnyFace]:
    """Return the face that suits a widget and what it is bound to."""
    match widget:
        case Slider() if not isinstance(spec, IntegerField):
            return NumberFace
        case Choice(kind="auto"):
            options = len(manner.options or getattr(spec, "options", ()))
            return RadioFace if options <= MOST_RADIOS else ComboFace
        case Choice(kind=kind):
            return RadioFace if kind == "radio" else ComboFace
        case _:
            return _KINDS[type(widget)]


def _manner(scene: Scene, widget: Input, spec: FieldSpec) -> Manner:
    """Return how a widget wants its question shown, as of now."""
    match widget:
        case TextField():
            return _LINE
        case TextArea():
            return Manner(rows=widget.rows)
        case Number(unit="", decimals=None):
            return _PLAIN
        case Number():
            return Manner(unit=_unit(scene, widget), decimals=widget.decimals)
        case Slider():
            return Manner(unit=_unit(scene, widget), large=True)
        case Choice():
            return Manner(options=_options(scene, widget))
        case Scale():
            ends = (scene.say(widget.low), scene.say(widget.middle), scene.say(widget.high))
            return Manner(options=_points(scene, widget, spec), ends=ends)
        case _:
            return _PLAIN


def _unit(scene: Scene, widget: Number | Slider) -> str | None:
    return scene.say(widget.unit) if widget.unit else None


def _options(scene: Scene, widget: Choice) -> _Options:
    """Return the options of a list among the data, else the screen's own; none: the field's.

    A record of the list has a ``value`` and a ``text``; a text or number stands for itself.
    """
    if widget.source is None:
        return tuple((scene.say(one.text), one.value) for one in widget.children)
    words = scene.kit.words
    found: list[tuple[str, Raw]] = []
    for one in scene.records(widget.source):
        value = one.get("value") if isinstance(one, dict) else one
        text = one.get("text", value) if isinstance(one, dict) else one
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            found.append((say(text, words), show_raw(value, words.numerals)))
    return tuple(found)


def _points(scene: Scene, widget: Scale, spec: FieldSpec) -> _Options:
    """Return the points of a scale: numbers, and what is kept for each."""
    say_number = scene.kit.words.numerals.say
    numbers = [say_number(one) for one in range(widget.min, widget.max + 1)]
    if isinstance(spec, ChoiceField):
        values = [option.value for option in spec.options]
        return tuple(zip(numbers, values, strict=False))
    return tuple((one, one) for one in numbers)


class _Watched(MutableMapping[str, Raw]):
    """The scene's draft, as one input sees it: the scene hears of each change."""

    def __init__(self, scene: Scene, place: str) -> None:
        self._scene = scene
        self._place = place

    def __getitem__(self, name: str) -> Raw:
        return self._scene.draft[name]

    def __setitem__(self, name: str, raw: Raw) -> None:
        self._scene.edit(self._place, raw)

    def __delitem__(self, name: str) -> None:
        self._scene.edit(self._place, None)

    def __iter__(self) -> Iterator[str]:
        return iter(self._scene.draft)

    def __len__(self) -> int:
        return len(self._scene.draft)


#: The widgets that are always shown alike.
_KINDS: Mapping[type[Value], type[AnyFace]] = MappingProxyType(
    {
        TextField: TextFace,
        TextArea: TextFace,
        Number: NumberFace,
        Slider: SliderFace,
        Check: CheckFace,
        Scale: ScaleFace,
        Date: DateFace,
    }
)

#: From model to face.
FACES: Mapping[type[Value], type[AnyWidgetFace]] = MappingProxyType(
    dict.fromkeys((*_KINDS, Choice), InputFace)
)
