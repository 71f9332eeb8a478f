"""The grammar that editors complete by is that of the models."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings

from palier.schemas.screens.grammar import shapes
from palier.schemas.screens.screen import ScreenSpec
from palier.schemas.screens.widgets import CATALOGUE
from tests.unit.schemas.screens.screen_xml import screens, xml
from tests.unit.schemas.screens.test_reading import CONTRIBUTE
from tools import screen_grammar

ROOT = Path(__file__).parents[4]
XS = "{http://www.w3.org/2001/XMLSchema}"
FILES = sorted(ROOT.glob("programs/*/screens/*.xml"))


class Xsd:
    """As much of XML Schema as the grammar is written in."""

    KNOWN: ClassVar = {
        *("schema", "annotation", "documentation", "element", "group", "choice", "attribute"),
        *("complexType", "simpleType", "restriction", "enumeration", "pattern"),
        *("minInclusive", "maxInclusive"),
    }

    def __init__(self, text: str) -> None:
        self.root = ET.fromstring(text.encode())
        assert {one.tag.removeprefix(XS) for one in self.root.iter()} <= self.KNOWN
        self.types = {one.attrib["name"]: one for one in self.root if "name" in one.attrib}
        (group,) = self.root.findall(f"{XS}group")
        self.widgets = {one.attrib["name"] for one in group.iter(f"{XS}element")}

    def complaints(self, element: ET.Element) -> Iterator[str]:
        """Yield what the grammar does not let an element have."""
        type_ = self.root.find(f"{XS}complexType[@name='{element.tag}']")
        assert type_ is not None
        tags = set()
        if (inner := type_.find(f"{XS}choice")) is not None:
            tags = {one.attrib.get("name", "") for one in inner}
            tags |= self.widgets if inner.find(f"{XS}group") is not None else set()
            if len(element) < int(inner.attrib["minOccurs"]):
                yield f"{element.tag} is empty"
            if len(element) > float(inner.attrib["maxOccurs"].replace("unbounded", "inf")):
                yield f"{element.tag} is full"
        if type_.get("mixed") is None and (element.text or "").strip():
            yield f"{element.tag} has text"
        yield from self.of_attributes(element, type_)
        for child in element:
            if child.tag in tags:
                yield from self.complaints(child)
            else:
                yield f"{child.tag} in {element.tag}"

    def of_attributes(self, element: ET.Element, type_: ET.Element) -> Iterator[str]:
        attributes = {one.attrib["name"]: one for one in type_.findall(f"{XS}attribute")}
        for name, attribute in attributes.items():
            if attribute.get("use") == "required" and name not in element.attrib:
                yield f"{element.tag} lacks {name}"
        for name, value in element.attrib.items():
            if name.startswith("{"):
                continue  # which grammar it follows
            if name not in attributes:
                yield f"{element.tag} has no {name}"
            elif not self.takes(attributes[name], value):
                yield f"{element.tag} {name}={value}"

    def takes(self, attribute: ET.Element, value: str) -> bool:
        type_ = attribute.find(f"{XS}simpleType")
        if type_ is None:
            if attribute.attrib["type"] == "xs:string":
                return True
            type_ = self.types[attribute.attrib["type"]]
        restriction = type_.find(f"{XS}restriction")
        assert restriction is not None
        limits = {one.tag.removeprefix(XS): one.attrib["value"] for one in restriction}
        if "enumeration" in limits:
            return value in {one.attrib["value"] for one in restriction}
        if "pattern" in limits:
            return re.fullmatch(limits["pattern"], value, re.DOTALL) is not None
        number = int(value)
        return (
            int(limits.get("minInclusive", number)) <= number
            and int(limits.get("maxInclusive", number)) >= number
        )


@pytest.fixture(scope="module")
def xsd() -> Xsd:
    return Xsd(screen_grammar.XSD.read_text(encoding="utf-8"))


def test_the_grammar_is_up_to_date() -> None:
    same = screen_grammar.XSD.read_text(encoding="utf-8") == screen_grammar.xsd()
    assert same, "a widget has changed: python tools/screen_grammar.py"


def test_the_grammar_of_what_travels_is_up_to_date() -> None:
    same = screen_grammar.JSON.read_text(encoding="utf-8") == screen_grammar.json_schema()
    assert same, "a widget has changed: python tools/screen_grammar.py"


def test_it_has_every_tag_and_every_attribute(xsd: Xsd) -> None:
    types = {one.attrib["name"]: one for one in xsd.root.findall(f"{XS}complexType")}

    assert set(types) == {*CATALOGUE, "screen", "data", "local", "strings", "string"}
    for tag, type_ in types.items():
        attributes = [one.attrib["name"] for one in type_.findall(f"{XS}attribute")]
        assert attributes == list(shapes()[tag].rules), tag


def test_every_field_of_every_model_can_be_written() -> None:
    for tag, model in CATALOGUE.items():
        rules = {one.field for one in shapes()[tag].rules.values()}
        assert rules | {"tag", "children"} >= set(model.model_fields), tag


def test_it_says_of_every_tag_what_it_is(xsd: Xsd) -> None:
    for type_ in xsd.root.findall(f"{XS}complexType"):
        said = type_.find(f"{XS}annotation/{XS}documentation")
        assert said is not None
        assert said.text
        assert said.text.strip().endswith((".", "``")), said.text


def test_it_takes_the_screens_there_are(xsd: Xsd) -> None:
    for text in (CONTRIBUTE, *(one.read_text(encoding="utf-8") for one in FILES)):
        assert list(xsd.complaints(ET.fromstring(text.encode()))) == []


@settings(max_examples=20)
@given(spec=screens())
def test_it_takes_any_screen(xsd: Xsd, spec: ScreenSpec) -> None:
    assert list(xsd.complaints(ET.fromstring(xml(spec).encode()))) == []


@pytest.mark.parametrize(
    ("inside", "complaint"),
    [
        ("<tabs/>", "tabs is empty"),
        ("<card titel='a'/>", "card has no titel"),
        ("<check/>", "check lacks bind"),
        ("<check bind='amount'/>", "check bind=amount"),
        ("<table source='a' rows='100'/>", "table rows=100"),
        ("<table source='a' sortable='yes'/>", "table sortable=yes"),
        ("<slider bind='answer.a' min='few'/>", "slider min=few"),
        ("<text size='big'>a</text>", "text size=big"),
        ("<option value='a'>a</option>", "option in screen"),
        ("<card>words</card>", "card has text"),
    ],
)
def test_it_takes_nothing_that_the_reader_refuses_for_its_form(
    xsd: Xsd, inside: str, complaint: str
) -> None:
    root = ET.fromstring(f"<screen>{inside}</screen>")

    assert list(xsd.complaints(root)) == [complaint]


def test_the_json_of_a_screen_has_the_tags_of_the_models() -> None:
    schema = json.loads(screen_grammar.JSON.read_text(encoding="utf-8"))

    tags = {
        one["properties"]["tag"]["const"]
        for one in schema["$defs"].values()
        if "tag" in one.get("properties", {})
    }
    assert tags == {*CATALOGUE, "data", "local", "strings"}
