"""Where in an author's file something stands, so that an error can name the line to change."""

from __future__ import annotations

import ast
import linecache
import sys
from dataclasses import dataclass
from functools import lru_cache


@dataclass(frozen=True, slots=True)
class Place:
    """A line of a file."""

    file: str
    line: int

    def __str__(self) -> str:
        return f"{self.file}:{self.line}"


def calling(depth: int) -> Place:
    """Return the line that called: of the caller with depth 1, of its caller with 2."""
    frame = sys._getframe(depth + 1)  # noqa: SLF001 - how the standard library does it as well
    return Place(frame.f_code.co_filename, frame.f_lineno)


def of_attribute(known: Place, class_name: str, attribute: str) -> Place:
    """Return the line of an attribute, or that of its class where its source is not to be had."""
    nearest = None
    for one in _classes(known.file):
        if one.name == class_name and one.lineno <= known.line + 1:
            nearest = one
    for statement in nearest.body if nearest else ():
        if isinstance(statement, ast.AnnAssign) and _is_name(statement.target, attribute):
            return Place(known.file, statement.lineno)
    return known


def _is_name(node: ast.expr, name: str) -> bool:
    return isinstance(node, ast.Name) and node.id == name


@lru_cache(maxsize=4)
def _parsed(source: str) -> tuple[ast.ClassDef, ...]:
    try:
        tree = ast.parse(source)
    except SyntaxError:
        return ()
    return tuple(one for one in ast.walk(tree) if isinstance(one, ast.ClassDef))


def _classes(file: str) -> tuple[ast.ClassDef, ...]:
    linecache.checkcache(file)
    return tuple(sorted(_parsed("".join(linecache.getlines(file))), key=lambda one: one.lineno))
