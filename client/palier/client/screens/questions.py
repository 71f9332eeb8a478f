"""What an input of a screen asks: a field of the form in the screen's words, or one of its own.

Pure. Where there is a field, a widget can only be stricter than its rule: what the desk lets pass,
the worker does too.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from palier.schemas.forms import (
    ChoiceField,
    DateField,
    FieldSpec,
    FlagField,
    FormSpec,
    IntegerField,
    NumberField,
    Option,
    TextField,
)
from palier.schemas.screens import widgets
from palier.schemas.screens.widgets import Button, Input, Part, Widget

#: Characters of a text that is asked for in one line, where nothing says otherwise; and of one
#: whose field has a rule of its own.
_LINE, _LONGEST = 160, 1_000_000


W = TypeVar("W", bound=Input | Button)


@dataclass(frozen=True, slots=True)
class Placed(Generic[W]):
    """A widget, and the conditions under which it is seen: its own, and those around it."""

    widget: W
    conditions: tuple[str, ...]


def placed(
    body: tuple[Widget | Part, ...],
) -> tuple[tuple[Placed[Input], ...], tuple[Placed[Button], ...]]:
    """Return the inputs of a screen and its buttons, both in its order."""
    inputs: list[Placed[Input]] = []
    buttons: list[Placed[Button]] = []
    for one, conditions in _placed(body, ()):
        if isinstance(one, Input):
            inputs.append(Placed(one, conditions))
        elif isinstance(one, Button):
            buttons.append(Placed(one, conditions))
    return tuple(inputs), tuple(buttons)


def _placed(
    body: tuple[Widget | Part, ...], around: tuple[str, ...]
) -> Iterator[tuple[Widget | Part, tuple[str, ...]]]:
    for one in body:
        # pydantic takes long over an attribute that a model does not have
        fields = vars(one)
        condition = fields.get("show_if")
        conditions = around if condition is None else (*around, condition)
        yield one, conditions
        if children := fields.get("children"):
            yield from _placed(children, conditions)


def question(
    widget: Input,
    form: FormSpec | None,
    *,
    acted: FieldSpec | None = None,
    say: Callable[[str], str],
    number: Callable[[float | str | None], float | None],
) -> FieldSpec:
    """Return the field that an input asks for; ``say`` fills in texts, ``number`` bounds.

    ``acted`` is what an action of a live stage asks for in this place.

    Its name is the field's, or the whole place for a local one.
    """
    kind, _, name = widget.bind.partition(".")
    found = None if acted is None else acted.model_copy(update={"name": widget.bind})
    if kind == "answer" and form is not None:
        found = next((one for one in form.fields if one.name == name), None)
    own = _own(widget, number=number, say=say)
    if found is None:
        return own
    changes: dict[str, Any] = _stricter(found, own)
    if widget.label is not None:
        changes["title"] = own.title
    if widget.help is not None:
        changes["help"] = own.help
    if widget.required:
        changes["required"] = True
    if isinstance(widget, widgets.Choice) and isinstance(found, ChoiceField) and widget.children:
        titles = {one.value: say(one.text) for one in widget.children}
        changes["options"] = tuple(
            Option(value=one.value, title=titles.get(one.value, one.title)) for one in found.options
        )
    return found.model_copy(update=changes) if changes else found


def _stricter(field: FieldSpec, own: FieldSpec) -> dict[str, Any]:
    """Return the bounds of a field that its widget draws narrower."""
    if isinstance(field, TextField) and isinstance(own, TextField):
        return {"max_length": min(field.max_length, own.max_length)}
    if isinstance(field, DateField) and isinstance(own, DateField):
        return _narrower(field, own)
    if isinstance(field, IntegerField) and isinstance(own, IntegerField | NumberField):
        bounds = _narrower(field, own)
        return {"minimum": _up(bounds["minimum"]), "maximum": _whole(bounds["maximum"])}
    if isinstance(field, NumberField) and isinstance(own, IntegerField | NumberField):
        return _narrower(field, own)
    return {}


def _narrower(one: Any, other: Any) -> dict[str, Any]:
    return {
        "minimum": _tightest(max, one.minimum, other.minimum),
        "maximum": _tightest(min, one.maximum, other.maximum),
    }


def _tightest(which: Callable[..., Any], *bounds: Any) -> Any:
    return which((bound for bound in bounds if bound is not None), default=None)


def _own(
    widget: Input,
    *,
    say: Callable[[str], str],
    number: Callable[[float | str | None], float | None],
) -> FieldSpec:
    """Return the field of a local place, by what its widget says."""
    common: dict[str, Any] = {
        "name": widget.bind,
        "title": say(widget.label or ""),
        "help": None if widget.help is None else say(widget.help),
        "required": bool(widget.required),
    }
    longest = _LONGEST if widget.bind.startswith("answer.") else _LINE
    match widget:
        case widgets.TextField() | widgets.TextArea():
            return TextField(**common, max_length=widget.max_length or longest)
        case widgets.Number(decimals=decimals) if decimals != 0:
            low, high = number(widget.min), number(widget.max)
            return NumberField(**common, minimum=low, maximum=high)
        case widgets.Number() | widgets.Slider():
            low, high = number(widget.min), number(widget.max)
            return IntegerField(**common, minimum=_up(low), maximum=_whole(high))
        case widgets.Scale():
            return IntegerField(**common, minimum=widget.min, maximum=widget.max)
        case widgets.Check():
            return FlagField(**common, default=False)
        case widgets.Choice(source=str()):
            # what can be chosen is among the data, and may change with them
            return TextField(**common, max_length=_LONGEST)
        case widgets.Choice():
            options = tuple(Option(value=o.value, title=say(o.text)) for o in widget.children)
            return ChoiceField(**common, options=options)
        case widgets.Date():
            return DateField(**common, minimum=_day(widget.min), maximum=_day(widget.max))


def _whole(number: float | None) -> int | None:
    return None if number is None else math.floor(number)


def _up(number: float | None) -> int | None:
    return None if number is None else math.ceil(number)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
