"""The fields of a form: how each kind of question is asked, and where its problem is said."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any, ClassVar, Generic, TypeAlias, TypeVar

import dearpygui.dearpygui as dpg

from palier.client.screens.draft import Draft, Raw, explain
from palier.client.screens.fonts import Item
from palier.client.screens.kit import Kit, text_width
from palier.schemas.forms import (
    ChoiceField,
    FieldSpec,
    FlagField,
    IntegerField,
    NumberField,
    TextField,
)

#: More options than this are a list to open, not radio buttons.
MOST_RADIOS = 6
#: A text that may be longer than this gets several lines.
LONGEST_LINE = 160
#: A range of whole numbers up to this one gets a slider.
WIDEST_SLIDER = 200

Spec = TypeVar("Spec", bound=FieldSpec)


class FieldFace(ABC, Generic[Spec]):
    """One question: label above, help, the input, and its problem in words.

    What is put in goes to the draft at once, so that a rebuilt face shows the same. ``enter`` is
    called when Enter is pressed in a single line.
    """

    #: The problem stands to the right of the input, rather than under it.
    beside: ClassVar[bool] = True

    def __init__(self, kit: Kit, spec: Spec, draft: Draft, *, enter: Callable[[], None]) -> None:
        self.kit = kit
        self.spec = spec
        self.draft = draft
        self.enter = enter
        self.inputs: list[Item] = []

    @property
    def raw(self) -> Raw:
        """What is put in so far."""
        return self.draft.get(self.spec.name)

    def build(self) -> None:
        """Add the question to the current container."""
        kit, spec = self.kit, self.spec
        title = spec.title if spec.required else kit.words.optional.format(title=spec.title)
        kit.text(title, role="strong", wrap=True)
        if spec.help:
            kit.text(spec.help, role="small", ink="muted", wrap=True)
        if self.beside:
            with kit.across(spacing=12):
                self.build_input()
                with kit.lowered(9):
                    self.build_hint()
                    self._build_problem()
        else:
            self.build_input()
            self._build_problem()
        self.build_below()

    @abstractmethod
    def build_input(self) -> None:
        """Add the input, and put its items into ``inputs``."""

    def build_hint(self) -> None:
        """Add what stands beside the input while there is no problem."""

    def build_below(self) -> None:
        """Add what stands under input and problem."""

    def _build_problem(self) -> None:
        self._problem = self.kit.text("", ink="bad", wrap=True, show=False)
        self.kit.name(f"problem.{self.spec.name}", self._problem)

    def named(self, item: Item, part: str = "") -> Item:
        """Name one of the field's items and count it among its inputs."""
        name = f"field.{self.spec.name}" + (f".{part}" if part else "")
        self.inputs.append(item)
        return self.kit.name(name, item)

    def edited(self, raw: Raw) -> None:
        """Keep what is put in; a problem that was shown may be solved by it."""
        self.draft[self.spec.name] = raw
        self.say("")

    def say(self, problem: str) -> None:
        """Show a problem by its code, or as the worker's sentence; empty clears it."""
        dpg.set_value(self._problem, explain(self.spec, problem, self.kit.words))
        dpg.configure_item(self._problem, show=bool(problem))
        self.mark(bad=bool(problem))

    def mark(self, *, bad: bool) -> None:
        """Mark the inputs as bad, or no longer."""
        for item in self.inputs:
            self.kit.themes.bind(item, "field-bad" if bad else "field")

    def enable(self, *, on: bool) -> None:
        """Let the participant change the answer, or not."""
        for item in self.inputs:
            dpg.configure_item(item, enabled=on)

    def focus(self) -> None:
        """Put the keyboard here."""
        dpg.focus_item(self.inputs[0])


AnyFace: TypeAlias = FieldFace[Any]


def add_line(face: AnyFace, *, width: int, part: str = "") -> Item:
    """Add a single line of text that keeps the draft and reports Enter."""
    item: Item = dpg.add_input_text(
        default_value=face.raw if isinstance(face.raw, str) else "",
        width=width,
        on_enter=True,
        callback=lambda *_: face.enter(),
    )
    on_edit(item, lambda: face.edited(str(dpg.get_value(item))))
    face.kit.themes.bind(item, "field")
    return face.named(item, part)


