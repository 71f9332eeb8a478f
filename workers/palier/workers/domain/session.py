"""A session: the one place that decides what a command changes.

Pure: it is given the time, returns facts, and touches nothing else. The caller keeps the facts and
the session's row in one transaction, or throws this object away and loads it again.

::

    lobby ──start──▶ running ──last stage──▶ finished
      │                 ├──────close───────▶ closed
      └────close──────▶ └──program raises──▶ failed
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from pydantic import JsonValue, ValidationError

from palier.program.program import Program
from palier.program.requests import ScopeRequest, StageRequest
from palier.schemas.commands import Submit
from palier.schemas.events import Stage
from palier.schemas.forms import Answer, Form, describe
from palier.schemas.names import ALL
from palier.schemas.replies import SessionStatus
from palier.workers.domain.barrier import Arrival, Barrier
from palier.workers.domain.execution import Asked, Execution
from palier.workers.domain.facts import (
    Arrived,
    Closing,
    Ended,
    Fact,
    Failed,
    Opened,
    Paid,
    PresenceChanged,
    Released,
    ScopeFormed,
    Started,
)
from palier.workers.errors import ProgramDiverged, ProgramFailed


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a command changed nothing; ``fields`` are the problems of an answer."""

    code: str
    reason: str
    fields: Mapping[str, str] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class Generation:
    """One opening of a stage in a scope, with its barrier and the answers so far."""

    stage: Stage
    private: Mapping[str, Mapping[str, JsonValue]]
    form: type[Form] | None
    barrier: Barrier
    answers: dict[str, Form | None] = field(default_factory=dict)
    arrived_at: dict[str, datetime] = field(default_factory=dict)

    def shown_to(self, seat: str) -> Stage:
        """Return the stage with this seat's own data."""
        own = self.private.get(seat)
        if not own:
            return self.stage
        return self.stage.model_copy(update={"data": {**self.stage.data, **own}})


