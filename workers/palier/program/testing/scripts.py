"""What participants of a test answer: scripts by stage, else chance."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import Enum
from typing import Any, TypeAlias

from palier.program.participant import Participant
from palier.program.testing.errors import PlayError, where
from palier.schemas.events import Stage
from palier.schemas.forms import Form


class Missing(Enum):
    """What is given in place of an answer by who does not answer."""

    MISSING = "missing"


#: This participant does not answer here: time passes, and the policy of the stage applies.
MISSING = Missing.MISSING

#: An answer; None where a stage asks for nothing.
Given: TypeAlias = Form | Mapping[str, Any] | Missing | None

#: What is answered to a stage: always the same, or what a function of the participant and the
#: stage returns. The stage is as a desk has it: `Stage.visit`, `Stage.data` with the seat's own.
Script: TypeAlias = Given | Callable[[Participant, Stage], Given]


def by_seat(scripts: Mapping[str, Script]) -> Script:
    """Return a script of one for each seat."""

    def answer(one: Participant, stage: Stage) -> Given:
        try:
            script = scripts[one.seat]
        except KeyError:
            raise PlayError(
                f"{where(stage)}: by_seat() says nothing for seat {one.seat}, only for "
                f"{', '.join(scripts)}."
            ) from None
        return given(script, one, stage)

    return answer


def by_visit(scripts: Sequence[Script]) -> Script:
    """Return a script of one for each visit of a stage, from the first on."""

    def answer(one: Participant, stage: Stage) -> Given:
        if stage.visit > len(scripts):
            raise PlayError(
                f"{where(stage)}: by_visit() has {len(scripts)} answers, and seat {one.seat} is "
                "asked once more."
            )
        return given(scripts[stage.visit - 1], one, stage)

    return answer


def given(script: Script, one: Participant, stage: Stage) -> Given:
    """Return what a script answers."""
    return script(one, stage) if callable(script) else script
