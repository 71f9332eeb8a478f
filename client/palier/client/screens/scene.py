"""What the faces of one open screen share: its values, its words, and what its actions do.

Faces read from here and put into here; every change is shown by all of them at the next frame.
"""

from __future__ import annotations

import json
import logging
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from time import monotonic
from typing import Any, Protocol

from pydantic import JsonValue

from palier.client.errands import Errands
from palier.client.screens.acts import Acts
from palier.client.screens.computed import Computed
from palier.client.screens.draft import Draft, Raw, begin, problem_of, read, show_raw, value_of
from palier.client.screens.kit import Kit
from palier.client.screens.questions import Placed, placed, question
from palier.client.screens.widgets.face import AnyWidgetFace
from palier.client.state import Asking, View
from palier.controller import ControllerError
from palier.schemas.events import PostedValue
from palier.schemas.forms import FieldSpec, FormSpec
from palier.schemas.message import Value
from palier.schemas.screens.acting import ACT, actions
from palier.schemas.screens.screen import ScreenSpec
from palier.schemas.screens.templates import read_template
from palier.schemas.screens.widgets import BUILT_IN, Button, Input

_log = logging.getLogger(__name__)

#: Characters of a local value that are kept with what is typed; a larger one lives in the window.
_LARGEST = 4096

_NO_FORM = FormSpec(fields=())


class Actions(Protocol):
    """What does the actions that are not built in."""

    def run(self, action: str, value: JsonValue = None) -> None:
        """Run one; what goes wrong in it is told, not raised."""

    def is_running(self, action: str) -> bool:
        """Whether it cannot be run again for now."""


class NoActions:
    """A screen without a controller."""

    def run(self, action: str, value: JsonValue = None) -> None:  # noqa: ARG002 - none is run
        """Refuse: a screen is connected before it is shown."""
        raise ControllerError(f"This screen has no controller that could do {action}.")

    def is_running(self, action: str) -> bool:  # noqa: ARG002 - none is
        """Return that it is not."""
        return False


