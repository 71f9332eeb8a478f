"""Forms: what a stage asks, described so that any client can show it and check it.

An author writes a pydantic model (`Form`); what travels is its description (`FormSpec`), whose
fields are a closed set. A client checks with the description, the worker with the model itself.
"""

from __future__ import annotations

import math
import random as chance
from collections.abc import Mapping
from datetime import date, timedelta
from enum import Enum
from typing import Annotated, Any, Literal, get_args, get_origin

import annotated_types
from pydantic import BaseModel, ConfigDict, Field, JsonValue
from pydantic.fields import FieldInfo

from palier.schemas.errors import PalierError
from palier.schemas.message import Value

#: What a form returns: field name to value.
Answer = Mapping[str, JsonValue]


class Form(BaseModel):
    """What a stage asks of each participant: an author's model, one attribute a field."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class UnsupportedField(PalierError):
    """A form has a field that no client could show."""

    def __init__(self, form: type[Form], name: str, annotation: object) -> None:
        super().__init__(
            f"{form.__name__}.{name} is of type {annotation!r}, which no screen can show: "
            "use int, float, bool, str, date, an Enum or a Literal of strings."
        )


class _FieldSpec(Value):
    name: str
    title: str
    help: str | None = None
    required: bool = True
    default: JsonValue = None


class Ends(Value):
    """The words at the ends of a scale, and in its middle."""

    low: str = ""
    middle: str = ""
    high: str = ""


class IntegerField(_FieldSpec):
    """A whole number, both bounds inclusive; with ``scale`` it is chosen from a row of points."""

    type: Literal["integer"] = "integer"
    minimum: int | None = None
    maximum: int | None = None
    scale: Ends | None = None

    def check(self, value: object) -> str | None:
        """Return what is wrong with the value, or None."""
        if isinstance(value, bool) or not isinstance(value, int):
            return "whole-number"
        return _out_of_range(value, self.minimum, self.maximum)

    def draw(self, random: chance.Random) -> int:
        """Return a random value that passes."""
        low = self.minimum if self.minimum is not None else min(0, self.maximum or 0)
        high = self.maximum if self.maximum is not None else low + 100
        return random.randint(low, high)


class NumberField(_FieldSpec):
    """A number, both bounds inclusive."""

    type: Literal["number"] = "number"
    minimum: float | None = None
    maximum: float | None = None

    def check(self, value: object) -> str | None:
        """Return what is wrong with the value, or None."""
        if (
            isinstance(value, bool)
            or not isinstance(value, int | float)
            or not math.isfinite(value)
        ):
            return "number"
        return _out_of_range(value, self.minimum, self.maximum)

    def draw(self, random: chance.Random) -> float:
        """Return a random value that passes, to two decimals where the bounds allow."""
        low = self.minimum if self.minimum is not None else min(0.0, self.maximum or 0.0)
        high = self.maximum if self.maximum is not None else low + 100
        drawn = random.uniform(low, high)
        rounded = round(drawn, 2)
        return rounded if low <= rounded <= high else drawn


class FlagField(_FieldSpec):
    """Yes or no."""

    type: Literal["flag"] = "flag"

    def check(self, value: object) -> str | None:
        """Return what is wrong with the value, or None."""
        return None if isinstance(value, bool) else "flag"

    def draw(self, random: chance.Random) -> bool:
        """Return a random value that passes."""
        return random.random() < 0.5  # noqa: PLR2004 - a fair coin


class Option(Value):
    """One of the options of a choice."""

    value: str
    title: str


class ChoiceField(_FieldSpec):
    """Exactly one of several options."""

    type: Literal["choice"] = "choice"
    options: tuple[Option, ...]

    def check(self, value: object) -> str | None:
        """Return what is wrong with the value, or None."""
        return None if value in {option.value for option in self.options} else "choice"

    def draw(self, random: chance.Random) -> str:
        """Return a random value that passes."""
        return random.choice(self.options).value


class TextField(_FieldSpec):
    """Text; lengths count characters."""

    type: Literal["text"] = "text"
    min_length: int = 0
    max_length: int = 1000

    def check(self, value: object) -> str | None:
        """Return what is wrong with the value, or None."""
        if not isinstance(value, str):
            return "text"
        if len(value) < self.min_length:
            return "too-short" if value else "required"
        return "too-long" if len(value) > self.max_length else None

    def draw(self, random: chance.Random) -> str:
        """Return a random value that passes."""
        length = max(self.min_length, min(8, self.max_length))
        return "".join(random.choices("abcdefghijklmnopqrstuvwxyz", k=length))


class DateField(_FieldSpec):
    """A day, as ``2026-11-22``, both bounds inclusive."""

    type: Literal["date"] = "date"
    minimum: date | None = None
    maximum: date | None = None

    def check(self, value: object) -> str | None:
        """Return what is wrong with the value, or None."""
        try:
            day = date.fromisoformat(value) if isinstance(value, str) else None
        except ValueError:
            day = None
        if day is None or day.isoformat() != value:
            return "date"
        early = self.minimum is not None and day < self.minimum
        late = self.maximum is not None and day > self.maximum
        return "out-of-range" if early or late else None

    def draw(self, random: chance.Random) -> str:
        """Return a random value that passes."""
        low = self.minimum or min(date(2000, 1, 1), self.maximum or date.max)
        high = self.maximum or max(low, date(2030, 12, 31))
        return date.fromordinal(random.randint(low.toordinal(), high.toordinal())).isoformat()


#: Any field; its ``check`` answers with a problem's stable name, which each client puts in words.
FieldSpec = Annotated[
    IntegerField | NumberField | FlagField | ChoiceField | TextField | DateField,
    Field(discriminator="type"),
]


class FormSpec(Value):
    """The description of a form."""

    fields: tuple[FieldSpec, ...]

    def check(self, answer: Answer) -> dict[str, str]:
        """Return the problem of each field that has one; empty when the answer passes."""
        problems: dict[str, str] = {}
        for field in self.fields:
            value = answer.get(field.name, field.default)
            if value is None:
                if field.required:
                    problems[field.name] = "required"
            elif problem := field.check(value):
                problems[field.name] = problem
        return problems

    def draw(self, random: chance.Random) -> dict[str, JsonValue]:
        """Return a random answer that passes, as a bot without a plan gives it."""
        return {field.name: field.draw(random) for field in self.fields}


def describe(form: type[Form]) -> FormSpec:
    """Return the description of a form; raises `UnsupportedField`."""
    return FormSpec(
        fields=tuple(_describe(form, name, info) for name, info in form.model_fields.items())
    )


def _describe(form: type[Form], name: str, info: FieldInfo) -> FieldSpec:
    annotation, optional = _without_none(info.annotation)
    default = None if info.is_required() else info.get_default(call_default_factory=True)
    if isinstance(default, Enum):
        default = default.value
    common: dict[str, Any] = {
        "name": name,
        "title": info.title or name.replace("_", " ").capitalize(),
        "help": info.description,
        "required": info.is_required() or not optional,
        "default": default,
    }
    if isinstance(default, date):
        common["default"] = default.isoformat()
    low, high = _bounds(info, annotation)
    if annotation is bool:
        return FlagField(**common)
    if annotation is int:
        scale = _hint(info, "scale")
        return IntegerField(**common, minimum=low, maximum=high, scale=scale)
    if annotation is float:
        return NumberField(**common, minimum=low, maximum=high)
    if annotation is str:
        return TextField(**common, **_lengths(info))
    if annotation is date:
        return DateField(**common, minimum=low, maximum=high)
    if options := _options(annotation, _hint(info, "titles") or {}):
        return ChoiceField(**common, options=options)
    raise UnsupportedField(form, name, info.annotation)


def _without_none(annotation: Any) -> tuple[Any, bool]:
    arguments = get_args(annotation)
    if type(None) in arguments and get_origin(annotation) is not Literal:
        (rest,) = (one for one in arguments if one is not type(None))
        return rest, True
    return annotation, False


def _bounds(info: FieldInfo, annotation: Any) -> tuple[Any, Any]:
    step = {int: 1, date: timedelta(days=1)}.get(annotation)
    low: Any = None
    high: Any = None
    for constraint in info.metadata:
        match constraint:
            case annotated_types.Ge(ge=bound):
                low = bound
            case annotated_types.Gt(gt=bound):
                low = _beyond(bound, step, towards=math.inf)
            case annotated_types.Le(le=bound):
                high = bound
            case annotated_types.Lt(lt=bound):
                high = _beyond(bound, step, towards=-math.inf)
            case _:
                pass
    return low, high


def _beyond(bound: Any, step: Any, *, towards: float) -> Any:
    """Return the nearest value past an exclusive bound."""
    if step is None:
        return math.nextafter(bound, towards)
    return bound + step if towards > 0 else bound - step


def _lengths(info: FieldInfo) -> dict[str, int]:
    lengths: dict[str, int] = {}
    for constraint in info.metadata:
        match constraint:
            case annotated_types.MinLen(min_length=shortest):
                lengths["min_length"] = shortest
            case annotated_types.MaxLen(max_length=longest):
                lengths["max_length"] = longest
            case _:
                pass
    return lengths


def _hint(info: FieldInfo, name: str) -> Any:
    """Return what a field says for screens besides its type: the words of a scale, of options."""
    extra = info.json_schema_extra
    return extra.get(name) if isinstance(extra, dict) else None


def _options(annotation: Any, titles: Mapping[str, str]) -> tuple[Option, ...]:
    if get_origin(annotation) is Literal:
        return tuple(
            Option(value=str(one), title=titles.get(str(one), str(one)))
            for one in get_args(annotation)
        )
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return tuple(
            Option(value=str(one.value), title=one.name.replace("_", " ").capitalize())
            for one in annotation
        )
    return ()


def _out_of_range(value: float, low: float | None, high: float | None) -> str | None:
    if (low is not None and value < low) or (high is not None and value > high):
        return "out-of-range"
    return None
