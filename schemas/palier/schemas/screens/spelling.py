"""How expressions are spelt: names, numbers, texts and signs, before anybody reads a meaning."""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

from palier.schemas.screens.errors import BadExpression

#: What an expression is spelt with: what is none of these never reaches Python's parser, which
#: knows more than belongs here, and warns of things on standard error.
_TOKEN = re.compile(
    r"""
      \ +
    | (?P<number> (?: \d+\.?\d* | \.\d+ ) (?: [eE][+-]?\d{1,3} )? (?![\w.]) )
    | (?P<name> [A-Za-z_][A-Za-z0-9_]* )
    | '[^'\\]*' | "[^"\\]*"
    | == | != | <= | >= | // | [-+*/%<>()\[\],.]
    """,
    re.VERBOSE | re.ASCII,
)

#: What is written in other languages, and what is written here.
_INSTEAD: tuple[tuple[str, str], ...] = (
    (":=", "An expression puts nothing anywhere: compare with =="),
    ("=", "Compare with =="),
    ("&&", "Write and, not &&"),
    ("&", "Write and, not &"),
    ("||", "Write or, not ||"),
    ("|", "Write or, not |"),
    ("!", "Write not, not !"),
    ("~", "Write not, not ~"),
    ("\\", "A text has no backslash in it"),
    ("'", "A text is not closed: it ends with '"),
    ('"', 'A text is not closed: it ends with "'),
)
_NAMES_INSTEAD: Mapping[str, str] = MappingProxyType(
    {"true": "True", "false": "False", "null": "None", "none": "None"}
)
_PREFIXES = re.compile(r"(?:[fF][rR]?|[rR][fFbB]?|[bB][rR]?|[uU])(?=['\"])")


def spell(text: str) -> None:
    """Refuse whatever is spelt in a way that expressions are not; raises `BadExpression`."""
    at = 0
    while at < len(text):
        if _PREFIXES.match(text, at):
            raise BadExpression("A text stands in quotes, with no letter before them", at=at)
        token = _TOKEN.match(text, at)
        if token is None:
            said = next((said for sign, said in _INSTEAD if text.startswith(sign, at)), "")
            if text[at].isdecimal():
                said = "A number is written as 12 or 0.5, and a space follows it"
            raise BadExpression(said or f"A {text[at]!r} cannot stand in an expression here", at=at)
        if (instead := _NAMES_INSTEAD.get(token["name"] or "")) is not None:
            raise BadExpression(f"Write {instead}, not {token['name']}", at=at)
        at = token.end()