class Scene:
    """One screen, open for one generation; main thread only.

    ``hand_in`` is what ``submit`` and ``next`` do, and returns whether it did; ``faces`` makes the
    face of a widget; ``clock`` is the one that deadlines are told by: seconds, and never set.
    Whoever shows the scene sets ``focus``, ``enter``, ``toast`` and ``actions``.
    """

    def __init__(  # noqa: PLR0913 - wired in one place, by name
        self,
        kit: Kit,
        *,
        spec: ScreenSpec,
        view: View,
        draft: Draft,
        errands: Errands,
        hand_in: Callable[[], object],
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
        self.actions: Actions = NoActions()
        #: Puts the keyboard into the input that is bound to a place.
        self.focus: Callable[[str], None] = lambda _: None
        #: Takes a press of Enter in the line that is bound to a place.
        self.enter: Callable[[str], None] = lambda _: None
        #: Shows a sentence for some seconds.
        self.toast: Callable[[str], None] = lambda _: None
        #: Shows problems at the inputs that are bound to these places.
        self.tell: Callable[[Mapping[str, str]], None] = lambda _: None
        #: The actions that the screen names, and what it does in a live stage.
        self.named_actions = frozenset(actions(spec))
        self.acts = Acts(self)
        self._faces = faces
        #: Counts changes: what shows a scene compares it with the one that it has shown.
        self.version = 0
        self.asked, buttons = placed(spec.body)
        self._confirms = tuple(one for one in buttons if one.widget.on_click in {"submit", "next"})
        #: The inputs, by place.
        self.inputs: dict[str, Input] = {one.widget.bind: one.widget for one in self.asked}
        texts = next(
            (one.texts for one in spec.strings if one.lang == kit.language), dict[str, str]()
        )
        self._computed = Computed(kit.words, texts=texts, screen=spec.name)
        self._remaining = self.remaining
        self._names: dict[str, Any] | None = None
        #: The local values that no input has been put into.
        self.locals: dict[str, JsonValue] = {}
        self._begin()

    # -- what faces read --------------------------------------------------------------------------

    def make(self, widget: Value) -> AnyWidgetFace:
        """Return the face of a widget, not built yet."""
        return self._faces(self, widget)

    @property
    def names(self) -> Mapping[str, Any]:
        """All values by name, as expressions see them."""
        if self._names is None:
            self._names = self._named()
            self._computed.forget(self._names)
        return self._names

    def say(self, words: str) -> str:
        """Return a text of the screen: translated, with its values filled in."""
        return self._computed.say(words, self.names)

    def value(self, expression: str) -> Any:
        """Return what an expression comes to; None where its values do not go together."""
        return self._computed.value(expression, self.names)

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
        self.names  # noqa: B018 - what is known of before has to be forgotten
        return self._computed.field(
            id(widget),
            lambda: question(
                widget,
                self.asking.stage.form,
                acted=self.acts.fields().get(widget.bind),
                say=self.say,
                number=self.number,
            ),
        )

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

    @property
    def remaining(self) -> int | None:
        """The seconds that are left, as a clock shows them; None without a deadline."""
        countdown = self.view.countdown
        return None if countdown is None else math.ceil(countdown.remaining(self.clock()))

    def is_active(self, one: Placed[Input] | Placed[Button]) -> bool:
        """Return whether a widget is seen, in whichever tab, and can be used."""
        seen = all(self.holds(condition) for condition in one.conditions)
        return seen and self.holds(one.widget.enable_if)

    @property
    def confirms(self) -> bool:
        """Whether there is a button that hands in, and that can be pressed now."""
        return any(self.is_active(one) and self.is_pressable(one.widget) for one in self._confirms)

    def is_pressable(self, button: Button) -> bool:
        """Return whether what a button does can be done now."""
        name = button.on_click
        hands_in = name in {"submit", "next"}
        acts = name.startswith(ACT)
        if (hands_in or acts) and self.locked:
            return False
        if (name in {"set", "reset"} and self.sending) or (acts and self.acts.is_running(name)):
            return False
        return self.holds(button.enable_if) and not self.actions.is_running(name)

    # -- what is asked ----------------------------------------------------------------------------

    @property
    def kept(self) -> frozenset[str]:
        """The places of the screen's own."""
        return frozenset((*self.inputs, *(f"local.{name}" for name in self.locals)))

    @property
    def form(self) -> FormSpec:
        """What the stage asks; nothing where it has no form."""
        return self.asking.stage.form or _NO_FORM

    def problems(self) -> dict[str, str]:
        """Return what is wrong with what is put in, by place.

        The form's own rules hold always; what a widget asks for besides, only while it is there.
        """
        numerals = self.kit.words.numerals
        found = read(self.form, self.draft, numerals).problems
        problems = {f"answer.{name}": problem for name, problem in found.items()}
        acted = self.acts.fields()
        for one in self.asked:
            if not self.is_active(one) or one.widget.bind in acted:
                # what an action asks for is looked at when it is done
                continue
            field = self.field(one.widget)
            # its name is where it stands in the draft
            raw = self.draft.get(field.name)
            if strict := problem_of(field, raw, value_of(field, raw, numerals)):
                problems.setdefault(one.widget.bind, strict)
        return problems

    def answer(self) -> dict[str, JsonValue]:
        """Return what is put in, as it is handed in."""
        return read(self.form, self.draft, self.kit.words.numerals).answer

    # -- what changes -----------------------------------------------------------------------------

    def update(self, view: View) -> None:
        """Take a newer view of the same generation."""
        before, stage = self.view, self.asking.stage
        self.view = view
        now = self.asking.stage
        if (stage.form, stage.actions) != (now.form, now.actions):
            self._computed.forget_fields()
        if _relevant(before) != _relevant(view):
            self.touch()

    def tick(self) -> None:
        """Notice that time goes by, and what was answered."""
        self.acts.tick()
        if "remaining" in self._computed.used and self.remaining != self._remaining:
            self._remaining = self.remaining
            self.touch()

    def touch(self) -> None:
        """Show everything anew at the next frame: some value is another one."""
        self.version += 1
        self._names = None

    def edit(self, place: str, raw: Raw) -> None:
        """Keep what a participant puts into an input, and do what its ``on-change`` names."""
        key = _key(place)
        if self.sending or (key in self.draft and self.draft[key] == raw):
            return
        self.draft[key] = raw
        self.touch()
        widget = self.inputs.get(place)
        if widget is not None and widget.on_change is not None:
            value = value_of(self.field(widget), raw, self.kit.words.numerals)
            self.perform(widget.on_change, value)

    def put(self, place: str, value: JsonValue) -> None:
        """Put a value into a place, as a controller does, or the action ``set``.

        Raises `ControllerError` where the screen has no such place.
        """
        kind, _, name = place.partition(".")
        if kind == "answer" and self.sending:
            # an action that was begun before may come to its end now
            _log.warning("Screen %s: %s is not changed any more", self.spec.name, place)
            return
        if place in self.inputs or (kind == "answer" and self._has_field(name)):
            self.draft[_key(place)] = show_raw(value, self.kit.words.numerals)
        elif kind == "local" and name in self.locals:
            self.locals[name] = value
            self._keep(place, value)
        else:
            raise ControllerError(
                f"Screen {self.spec.name} has no place {place}: there are "
                f"{', '.join(self.places) or 'none'}."
            )
        self.touch()

    @property
    def places(self) -> tuple[str, ...]:
        """The places that a value can be put into."""
        fields = (f"answer.{one.name}" for one in self.form.fields)
        kept = (f"local.{name}" for name in self.locals)
        return tuple(dict.fromkeys((*fields, *self.inputs, *kept)))

    def press(self, button: Button) -> None:
        """Do what a button is for."""
        if not self.is_pressable(button):
            return
        if button.on_click != "set":
            self.perform(button.on_click)
        elif button.target is not None:
            self.put(button.target, None if button.value is None else self.value(button.value))

    def perform(self, action: str, value: JsonValue = None) -> None:
        """Do an action by name; ``value`` is the new one of an input that was changed."""
        match action:
            case "submit" | "next":
                self.hand_in()
            case "help":
                self.call_for_help("")
            case "reset":
                self.reset()
            case _ if action.startswith(ACT):
                self.acts.run(action)
            case _ if action not in BUILT_IN:
                self.actions.run(action, value)

    def call_for_help(self, text: str) -> None:
        """Ask the operator to come, and say that they were asked."""
        self.errands.call_for_help(text)
        self.toast(self.kit.words.help_sent)

    def reset(self) -> None:
        """Put form and local values back to what they were at first."""
        self.draft.clear()
        self.draft.update(begin(self.form, self.kit.words.numerals))
        self._begin()
        self.touch()

    def _begin(self) -> None:
        """Take up local values: those that the draft has, else those of the file."""
        for one in self.spec.locals:
            place = f"local.{one.name}"
            if place in self.inputs:
                raw = show_raw(one.value, self.kit.words.numerals)
                if raw is not None:
                    self.draft.setdefault(place, raw)
            else:
                self.locals[one.name] = _kept(self.draft.get(place), one.value)
        for place, field in self.acts.fields().items():
            if place in self.inputs and field.default is not None:
                self.draft.setdefault(place, show_raw(field.default, self.kit.words.numerals))

    def _keep(self, place: str, value: JsonValue) -> None:
        """Let a local value outlive the window, as JSON beside what is typed."""
        text = json.dumps(value, ensure_ascii=False)
        if len(text) <= _LARGEST:
            self.draft[place] = text
        else:
            self.draft.pop(place, None)

    def _has_field(self, name: str) -> bool:
        return any(one.name == name for one in self.form.fields)

    def _named(self) -> dict[str, Any]:
        asking = self.asking
        stage, numerals = asking.stage, self.kit.words.numerals
        reading = read(self.form, self.draft, numerals)
        local: dict[str, JsonValue] = dict(self.locals)
        form = {"valid": not reading.problems, "sent": asking.sending}
        names: dict[str, Any] = {
            **stage.data,
            "answer": reading.answer,
            "local": local,
            "form": form,
            "stage": {"name": stage.name, "visit": stage.visit, "title": stage.title},
            "seat": self.view.seat,
            "arrived": self.view.arrived,
            "expected": self.view.expected,
            "remaining": self.remaining,
        }
        self._names = names  # local inputs may have bounds that depend on the rest
        self._computed.forget(names)
        for place, widget in self.inputs.items():
            kind, _, name = place.partition(".")
            if kind == "local":
                raw = self.draft.get(place)
                local[name] = value_of(self.field(widget), raw, numerals)
        # what widgets ask for depends on which of them are seen, and that on all the rest
        self._computed.forget(names)
        form["valid"] = not self.problems()
        return names


def _relevant(view: View) -> tuple[object, ...]:
    """Return what of a view a screen may show."""
    return (view.screen, view.shown, view.arrived, view.expected, view.seat, view.countdown)


def _kept(raw: Raw, otherwise: JsonValue) -> JsonValue:
    """Return a local value that was kept as JSON."""
    if not isinstance(raw, str):
        return otherwise
    try:
        value: JsonValue = json.loads(raw)
    except ValueError:
        return otherwise
    return value


def _key(place: str) -> str:
    """Return where a place stands in the draft: a field by its name, a local one by its place."""
    return place.removeprefix("answer.")
