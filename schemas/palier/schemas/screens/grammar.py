"""What may be written in a screen's XML, told from the models: tags, attributes, what stands where.

The reader reads by it, editors complete by what is made of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from types import MappingProxyType, NoneType, UnionType
from typing import Annotated, Any, Literal, TypeAlias, Union, get_args, get_origin, get_type_hints

from annotated_types import Ge, Le, MaxLen, MinLen
from pydantic import AfterValidator, JsonValue, StringConstraints
from pydantic.fields import FieldInfo

from palier.schemas.message import Value
from palier.schemas.screens import widgets
from palier.schemas.screens.screen import Datum, Local, ScreenSpec, Strings
from palier.schemas.screens.widgets import CATALOGUE, LONGEST, Widget

#: What an attribute holds: text as it is or by a pattern, text with values, a condition, a number
#: or a value in braces, true or false, whole numbers, keys, JSON, one of some words.
Kind: TypeAlias = Literal[
    "text", "words", "condition", "amount", "flag", "whole", "wholes", "keys", "json", "choice"
]

#: Attributes that editors write on the root: which grammar the file follows.
IGNORED = frozenset({"xmlns:xsi", "xsi:noNamespaceSchemaLocation"})

#: Tags that hold their text between them, and those of them whose text has paragraphs.
TEXTUAL = frozenset({"heading", "text", "notice", "button", "option", "string"})
PARAGRAPHS = frozenset({"text", "notice"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One attribute of a tag: how it is written, and what it may hold."""

    name: str
    field: str
    kind: Kind
    required: bool = False
    choices: tuple[str, ...] = ()
    low: int | None = None
    high: int | None = None
    longest: int | None = None
    pattern: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shape:
    """One tag: its attributes by the name they are written with, and what may stand within it."""

    tag: str
    model: type[Value] | None
    rules: Mapping[str, Rule]
    children: tuple[str, ...] = ()
    fewest: int = 0
    most: int | None = None

    @property
    def textual(self) -> bool:
        """Whether text stands between its tags."""
        return self.tag in TEXTUAL


def written(field: str) -> str:
    """Return how a field is written as an attribute."""
    return field.replace("_", "-")


@cache
def shapes() -> Mapping[str, Shape]:
    """Return the shape of every tag."""
    found = {tag: _shape(tag, model) for tag, model in CATALOGUE.items()}
    found["screen"] = _shape(
        "screen",
        ScreenSpec,
        without=("data", "locals", "strings", "images", "body"),
        children=(*_tags(Widget), "data", "local", "strings"),
        fewest=1,
    )
    found["data"] = _shape("data", Datum)
    found["local"] = _shape("local", Local)
    found["strings"] = _shape("strings", Strings, without=("texts",), children=("string",))
    found["string"] = Shape(
        tag="string",
        model=None,
        rules={
            "of": Rule(name="of", field="of", kind="text", required=True),
            "text": Rule(name="text", field="text", kind="words", required=True, longest=LONGEST),
        },
    )
    return MappingProxyType(found)


def parents(tag: str) -> tuple[str, ...]:
    """Return in which tags another may stand."""
    return tuple(one.tag for one in shapes().values() if tag in one.children)


def _shape(
    tag: str,
    model: type[Value],
    *,
    without: tuple[str, ...] = (),
    children: tuple[str, ...] = (),
    fewest: int = 0,
) -> Shape:
    rules: dict[str, Rule] = {}
    most: int | None = None
    for name, hint in get_type_hints(model, include_extras=True).items():
        if name == "children":
            inner, metadata = _bare(hint)
            children = tuple(_tags(get_args(inner)[0]))
            limits = {type(one): one for one in metadata}
            fewest = limits[MinLen].min_length if MinLen in limits else 0
            most = limits[MaxLen].max_length if MaxLen in limits else None
        elif name in model.model_fields and name != "tag" and name not in without:
            rule = _rule(name, hint, required=model.model_fields[name].is_required())
            rules[rule.name] = rule
    if tag == "screen":  # the file's own name stands for it
        rules["name"] = _rule("name", get_type_hints(model, include_extras=True)["name"])
    return Shape(
        tag=tag,
        model=model,
        rules=MappingProxyType(rules),
        children=children,
        fewest=fewest,
        most=most,
    )


def _rule(field: str, hint: Any, *, required: bool = False) -> Rule:
    bare, metadata = _bare(hint)
    of: dict[str, Any] = {"name": written(field), "field": field, "required": required}
    for one in metadata:
        match one:
            case Ge(ge=low):
                of["low"] = low
            case Le(le=high):
                of["high"] = high
            case StringConstraints():
                of["longest"] = one.max_length
                of["pattern"] = one.pattern
            case _:
                pass
    return Rule(kind=_kind(bare, metadata, of), **of)


def _kind(bare: Any, metadata: list[Any], of: dict[str, Any]) -> Kind:
    validators = {one.func for one in metadata if isinstance(one, AfterValidator)}
    for validator, kind in _BY_VALIDATOR:
        if validator in validators:
            return kind
    if get_origin(bare) is Literal:
        of["choices"] = tuple(str(one) for one in get_args(bare))
        return "choice"
    if get_origin(bare) is tuple:
        inner, inner_metadata = _bare(get_args(bare)[0])
        for one in inner_metadata:
            match one:
                case Ge(ge=low):
                    of["low"] = low
                case Le(le=high):
                    of["high"] = high
                case _:
                    pass
        of["longest"] = next((one.max_length for one in metadata if isinstance(one, MaxLen)), None)
        return "wholes" if inner is int else "keys"
    simple: tuple[tuple[Any, Kind], ...] = (
        (JsonValue, "json"),
        (bool, "flag"),
        (int, "whole"),
        (str, "text"),
    )
    return next(kind for type_, kind in simple if bare is type_)


_BY_VALIDATOR: tuple[tuple[Any, Kind], ...] = (
    (widgets.check_template, "words"),
    (widgets.check_expression, "condition"),
    (widgets.check_amount, "amount"),
)


def _bare(hint: Any) -> tuple[Any, list[Any]]:
    """Return a type without None and without what is said about it, and that."""
    metadata: list[Any] = []
    while True:
        if get_origin(hint) is Annotated:
            hint, *more = get_args(hint)
            for one in more:
                metadata += one.metadata if isinstance(one, FieldInfo) else [one]
        elif get_origin(hint) in {Union, UnionType} and NoneType in get_args(hint):
            (hint,) = (one for one in get_args(hint) if one is not NoneType)
        else:
            return hint, metadata


def _tags(hint: Any) -> Iterator[str]:
    bare, _ = _bare(hint)
    for model in get_args(bare) or (bare,):
        yield model.model_fields["tag"].default
