"""How many lines of code a file of Python has."""

from __future__ import annotations

import ast
import io
import tokenize
from pathlib import Path

_NOTHING = frozenset(
    {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}
    | {tokenize.ENCODING, tokenize.ENDMARKER}
)


def code_lines(path: Path) -> int:
    """Return how many lines of a file are not blank, nothing but a comment, or a docstring."""
    return lines_of_code(path.read_text(encoding="utf-8"))


def lines_of_code(source: str) -> int:
    """Return how many lines of a source are not blank, nothing but a comment, or a docstring."""
    written: set[int] = set()
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type not in _NOTHING:
            written.update(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(source)):
        kinds = ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef
        if isinstance(node, kinds) and ast.get_docstring(node, clean=False) is not None:
            first = node.body[0]
            written.difference_update(range(first.lineno, (first.end_lineno or 0) + 1))
    return len(written)
