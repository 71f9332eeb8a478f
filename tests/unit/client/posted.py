"""What is posted in a stage, for tests: posts by value, and a link that a test answers for."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from palier.client.screens.sample_errands import NotedErrands
from palier.schemas.events import PostedValue, Stage
from tests.unit.client.opened import Opened

#: As the sample stage has it.
OPENED = datetime(2026, 5, 12, 14, 30, tzinfo=UTC)


class Clock:
    """A clock that a test sets; later than any that a screen has been opened by."""

    def __init__(self) -> None:
        self.now = 1e9

    def __call__(self) -> float:
        return self.now


class Answered(NotedErrands):
    """Errands whose posts are answered by a test."""

    def __init__(self) -> None:
        super().__init__()
        self.numbers: list[Future[int]] = []

    def post(self, stage: Stage, stream: str, value: str | float) -> Future[int]:
        """Note a post, and leave it open what becomes of it."""
        super().post(stage, stream, value)
        self.numbers.append(Future())
        return self.numbers[-1]


def post(
    number: int,
    value: str | float,
    *,
    stream: str = "talk",
    seat: str = "s02",
    after: float | None = None,
) -> PostedValue:
    """Return a post; ``after`` so many seconds, else its number of minutes."""
    at = OPENED + timedelta(seconds=number * 60 if after is None else after)
    return PostedValue(number=number, stream=stream, seat=seat, at=at, value=value)


def bring(opened: Opened, *posts: PostedValue) -> None:
    """Bring a view with these posts, as the link does."""
    shown = replace(opened.view.shown, posts=posts)
    opened.view = replace(opened.view, shown=shown)
    opened.page.follow(opened.view)