def on_edit(item: Item, told: Callable[[], None]) -> None:
    """Call ``told`` at each keystroke; the item's own callback is left to Enter."""
    with dpg.item_handler_registry() as registry:
        dpg.add_item_edited_handler(callback=lambda *_: told())
    dpg.bind_item_handler_registry(item, registry)


class NumberFace(FieldFace[IntegerField | NumberField]):
    """A number typed as the language writes it, its range beside it."""

    def build_input(self) -> None:
        """Add a line."""
        add_line(self, width=self.kit.px(160))

    def build_hint(self) -> None:
        """Say the range."""
        low, high = self.spec.minimum, self.spec.maximum
        say = self.kit.words.numerals.say
        with self.kit.lowered(2) as self._range:
            if low is not None and high is not None:
                between = self.kit.words.between.format(low=say(low), high=say(high))
                self.kit.text(between, role="small", ink="muted")

    def say(self, problem: str) -> None:
        """Show the problem in the place of the range."""
        super().say(problem)
        dpg.configure_item(self._range, show=not problem)


class SliderFace(FieldFace[IntegerField]):
    """A whole number of a small range: typed, stepped, or slid."""

    def build_input(self) -> None:
        """Add the line between its two steps."""
        kit = self.kit
        side = kit.px(20) + 2 * kit.px(9)  # as high as the line between
        with kit.across(spacing=8):
            self._step("\N{MINUS SIGN}", -1, side)
            self._line = add_line(self, width=kit.px(96))
            dpg.bind_item_font(self._line, kit.fonts["section"])
            self._step("+", +1, side)
        # the first input is what gets the keyboard
        self.inputs.insert(0, self.inputs.pop(1))

    def build_below(self) -> None:
        """Add the slider and its ends."""
        kit = self.kit
        low, high = self._bounds
        kit.gap(0)
        self._slider: Item = dpg.add_slider_int(
            min_value=low,
            max_value=high,
            width=-1,
            format="",
            clamped=True,
            callback=lambda _sender, value, _data: self._set(int(value)),
        )
        self.named(self._slider, "slider")
        self._follow()
        say = kit.words.numerals.say
        right = text_width(say(high), kit.fonts["small"]) / kit.scale + 2
        with kit.row(None, right):
            kit.text(say(low), role="small", ink="muted")
            kit.text(say(high), role="small", ink="muted")

    @property
    def _bounds(self) -> tuple[int, int]:
        low, high = self.spec.minimum, self.spec.maximum
        assert low is not None
        assert high is not None
        return low, high

    @property
    def _value(self) -> int | None:
        return self.kit.words.numerals.read_whole(str(self.raw)) if self.raw else None

    def _step(self, label: str, by: int, side: int) -> None:
        press = lambda: self._move(by)  # noqa: E731 - a press has no argument
        button = self.kit.button(label, press=press, kind="step", width=side, height=side)
        self.named(button, "less" if by < 0 else "more")

    def _move(self, by: int) -> None:
        low, high = self._bounds
        value = self._value
        start = low - by if value is None and by > 0 else value
        self._set(min(max((high + 1 if start is None else start) + by, low), high))

    def _set(self, value: int) -> None:
        text = self.kit.words.numerals.say(value)
        dpg.set_value(self._line, text)
        self.edited(text)

    def edited(self, raw: Raw) -> None:
        """Keep the value, and let the slider follow."""
        super().edited(raw)
        self._follow()

    def mark(self, *, bad: bool) -> None:
        """Mark the line alone."""
        self.kit.themes.bind(self._line, "field-bad" if bad else "field")

    def _follow(self) -> None:
        low, high = self._bounds
        value = self._value
        inside = value is not None and low <= value <= high
        dpg.set_value(self._slider, value if inside else low)
        # an untouched slider must not look like an answer
        self.kit.themes.bind(self._slider, "slider" if inside else "slider-untouched")


