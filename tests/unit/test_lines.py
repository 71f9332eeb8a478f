"""Lines of code are counted as one would count them by hand."""

from __future__ import annotations

import re
from pathlib import Path

from tests.lines import code_lines, lines_of_code

ROOT = Path(__file__).parents[2]

SOURCE = '''\
"""A module.

With a docstring.
"""

# a comment
import os  # counted


def function() -> str:
    """A docstring."""
    # a comment
    text = """of
    three

    or four lines"""
    return (
        text
    )
'''


def test_blank_lines_comments_and_docstrings_do_not_count() -> None:
    assert lines_of_code(SOURCE) == 9


def test_the_smallest_program_is_shorter_than_the_one_with_screens() -> None:
    found = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert found is not None
    assert lines_of_code(found[1]) < code_lines(ROOT / "programs" / "public_goods" / "program.py")


def test_the_comparison_has_the_lines_that_there_are() -> None:
    smallest = re.search(r"```python\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert smallest is not None
    app = ROOT / "bench" / "otree"
    pages = [one.read_text() for one in (app / "public_goods").glob("*.html")]
    counted = [
        lines_of_code(smallest[1]),
        code_lines(app / "public_goods" / "__init__.py"),
        sum(bool(line.strip()) for page in pages for line in page.splitlines()),
        code_lines(app / "settings.py"),
    ]

    told = (ROOT / "docs" / "comparison.md").read_text()
    rows = re.findall(r"^\| (?:Palier|oTree)[^|]*: [^|]* \| (\d+) \|$", told, re.MULTILINE)
    assert [int(one) for one in rows] == counted
