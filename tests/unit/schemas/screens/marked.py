"""Files of XML in which a ‸ marks where a mistake is expected."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from palier.schemas.screens.errors import BadScreen, Mistake
from palier.schemas.screens.folder import ScreenFile, read_file

MARK = "‸"


def screen(inside: str, *, attributes: str = "") -> str:
    """Return a file around some widgets."""
    return f"<screen{attributes}>{inside}</screen>"


def places(text: str) -> list[tuple[int, int]]:
    """Return lines and columns of the marks, counted without them."""
    found = []
    line = column = 1
    for char in text:
        if char == MARK:
            found.append((line, column))
        elif char == "\n":
            line, column = line + 1, 1
        else:
            column += 1
    return found


def written(folder: Path, text: str, *, name: str = "stage") -> Path:
    """Write a file without its marks."""
    path = folder / f"{name}.xml"
    path.write_text(text.replace(MARK, ""), encoding="utf-8", newline="")
    return path


def opened(folder: Path, text: str) -> ScreenFile:
    """Return the screen of a text."""
    return read_file(written(folder, text))


def refused(folder: Path, text: str) -> tuple[Mistake, ...]:
    """Return the mistakes for which a text is refused."""
    path = written(folder, text)
    with pytest.raises(BadScreen) as caught:
        read_file(path)
    assert {one.file for one in caught.value.mistakes} == {str(path)}
    return caught.value.mistakes


def told(mistakes: Iterable[Mistake]) -> list[tuple[tuple[int, int], str, str]]:
    """Return place, reason and hint of each mistake."""
    return [((one.line, one.column), one.reason, one.hint) for one in mistakes]
