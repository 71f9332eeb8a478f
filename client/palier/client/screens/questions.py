"""What an input of a screen asks: a field of the form in the screen's words, or one of its own.

Pure. The rule is the form's wherever there is one, so that desk and worker cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

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
from palier.schemas.screens.widgets import Input

#: Characters of a text that is asked for in one line, where nothing says otherwise.
_LINE = 160


def question(
    widget: Input,
    form: FormSpec | None,
    *,
    say: Callable[[str], str],
    number: Callable[[float | str | None], float | None],
) -> FieldSpec:
    """Return the field that an input asks for; ``say`` fills in texts, ``number`` bounds.

    Its name is the field's, or the whole place for a local one.
    """
    kind, _, name = widget.bind.partition(".")
    found = None
    if kind == "answer" and form is not None:
        found = next((one for one in form.fields if one.name == name), None)
    field = found or _own(widget, number=number, say=say)
    changes: dict[str, Any] = {}
    if widget.label is not None:
        changes["title"] = say(widget.label)
    if widget.help is not None:
        changes["help"] = say(widget.help)
    if widget.required is not None and found is None:
        changes["required"] = widget.required
    if isinstance(widget, widgets.Choice) and isinstance(field, ChoiceField) and widget.children:
        titles = {one.value: say(one.text) for one in widget.children}
        changes["options"] = tuple(
            Option(value=one.value, title=titles.get(one.value, one.title)) for one in field.options
        )
    return field.model_copy(update=changes)


def _own(
    widget: Input,
    *,
    say: Callable[[str], str],
    number: Callable[[float | str | None], float | None],
) -> FieldSpec:
    """Return the field of a local place, by what its widget says."""
    common: dict[str, Any] = {"name": widget.bind, "title": "", "required": False}
    match widget:
        case widgets.TextField() | widgets.TextArea():
            return TextField(**common, max_length=widget.max_length or _LINE)
        case widgets.Number(decimals=decimals) if decimals != 0:
            low, high = number(widget.min), number(widget.max)
            return NumberField(**common, minimum=low, maximum=high)
        case widgets.Number() | widgets.Slider():
            low, high = number(widget.min), number(widget.max)
            return IntegerField(**common, minimum=_whole(low), maximum=_whole(high))
        case widgets.Scale():
            return IntegerField(**common, minimum=widget.min, maximum=widget.max)
        case widgets.Check():
            return FlagField(**common, default=False)
        case widgets.Choice():
            options = tuple(Option(value=o.value, title=say(o.text)) for o in widget.children)
            return ChoiceField(**common, options=options)
        case widgets.Date():
            return DateField(**common, minimum=_day(widget.min), maximum=_day(widget.max))


def _whole(number: float | None) -> int | None:
    return None if number is None else int(number)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
