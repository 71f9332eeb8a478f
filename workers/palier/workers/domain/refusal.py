"""Why a command changes nothing, in words for people and a code for programs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from pydantic import ValidationError

from palier.schemas.forms import Answer, Form
from palier.schemas.replies import How
from palier.workers.domain.facts import Fact
from palier.workers.domain.scope import Generation


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a command was not done; ``fields`` are the problems of an answer.

    ``facts`` are what is kept all the same: that it was tried.
    """

    code: str
    reason: str
    fields: Mapping[str, str] = field(default_factory=dict)
    facts: Sequence[Fact] = ()


def validated(form: type[Form] | None, answer: Answer | None) -> Form | Refusal | None:
    """Return an answer as its form has it, or why it does not pass."""
    if form is None:
        if answer:
            return Refusal(code="invalid", reason="This stage asks for no answer.")
        return None
    try:
        return form.model_validate(dict(answer or {}))
    except ValidationError as error:
        problems = {
            str(one["loc"][0]) if one["loc"] else "": str(one["msg"])
            for one in error.errors(include_url=False, include_context=False, include_input=False)
        }
        return Refusal(
            code="invalid",
            reason="; ".join(
                f"{name}: {words}" if name else words for name, words in problems.items()
            ),
            fields={name: words for name, words in problems.items() if name},
        )


def wrong_generation(asked: int, current: Generation) -> Refusal:
    """Return why a generation takes no answer: it is over, or not there yet."""
    if asked <= current.number:
        return Refusal(code="released", reason="This stage is over; everyone has gone on.")
    return Refusal(code="unknown-generation", reason="This stage has not been opened yet.")


def arrived_already(how: How) -> Refusal:
    """Return why a second answer changes nothing."""
    if how == "submitted":
        reason = "This stage has your answer already; the first one stands."
    else:
        reason = "This stage was answered for you; that answer stands."
    return Refusal(code="already-submitted", reason=reason)
