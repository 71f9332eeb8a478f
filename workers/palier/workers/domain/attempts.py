"""Attempts at a quiz: what a try comes to, and whether a seat may have another."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from palier.program.quiz import Quiz
from palier.schemas.forms import Form
from palier.workers.domain.facts import Attempted
from palier.workers.domain.scope import Generation

#: What a refusal of a wrong answer is called, and one after which there is no other.
WRONG, USED_UP = "wrong-answer", "attempts-used"


def attempt(
    generation: Generation,
    quiz: Quiz,
    seat: str,
    answer: Form | None,
    *,
    message_id: str,
    at: datetime,
) -> tuple[Attempted, Mapping[str, str]]:
    """Count a seat's attempt; return it, and what is told beside each wrong field."""
    number = generation.attempts.get(seat, 0) + 1
    generation.attempts[seat] = number
    wrong = quiz.wrong(answer)
    fact = Attempted(
        scope=generation.stage.scope,
        generation=generation.number,
        seat=seat,
        number=number,
        answer=None if answer is None else answer.model_dump(mode="json"),
        wrong=tuple(wrong),
        message_id=message_id,
        at=at,
    )
    return fact, wrong


def is_last(quiz: Quiz, number: int) -> bool:
    """Tell whether an attempt was the last; after the operator has come one may begin anew."""
    return quiz.attempts is not None and number % quiz.attempts == 0


def is_blocked(generation: Generation, quiz: Quiz, seat: str, *, calls: Collection[str]) -> bool:
    """Tell whether a seat has used its attempts, and its call has not been answered yet."""
    number = generation.attempts.get(seat, 0)
    return quiz.failed == "block" and number > 0 and is_last(quiz, number) and seat in calls
