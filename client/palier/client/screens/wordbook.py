"""The words of a language as a file: every sentence by its name, in TOML. Pure.

A file is checked against the English words: it may leave sentences out, which are then in English,
but has none that are unknown, and leaves no gap out and adds none.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import re
import string
import tomllib
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, get_args, get_origin, get_type_hints

from palier.client.errors import BadWords
from palier.client.screens.english import ENGLISH
from palier.client.screens.words import Words

#: What a file is made of: a sentence, a list of them, or a table.
Tree: TypeAlias = "str | list[Tree] | dict[str, Tree]"

#: What may stand between groups of three figures, and before decimals: what is typed is read so.
_THOUSANDS = ("", " ", "\u00a0", "\u202f", "\u2009", ",")
_DECIMALS = (".", ",")

#: What a day is written with.
_DAY_PARTS = frozenset({"day", "month", "number", "year"})

_PARSER = string.Formatter()
_AT = re.compile(r"\(at line (\d+), column \d+\)")
_HEADER = re.compile(r"\s*\[\s*(?P<table>[^\]]+?)\s*\]")
_KEY = re.compile(r"""\s*(?P<quote>["']?)(?P<key>[^"'=]+?)(?P=quote)\s*=""")


@dataclass(frozen=True, slots=True)
class Wordbook:
    """The words of a file, and the names of those that it leaves out."""

    words: Words
    missing: tuple[str, ...]


def read_words(text: str, *, name: str, usual: Words = ENGLISH) -> Wordbook:
    """Return what a file has to say; what it leaves out is as in ``usual``.

    Raises `BadWords` with all that is wrong, ``name`` being that of the file.
    """
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = _AT.search(str(error))
        line = int(found[1]) if found else text.count("\n") + 1
        reason = _AT.sub("", str(error)).strip()
        raise BadWords(name, [(line, f"{reason}.")]) from None
    reader = _Reader(text)
    merged = reader.merge(given, _tree(usual), _tree(ENGLISH), at="")
    words = reader.build(Words, merged)
    if not reader.flaws:
        reader.check_numerals(words)
    if reader.flaws:
        raise BadWords(name, sorted(reader.flaws, key=lambda one: one[0]))
    return Wordbook(words, tuple(reader.missing))


def write_words(book: Wordbook, *, heading: str) -> str:
    """Return the words as a file; what is missing in the book is marked."""
    tree = _tree(book.words)
    assert isinstance(tree, dict)
    lines = [f"# {line}".rstrip() for line in heading.splitlines()]
    missing = frozenset(book.missing)
    lines += _entries(tree, at="", missing=missing)
    for name, table in tree.items():
        if isinstance(table, dict):
            lines += ["", f"[{name}]", *_entries(table, at=f"{name}.", missing=missing)]
    return "\n".join(lines) + "\n"


def _entries(table: Mapping[str, Tree], *, at: str, missing: frozenset[str]) -> Iterator[str]:
    for key, value in table.items():
        if isinstance(value, dict):
            continue
        if f"{at}{key}" in missing or at.rstrip(".") in missing:
            yield "# not translated yet:"
        yield f"{key} = {_literal(value)}"


def _literal(value: Tree) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_literal, value))}]"
    # what JSON escapes TOML does too; spaces that do not break shall be seen
    return re.sub(
        r"[\u00a0\u202f\u2009\x7f]",
        lambda found: f"\\u{ord(found[0]):04x}",
        json.dumps(value, ensure_ascii=False),
    )


