"""Quizzes: questions with right answers, which the worker alone knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal, TypeAlias

from pydantic import Field, create_model

from palier.program.errors import ProgramError
from palier.schemas.forms import Form

#: What a question can have as its right answer.
Right: TypeAlias = bool | int | float | Decimal | str

#: What happens after the last attempt: nobody goes on until the operator has come; they go on, and
#: the data say that they have not passed; the others go on without them.
Failed: TypeAlias = Literal["block", "go-on", "exclude"]

#: How far from its right answer a number may be that has a fraction, where a question does not say.
_TOLERANCE = 1e-9

#: What is told beside a wrong answer without a hint: a client has words for it.
WRONG = "wrong-answer"


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a quiz, and its right ``answer``.

    The answer is a flag, a number, one of the ``options``, or a text, of which neither case nor
    spaces at the ends count. ``hint`` is told beside a wrong one; ``tolerance`` is how far off a
    number may be; ``name`` is what the record calls the field, ``q1``, ``q2`` … by itself. Raises
    `ProgramError`.
    """

    text: str
    answer: Right
    options: Sequence[str | int | float] | None = None
    hint: str = ""
    name: str = ""
    help: str = ""
    tolerance: float = _TOLERANCE

    def __post_init__(self) -> None:
        if self.options is not None and self.answer not in self.options:
            raise ProgramError(
                f"{self.text!r} has answer={self.answer!r}, which is none of its options."
            )
        if self.name and not (self.name.isidentifier() and not self.name.startswith("_")):
            raise ProgramError(f"{self.text!r} has name={self.name!r}: write it as a Python name.")

    @property
    def field(self) -> tuple[Any, Any]:
        """Its field in a form: type and description, without the answer."""
        return self._type, Field(title=self.text, description=self.help or None)

    @property
    def _type(self) -> Any:
        if self.options is not None:
            return Literal[tuple(str(one) for one in self.options)]
        if isinstance(self.answer, bool | str):
            return type(self.answer)
        return int if isinstance(self.answer, int) else float

    def is_right(self, given: object) -> bool:
        """Tell whether an answer that its form has let pass is the right one."""
        right = self.answer
        if self.options is not None or isinstance(right, bool):
            return given == (right if isinstance(right, bool) else str(right))
        if isinstance(right, str):
            return str(given).strip().casefold() == right.strip().casefold()
        assert isinstance(given, int | float)
        return abs(float(given) - float(right)) <= self.tolerance


@dataclass(frozen=True, slots=True, kw_only=True)
class Quiz:
    """What is asked, how often one may try, and what happens then."""

    questions: Mapping[str, Question]
    attempts: int | None = None
    failed: Failed = "block"

    @classmethod
    def of(
        cls, stage: str, questions: Sequence[Question], *, attempts: int | None, failed: Failed
    ) -> Quiz:
        """Return the quiz of a stage; raises `ProgramError`."""
        if not questions:
            raise ProgramError(f"Quiz {stage!r} has no questions.")
        if attempts is not None and attempts < 1:
            raise ProgramError(f"Quiz {stage!r} has attempts={attempts}: give 1 or more, or None.")
        if failed not in ("block", "go-on", "exclude"):
            raise ProgramError(
                f"Quiz {stage!r} has failed={failed!r}: give 'block', 'go-on' or 'exclude'."
            )
        named: dict[str, Question] = {}
        for number, one in enumerate(questions, start=1):
            name = one.name or f"q{number}"
            if name in named:
                raise ProgramError(f"Quiz {stage!r} has two questions called {name!r}.")
            named[name] = one
        return cls(questions=named, attempts=attempts, failed=failed)

    def form(self, stage: str) -> type[Form]:
        """Return the form that is shown, which knows no answer."""
        fields: dict[str, Any] = {name: one.field for name, one in self.questions.items()}
        made: type[Form] = create_model(f"Quiz {stage}", __base__=Form, **fields)
        return made

    def wrong(self, answer: Form | None) -> dict[str, str]:
        """Return the fields that are answered wrongly, each with what is told beside it."""
        return {
            name: one.hint or WRONG
            for name, one in self.questions.items()
            if answer is None or not one.is_right(getattr(answer, name))
        }
