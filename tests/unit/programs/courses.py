"""What a program shows and asks, stage by stage, when everybody answers as a bot does."""

from __future__ import annotations

import random as chance
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

from palier.program import Form, Program
from palier.program.requests import OnceRequest, StageRequest
from palier.schemas.forms import describe
from palier.workers.domain.execution import Execution

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def course(
    program: type[Program], *, seats: tuple[str, ...] = ("p1",), settings: Any = None
) -> list[StageRequest]:
    """Return the stages of a session from its first to its last, in the order they open."""
    given = program.Settings.model_validate(settings or {})
    execution = Execution(program(given), seats=seats, seed=1)
    random = chance.Random(1)
    waiting = stages(execution.start(at=NOW, perform=no_effects))
    shown = []
    while waiting:
        stage = waiting.pop(0)
        shown.append(stage)
        parties = seats if stage.scope == "all" else tuple(stage.private or seats)
        answers = {seat: _answer(stage, random) for seat in parties}
        waiting += stages(execution.resume(stage.scope, answers, at=NOW, perform=no_effects))
    return shown


def _answer(stage: StageRequest, random: chance.Random) -> Form | None:
    return (
        None if stage.form is None else stage.form.model_validate(describe(stage.form).draw(random))
    )


def stages(asked: Sequence[Any]) -> list[StageRequest]:
    """Return the stages among what a program asks for."""
    return [one for one in asked if isinstance(one, StageRequest)]


def no_effects(request: OnceRequest) -> Any:
    """Refuse a side effect: the program has none."""
    raise AssertionError(f"nobody asked for {request}")