def _tree(value: Any) -> Tree:
    if dataclasses.is_dataclass(value):
        names = (one.name for one in dataclasses.fields(value))
        return {name: _tree(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(key): _tree(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [_tree(one) for one in value]
    return str(value)


class _Reader:
    """Goes through a file beside the English words, and notes what is missing and what is wrong."""

    def __init__(self, text: str) -> None:
        self.missing: list[str] = []
        self.flaws: list[tuple[int, str]] = []
        self._lines = _lines_of(text)

    def merge(self, given: Any, usual: Tree, english: Tree, *, at: str) -> Tree:
        """Return what is given where it fits, else what is usual."""
        match english:
            case dict():
                assert isinstance(usual, dict)
                return self._table(given, usual, english, at=at)
            case list():
                if not isinstance(given, list) or len(given) != len(english):
                    reason = f"is a list of {len(english)} texts in English"
                    return self._flaw(at, f"{reason}, and has to be one here.", usual)
                assert isinstance(usual, list)
                pairs = zip(given, usual, english, strict=True)
                return [self.merge(*one, at=at) for one in pairs]
            case _:
                return self._sentence(given, usual, english, at=at)

    def _table(
        self, given: Any, usual: dict[str, Tree], english: dict[str, Tree], *, at: str
    ) -> Tree:
        if not isinstance(given, dict):
            return self._flaw(at, f"is a table: write its texts below [{at}].", usual)
        inner = f"{at}." if at else ""
        for key in given:
            if key not in english:
                close = difflib.get_close_matches(key, english, n=1)
                hint = f" Did you mean {inner}{close[0]}?" if close else " Leave it out."
                self._flaw(f"{inner}{key}", f"is not known.{hint}", "")
        merged: dict[str, Tree] = {}
        for key, text in english.items():
            if key in given:
                merged[key] = self.merge(given[key], usual[key], text, at=f"{inner}{key}")
            else:
                self.missing.append(f"{inner}{key}")
                merged[key] = usual[key]
        return merged

    def _sentence(self, given: Any, usual: Tree, english: str, *, at: str) -> Tree:
        if not isinstance(given, str):
            return self._flaw(at, "is a text: write it in quotation marks.", usual)
        if english and not given.strip() and at != "numerals.thousands":
            return self._flaw(at, "is empty. Leave it out to have it as it is built in.", usual)
        wrong = _wrong_form(given) if at == "dates.form" else _wrong_gaps(given, english)
        if wrong is not None:
            return self._flaw(at, wrong, usual)
        return given

    def _flaw(self, at: str, reason: str, instead: Tree) -> Tree:
        line = self._lines.get(at) or self._lines.get(at.rpartition(".")[0]) or 1
        self.flaws.append((line, f"{at} {reason}"))
        return instead

    def build(self, kind: Any, tree: Tree, *, at: str = "") -> Any:
        """Return a value of a type from its tree; words that are chosen among some are looked at.

        The tree has the shape of the type already.
        """
        if isinstance(kind, type) and dataclasses.is_dataclass(kind):
            assert isinstance(tree, dict)
            hints = get_type_hints(kind)
            inner = f"{at}." if at else ""
            made = {
                key: self.build(hints[key], one, at=f"{inner}{key}") for key, one in tree.items()
            }
            return kind(**made)
        if isinstance(tree, dict):
            _, one = get_args(kind)
            return {key: self.build(one, value, at=f"{at}.{key}") for key, value in tree.items()}
        if isinstance(tree, list):
            return tuple(self.build(str, one, at=at) for one in tree)
        if get_origin(kind) is Literal and tree not in get_args(kind):
            known = " or ".join(f'"{one}"' for one in get_args(kind))
            self._flaw(at, f"is {known}.", tree)
        return tree

    def check_numerals(self, words: Words) -> None:
        """Note where numbers that are shown could not be read back."""
        numerals = words.numerals
        if numerals.decimal not in _DECIMALS:
            self._flaw("numerals.decimal", "is a point or a comma.", "")
        if numerals.thousands not in _THOUSANDS:
            hint = 'is a space ("\\u202f" is a narrow one), a comma, or nothing ("").'
            self._flaw("numerals.thousands", f"{hint} A point is read as decimal.", "")
        elif numerals.thousands == numerals.decimal:
            self._flaw("numerals.thousands", "is the same as numerals.decimal.", "")


def _wrong_gaps(given: str, english: str) -> str | None:
    try:
        gaps = _gaps(given)
    except ValueError:
        return "has a brace alone. A brace that is meant so is written twice, {{ or }}."
    wanted = _gaps(english)
    if unknown := [one for one in gaps if one not in wanted]:
        can = f"In English there {_listed(wanted)}." if wanted else "In English there is no gap."
        return f"has a gap {_shown(unknown[0])} that nothing fills. {can}"
    if left := [one for one in wanted if one not in gaps]:
        return f"leaves {_shown(left[0])} out, which is told in English."
    return None


def _wrong_form(given: str) -> str | None:
    """Return what is wrong with how days are written: each language has an order of its own."""
    try:
        gaps = [one.partition(":") for one in _gaps(given)]
    except ValueError:
        gaps = [("", "", "")]
    names = [name for name, _, _ in gaps]
    known = all(name in _DAY_PARTS and form in {"", "02"} for name, _, form in gaps)
    if known and {"day", "year"} <= {*names} and {"month", "number"} & {*names}:
        return None
    return "has {day}, {year}, and {month} in letters or {number} in figures; {day:02} is 03."


def _gaps(text: str) -> list[str]:
    """Return all gaps as they are written; what looks into a value is another gap than it."""
    found = []
    for _, name, form, conversion in _PARSER.parse(text):
        if name is not None:
            found.append(
                f"{name}{f'!{conversion}' if conversion else ''}{f':{form}' if form else ''}"
            )
    return found


def _shown(gap: str) -> str:
    return f"{{{gap}}}"


def _listed(gaps: list[str]) -> str:
    verb = "is" if len(gaps) == 1 else "are"
    return f"{verb} {', '.join(map(_shown, gaps))}"


def _lines_of(text: str) -> Mapping[str, int]:
    """Return in which line each key and each table of a file begins."""
    found: dict[str, int] = {}
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        if header := _HEADER.match(line):
            table = f"{header['table']}."
            found.setdefault(header["table"], number)
        elif key := _KEY.match(line):
            found.setdefault(f"{table}{key['key'].strip()}", number)
    return types.MappingProxyType(found)
