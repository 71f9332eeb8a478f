"""From an annotation to a column: what is kept, and what a value must be."""

from __future__ import annotations

import types
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin

from pydantic import AwareDatetime, Field, PydanticSchemaGenerationError, TypeAdapter
from pydantic import ValidationError as Invalid
from pydantic.fields import FieldInfo
from sqlalchemy import Boolean, Date, Double, Text
from sqlalchemy.types import TypeEngine

from palier.program.entities.places import Place
from palier.program.entities.types import (
    DIGITS,
    PLACES,
    TREE,
    WHOLE,
    Choice,
    Exact,
    Instant,
)
from palier.program.errors import ProgramError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Mark:
    """What an annotation says of its column besides the type."""

    what: Literal["unique", "index"]


#: ``email: Unique[str]``: no two rows have the same.
Unique = Annotated[T, Mark("unique")]
#: ``born: Indexed[date]``: found fast.
Indexed = Annotated[T, Mark("index")]

_TYPES = "int, float, str, bool, date, datetime, Decimal, an Enum, Literal, dict or list"

#: What SQL and SQLite keep of whole numbers.
_LIMIT = 2**63

_MISSING = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Attribute:
    """A column as its author declared it. ``kind`` is its type by a name that lasts."""

    name: str
    kind: str
    type: TypeEngine[Any]
    adapter: TypeAdapter[Any]
    field: FieldInfo
    optional: bool
    unique: bool
    index: bool
    choices: tuple[str, ...]
    place: Place

    @property
    def required(self) -> bool:
        """Whether a row cannot be made without a value for it."""
        return not self.optional and self.field.is_required()

    def default(self) -> Any:
        """Return the value of a row that is given none."""
        if self.field.is_required():
            return None
        return self.field.get_default(call_default_factory=True, validated_data={})

    def checked(self, value: Any, *, owner: str) -> Any:
        """Return a value as it is kept; raises `ProgramError`."""
        try:
            return self.adapter.validate_python(value)
        except Invalid as error:
            first = error.errors(include_url=False)[0]
            raise ProgramError(
                f"{owner}.{self.name} cannot be {value!r}: {first['msg'].lower()} ({self.place})."
            ) from None


def attribute(name: str, hint: Any, given: Any, *, owner: str, place: Place) -> Attribute:
    """Return what an annotation declares; ``given`` is its default or `Field`, if any."""
    base, metadata = _taken_apart(hint)
    marks = {one.what for one in metadata if isinstance(one, Mark)}
    constraints = [one for one in metadata if not isinstance(one, Mark)]
    base, optional = _without_none(base)
    if optional:
        base, more = _taken_apart(base)
        marks |= {one.what for one in more if isinstance(one, Mark)}
        constraints += [one for one in more if not isinstance(one, Mark)]
    field = _field(given, constraints, optional=optional)
    found = _kind(base)
    if found is None:
        raise ProgramError(
            f"{owner}.{name} has the type {_shown(hint)}, which no column can have: use "
            f"{_TYPES}, each also with `| None` ({place})."
        )
    kind, column, checked, choices = found
    bounds = [one for one in (*constraints, field) if not _only_default(one)]
    wanted: Any = Annotated[checked, *bounds] if bounds else checked
    try:
        adapter: TypeAdapter[Any] = TypeAdapter(wanted | None if optional else wanted)
    except (PydanticSchemaGenerationError, TypeError) as error:
        raise ProgramError(f"{owner}.{name}: {error} ({place}).") from None
    return Attribute(
        name=name,
        kind=kind,
        type=column,
        adapter=adapter,
        field=field,
        optional=optional,
        unique="unique" in marks,
        index="index" in marks,
        choices=choices,
        place=place,
    )


def _field(given: Any, constraints: list[Any], *, optional: bool) -> FieldInfo:
    if isinstance(given, FieldInfo):
        field = given
    elif given is not _MISSING:
        field = FieldInfo(default=given)
    else:
        field = next((one for one in constraints if isinstance(one, FieldInfo)), FieldInfo())
    if optional and field.is_required():
        field = FieldInfo.merge_field_infos(field, default=None)
    return field


def _only_default(one: Any) -> bool:
    return isinstance(one, FieldInfo) and not one.metadata


def _taken_apart(hint: Any) -> tuple[Any, list[Any]]:
    if get_origin(hint) is Annotated:
        base, *metadata = get_args(hint)
        return base, list(metadata)
    return hint, []


def _without_none(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) in {Union, types.UnionType}:
        left = [one for one in get_args(hint) if one is not type(None)]
        if len(left) < len(get_args(hint)):
            return (left[0] if len(left) == 1 else hint), True
    return hint, False


def _kind(base: Any) -> tuple[str, TypeEngine[Any], Any, tuple[str, ...]] | None:
    """Return a type's lasting name, its column, what a value is checked as, and its choices."""
    if get_origin(base) is Literal:
        options = get_args(base)
        names = tuple(str(one) for one in options)
        if all(isinstance(one, str) for one in options):
            return "text", Text(), base, names
        if all(type(one) is int for one in options):
            return "whole", WHOLE, base, names
        return None
    if isinstance(base, type) and issubclass(base, Enum):
        return "text", Choice(base), base, tuple(base.__members__)
    if (get_origin(base) or base) in {dict, list}:
        return "json", TREE, base, ()
    plain = _PLAIN.get(base) if isinstance(base, type) else None
    return None if plain is None else (*plain, ())


_PLAIN: Mapping[type, tuple[str, TypeEngine[Any], Any]] = {
    int: ("whole", WHOLE, Annotated[int, Field(ge=-_LIMIT, lt=_LIMIT)]),
    float: ("float", Double(), Annotated[float, Field(allow_inf_nan=False)]),
    str: ("text", Text(), str),
    bool: ("bool", Boolean(), bool),
    date: ("date", Date(), date),
    datetime: ("instant", Instant(), AwareDatetime),
    Decimal: (
        "exact",
        Exact(),
        Annotated[Decimal, Field(max_digits=DIGITS, decimal_places=PLACES, allow_inf_nan=False)],
    ),
}


def _shown(hint: Any) -> str:
    return hint.__name__ if isinstance(hint, type) else str(hint)


def given_in(namespace: Mapping[str, Any], name: str) -> Any:
    """Return the default that a class body has for a name, or that there is none."""
    return namespace.get(name, _MISSING)


def is_given(value: Any) -> bool:
    """Tell whether a class body has a default."""
    return value is not _MISSING
