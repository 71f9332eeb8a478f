"""XML into a screen. Whatever is wrong with it is told at once, each mistake with its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from palier.schemas.message import Value
from palier.schemas.names import is_name
from palier.schemas.screens.attributes import Wrong, example, value_of
from palier.schemas.screens.bindings import HOLDS, go_together
from palier.schemas.screens.document import (
    SPACE,
    Attribute,
    Document,
    Element,
    Mistakes,
    Passage,
    read_document,
)
from palier.schemas.screens.errors import BadScreen
from palier.schemas.screens.grammar import IGNORED, PARAGRAPHS, Rule, Shape, shapes
from palier.schemas.screens.passages import one_line, paragraphs, plain
from palier.schemas.screens.screen import LARGEST, MOST_WIDGETS, ScreenSpec, Strings
from palier.schemas.screens.standing import refuse_text, shape_of
from palier.schemas.screens.suggestions import nearest, suggestion
from palier.schemas.screens.surroundings import RESERVED
from palier.schemas.screens.widgets import CATALOGUE

#: Returns the hash of a picture beside the screen; raises `Wrong`.
Picture = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class Written:
    """A screen, and where each of its parts stands in the file."""

    spec: ScreenSpec
    document: Document
    #: The element of each widget and part, in the order of `palier.schemas.screens.widgets.walk`.
    elements: tuple[Element, ...]


def read_screen(content: bytes, *, file: str, name: str, picture: Picture) -> Written:
    """Return the screen that a file describes; raises `BadScreen` with all of its mistakes.

    ``file`` is what mistakes call it, ``name`` what the screen is called if it does not say so
    itself: if it does, it must be that.
    """
    document = read_document(content, file=file)
    reading = _Reading(document.mistakes, picture)
    spec = reading.screen(document.root, name)
    if spec is None or document.mistakes.found:
        raise BadScreen(document.mistakes.in_order())
    return Written(spec, document, tuple(_placed(document.root)))


def passage_of(element: Element, name: str) -> Passage | None:
    """Return what an element says under a name: an attribute's value, or its own text."""
    if name in element.attributes:
        return element.attributes[name].value
    return element.said if name == "text" else None


def place_of(element: Element, name: str) -> int:
    """Return where an attribute's value begins, or the text; else where the element stands."""
    found = passage_of(element, name)
    return found.at(0) if found is not None else element.at


def _placed(element: Element) -> Iterator[Element]:
    for child in element.children:
        if child.tag in CATALOGUE:
            yield child
            yield from _placed(child)


