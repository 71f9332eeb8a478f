"""Text between tags, without the line breaks and indentation of the file it stands in."""

from __future__ import annotations

import re

from palier.schemas.screens.document import SPACE, Passage

_LIST_LINE = re.compile(r"(?:-|\d{1,3}\.)[ \t]")
_SPACES = re.compile(f"[{SPACE}]+")


def one_line(passage: Passage) -> Passage:
    """Return a text as one line: every run of spaces and line breaks is one space."""
    chars: list[tuple[str, int]] = []
    for char, offset in zip(*passage, strict=True):
        if char not in SPACE:
            chars.append((char, offset))
        elif chars and chars[-1][0] != " ":
            chars.append((" ", offset))
    while chars and chars[-1][0] == " ":
        chars.pop()
    return _passage(chars)


def paragraphs(passage: Passage) -> Passage:
    """Return a text as paragraphs, parted by blank lines; lines of a list keep to themselves."""
    chars: list[tuple[str, int]] = []
    blank = False
    for line in _lines(passage):
        if not line.text:
            blank = True
            continue
        if chars:
            listed = _LIST_LINE.match(line.text) is not None
            between = "\n\n" if blank else "\n" if listed else " "
            chars += [(char, line.offsets[0]) for char in between]
        chars += zip(*line, strict=True)
        blank = False
    return _passage(chars)


def plain(text: str) -> str:
    """Return a text by which it is found again, however it is broken into lines."""
    return _SPACES.sub(" ", text).strip(SPACE)


def _lines(passage: Passage) -> list[Passage]:
    found: list[Passage] = []
    start = 0
    for text in passage.text.split("\n"):
        end = start + len(text)
        found.append(one_line(Passage(text, passage.offsets[start:end])))
        start = end + 1
    return found


def _passage(chars: list[tuple[str, int]]) -> Passage:
    return Passage("".join(char for char, _ in chars), tuple(offset for _, offset in chars))
