"""The worker's clock, as a client knows it: by what the worker says the time is, and when it came.

Deadlines are meant by the worker's clock. What a client's own clock says does not matter, nor that
it is set while a countdown runs: here are only seconds of a clock that is never set.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Self

from palier.client.view import Countdown
from palier.schemas.events import Clock, Released, Stage, StageOpened
from palier.schemas.message import Message


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A time by the worker's clock, which may be wrong by so many seconds."""

    at: datetime
    off_by: float


@dataclass(frozen=True, slots=True)
class WorkersClock:
    """How far the worker's clock is behind our own, in seconds; nothing while none was heard.

    What the worker says has travelled for some time, so each time that is heard makes the
    difference too large, by as long as it took: the smallest is the best. One that is retold late
    says nothing. ``trip`` is the shortest time that a question and its answer took.
    """

    behind: float | None = None
    trip: float | None = None

    def heard(self, said: datetime, *, at: float, asked: float | None = None) -> Self:
        """Take a time that the worker said, and when it came.

        What was ``asked`` was said after that, so the difference cannot be smaller than that
        either: a clock that was set back is followed, and another worker's whose clock is behind.
        """
        behind = at - said.timestamp()
        if self.behind is not None:
            behind = min(behind, self.behind)
        if asked is not None:
            behind = max(behind, asked - said.timestamp())
        trip = self.trip
        if asked is not None:
            trip = at - asked if trip is None else min(trip, at - asked)
        return replace(self, behind=behind, trip=trip)

    def told(self, event: Message, *, at: float) -> Self:
        """Take the time that an event tells, if it does: a stage opens now."""
        match event:
            case StageOpened(stage=stage) | Released(next=Stage() as stage):
                return self.heard(stage.opened_at, at=at)
            case _:
                return self

    def moment(self, at: float) -> Moment | None:
        """Return what time it is at the worker when our own clock says ``at``, if that is known.

        What was said has travelled for half of the shortest trip, give or take as much.
        """
        if self.behind is None or self.trip is None:
            return None
        half = self.trip / 2
        return Moment(at=datetime.fromtimestamp(at - self.behind + half, UTC), off_by=half)

    def countdown(self, clock: Clock | None) -> Countdown | None:
        """Return what a stage's clock says, by our own clock; None where there is nothing to say.

        A deadline means nothing to who has never heard what time it is.
        """
        match clock:
            case Clock(deadline_at=datetime() as deadline) if self.behind is not None:
                return Countdown(deadline=deadline.timestamp() + self.behind)
            case Clock(deadline_at=None, left=float() as left):
                return Countdown(left=left)
            case _:
                return None
