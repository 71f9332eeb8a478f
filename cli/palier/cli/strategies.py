"""Strategies of a program's bots, as minds of bots that play over the broker."""

from __future__ import annotations

import random as chance
from collections.abc import Callable, Sequence
from itertools import cycle
from pathlib import Path

from pydantic import JsonValue
from pydantic_core import to_jsonable_python

from palier.client.bot import Decide, Wait, at_random
from palier.program import GO_ON, Bot, Form, Stage
from palier.program.bots import GoOn, chosen, method_of, strategies
from palier.schemas.live import Do, as_do


def minds(
    folder: Path | None,
    names: str | None,
    *,
    seats: Sequence[str],
    seed: int,
    told: Callable[[str], None],
) -> dict[str, Decide]:
    """Return how each seat decides: by the strategies with these names, in turn.

    ``folder`` is the program's; without one there is chance alone. A strategy that fails is
    ``told`` of, and chance answers for it there: others wait at the same barrier. Raises
    `ProgramError`.
    """
    known = {"random": Bot} if folder is None else strategies(folder)
    turns = cycle(chosen(known, names))
    return {seat: _mind(next(turns)(seat=seat, seed=seed), seed, told) for seat in seats}


def _mind(bot: Bot, seed: int, told: Callable[[str], None]) -> Decide:
    # what a strategy draws is its own affair: chance beside it stays as it is
    random = chance.Random(f"{seed}:{bot.seat}")  # noqa: S311 - repeatable is the point

    by_chance = at_random(f"{seed}:{bot.seat}:live")

    def decide(stage: Stage) -> dict[str, JsonValue] | Do | Wait | None:
        method = method_of(bot, stage)
        if stage.actions:
            decided = _in_live(bot, stage, method, told)
            if decided is not GO_ON:
                return decided or by_chance(stage)
        elif method is not None:
            try:
                answer = method(stage)
                plain = _plain(answer)
                if not (problems := _problems(stage, plain)):
                    return plain
                why = f"its answer {answer!r} does not pass ({problems})"
            except Exception as error:  # noqa: BLE001 - an author's code raises what it likes
                why = f"{type(error).__name__}: {error}"
            told(
                f"The strategy {type(bot).__name__} of {bot.seat} fails at stage {stage.name}: "
                f"{why}. Chance answers there."
            )
        return None if stage.form is None else stage.form.draw(random)

    return decide


def _in_live(
    bot: Bot, stage: Stage, method: Callable[[Stage], object] | None, told: Callable[[str], None]
) -> Do | Wait | GoOn | None:
    """Return what a strategy does in a live stage; None where it has none, or fails."""
    if method is None:
        return None
    try:
        decided = method(stage)
        return decided if isinstance(decided, GoOn) else as_do(decided) or Wait.WAIT
    except Exception as error:  # noqa: BLE001 - an author's code raises what it likes
        told(
            f"The strategy {type(bot).__name__} of {bot.seat} fails at stage {stage.name}: "
            f"{type(error).__name__}: {error}. Chance acts there."
        )
        return None


def _plain(answer: object) -> dict[str, JsonValue] | None:
    if answer is None:
        return None
    if isinstance(answer, Form):
        return answer.model_dump(mode="json")
    plain: dict[str, JsonValue] = to_jsonable_python(dict(answer))  # type: ignore[call-overload]
    return plain


def _problems(stage: Stage, answer: dict[str, JsonValue] | None) -> str:
    if stage.form is None:
        return "the stage asks for nothing" if answer else ""
    return ", ".join(f"{name}: {why}" for name, why in stage.form.check(answer or {}).items())