@dataclass(slots=True, kw_only=True)
class Scope:
    """Seats that go from stage to stage together.

    ``version`` counts what its clients were told; ``opened_in`` says when, in the session's order
    of openings, its current stage opened.
    """

    name: str
    seats: tuple[str, ...]
    version: int = 0
    current: Generation | None = None
    opened_in: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A generation as the record has it, to be gone through again."""

    scope: str
    generation: int
    stage: str
    visit: int
    arrived: Mapping[str, datetime]
    answers: Mapping[str, Answer]
    #: When it was released, and as which of the session's releases; None while it is open.
    released_at: datetime | None = None
    order: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """With what a session was opened."""

    name: str
    program: str
    seats: tuple[str, ...]
    settings: Mapping[str, JsonValue]
    partition: int
    seed: int
    auto_start: bool
    author: str
    at: datetime


class Session:
    """One sitting of a program. Not safe from several threads."""

    def __init__(self, opening: Opening, program: Program) -> None:
        self.name = opening.name
        self.seats = opening.seats
        self.opening = opening
        self.program = program
        self.status: SessionStatus = "lobby"
        self.reason = ""
        self.present: set[str] = set()
        self.scopes: dict[str, Scope] = {ALL: Scope(name=ALL, seats=opening.seats)}
        self._execution = Execution(program, seats=opening.seats, seed=opening.seed)
        self._openings = 0
        self._paid: dict[str, Decimal] = dict.fromkeys(opening.seats, Decimal(0))

    # -- commands ---------------------------------------------------------------------------------

    def start(self, *, author: str, at: datetime) -> list[Fact] | Refusal:
        """Begin the program; in the lobby only."""
        if self.status != "lobby":
            return Refusal(code="already-started", reason=f"Session {self.name} is {self.status}.")
        self.status = "running"
        return [Started(author=author, at=at), *self._begin(at)]

    def submit(
        self, command: Submit, *, seat: str, message_id: str, at: datetime
    ) -> list[Fact] | Refusal:
        """Take a seat's answer and arrival at the barrier of a generation."""
        if self.status != "running":
            return Refusal(code="not-running", reason=f"Session {self.name} is {self.status}.")
        scope = self.scopes.get(command.scope)
        if scope is None or scope.current is None or seat not in scope.current.barrier.parties:
            return Refusal(
                code="not-a-party", reason=f"Seat {seat} takes no part in {command.scope!r}."
            )
        generation = scope.current
        if command.generation != generation.stage.generation:
            return _wrong_generation(command.generation, generation)
        barrier, arrival = generation.barrier.arrive(seat)
        if arrival is Arrival.REPEATED:
            return Refusal(
                code="already-submitted",
                reason="This stage has your answer already; the first one stands.",
            )
        answer = _validated(generation.form, command.answer)
        if isinstance(answer, Refusal):
            return answer
        generation.barrier = barrier
        generation.answers[seat] = answer
        generation.arrived_at[seat] = at
        kept = None if answer is None else answer.model_dump(mode="json")
        facts: list[Fact] = [
            Arrived(
                scope=scope.name,
                generation=generation.stage.generation,
                seat=seat,
                answer=kept,
                count=len(barrier.arrived),
                message_id=message_id,
                at=at,
            )
        ]
        if arrival is Arrival.RELEASED:
            facts += self._release(scope, generation, at)
        return facts

    def close(self, *, author: str, reason: str, at: datetime) -> list[Fact] | Refusal:
        """End the session before its program does."""
        if self.over:
            return Refusal(code="over", reason=f"Session {self.name} is {self.status} already.")
        self._execution.close()
        return [self._end("closed", reason=reason, author=author, at=at)]

    def presence(self, seat: str, *, present: bool, at: datetime) -> list[Fact]:
        """Note that a seat's client came or went; may be what an automatic start waits for."""
        if seat not in self.seats or present == (seat in self.present):
            return []
        self.note_presence(seat, present=present)
        facts: list[Fact] = [PresenceChanged(seat=seat, present=present, at=at)]
        if (
            self.opening.auto_start
            and self.status == "lobby"
            and len(self.present) == len(self.seats)
        ):
            started = self.start(author="palier", at=at)
            assert not isinstance(started, Refusal)
            facts += started
        return facts

    def note_presence(self, seat: str, *, present: bool) -> None:
        """Note it without any fact, as when the session is over."""
        (self.present.add if present else self.present.discard)(seat)

    def restore(self, *, started_at: datetime, record: Iterable[Recorded]) -> None:
        """Go through the record again, up to where the session is; raises `ProgramFailed`.

        `ProgramDiverged` names the first stage at which the program did something else.
        """
        self.status = "running"
        self._check_replay(self._begin(started_at))
        record = sorted(record, key=lambda one: (one.released_at is None, one.order))
        for one in record:
            scope = self.scopes.get(one.scope)
            current = scope.current if scope else None
            if scope is None or current is None or _position(current) != _position(one):
                found = "nothing" if current is None else f"stage {current.stage.name!r}"
                raise ProgramDiverged(
                    f"The record of {self.name} has stage {one.stage!r} (visit {one.visit}) in "
                    f"scope {one.scope!r} next, but the program now opens {found}: "
                    "bring back the program as it was when the session was opened.",
                    traceback="",
                )
            current.barrier = Barrier(current.barrier.parties, frozenset(one.arrived))
            current.arrived_at = dict(one.arrived)
            for seat in one.arrived:
                current.answers[seat] = (
                    current.form.model_validate(one.answers[seat]) if current.form else None
                )
            if one.released_at is not None:
                self._check_replay(self._release(scope, current, one.released_at))

    # -- what is known ----------------------------------------------------------------------------

    @property
    def over(self) -> bool:
        """Whether nothing more can happen."""
        return self.status in {"finished", "closed", "failed"}

    def scope_of(self, seat: str) -> Scope | None:
        """Return the scope whose stage opened last for this seat."""
        open_ones = [
            one for one in self.scopes.values() if one.current is not None and seat in one.seats
        ]
        return max(open_ones, key=lambda one: one.opened_in, default=None)

    def payoff(self, seat: str) -> Decimal:
        """Return what the seat has earned up to the last opening."""
        return self._paid[seat]

    # -- the program ------------------------------------------------------------------------------

    def _begin(self, at: datetime) -> list[Fact]:
        try:
            asked = self._execution.start()
        except ProgramFailed as failure:
            return self._fail(failure, at)
        return self._follow(asked, at)

    def _release(self, scope: Scope, generation: Generation, at: datetime) -> list[Fact]:
        scope.version += 1
        version = scope.version
        try:
            asked = self._execution.resume(scope.name, generation.answers)
        except ProgramFailed as failure:
            return [_released(scope, generation, version, None, at), *self._fail(failure, at)]
        following = self._follow(asked, at, after=scope)
        then = next(
            (one for one in following if isinstance(one, Opened) and one.after is not None), None
        )
        return [
            _released(scope, generation, version, then, at),
            *(one for one in following if one is not then),
        ]

    def _follow(
        self, asked: list[Asked], at: datetime, *, after: Scope | None = None
    ) -> list[Fact]:
        facts: list[Fact] = []
        for one in asked:
            match one:
                case ScopeRequest():
                    self.scopes[one.scope] = Scope(name=one.scope, seats=one.seats)
                    facts.append(ScopeFormed(scope=one.scope, seats=one.seats, at=at))
                case StageRequest():
                    facts.append(self._open(one, at, after=after))
        facts += self._pay()
        if self._execution.finished:
            facts.append(self._end("finished", reason="", author="palier", at=at))
        return facts

    def _open(self, request: StageRequest, at: datetime, *, after: Scope | None) -> Opened:
        scope = self.scopes[request.scope]
        before = scope.current.stage.generation if scope.current else 0
        follows = scope is after
        if not follows:
            scope.version += 1
        stage = Stage(
            scope=scope.name,
            generation=before + 1,
            name=request.name,
            visit=request.visit,
            title=request.title,
            text=request.text,
            form=describe(request.form) if request.form else None,
            data=dict(request.public),
            private=bool(request.private),
            parties=len(scope.seats),
            opened_at=at,
        )
        self._openings += 1
        scope.opened_in = self._openings
        scope.current = Generation(
            stage=stage,
            private=request.private,
            form=request.form,
            barrier=Barrier.of(scope.seats),
        )
        return Opened(
            stage=stage,
            private=request.private,
            parties=scope.seats,
            version=scope.version,
            after=before if follows else None,
            at=at,
        )

    def _pay(self) -> list[Fact]:
        changed = [
            Paid(seat=one.seat, payoff=one.payoff)
            for one in self._execution.participants
            if one.payoff != self._paid[one.seat]
        ]
        self._paid.update((one.seat, one.payoff) for one in changed)
        return list(changed)

    def _fail(self, failure: ProgramFailed, at: datetime) -> list[Fact]:
        return [
            Failed(reason=failure.reason, traceback=failure.traceback, at=at),
            self._end("failed", reason=failure.reason, author="palier", at=at),
        ]

    def _end(self, outcome: Closing, *, reason: str, author: str, at: datetime) -> Ended:
        self.status = outcome
        self.reason = reason
        everyone = self.scopes[ALL]
        everyone.version += 1
        return Ended(outcome=outcome, reason=reason, author=author, version=everyone.version, at=at)

    def _check_replay(self, facts: list[Fact]) -> None:
        for one in facts:
            if isinstance(one, Failed):
                raise ProgramFailed(one.reason, traceback=one.traceback)


def _released(
    scope: Scope, generation: Generation, version: int, then: Opened | None, at: datetime
) -> Released:
    return Released(
        scope=scope.name,
        generation=generation.stage.generation,
        stage=generation.stage.name,
        version=version,
        barrier=generation.barrier,
        then=then,
        at=at,
    )


def _position(one: Generation | Recorded) -> tuple[int, str, int]:
    if isinstance(one, Recorded):
        return (one.generation, one.stage, one.visit)
    return (one.stage.generation, one.stage.name, one.stage.visit)


def _wrong_generation(asked: int, current: Generation) -> Refusal:
    if asked < current.stage.generation:
        return Refusal(code="released", reason="This stage is over; everyone has gone on.")
    return Refusal(code="unknown-generation", reason="This stage has not been opened yet.")


def _validated(form: type[Form] | None, answer: Answer | None) -> Form | Refusal | None:
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
