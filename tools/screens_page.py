"""Write the catalogue in docs/screens.md from the models and from the screens of the gallery.

``python tools/screens_page.py`` after a change of a widget; a test compares the page with the
models. ``--pictures`` takes the pictures anew; that needs a display (Xvfb will do).
"""

from __future__ import annotations

import argparse
import re
import textwrap
import types
import typing
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal, get_args, get_origin

from pydantic.fields import FieldInfo

from palier.schemas.message import Value
from palier.schemas.screens import widgets
from palier.schemas.screens.screen import Datum, Local, Strings
from palier.schemas.screens.widgets import CATALOGUE

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "screens.md"
PICTURES = ROOT / "docs" / "images" / "screens"
GALLERY = ROOT / "programs" / "gallery" / "screens"

_BEGIN, _END = "<!-- widgets -->\n", "<!-- /widgets -->"

#: The order of the page, and what each family is.
_FAMILIES = {
    "Where things stand": ("columns", "stack", "row", "card", "section", "tabs"),
    "What is read": ("heading", "text", "figure", "notice", "image"),
    "What is filled in": (
        *("textfield", "textarea", "number", "slider", "choice", "check", "scale", "date"),
    ),
    "What is pressed": ("actions", "button"),
    "What is shown of data": ("table", "plot", "progress", "barrier", "timer", "chat", "log"),
}

#: What stands within another, by the tag of that.
_WITHIN = {"tabs": "tab", "choice": "option", "table": "column", "plot": "series"}

_COMMON = {"id", "show_if"}

#: Types of the catalogue, in words.
_ALIASES = (
    (widgets.Words, "text"),
    (widgets.Condition, "expression"),
    (widgets.Place, "place"),
    (widgets.Source, "list or stream"),
    (widgets.Action, "action"),
    (widgets.Key, "key"),
    (widgets.Amount, "number or `{value}`"),
)

_NAMES: dict[object, str] = {
    str: "text",
    int: "whole number",
    float: "number",
    bool: "true or false",
    types.NoneType: "",
}


def tags() -> tuple[str, ...]:
    """Return every widget of the page, in its order."""
    return tuple(tag for family in _FAMILIES.values() for tag in family)


def page() -> str:
    """Return the catalogue."""
    parts = []
    for family, tags in _FAMILIES.items():
        parts.append(f"### {family}\n")
        parts += [_widget(tag) for tag in tags]
    parts.append("### Of the screen itself\n")
    parts += [_entry(model) for model in (Local, Datum, Strings)]
    return "\n".join(parts)


def _widget(tag: str) -> str:
    lines = [_entry(CATALOGUE[tag]), f"![{tag}](images/screens/{tag}.png)\n", _example(tag)]
    if part := _WITHIN.get(tag):
        lines.insert(1, _entry(CATALOGUE[part]))
    return "\n".join(lines)


def _entry(model: type[Value]) -> str:
    tag = model.model_fields["tag"].default
    doc = textwrap.dedent(f"    {model.__doc__ or ''}").strip().replace("``", "`")
    hints = typing.get_type_hints(model, include_extras=True)
    own = [
        _attribute(name, info, hints[name])
        for name, info in model.model_fields.items()
        if name not in {"tag", "children"}
    ]
    return f"#### `<{tag}>`\n\n{doc}\n\n{' · '.join(one for one in own if one)}\n"


def _attribute(name: str, info: FieldInfo, annotation: Any) -> str:
    if name in _COMMON:
        return ""
    words = " or ".join(dict.fromkeys(one for one in _types(annotation) if one)) or "text"
    default = "" if info.is_required() else _default(info.default)
    needed = ", needed" if info.is_required() else ""
    return f"`{name.replace('_', '-')}` {words}{default}{needed}"


def _default(value: object) -> str:
    return "" if value in (None, "", (), {}) else f" (`{str(value).lower()}`)"


def _types(annotation: Any) -> Iterator[str]:
    """Yield in words what an attribute may be."""
    for alias, words in _ALIASES:
        if annotation == alias:
            yield words
            return
    origin = get_origin(annotation)
    if origin is Literal:
        yield " ".join(f"`{one}`" for one in get_args(annotation))
    elif origin in {typing.Union, types.UnionType}:
        for one in get_args(annotation):
            yield from _types(one)
    elif origin is Annotated:
        yield from _types(get_args(annotation)[0])
    elif origin is tuple:
        yield "several, with a space between"
    else:
        yield _NAMES.get(annotation, "text")


def _example(tag: str) -> str:
    """Return the lines of the gallery that have this widget."""
    for path in sorted(GALLERY.glob("*.xml")):
        text = path.read_text(encoding="utf-8")
        if found := re.search(rf"^ *<{tag} id=\"{tag}\"", text, re.MULTILINE):
            return f"```xml\n{_element(text, found.start(), tag)}\n```\n"
    raise LookupError(f"no screen of the gallery has <{tag} id={tag!r}>")


def _element(text: str, start: int, tag: str) -> str:
    opened = re.compile(rf"<{tag}\b[^>]*?(/?)>|</{tag}>", re.DOTALL)
    depth = 0
    for one in opened.finditer(text, start):
        if one.group().startswith("</"):
            depth -= 1
        elif not one.group(1):
            depth += 1
        if depth == 0:
            return textwrap.dedent(text[start : one.end()])
    raise LookupError(f"<{tag}> is not closed")


def written() -> str:
    """Return the whole page as it should be."""
    text = PAGE.read_text(encoding="utf-8")
    head, rest = text.split(_BEGIN)
    _, tail = rest.split(_END)
    return f"{head}{_BEGIN}\n{page()}\n{_END}{tail}"


def main() -> None:
    """Write the page, and the pictures if they are wanted."""
    parser = argparse.ArgumentParser(description="Write the catalogue of widgets.")
    parser.add_argument("--pictures", action="store_true")
    given = parser.parse_args()
    PAGE.write_text(written(), encoding="utf-8")
    if given.pictures:
        from tools.screens_pictures import take_all

        take_all(PICTURES)


if __name__ == "__main__":
    main()
