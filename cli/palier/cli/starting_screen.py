"""A screen to begin with: what a stage asks and shows, in a card, with a button."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Literal
from xml.sax.saxutils import escape, quoteattr

from pydantic import JsonValue

from palier.schemas.forms import FieldSpec, FormSpec, IntegerField, TextField
from palier.schemas.screens.surroundings import RESERVED

#: A range of so many whole numbers is slid, a text of so many characters is one line.
_SLID, _LINE = 100, 160

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}", re.ASCII)

_UNKNOWN = """\
    <!-- The form of this stage is not known here. Ask for its fields with
         <number bind="answer.…"/>, <choice bind="answer.…"/> and so on. -->
"""


def starting_screen(
    *,
    form: FormSpec | Literal["unknown"] | None,
    data: Mapping[str, JsonValue] | None,
    grammar: str | None,
) -> str:
    """Return the text of a file; ``grammar`` is the way to the XML Schema, where it is near."""
    root = "<screen>"
    if grammar is not None:
        root = (
            '<screen xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"\n'
            f"        xsi:noNamespaceSchemaLocation={quoteattr(grammar)}>"
        )
    names = [one for one in data or {} if _NAME.fullmatch(one) and one not in RESERVED]
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', root]
    lines += [f"  <data name={quoteattr(one)}{_type((data or {})[one])}/>" for one in names]
    lines += ["  <card>", "    <heading>{stage.title}</heading>"]
    lines += [f"    {line}" for name in names for line in _shown(name, (data or {})[name])]
    if form == "unknown":
        lines.append(_UNKNOWN.rstrip("\n"))
    elif form is not None:
        lines += [f"    {_asked(field)}" for field in form.fields]
    lines += [
        "    <actions>",
        f"      {_button('next' if form is None else 'submit')}",
        "    </actions>",
        "  </card>",
        "</screen>",
    ]
    return "\n".join(lines) + "\n"


def _button(action: Literal["next", "submit"]) -> str:
    text = "Continue" if action == "next" else "Submit"
    return f'<button on-click="{action}" kind="primary">{text}</button>'


def _type(value: JsonValue) -> str:
    match value:
        case bool():
            return ' type="flag"'
        case int() | float():
            return ' type="number"'
        case list():
            return ' type="list"'
        case dict():
            return ' type="record"'
        case _:
            return ""


def _shown(name: str, value: JsonValue) -> Iterator[str]:
    if isinstance(value, list):
        yield f'<table source="{name}"/>'
    elif not isinstance(value, dict):
        label = escape(name.replace("_", " ").capitalize())
        yield f'<figure value="{{{name}}}" label="{label}"/>'


def _asked(field: FieldSpec) -> str:
    place = f"answer.{field.name}"
    match field:
        case IntegerField(minimum=int() as low, maximum=int() as high) if high - low <= _SLID:
            tag = "slider"
        case TextField(max_length=longest):
            tag = "textfield" if longest <= _LINE else "textarea"
        case _:
            tag = {
                "integer": "number",
                "number": "number",
                "flag": "check",
                "choice": "choice",
                "date": "date",
            }[field.type]
    return f"<{tag} bind={quoteattr(place)}/>"
