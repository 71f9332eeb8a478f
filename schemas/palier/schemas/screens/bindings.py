"""Which widget can hold which kind of value."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

#: The types of form fields that a widget can be bound to. A choice holds texts: one of a flag's
#: two words, an option's value, or a text from a list.
HOLDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "textfield": frozenset({"text"}),
        "textarea": frozenset({"text"}),
        "number": frozenset({"integer", "number"}),
        "slider": frozenset({"integer"}),
        "choice": frozenset({"choice", "flag", "text"}),
        "check": frozenset({"flag"}),
        "scale": frozenset({"integer", "choice"}),
        "date": frozenset({"date"}),
    }
)

#: What a type is called in a sentence.
CALLED: Mapping[str, str] = MappingProxyType(
    {
        "integer": "a whole number",
        "number": "a number",
        "flag": "yes or no",
        "choice": "one of some options",
        "text": "a text",
        "date": "a day",
    }
)


def holders(type_: str) -> tuple[str, ...]:
    """Return the widgets that can hold a type."""
    return tuple(tag for tag, types in HOLDS.items() if type_ in types)


def go_together(one: str, other: str) -> bool:
    """Tell whether two widgets can be bound to the same place."""
    return bool(HOLDS[one] & HOLDS[other])
