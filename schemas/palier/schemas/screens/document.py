"""A file of XML as elements that know where they stand; nothing of its meaning.

Whatever XML can do besides elements, attributes and text is refused: no document type, no
entities, no processing instructions, UTF-8 only. Size and depth are limited while it is read.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, field
from typing import NamedTuple
from xml.parsers import expat

from palier.schemas.screens.errors import BadScreen, Mistake
from palier.schemas.screens.screen import DEEPEST

#: Bytes of a file, and elements in it; how many of these are widgets is counted elsewhere.
LARGEST_FILE, MOST_ELEMENTS = 512 * 1024, 10_000

_LINE = re.compile(r"\r\n|\r|\n")
_NAME = re.compile(r"<[^\s/>]+")
_ATTRIBUTE = re.compile(r"""\s+([^\s=<>/"']+)\s*=\s*(?:"([^"]*)"|'([^']*)')""")
_CHARACTER = re.compile(r"&[^;]+;|\r\n|.", re.DOTALL)

#: Characters that XML counts as space; what else looks like one is meant.
SPACE = " \t\r\n"

_ERRORS = expat.errors


class Passage(NamedTuple):
    """Some text, and for each of its characters where in the file it stands."""

    text: str
    offsets: tuple[int, ...]

    def at(self, index: int) -> int:
        """Return where a character stands; beyond its end: the last one."""
        return self.offsets[min(max(index, 0), len(self.offsets) - 1)]


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute: ``at`` is where its name stands, its value knows where each letter does."""

    name: str
    at: int
    value: Passage


@dataclass(slots=True)
class Element:
    """An element: what stands between its tags are children and, between those, text."""

    tag: str
    at: int
    attributes: dict[str, Attribute]
    children: list[Element] = field(default_factory=list)
    texts: list[Passage] = field(default_factory=list)
    #: Its text as it is meant, once it was read.
    said: Passage | None = None

    @property
    def text(self) -> Passage:
        """All of its own text, as it stands in the file."""
        return Passage(
            "".join(one.text for one in self.texts),
            tuple(offset for one in self.texts for offset in one.offsets),
        )


class Lines:
    """Where lines begin in a text: lines and columns count from 1, columns count characters."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in _LINE.finditer(text))]

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column."""
        line = bisect_right(self._starts, offset)
        return line, offset - self._starts[line - 1] + 1

    def offset(self, line: int, column: int) -> int:
        """Return what stands in a line, counted from 1, after so many characters."""
        return self._starts[min(line, len(self._starts)) - 1] + column


@dataclass(slots=True)
class Mistakes:
    """The mistakes of a file, as they are found."""

    file: str
    lines: Lines
    found: list[Mistake] = field(default_factory=list)

    def add(self, at: int, reason: str, hint: str = "") -> None:
        """Note a mistake."""
        line, column = self.lines.place(at)
        self.found.append(
            Mistake(file=self.file, line=line, column=column, reason=reason, hint=hint)
        )

    def in_order(self) -> tuple[Mistake, ...]:
        """Return them in the order of the file, each once."""
        return tuple(sorted(set(self.found)))


@dataclass(frozen=True, slots=True)
class Document:
    """A file that is well-formed."""

    root: Element
    mistakes: Mistakes


def read_document(content: bytes, *, file: str) -> Document:
    """Return the elements of a file; raises `BadScreen` where they cannot be told."""
    if len(content) > LARGEST_FILE:
        raise _refused(
            file,
            f"The file has {len(content)} bytes, a screen has at most {LARGEST_FILE}.",
            "Split it into several stages, or show long lists from data.",
        )
    try:
        source = content.decode("utf-8")
    except UnicodeDecodeError as error:
        before = content[: error.start].decode("utf-8")
        line, column = Lines(before).place(len(before))
        raise BadScreen(
            (
                Mistake(
                    file=file,
                    line=line,
                    column=column,
                    reason="The file is not in UTF-8.",
                    hint="Save it in that encoding.",
                ),
            )
        ) from None
    # an editor's mark of its encoding is no part of the text
    return _Reading(source.removeprefix("\ufeff"), file).document()


def _refused(file: str, reason: str, hint: str = "") -> BadScreen:
    return BadScreen((Mistake(file=file, line=1, column=1, reason=reason, hint=hint),))


class _Stop(Exception):
    """What follows cannot be read, or need not be."""


class _Reading:
    """One pass of expat over a file."""

    def __init__(self, source: str, file: str) -> None:
        self._source = source
        self._lines = Lines(source)
        self._mistakes = Mistakes(file, self._lines)
        self._open: list[Element] = []
        self._root: Element | None = None
        self._count = 0
        parser = expat.ParserCreate("UTF-8")
        parser.buffer_text = False  # each piece says where it stands
        parser.XmlDeclHandler = self._declared
        parser.StartDoctypeDeclHandler = self._doctype
        parser.ProcessingInstructionHandler = self._instruction
        parser.StartElementHandler = self._begin
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._said
        self._parser = parser

    def document(self) -> Document:
        try:
            self._parser.Parse(self._source.encode(), True)  # noqa: FBT003 - expat's
        except expat.ExpatError as error:
            self._malformed(error)
        except _Stop:
            pass
        if self._root is None or self._mistakes.found:
            raise BadScreen(self._mistakes.in_order())
        return Document(self._root, self._mistakes)

    @property
    def _here(self) -> int:
        return self._lines.offset(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber)

    # -- what expat tells -----------------------------------------------------------------------

    def _declared(self, _version: str, encoding: str | None, _alone: int) -> None:
        if encoding is not None and encoding.lower() not in {"utf-8", "utf8"}:
            self._mistakes.add(
                self._here,
                f"The file says that it is in {encoding}.",
                'Save it in UTF-8 and write encoding="UTF-8".',
            )

    def _doctype(self, *_: object) -> None:
        at = self._source.rfind("<!DOCTYPE", 0, self._here + 1)
        self._mistakes.add(at, "A screen has no DOCTYPE and no entities.", "Leave them out.")
        raise _Stop

    def _instruction(self, target: str, _data: str) -> None:
        self._mistakes.add(
            self._here, f"A screen has no processing instruction <?{target} …?>.", "Leave it out."
        )

    def _begin(self, tag: str, values: dict[str, str]) -> None:
        at = self._here
        self._count += 1
        if self._count > MOST_ELEMENTS:
            self._mistakes.add(
                at,
                f"A file has at most {MOST_ELEMENTS} elements.",
                "Split it into several stages, or show long lists from data.",
            )
            raise _Stop
        if len(self._open) > DEEPEST:
            self._mistakes.add(
                at, f"Widgets nest at most {DEEPEST} deep.", "Take a container away."
            )
            raise _Stop
        element = Element(tag, at, self._attributes(at, values))
        if self._open:
            self._open[-1].children.append(element)
            self._open[-1].texts.append(Passage("", ()))  # what follows is another passage
        else:
            self._root = element
        self._open.append(element)

    def _end(self, _tag: str) -> None:
        self._open.pop()

    def _said(self, text: str) -> None:
        at = self._here
        texts = self._open[-1].texts
        texts.append(Passage(text, tuple(range(at, at + len(text)))))

    def _attributes(self, at: int, values: dict[str, str]) -> dict[str, Attribute]:
        """Find in the file what expat found: it says what they are, and not where."""
        name = _NAME.match(self._source, at)
        assert name is not None
        found: dict[str, Attribute] = {}
        end = name.end()
        while match := _ATTRIBUTE.match(self._source, end):
            group = 2 if match[2] is not None else 3
            start = match.start(group)
            offsets = tuple(start + one.start() for one in _CHARACTER.finditer(match[group]))
            value = values[match[1]]
            found[match[1]] = Attribute(
                match[1], match.start(1), Passage(value, offsets or (start,))
            )
            end = match.end()
        return found

    # -- what is not XML ------------------------------------------------------------------------

    def _malformed(self, error: expat.ExpatError) -> None:
        at = self._lines.offset(error.lineno, error.offset)
        if self._source[at - 1 : at] in {"<", "&"}:
            at -= 1  # expat had still hoped for a name
        reason, hint = self._explained(expat.ErrorString(error.code), self._source[at : at + 1])
        self._mistakes.add(at, reason, hint)

    def _explained(self, error: str, char: str) -> tuple[str, str]:  # noqa: PLR0911 - a table
        last = self._open[-1] if self._open else None
        where = f"<{last.tag}> of line {self._lines.place(last.at)[0]}" if last else ""
        match error:
            case _ERRORS.XML_ERROR_NO_ELEMENTS if last:
                return f"The file ends, and {where} is not closed.", f"Write </{last.tag}>."
            case _ERRORS.XML_ERROR_NO_ELEMENTS:
                return "There is nothing in the file.", "A screen begins with <screen>."
            case _ERRORS.XML_ERROR_TAG_MISMATCH if last:
                return f"Another tag is closed than {where}.", f"Write </{last.tag}> before it."
            case _ERRORS.XML_ERROR_DUPLICATE_ATTRIBUTE:
                return "An attribute stands here twice.", "Leave one of the two out."
            case _ERRORS.XML_ERROR_UNDEFINED_ENTITY:
                return (
                    "There is no such entity.",
                    "Write the letter itself, and &amp; for an &.",
                )
            case _ERRORS.XML_ERROR_JUNK_AFTER_DOC_ELEMENT:
                return "Something follows the end of the screen.", "A file has one <screen>."
            case _ERRORS.XML_ERROR_MISPLACED_XML_PI:
                return "<?xml …?> stands at the very beginning only.", "Move or remove it."
            case _ if char == "<":
                return "A < cannot stand here.", "Write &lt; for it, or close what is open before."
            case _ if char == "&":
                return "An & cannot stand alone.", "Write &amp; for it."
            case _:
                return (
                    f"This is not well-formed XML ({error}).",
                    "Look here and just before for a quotation mark, a > or an & too few or many.",
                )
