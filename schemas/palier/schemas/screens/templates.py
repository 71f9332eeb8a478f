"""Text with values in it, as ``You have {endowment} tokens, {price:.2f} each``.

What stands in braces is an expression (`palier.schemas.screens.expressions`), after a colon its
format. Braces that are meant are doubled. How a number or date is written is the desk's business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TypeAlias

from palier.schemas.screens.errors import BadExpression
from palier.schemas.screens.expressions import Expression, read

#: ``d``: a whole number; ``.2f``: so many decimals; ``%``, ``.1%``: a share as a percentage;
#: ``EUR``, or another currency's three letters: an amount of it; ``date``, ``time``,
#: ``datetime``: a time in ISO 8601, as the language writes it.
_FORMAT = re.compile(r"d|\.\d{1,2}f|(\.\d{1,2})?%|[A-Z]{3}|date|time|datetime", re.ASCII)


@dataclass(frozen=True, slots=True)
class Insert:
    """A value in a text; ``format`` is empty where the value is said in its usual way.

    ``at`` is the letter of the text at which its expression begins.
    """

    expression: Expression
    format: str = ""
    at: int = field(default=0, compare=False)


#: What a text with values consists of.
Template: TypeAlias = tuple[str | Insert, ...]


@lru_cache(maxsize=4096)
def read_template(text: str) -> Template:
    """Return the parts of a text; raises `BadExpression`, the first of `mistakes`."""
    parts, wrong = _read(text)
    if wrong:
        raise wrong[0]
    return parts


def mistakes(text: str) -> tuple[BadExpression, ...]:
    """Return all that is wrong with a text."""
    return _read(text)[1]


def _read(text: str) -> tuple[Template, tuple[BadExpression, ...]]:
    parts: list[str | Insert] = []
    wrong: list[BadExpression] = []
    plain = ""
    at = 0
    while at < len(text):
        char = text[at]
        if text.startswith((char * 2,), at) and char in "{}":
            plain, at = plain + char, at + 2
        elif char == "}":
            wrong.append(BadExpression("A } closes nothing: write }} for a brace", at=at))
            at += 1
        elif char == "{":
            if plain:
                parts.append(plain)
                plain = ""
            try:
                end = _end(text, at)
            except BadExpression as error:
                wrong.append(error)
                # the next one begins where this should have ended; after one without end is nothing
                at = error.at if error.at > at else len(text)
                continue
            try:
                parts.append(_insert(text[at + 1 : end], at=at + 1))
            except BadExpression as error:
                wrong.append(error)
            at = end + 1
        else:
            plain, at = plain + char, at + 1
    if plain:
        parts.append(plain)
    return tuple(parts), tuple(wrong)


def inserts(template: Template) -> tuple[Insert, ...]:
    """Return the values of a text, in order."""
    return tuple(one for one in template if isinstance(one, Insert))


def _end(text: str, start: int) -> int:
    quote = ""
    for at in range(start + 1, len(text)):
        char = text[at]
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == "{":
            raise BadExpression("A { stands within braces", at=at)
        elif char == "}":
            return at
    raise BadExpression("A { is not closed: write {{ for a brace", at=start)


def _insert(inside: str, *, at: int) -> Insert:
    text, format_ = inside, ""
    # a colon within quotes belongs to a text
    if (colon := _colon(inside)) is not None:
        text, format_ = inside[:colon], inside[colon + 1 :].strip()
        if not _FORMAT.fullmatch(format_):
            raise BadExpression(
                f"There is no format {format_!r}: use d, .2f, %, .1%, EUR, date, time or datetime",
                at=at + colon + 1,
            )
    try:
        return Insert(read(text), format_, at)
    except BadExpression as error:
        raise BadExpression(str(error), at=at + error.at) from None


def _colon(text: str) -> int | None:
    quote = ""
    for at, char in enumerate(text):
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        elif char == ":":
            return at
    return None
