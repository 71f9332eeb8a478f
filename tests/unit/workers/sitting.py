"""A session by itself, in the hands of a test that sits, waits, intervenes and looks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, TypeVar

from palier.program import Field, Form, Program
from palier.program import Session as ProgramSession
from palier.schemas.commands import (
    Advance,
    ChangeClock,
    Exclude,
    Intervention,
    Pause,
    Readmit,
    Resume,
    Retry,
    StandIn,
    Submit,
)
from palier.schemas.events import Stage
from palier.schemas.names import ALL
from palier.schemas.replies import Overview, SeatRow, Snapshot
from palier.workers.domain import interventions, views
from palier.workers.domain.deadlines import tick
from palier.workers.domain.facts import (
    Cause,
    ClockChanged,
    Ended,
    Fact,
    Opened,
    Released,
    StatusChanged,
)
from palier.workers.domain.record import Opening
from palier.workers.domain.refusal import Refusal
from palier.workers.domain.scope import Generation
from palier.workers.domain.session import Session

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
SEATS = ("p1", "p2", "p3", "p4")

F = TypeVar("F", bound=Fact)

Body = Callable[[ProgramSession], Awaitable[None]]


class Number(Form):
    value: int = Field(ge=0, le=9)


class Guess(Form):
    value: int = Field(default=5, ge=0, le=9)


class Sitting:
    """A session of ``body``, and a clock that a test moves."""

    def __init__(
        self, body: Body, *, seats: tuple[str, ...] = SEATS, auto_start: bool = False
    ) -> None:
        class Example(Program):
            async def run(self, session: ProgramSession) -> None:
                await body(session)

        opening = Opening(
            name="s",
            program="example",
            seats=seats,
            settings={},
            partition=0,
            seed=7,
            auto_start=auto_start,
            author="operator",
            at=NOON,
        )
        self.session = Session(opening, Example())
        self.now = NOON
        self._ids = count(1)
        #: What every scope's clients were told last.
        self._versions: Counter[str] = Counter()

    # -- what a test does

    def later(self, seconds: float) -> None:
        """Let time pass."""
        self.now += timedelta(seconds=seconds)

    def start(self) -> list[Fact]:
        """Start the program."""
        facts = self.session.start(author="operator", at=self.now)
        assert not isinstance(facts, Refusal), facts
        return self.told(facts)

    def submit(
        self, seat: str, value: Any = None, *, scope: str | None = None, generation: int = 0
    ) -> list[Fact] | Refusal:
        """Answer the stage that is open for a seat, or the one named."""
        where = scope or self.stage(seat).scope
        current = self.session.scopes[where].current if where in self.session.scopes else None
        command = Submit(
            session="s",
            scope=where,
            generation=generation or (current.number if current else 1),
            answer=None if value is None else {"value": value},
        )
        outcome = self.session.submit(
            command, seat=seat, message_id=f"m{next(self._ids)}", at=self.now
        )
        return outcome if isinstance(outcome, Refusal) else self.told(outcome)

    def arrive(self, *seats: str, value: Any = None) -> list[Fact]:
        """Have seats answer, all of them with success."""
        facts: list[Fact] = []
        for seat in seats:
            found = self.submit(seat, value)
            assert not isinstance(found, Refusal), found
            facts += found
        return facts

    def tick(self) -> list[Fact]:
        """Do what is due."""
        return self.told(tick(self.session, message_id=f"m{next(self._ids)}", at=self.now))

    def intervene(self, command: Intervention) -> list[Fact] | Refusal:
        """Have the operator intervene."""
        do: dict[type[Intervention], Callable[..., interventions.Outcome]] = {
            Advance: interventions.advance,
            ChangeClock: interventions.change_clock,
            Pause: interventions.pause,
            Resume: interventions.resume,
            Exclude: interventions.exclude,
            StandIn: interventions.stand_in,
            Readmit: interventions.readmit,
            Retry: interventions.retry,
        }
        cause = Cause(
            what="operator",
            author="operator",
            reason=command.reason,
            message_id=f"m{next(self._ids)}",
        )
        outcome = do[type(command)](self.session, command, cause=cause, at=self.now)
        return outcome if isinstance(outcome, Refusal) else self.told(outcome)

    def done(self, command: Intervention) -> list[Fact]:
        """Have the operator intervene, with success."""
        facts = self.intervene(command)
        assert not isinstance(facts, Refusal), facts
        return facts

    def advance(self, *seats: str, **more: Any) -> list[Fact]:
        """Let seats arrive."""
        return self.done(Advance(session="s", seats=seats, **more))

    def clock(self, change: Any, *, seconds: float = 0, scope: str | None = None) -> list[Fact]:
        """Change the clocks."""
        return self.done(ChangeClock(session="s", change=change, seconds=seconds, scope=scope))

    def pause(self) -> list[Fact]:
        """Hold the session."""
        return self.done(Pause(session="s"))

    def resume(self) -> list[Fact]:
        """Let it go on."""
        return self.done(Resume(session="s"))

    def exclude(self, *seats: str) -> list[Fact]:
        """Let the others go on without these."""
        return self.done(Exclude(session="s", seats=seats))

    def readmit(self, *seats: str) -> list[Fact]:
        """Let these take part again."""
        return self.done(Readmit(session="s", seats=seats))

    def stand_in(self, *seats: str) -> list[Fact]:
        """Let bots answer for these."""
        return self.done(StandIn(session="s", seats=seats))

    def told(self, facts: list[Fact]) -> list[Fact]:
        """Return facts, in whose order each scope's versions rise by one."""
        for fact in facts:
            match fact:
                case Opened(stage=Stage(scope=scope), after=None) | Released(scope=scope):
                    pass
                case ClockChanged(scope=scope):
                    pass
                case StatusChanged() | Ended():
                    scope = ALL
                case _:
                    continue
            self._versions[scope] += 1
            assert fact.version == self._versions[scope], (scope, facts)
        known = {name: one.version for name, one in self.session.scopes.items()}
        assert known == {name: self._versions[name] for name in known}
        return facts

    # -- what a test sees

    @property
    def status(self) -> str:
        """How far the session is."""
        return self.session.status

    def snapshot(self, seat: str) -> Snapshot:
        """What a seat is shown."""
        return views.snapshot(self.session, seat, now=self.now)

    def overview(self) -> Overview:
        """What the operator is shown."""
        return views.overview(self.session, now=self.now)

    def row(self, seat: str) -> SeatRow:
        """What the operator is shown of a seat."""
        return next(one for one in self.overview().seats if one.seat == seat)

    def stage(self, seat: str) -> Stage:
        """The stage that a seat sees."""
        stage = self.snapshot(seat).stage
        assert stage is not None
        return stage

    def at(self, *seats: str) -> list[str]:
        """The names of the stages that seats see."""
        return [self.stage(one).name for one in seats or self.session.seats]

    def current(self, scope: str = ALL) -> Generation:
        """The generation that opened last in a scope."""
        current = self.session.scopes[scope].current
        assert current is not None
        return current

    def missing(self, scope: str = ALL) -> set[str]:
        """Who is missing in a scope."""
        return set(self.current(scope).barrier.missing)


def of(kind: type[F], facts: list[Fact]) -> list[F]:
    """Return the facts of one kind."""
    return [one for one in facts if isinstance(one, kind)]


def kinds(facts: list[Fact]) -> list[str]:
    """Return the names of facts, in order."""
    return [type(one).__name__ for one in facts]


def refused(outcome: list[Fact] | Refusal) -> Refusal:
    """Return why nothing was done."""
    assert isinstance(outcome, Refusal), outcome
    return outcome
