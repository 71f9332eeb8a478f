"""Write docs/screen.xsd and docs/screen.schema.json: the grammar of screens, for editors.

``python tools/screen_grammar.py`` after a change of a widget; a test compares the files with the
models, from which all of it is told.
"""

from __future__ import annotations

import inspect
import json
from pathlib import Path
from xml.etree import ElementTree as ET

from palier.schemas.screens.attributes import PATTERNS
from palier.schemas.screens.grammar import Kind, Rule, Shape, shapes
from palier.schemas.screens.screen import ScreenSpec

_DOCS = Path(__file__).parents[1] / "docs"
XSD, JSON = _DOCS / "screen.xsd", _DOCS / "screen.schema.json"

_XS = "http://www.w3.org/2001/XMLSchema"

#: What an attribute of each kind may be, as an editor shows it.
_MEANINGS: dict[Kind, str] = {
    "words": "A text; {endowment} puts a value in it.",
    "condition": "An expression, as answer.amount > 0.",
    "amount": "A number, or one value in braces.",
    "keys": "Keys, with spaces or commas between.",
    "json": "A JSON literal, or else a text.",
}

#: What is said of the tags that have no model of their own.
_TAGS = {"string": "A text of the screen, and what it is in this language."}


def xsd() -> str:
    """Return the grammar of the files, as an XML Schema."""
    ET.register_namespace("xs", _XS)
    schema = ET.Element(_xs("schema"), elementFormDefault="qualified")
    _said(schema, "Screens of Palier. Made by tools/screen_grammar.py, from the models.")
    ET.SubElement(schema, _xs("element"), name="screen", type="screen")
    _simple(schema, "flag", choices=("true", "false"))
    _simple(schema, "amount", pattern=r"\s*([+\-]?(\d+\.?\d*|\.\d+)([eE][+\-]?\d+)?|\{.+\})\s*")
    widgets = shapes()["stack"].children  # which holds whatever can stand by itself
    group = ET.SubElement(schema, _xs("group"), name="widget")
    _elements(ET.SubElement(group, _xs("choice")), widgets)
    for shape in shapes().values():
        _type(schema, shape, widgets)
    ET.indent(schema)
    return ET.tostring(schema, encoding="unicode", xml_declaration=True) + "\n"


def json_schema() -> str:
    """Return the grammar of what travels, as a JSON Schema."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **ScreenSpec.model_json_schema(),
    }
    return json.dumps(schema, indent=2, ensure_ascii=False) + "\n"


def _xs(name: str) -> str:
    return f"{{{_XS}}}{name}"


def _said(element: ET.Element, text: str) -> None:
    annotation = ET.SubElement(element, _xs("annotation"))
    ET.SubElement(annotation, _xs("documentation")).text = text


def _elements(parent: ET.Element, tags: tuple[str, ...]) -> None:
    for tag in tags:
        ET.SubElement(parent, _xs("element"), name=tag, type=tag)


def _type(schema: ET.Element, shape: Shape, widgets: tuple[str, ...]) -> None:
    """Add the type of a tag: it is called like the tag."""
    type_ = ET.SubElement(schema, _xs("complexType"), name=shape.tag)
    if shape.textual:
        type_.set("mixed", "true")
    _said(type_, _TAGS.get(shape.tag) or inspect.cleandoc(str(shape.model and shape.model.__doc__)))
    if shape.children:
        most = "unbounded" if shape.most is None else str(shape.most)
        inner = ET.SubElement(type_, _xs("choice"), minOccurs=str(shape.fewest), maxOccurs=most)
        own = shape.children
        if set(widgets) <= set(own):
            ET.SubElement(inner, _xs("group"), ref="widget")
            own = tuple(one for one in own if one not in widgets)
        _elements(inner, own)
    for rule in shape.rules.values():
        _attribute(type_, rule, textual=shape.textual)


def _attribute(type_: ET.Element, rule: Rule, *, textual: bool) -> None:
    attribute = ET.SubElement(type_, _xs("attribute"), name=rule.name)
    # text stands between the tags as well
    if rule.required and not (textual and rule.name == "text"):
        attribute.set("use", "required")
    if rule.kind in _MEANINGS:
        _said(attribute, _MEANINGS[rule.kind])
    elif rule.pattern is not None:
        words, shown = PATTERNS[rule.pattern]
        _said(attribute, f"{words[0].upper()}{words[1:]}, as {shown}.")
    if rule.kind in {"flag", "amount"}:
        attribute.set("type", rule.kind)
    elif rule.kind == "choice":
        _simple(attribute, None, choices=rule.choices)
    elif rule.kind == "whole":
        _simple(attribute, None, base="xs:integer", low=rule.low, high=rule.high)
    elif rule.pattern is not None:
        _simple(attribute, None, pattern=rule.pattern.removeprefix("^").removesuffix("$"))
    else:
        attribute.set("type", "xs:string")


def _simple(
    parent: ET.Element,
    name: str | None,
    *,
    base: str = "xs:string",
    choices: tuple[str, ...] = (),
    pattern: str | None = None,
    low: int | None = None,
    high: int | None = None,
) -> None:
    type_ = ET.SubElement(parent, _xs("simpleType"), {"name": name} if name else {})
    restriction = ET.SubElement(type_, _xs("restriction"), base=base)
    for choice in choices:
        ET.SubElement(restriction, _xs("enumeration"), value=choice)
    if pattern is not None:
        ET.SubElement(restriction, _xs("pattern"), value=pattern)
    if low is not None:
        ET.SubElement(restriction, _xs("minInclusive"), value=str(low))
    if high is not None:
        ET.SubElement(restriction, _xs("maxInclusive"), value=str(high))


if __name__ == "__main__":
    XSD.write_text(xsd(), encoding="utf-8")
    JSON.write_text(json_schema(), encoding="utf-8")