@dataclass(slots=True)
class _Reading:
    """One file, read element by element."""

    mistakes: Mistakes
    picture: Picture
    images: dict[str, str] = field(default_factory=dict)
    widgets: int = 0
    #: What may stand once only, by what it is and its name, and where it stands.
    once: dict[tuple[str, str], int] = field(default_factory=dict)
    #: What is bound to each place: a widget's tag, and where it stands.
    bound: dict[str, tuple[str, int]] = field(default_factory=dict)
    #: The texts of the file and whether they have paragraphs, by themselves and by `plain`.
    texts: dict[str, tuple[str, bool]] = field(default_factory=dict)

    def screen(self, root: Element, name: str) -> ScreenSpec | None:
        """Return the screen, or None where there are mistakes."""
        if root.tag != "screen":
            self.mistakes.add(
                root.at, f"A file begins with <screen>, not with <{root.tag}>.", "Put it around."
            )
            return None
        shape = shapes()["screen"]
        values = self._values(root, shape)
        values.pop("format", None)
        self._named(root, values, name)
        refuse_text(root, self.mistakes)
        parts: dict[str, list[Any]] = {"data": [], "local": [], "body": []}
        for child in root.children:
            if child.tag != "strings" and (part := self._element(child, shape)) is not None:
                parts[child.tag if child.tag in parts else "body"].append(part)
        # once all texts are known
        strings = self._languages([one for one in root.children if one.tag == "strings"])
        if not self.widgets and not self.mistakes.found:
            self.mistakes.add(root.at, "There is nothing on the screen.", "Put a widget in it.")
        if self.mistakes.found:
            return None
        spec: ScreenSpec | None = self._made(
            root,
            ScreenSpec,
            {
                **values,
                "data": tuple(parts["data"]),
                "locals": tuple(parts["local"]),
                "strings": strings,
                "images": self.images,
                "body": tuple(parts["body"]),
            },
        )
        if spec is not None and (size := len(spec.canonical())) > LARGEST:
            self.mistakes.add(
                root.at,
                f"The screen has {size} bytes as it travels, at most {LARGEST} are allowed.",
                "Split it into several stages, or show long lists from data.",
            )
        return spec

    def _named(self, root: Element, values: dict[str, Any], name: str) -> None:
        given = values.setdefault("name", name)
        if given != name:
            self.mistakes.add(
                place_of(root, "name"),
                f"The screen calls itself {given!r}, and its file is called {name!r}.",
                "Leave name out, or rename the file.",
            )
        elif not is_name(name):
            self.mistakes.add(
                root.at,
                f"The file is called {name!r}, which no stage can be called.",
                "Use 1 to 32 small letters, digits and hyphens.",
            )

    # -- elements -------------------------------------------------------------------------------

    def _element(self, element: Element, within: Shape | None) -> Any:
        """Return an element's model, or None where it, or something in it, is wrong."""
        before = len(self.mistakes.found)
        self._count(element)
        shape = shape_of(element, within, self.mistakes)
        if shape is None:
            for child in element.children:
                self._element(child, None)
            return None
        values = self._values(element, shape)
        if not shape.textual:
            refuse_text(element, self.mistakes)
        children = tuple(self._element(child, shape) for child in element.children)
        self._counted(element, shape)
        self._names(element, values)
        if len(self.mistakes.found) > before or shape.model is None:
            return None
        if "children" in shape.model.model_fields:
            values["children"] = children
        return self._made(element, shape.model, values)

    def _count(self, element: Element) -> None:
        if element.tag not in CATALOGUE:
            return
        self.widgets += 1
        if self.widgets == MOST_WIDGETS + 1:
            self.mistakes.add(
                element.at,
                f"A screen has at most {MOST_WIDGETS} widgets.",
                "Split it into several stages, or show long lists from data.",
            )

    def _counted(self, element: Element, shape: Shape) -> None:
        count = len(element.children)
        if count < shape.fewest:
            inner = " or ".join(f"<{one}>" for one in shape.children)
            self.mistakes.add(
                element.at, f"<{shape.tag}> is empty.", f"Put at least one {inner} in it."
            )
        if shape.most is not None and count > shape.most:
            self.mistakes.add(
                element.children[shape.most].at,
                f"<{shape.tag}> holds at most {shape.most}, this one {count}.",
                "Take some away.",
            )

    def _made(self, element: Element, model: type[Value], values: dict[str, Any]) -> Any:
        try:
            return model(**values)
        except ValidationError as error:
            # each value alone does: what is left are the rules about several
            for one in error.errors(include_url=False):
                said = str(one["msg"]).removeprefix("Value error, ").rstrip(".")
                self.mistakes.add(element.at, f"<{element.tag}>: {said}.", "Make them agree.")
            return None

    # -- attributes and text --------------------------------------------------------------------

    def _values(
        self, element: Element, shape: Shape, *, parted: bool | None = None
    ) -> dict[str, Any]:
        values: dict[str, Any] = {}
        meant: set[str | None] = set(element.attributes)
        for name, attribute in element.attributes.items():
            if shape.tag == "screen" and name in IGNORED:
                continue
            if (rule := shape.rules.get(name)) is not None:
                self._value(rule, element, attribute.value, values)
            else:
                self._unknown(attribute, shape)
                meant.add(nearest(name, shape.rules))
        if shape.textual:
            self._own_text(element, shape, values, parted=parted)
        for rule in shape.rules.values() if element.tag == shape.tag else ():
            textual = rule.name == "text" and shape.textual
            if rule.required and rule.name not in meant and not textual:
                self.mistakes.add(
                    element.at, f"<{shape.tag}> needs {rule.name}.", f"As in {example(rule)}."
                )
        return values

    def _unknown(self, attribute: Attribute, shape: Shape) -> None:
        self.mistakes.add(
            attribute.at,
            f"<{shape.tag}> has no {attribute.name}.",
            suggestion(attribute.name, shape.rules),
        )

    def _value(self, rule: Rule, element: Element, given: Passage, values: dict[str, Any]) -> None:
        try:
            value = value_of(rule, given.text)
            if element.tag == "image" and rule.name == "source":
                self.images[value] = self.picture(value)
        except Wrong as wrong:
            for one in (wrong, *wrong.more):
                self.mistakes.add(given.at(one.index), one.reason, one.hint)
            return
        values[rule.field] = value
        if rule.kind == "words" and value and element.tag != "string":
            parted = element.tag in PARAGRAPHS and rule.name == "text"
            self.texts[value] = (value, parted)
            self.texts.setdefault(plain(value), (value, parted))

    def _own_text(
        self, element: Element, shape: Shape, values: dict[str, Any], *, parted: bool | None
    ) -> None:
        text = element.text
        first = len(text.text) - len(text.text.lstrip(SPACE))
        written = first < len(text.text)
        if "text" in element.attributes:
            if written:
                self.mistakes.add(
                    text.at(first),
                    f"<{shape.tag}> has its text twice: as text= and between its tags.",
                    "Leave one of the two out.",
                )
        elif written:
            parted = shape.tag in PARAGRAPHS if parted is None else parted
            element.said = paragraphs(text) if parted else one_line(text)
            self._value(shape.rules["text"], element, element.said, values)
        elif not element.children and element.tag == shape.tag:  # else that is the mistake
            self.mistakes.add(
                element.at,
                f"<{shape.tag}> has no text.",
                f"Write it between <{shape.tag}> and </{shape.tag}>.",
            )

    # -- names ----------------------------------------------------------------------------------

    def _names(self, element: Element, values: dict[str, Any]) -> None:
        if (given := values.get("id")) is not None:
            self._once("id", given, place_of(element, "id"))
        if element.tag in {"data", "local"} and "name" in values:
            self._once(f"<{element.tag}>", values["name"], place_of(element, "name"))
        if element.tag == "data" and values.get("name") in RESERVED:
            self.mistakes.add(
                place_of(element, "name"),
                f"Data cannot be called {values['name']!r}: every screen has that name itself.",
                "Call it something else.",
            )
        if element.tag in HOLDS and (bind := values.get("bind")) is not None:
            at = place_of(element, "bind")
            tag, first = self.bound.setdefault(bind, (element.tag, at))
            if not go_together(tag, element.tag):
                line, _ = self.mistakes.lines.place(first)
                self.mistakes.add(
                    at,
                    f"{bind} is bound to the <{tag}> of line {line}, "
                    f"which holds another kind of value than <{element.tag}>.",
                    "Bind one of the two to another place.",
                )

    def _once(self, what: str, name: str, at: int) -> None:
        first = self.once.setdefault((what, name), at)
        if first != at:
            line, _ = self.mistakes.lines.place(first)
            self.mistakes.add(
                at,
                f"The {what} {name!r} stands in line {line} already.",
                "Call one of the two something else.",
            )

    # -- languages ------------------------------------------------------------------------------

    def _languages(self, elements: list[Element]) -> tuple[Strings, ...]:
        shape = shapes()["strings"]
        found: list[Strings] = []
        for element in elements:
            values = self._values(element, shape)
            refuse_text(element, self.mistakes)
            texts = self._translations(element, shape)
            if (lang := values.get("lang")) is not None:
                self._once("<strings> of", lang, place_of(element, "lang"))
                found.append(Strings(lang=lang, texts=texts))
        return tuple(found)

    def _translations(self, element: Element, shape: Shape) -> dict[str, str]:
        texts: dict[str, str] = {}
        for child in element.children:
            if child.tag != "string":
                self._element(child, shape)
                continue
            of = child.attributes.get("of")
            key = of.value.text if of is not None else ""
            # as the file has it, whatever its line breaks
            original, parted = self.texts.get(key) or self.texts.get(plain(key)) or (key, False)
            values = self._values(child, shapes()["string"], parted=parted)
            for one in child.children:
                self._element(one, shapes()["string"])
            if of is not None and original in texts:
                self.mistakes.add(
                    of.value.at(0), "This text is translated twice.", "Leave one of the two out."
                )
            if "text" in values:
                texts[original] = values["text"]
        return texts
