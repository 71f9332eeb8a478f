"""What can be wrong with a screen, and where."""

from __future__ import annotations

from dataclasses import dataclass

from palier.schemas.errors import PalierError


class BadExpression(PalierError):
    """An expression or the text around it cannot be read; ``at`` is the offset in the text."""

    def __init__(self, reason: str, *, at: int = 0) -> None:
        super().__init__(reason)
        self.at = at


class EvaluationFailed(PalierError):
    """An expression was read, and its values do not go together."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Mistake:
    """One mistake in a file: lines and columns count from 1, ``hint`` says what may be meant."""

    file: str
    line: int
    column: int
    reason: str
    hint: str = ""

    def __str__(self) -> str:
        hint = f" {self.hint}" if self.hint else ""
        return f"{self.file}:{self.line}:{self.column}: {self.reason}{hint}"


class BadScreen(PalierError):
    """A screen has mistakes: all of them, in the order of the file."""

    def __init__(self, mistakes: tuple[Mistake, ...]) -> None:
        super().__init__("\n".join(map(str, mistakes)))
        self.mistakes = mistakes
