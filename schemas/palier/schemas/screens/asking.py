"""What a question asks for, beside the field of the form that it is bound to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import NamedTuple, TypeVar

from palier.schemas import forms
from palier.schemas.forms import FieldSpec
from palier.schemas.screens import widgets
from palier.schemas.screens.bindings import CALLED, HOLDS, holders
from palier.schemas.screens.widgets import Input

_Bound = TypeVar("_Bound", float, date)

#: What a flag is as a text, where a choice asks for it.
_FLAG = frozenset({"true", "false"})


class Remark(NamedTuple):
    """An attribute, why it does not do, and what to do."""

    attribute: str
    reason: str
    hint: str


def remarks(widget: Input, field: FieldSpec | None, *, known: bool) -> Iterator[Remark]:
    """Yield what is wrong with a question.

    ``field`` is that of the form which it is bound to; ``known`` is false where it has one that
    nobody knows.
    """
    if field is not None and field.type not in HOLDS[widget.tag]:
        fitting = " or ".join(f"<{one}>" for one in holders(field.type))
        yield Remark(
            "bind",
            f"<{widget.tag}> cannot hold {field.name}, which is {CALLED[field.type]}.",
            f"Write {fitting}.",
        )
        return
    if known:
        yield from _missing(widget, field)
    if field is None:
        return
    if widget.required is False and field.required and field.default is None:
        yield Remark("required", f"The form requires {field.name}.", "Leave required out.")
    yield from _beyond(widget, field)


def _missing(widget: Input, field: FieldSpec | None) -> Iterator[Remark]:
    """Yield what neither the widget nor the form says, and must be said."""
    match widget:
        case widgets.Slider():
            bounds = (
                ("min", widget.min, getattr(field, "minimum", None), "lower", "ge"),
                ("max", widget.max, getattr(field, "maximum", None), "upper", "le"),
            )
            for name, own, given, which, rule in bounds:
                if own is None and given is None:
                    more = f", or the form's field {rule}=…" if field is not None else ""
                    yield Remark(
                        "bind", f"The slider has no {which} bound.", f'Give it {name}="…"{more}.'
                    )
        case widgets.Choice(children=(), source=None):
            if field is None or field.type == "text":
                yield Remark(
                    "bind",
                    "The choice has no options.",
                    "Put <option> in it, or give it source.",
                )
        case _:
            pass


def _beyond(widget: Input, field: FieldSpec) -> Iterator[Remark]:
    """Yield where a widget lets in what the form does not."""
    match widget, field:
        case (
            (widgets.Number() | widgets.Slider() | widgets.Scale()),
            (forms.IntegerField() | forms.NumberField()),
        ):
            yield from _wider(widget.min, widget.max, field.minimum, field.maximum, field.name)
        case widgets.Date(), forms.DateField():
            low = None if widget.min is None else date.fromisoformat(widget.min)
            high = None if widget.max is None else date.fromisoformat(widget.max)
            yield from _wider(low, high, field.minimum, field.maximum, field.name)
        case ((widgets.TextField() | widgets.TextArea()), forms.TextField()):
            if (own := widget.max_length) is not None and own > field.max_length:
                yield Remark(
                    "max-length",
                    f"{own} characters are more than the form allows for {field.name}: "
                    f"{field.max_length}.",
                    "Leave max-length out, or change the form.",
                )
        case widgets.Scale(), forms.ChoiceField():
            points = widget.max - widget.min + 1
            if points != len(field.options):
                yield Remark(
                    "bind",
                    f"The scale has {points} points, and {field.name} has {len(field.options)} "
                    "options.",
                    "Change min and max until they are as many.",
                )
        case widgets.Choice(), (forms.ChoiceField() | forms.FlagField()):
            yield from _foreign(widget, field)
        case _:
            pass
    whole = isinstance(field, forms.IntegerField)
    if isinstance(widget, widgets.Number) and whole and widget.decimals:
        yield Remark("decimals", f"{field.name} is a whole number.", "Leave decimals out.")


def _wider(
    low: _Bound | str | None,
    high: _Bound | str | None,
    lowest: _Bound | None,
    highest: _Bound | None,
    name: str,
) -> Iterator[Remark]:
    # a bound in braces is known only where the screen is shown
    if not isinstance(low, str | None) and lowest is not None and low < lowest:
        yield Remark(
            "min",
            f"min is below {_said(lowest)}, where the form begins for {name}.",
            "Raise it, or leave it out.",
        )
    if not isinstance(high, str | None) and highest is not None and high > highest:
        yield Remark(
            "max",
            f"max is above {_said(highest)}, where the form ends for {name}.",
            "Lower it, or leave it out.",
        )


def _said(bound: float | date) -> str:
    return bound.isoformat() if isinstance(bound, date) else f"{bound:g}"


def _foreign(
    widget: widgets.Choice, field: forms.ChoiceField | forms.FlagField
) -> Iterator[Remark]:
    if isinstance(field, forms.FlagField):
        known = _FLAG
    else:
        known = frozenset(one.value for one in field.options)
    for option in widget.children:
        if option.value not in known:
            yield Remark(
                "bind",
                f"The form has no option {option.value!r} for {field.name}.",
                f"It has {', '.join(sorted(known))}.",
            )
