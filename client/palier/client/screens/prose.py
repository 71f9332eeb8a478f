"""An author's text: paragraphs and lists, with words in bold; and how it is broken into lines.

Pure: widths come from a function.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

_MARKER = re.compile(r"(?P<bullet>[-*•]) +|(?P<number>\d{1,3})[.)] +")
_BOLD = re.compile(r"\*\*(?=\S)(.+?)(?<=\S)\*\*")
#: Only at plain spaces may a line break: the spaces before ``:`` and between figures hold.
_SPACE = " "

#: The width of some text, bold or not.
Measure: TypeAlias = Callable[[str, bool], float]


@dataclass(frozen=True, slots=True)
class Run:
    """Some text of one weight."""

    text: str
    bold: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A paragraph, or an item of a list, which has a ``marker``: a bullet, or its number."""

    runs: tuple[Run, ...]
    marker: str = ""

    @property
    def plain(self) -> bool:
        """Whether none of it is bold."""
        return not any(one.bold for one in self.runs)

    def follows(self, other: Block) -> bool:
        """Return whether both are items of one list."""
        bulleted, numbered = self.marker == other.marker == "•", self.marker[-1:] == "."
        return bulleted or (numbered and other.marker[-1:] == ".")

    @property
    def text(self) -> str:
        """What it says."""
        return "".join(one.text for one in self.runs)


@dataclass(frozen=True, slots=True)
class Placed:
    """Some text of one weight within a line, so many pixels from its left."""

    x: float
    text: str
    bold: bool


Line: TypeAlias = tuple[Placed, ...]


@lru_cache(maxsize=1024)
def read_prose(text: str) -> tuple[Block, ...]:
    """Return the blocks of a text: blank lines part paragraphs, ``-`` and ``1.`` begin items.

    Lines that follow each other are one paragraph: it breaks where the screen has no more room.
    """
    blocks: list[tuple[str, list[str]]] = []
    parted = True
    for line in (one.strip(" \t\r") for one in text.split("\n")):
        found = _MARKER.match(line)
        if not line:
            parted = True
        elif found:
            marker = "•" if found["bullet"] else f"{found['number']}."
            blocks.append((marker, [line[found.end() :]]))
            parted = False
        elif parted:
            blocks.append(("", [line]))
            parted = False
        else:
            blocks[-1][1].append(line)
    return tuple(Block(runs=_runs(_SPACE.join(lines)), marker=one) for one, lines in blocks)


def _runs(text: str) -> tuple[Run, ...]:
    # every second part is what stood between asterisks
    parts = _BOLD.split(text)
    return tuple(Run(part, bold=index % 2 == 1) for index, part in enumerate(parts) if part)


def break_lines(runs: Sequence[Run], width: float, measure: Measure) -> list[Line]:
    """Return the lines of a block, none of them wider than ``width`` unless one letter is."""
    whole = _joined_all(runs)
    if _width(whole, measure) <= width:
        return [tuple(_placed(whole, measure))] if whole else []
    lines: list[list[Run]] = [[]]
    for word in _words(runs):
        candidate = _joined(lines[-1], word)
        if not lines[-1] or _width(candidate, measure) <= width:
            lines[-1] = candidate
        else:
            lines.append(list(word))
        while _width(lines[-1], measure) > width and _length(lines[-1]) > 1:
            head, tail = _cut(lines[-1], width, measure)
            lines[-1:] = [head, tail]
    return [tuple(_placed(line, measure)) for line in lines if line]


def _joined_all(runs: Sequence[Run]) -> list[Run]:
    """Return a block as one line."""
    line: list[Run] = []
    for word in _words(runs):
        line = _joined(line, word)
    return line


def _words(runs: Sequence[Run]) -> Iterator[list[Run]]:
    """Yield the words; one of them may be bold in part."""
    word: list[Run] = []
    for run in runs:
        for index, piece in enumerate(run.text.split(_SPACE)):
            if index and word:
                yield word
                word = []
            if piece:
                word.append(Run(piece, run.bold))
    if word:
        yield word


def _joined(line: Sequence[Run], word: Sequence[Run]) -> list[Run]:
    """Return a line with one more word; what has the same weight becomes one run."""
    if not line:
        return list(word)
    *before, last = line
    first, *rest = word
    if last.bold == first.bold:
        return [*before, Run(f"{last.text}{_SPACE}{first.text}", last.bold), *rest]
    # the space is plain, so that it is as wide after bold as before
    if last.bold:
        return [*line, Run(f"{_SPACE}{first.text}", bold=False), *rest]
    return [*before, Run(f"{last.text}{_SPACE}", bold=False), first, *rest]


def _cut(line: Sequence[Run], width: float, measure: Measure) -> tuple[list[Run], list[Run]]:
    """Return the part of an overlong word that fits, at least a letter of it, and the rest."""
    letters = [Run(char, run.bold) for run in line for char in run.text]
    fits = 1
    while fits < len(letters) and _width(_merged(letters[: fits + 1]), measure) <= width:
        fits += 1
    return _merged(letters[:fits]), _merged(letters[fits:])


def _merged(runs: Sequence[Run]) -> list[Run]:
    merged: list[Run] = []
    for run in runs:
        if merged and merged[-1].bold == run.bold:
            merged[-1] = Run(merged[-1].text + run.text, run.bold)
        else:
            merged.append(run)
    return merged


def _placed(line: Sequence[Run], measure: Measure) -> Iterator[Placed]:
    x = 0.0
    for run in line:
        yield Placed(x, run.text, run.bold)
        x += measure(run.text, run.bold)


def _width(line: Sequence[Run], measure: Measure) -> float:
    return sum(measure(run.text, run.bold) for run in line)


def _length(line: Sequence[Run]) -> int:
    return sum(len(run.text) for run in line)
