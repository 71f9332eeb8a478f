"""A scope of a session, and the generation that is open in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from pydantic import JsonValue

from palier.program.quiz import Quiz
from palier.program.requests import StageRequest
from palier.schemas.events import Clock, Stage
from palier.schemas.forms import Answer, Form, describe
from palier.schemas.replies import How
from palier.workers.domain.barrier import Barrier
from palier.workers.domain.live import LiveStage


@dataclass(slots=True, kw_only=True)
class Generation:
    """One opening of a stage in a scope, with its barrier and the answers so far.

    Answers are kept as JSON: a program is given the same values when it runs again.
    """

    stage: Stage
    private: Mapping[str, Mapping[str, JsonValue]]
    barrier: Barrier
    #: What the program asked with, once it is known: a record alone does not have it.
    form: type[Form] | None = None
    defaults: Mapping[str, Form | None] = field(default_factory=dict)
    answers: dict[str, Answer | None] = field(default_factory=dict)
    arrived_at: dict[str, datetime] = field(default_factory=dict)
    how: dict[str, How] = field(default_factory=dict)
    released_at: datetime | None = None
    #: Whether its clock was stopped by itself, other than with its session.
    clock_paused: bool = False
    due_at: datetime | None = None
    #: Parties that left while it was open; they may come back while it is.
    withdrawn: set[str] = field(default_factory=set)
    #: The name of the screen that shows it, empty if it is made from the form.
    screen: str = ""
    #: When each desk had painted it, and how many posts it has.
    painted_at: dict[str, datetime] = field(default_factory=dict)
    posts: int = 0
    #: What can be done in it, if it is live and its program is known.
    live: LiveStage | None = None
    #: What orders the openings of a session, where several have the same time.
    order: int = 0
    #: What answers are held against, where it is a quiz, and how often each seat has tried.
    quiz: Quiz | None = None
    attempts: dict[str, int] = field(default_factory=dict)

    @property
    def number(self) -> int:
        """Return its number in the scope."""
        return self.stage.generation

    @property
    def open(self) -> bool:
        """Whether its barrier has not been released."""
        return self.released_at is None

    def shown_to(self, seat: str) -> Stage:
        """Return the stage with this seat's own data."""
        if self.live is not None:
            return self.stage.model_copy(update={"data": self.live.shown_to(seat)})
        own = self.private.get(seat)
        if not own:
            return self.stage
        return self.stage.model_copy(update={"data": {**self.stage.data, **own}})

    def latest(self, count: int) -> tuple[tuple[str, datetime], ...]:
        """Return the last who arrived, in order, each with the time."""
        return tuple(sorted(self.arrived_at.items(), key=lambda one: one[1])[-count:])

    def set_clock(self, clock: Clock) -> None:
        """Show the stage with another clock."""
        self.stage = self.stage.model_copy(update={"clock": clock})

    def given(self) -> dict[str, Form | None]:
        """Return the answers as the program is given them, by seat; raises `ValidationError`."""
        form = self.form
        if form is None:
            return dict.fromkeys(self.answers)
        # who was let go on from a quiz has none
        left_out = {seat for seat, one in self.answers.items() if one is None and self.quiz}
        return {
            seat: None if seat in left_out else form.model_validate(one)
            for seat, one in self.answers.items()
        }


@dataclass(slots=True, kw_only=True)
class Scope:
    """Seats that go from stage to stage together; ``version`` counts what its clients were told.

    One that is ``lasting`` has a fanout of its own; the seats of another are told one by one.
    """

    name: str
    seats: tuple[str, ...]
    version: int = 0
    lasting: bool = True
    #: The roles of its seats, where they have any, and the group that it is, or is a part of.
    roles: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    current: Generation | None = None
    #: The last generation's number, also of those that were set aside.
    last: int = 0
    treatment: str = ""

    @property
    def told_alone(self) -> tuple[str, ...]:
        """Return the seats that are told one by one; nobody where there is a fanout."""
        return () if self.lasting else self.seats

    @property
    def opened(self) -> tuple[bool, int]:
        """Return what orders scopes by which one a seat is in: an open stage first, the latest."""
        assert self.current is not None
        return self.current.open, self.current.order


def opened(
    request: StageRequest,
    *,
    number: int,
    parties: tuple[str, ...],
    at: datetime,
    screen: str = "",
) -> Generation:
    """Return the generation that a program's request opens; ``screen`` is the name of its own."""
    live = None if request.live is None else LiveStage(request.live, request)
    clock = None
    if request.deadline is not None:
        clock = Clock(deadline_at=at + timedelta(seconds=request.deadline))
    return Generation(
        stage=Stage(
            scope=request.scope,
            generation=number,
            name=request.name,
            visit=request.visit,
            title=request.title,
            text=request.text,
            form=describe(request.form) if request.form else None,
            data=dict(request.public),
            private=any(request.private.values()),
            parties=len(parties),
            opened_at=at,
            clock=clock,
            missing=request.missing,
            quiz=request.quiz is not None,
            actions=live.specs if live is not None else (),
            period=request.period,
        ),
        private=request.private,
        form=request.form,
        defaults=request.defaults,
        quiz=request.quiz,
        barrier=Barrier.of(parties),
        screen=screen,
        live=live,
    )


def stopped(clock: Clock, at: datetime) -> Clock:
    """Return a clock that stands still from now on."""
    if clock.deadline_at is None:
        return clock
    return Clock(left=max(0.0, (clock.deadline_at - at).total_seconds()))


def started(clock: Clock, at: datetime) -> Clock:
    """Return a clock that runs from now on."""
    if clock.left is None:
        return clock
    return Clock(deadline_at=at + timedelta(seconds=clock.left))


def extended(clock: Clock, seconds: float, at: datetime) -> Clock:
    """Return a clock with more time, or with less, but never less than none."""
    if clock.deadline_at is not None:
        # one that has passed has nothing left, as a clock that stands: more time counts from now
        return Clock(deadline_at=max(at, max(at, clock.deadline_at) + timedelta(seconds=seconds)))
    return Clock(left=max(0.0, (clock.left or 0.0) + seconds))