class TextFace(FieldFace[TextField]):
    """Text: one line, or several where the answer may be long."""

    beside = False

    def build_input(self) -> None:
        """Add the line, or the lines."""
        kit = self.kit
        if self.spec.max_length <= LONGEST_LINE:
            add_line(self, width=-1)
            return
        item: Item = dpg.add_input_text(
            default_value=self.raw if isinstance(self.raw, str) else "",
            multiline=True,
            width=-1,
            height=kit.px(116),
            callback=lambda _sender, value, _data: self.edited(str(value)),
        )
        kit.themes.bind(item, "field")
        self.named(item)


class CheckFace(FieldFace[FlagField]):
    """A flag that has a default: a box to tick, its title beside it."""

    beside = False

    def build(self) -> None:
        """Add box, title and help."""
        kit, spec = self.kit, self.spec
        with kit.across(spacing=10):
            box: Item = dpg.add_checkbox(
                default_value=bool(self.raw),
                callback=lambda _sender, value, _data: self.edited(bool(value)),
            )
            self.named(box)
            kit.themes.bind(box, "box")
            with kit.lowered(3):
                kit.text(spec.title, wrap=True)
        if spec.help:
            kit.text(spec.help, role="small", ink="muted", wrap=True)
        self._build_problem()

    def build_input(self) -> None:
        """Leave it: the box stands before its title."""

    def mark(self, *, bad: bool) -> None:
        """Mark the box."""
        self.kit.themes.bind(self.inputs[0], "box-bad" if bad else "box")


class RadioFace(FieldFace[ChoiceField | FlagField]):
    """A few options, all in sight; none chosen at first.

    They are round check boxes: Dear PyGui's radio buttons always have one of them chosen, which
    in an experiment is an anchor.
    """

    beside = False

    def build_input(self) -> None:
        """Add a button for each option; yes and no stand side by side."""
        self._raws = [raw for _, raw in self._options]
        flag = isinstance(self.spec, FlagField)
        with dpg.group(horizontal=flag, horizontal_spacing=self.kit.px(28)):
            for index, (title, raw) in enumerate(self._options):
                button: Item = dpg.add_checkbox(
                    label=title,
                    default_value=raw == self.raw,
                    user_data=index,
                    callback=lambda _sender, _value, chosen: self._choose(chosen),
                )
                self.named(button, str(index))
        self.mark(bad=False)

    @property
    def _options(self) -> list[tuple[str, Raw]]:
        words = self.kit.words
        if isinstance(self.spec, FlagField):
            return [(words.yes, True), (words.no, False)]
        return [(option.title, option.value) for option in self.spec.options]

    def _choose(self, chosen: int) -> None:
        for index, item in enumerate(self.inputs):
            dpg.set_value(item, index == chosen)
        self.edited(self._raws[chosen])

    def mark(self, *, bad: bool) -> None:
        """Mark every option."""
        for item in self.inputs:
            self.kit.themes.bind(item, "option-bad" if bad else "option")


class ComboFace(FieldFace[ChoiceField]):
    """Many options, in a list that opens."""

    def build_input(self) -> None:
        """Add the list."""
        titles = [option.title for option in self.spec.options]
        raws = [option.value for option in self.spec.options]
        chosen = titles[raws.index(self.raw)] if self.raw in raws else ""
        item: Item = dpg.add_combo(
            titles,
            default_value=chosen or self.kit.words.choose,
            width=self.kit.px(360),
            callback=lambda _sender, title, _data: self.edited(raws[titles.index(title)]),
        )
        self.kit.themes.bind(item, "field")
        self.named(item)


def make_face(kit: Kit, spec: FieldSpec, draft: Draft, *, enter: Callable[[], None]) -> AnyFace:
    """Return the face that suits a field."""
    return _kind(spec)(kit, spec, draft, enter=enter)


def _kind(spec: FieldSpec) -> type[AnyFace]:
    match spec:
        case IntegerField(minimum=int(low), maximum=int(high)) if high - low <= WIDEST_SLIDER:
            return SliderFace
        case IntegerField() | NumberField():
            return NumberFace
        case FlagField(default=None):
            return RadioFace
        case FlagField():
            return CheckFace
        case ChoiceField(options=options) if len(options) <= MOST_RADIOS:
            return RadioFace
        case ChoiceField():
            return ComboFace
        case TextField():
            return TextFace
