"""What can be wrong with how a program is played in a test.

::

    PlayError
    ├── BadAnswer       an answer does not pass its form
    ├── NoSuchStage     a script is for a stage that never opened
    ├── NoSuchSeat      a script is for a seat that there is not
    ├── NobodyGoesOn    all wait for somebody who never answers
    └── Endless         the session does not come to an end

What a program itself raises comes out as it is, with its own traceback.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from palier.schemas.errors import PalierError
from palier.schemas.events import Stage
from palier.schemas.screens.suggestions import suggestion


class PlayError(PalierError):
    """A program cannot be played as a test says."""


class BadAnswer(PlayError):
    """An answer does not pass its form; ``fields`` are the problems, by field."""

    def __init__(
        self,
        stage: Stage,
        *,
        seat: str,
        answer: object,
        reason: str,
        fields: Mapping[str, str],
    ) -> None:
        super().__init__(
            f"{where(stage)}, seat {seat}: {reason.rstrip('.')}. The answer was {answer!r}."
        )
        self.stage = stage.name
        self.visit = stage.visit
        self.scope = stage.scope
        self.seat = seat
        self.reason = reason
        self.fields = dict(fields)


class NoSuchStage(PlayError):
    """A stage that never opened."""

    def __init__(self, name: str, *, opened: Iterable[str], said: str) -> None:
        hint = suggestion(name, opened)
        super().__init__(
            f"{said} names stage {name!r}, which never opened. {hint or 'No stage opened.'}"
        )
        self.stage = name


class NoSuchSeat(PlayError):
    """A seat that there is not."""

    def __init__(self, name: str, *, seats: Iterable[str], said: str) -> None:
        super().__init__(f"{said} names seat {name!r}: there are {', '.join(seats)}.")
        self.seat = name


class NobodyGoesOn(PlayError):
    """All wait for somebody who never answers."""

    def __init__(self, stage: Stage, *, missing: Iterable[str]) -> None:
        self.stage = stage.name
        self.scope = stage.scope
        self.missing = tuple(missing)
        super().__init__(
            f"{where(stage)} waits for {', '.join(self.missing)} and nothing will happen any more: "
            f"its policy is missing={stage.missing!r}"
            f"{' and it has no deadline' if stage.clock is None else ''}."
        )


class Endless(PlayError):
    """The session does not come to an end."""

    def __init__(self, stage: Stage, *, opened: int) -> None:
        super().__init__(
            f"After {opened} stages the session is not at its end; {where(stage)} is open. Does it "
            "wait for an answer that chance does not give? Then script it with answers=."
        )
        self.stage = stage.name


def where(stage: Stage) -> str:
    """Return which stage is meant, for a sentence."""
    return f"Stage {stage.name!r} (visit {stage.visit}, scope {stage.scope!r})"
