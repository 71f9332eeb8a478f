"""A session: the one place that decides what a command changes.

Pure: it is given the time, returns facts, and touches nothing else. The caller keeps the facts and
the session's row in one transaction, or throws this object away and loads it again.

::

    lobby ──start──▶ running ──last stage──▶ finished
      │               │   ▲
      │             pause resume         running, paused and stopped
      │               ▼   │              ──close──▶ closed
      │              paused
      │        program raises, diverges
      │               ▼
      └──close──▶  stopped ──retry──▶ running

While a session is held (paused or stopped) arrivals count and no barrier opens. What an operator
can do besides is in `palier.workers.domain.interventions`, what becomes of a seat in `standings`,
what time does in `deadlines`, and going through a record again in `replay`.
"""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Literal

from pydantic import JsonValue, ValidationError

from palier.program.errors import ProgramError
from palier.program.payment import Settlement
from palier.program.program import Program
from palier.program.quiz import Quiz
from palier.program.requests import OnceRequest, ScopeRequest, StageRequest, as_recorded
from palier.program.transactions import as_one
from palier.schemas.commands import Submit
from palier.schemas.events import Clock, Stage, Standing
from palier.schemas.forms import Form
from palier.schemas.names import ALL
from palier.schemas.replies import How, SessionStatus
from palier.workers.domain.attempts import USED_UP, WRONG, attempt, is_blocked, is_last
from palier.workers.domain.barrier import Arrival
from palier.workers.domain.execution import Asked, Execution, Perform
from palier.workers.domain.facts import (
    Abandoned,
    Arrived,
    Cause,
    ClockChanged,
    Closing,
    Due,
    Ended,
    Fact,
    Failed,
    HelpCalled,
    Opened,
    Paid,
    Performed,
    PresenceChanged,
    Released,
    ScopeFormed,
    Settled,
    StandingChanged,
    Started,
    StatusChanged,
    Withdrawn,
)
from palier.workers.domain.record import Call, Opening
from palier.workers.domain.refusal import Refusal, arrived_already, validated, wrong_generation
from palier.workers.domain.scope import Generation, Scope, opened, started, stopped
from palier.workers.domain.screens import Screens
from palier.workers.errors import ProgramFailed

#: How many of those who arrived last a release tells of: for whom the others waited.
_LATEST = 5
#: How long a bot that stands in thinks: so that nobody sees who is one.
_THINKS = timedelta(seconds=0.5)


class Session:
    """One sitting of a program. Not safe from several threads."""

    def __init__(
        self, opening: Opening, program: Program, *, screens: Screens | None = None
    ) -> None:
        self.name = opening.name
        self.seats = opening.seats
        self.opening = opening
        self.program = program
        #: What its stages show: shared with all sessions of the program, as its files are now.
        self.screens = screens or Screens()
        self.status: SessionStatus = "lobby"
        self.reason = ""
        self.traceback = ""
        #: Why the program cannot be gone through again: the record is all there is.
        self.fault: ProgramFailed | None = None
        self.present: set[str] = set()
        self.standings: dict[str, Standing] = dict.fromkeys(opening.seats, "active")
        self.scopes: dict[str, Scope] = {ALL: Scope(name=ALL, seats=opening.seats)}
        self.execution = Execution(program, seats=opening.seats, seed=opening.seed)
        self.scopes[ALL].treatment = self.execution.treatment
        self.paid: dict[str, Decimal] = dict.fromkeys(opening.seats, Decimal(0))
        #: How many stages were opened.
        self.openings = 0
        #: Who calls for help.
        self.calls: dict[str, Call] = {}
        #: How much was tried in its live stages, all of them together.
        self.acted = 0
        #: Seats that were given to bots.
        self.bots: set[str] = set()
        #: What each seat is paid, once the session is over.
        self.settlements: dict[str, Settlement] = {}

    # -- what is known ----------------------------------------------------------------------------

    @property
    def over(self) -> bool:
        """Whether nothing more can happen."""
        return self.status in {"finished", "closed"}

    @property
    def held(self) -> bool:
        """Whether arrivals count and no barrier opens."""
        return self.status in {"paused", "stopped"}

    def scope_of(self, seat: str) -> Scope | None:
        """Return the scope whose stage is open for this seat, else where one was open last."""
        known = [
            one for one in self.scopes.values() if one.current is not None and seat in one.seats
        ]
        return max(known, key=lambda one: one.opened, default=None)

    def open_scopes(self) -> list[tuple[Scope, Generation]]:
        """Return the scopes in which a stage is open, with it; in the same order for a record."""
        found = [
            (one, one.current)
            for one in self.scopes.values()
            if one.current is not None and one.current.open
        ]
        return sorted(found, key=lambda each: each[0].name)

    def shown(self, generation: Generation, *, seat: str | None = None) -> Stage:
        """Return a stage as it is told: with its screen as it is now, and a seat's own data."""
        stage = generation.stage if seat is None else generation.shown_to(seat)
        if not generation.screen:
            return stage
        return stage.model_copy(update={"screen": self.screens.digest(generation.screen)})

    def payoff(self, seat: str) -> Decimal:
        """Return what the seat has earned up to the last opening."""
        return self.paid[seat]

    # -- commands ---------------------------------------------------------------------------------

    def start(self, *, author: str, at: datetime) -> list[Fact] | Refusal:
        """Begin the program; in the lobby only."""
        if self.status != "lobby":
            return Refusal(code="already-started", reason=f"Session {self.name} is {self.status}.")
        return self.begin(author=author, at=at)

    def submit(
        self, command: Submit, *, seat: str, message_id: str, at: datetime
    ) -> list[Fact] | Refusal:
        """Take a seat's answer and arrival at the barrier of a generation."""
        if self.fault is not None and not self.over:
            return Refusal(
                code="held", reason=f"Session {self.name} is stopped: the operator has been told."
            )
        if self.status not in {"running", "paused", "stopped"}:
            return Refusal(code="not-running", reason=f"Session {self.name} is {self.status}.")
        found = self._asked_of(command, seat)
        if isinstance(found, Refusal):
            return found
        scope, generation = found
        answer = validated(generation.form, command.answer)
        if isinstance(answer, Refusal):
            return answer
        facts: list[Fact] = []
        if self.standings[seat] == "bot":
            # who answers is back
            facts.append(self.stand(seat, "active", Cause(what="arrival", author=seat), at))
        cause = Cause(what="arrival", author=seat, seat=seat, message_id=message_id)
        if generation.quiz is not None:
            done = self._attempt(scope, generation.quiz, seat, answer, cause, at)
            if isinstance(done, Refusal):
                return replace(done, facts=(*facts, *done.facts))
            return facts + done
        return facts + self.arrive(scope, seat, answer, how="submitted", cause=cause, at=at)

    def _attempt(
        self, scope: Scope, quiz: Quiz, seat: str, answer: Form | None, cause: Cause, at: datetime
    ) -> list[Fact] | Refusal:
        """Take an answer to a quiz: right ones arrive, and a bot's, which knows no better."""
        generation = scope.current
        assert generation is not None
        if is_blocked(generation, quiz, seat, calls=self.calls):
            return Refusal(code=USED_UP, reason="All attempts are used: the operator is called.")
        tried, wrong = attempt(generation, quiz, seat, answer, message_id=cause.message_id, at=at)
        last = is_last(quiz, tried.number)
        facts: list[Fact] = [tried]
        if not wrong or seat in self.bots or (last and quiz.failed == "go-on"):
            return facts + self.arrive(scope, seat, answer, how="submitted", cause=cause, at=at)
        fields = ", ".join(wrong)
        if not last:
            reason = f"Not right: {fields}."
            return Refusal(code=WRONG, reason=reason, fields=wrong, facts=facts)
        if quiz.failed == "exclude":
            cause = Cause(what="quiz", seat=seat, message_id=cause.message_id)
            facts += self.leave(seat, cause=cause, at=at)
        elif seat not in self.calls:
            text = f"Quiz {generation.stage.name}: attempt {tried.number}, not right: {fields}."
            self.calls[seat] = Call(at=at, text=text)
            facts.append(HelpCalled(seat=seat, text=text, at=at))
        reason = f"Not right: {fields}. All attempts are used."
        return Refusal(code=USED_UP, reason=reason, fields=wrong, facts=facts)

    def _asked_of(self, command: Submit, seat: str) -> tuple[Scope, Generation] | Refusal:
        scope = self.scopes.get(command.scope)
        if scope is None or scope.current is None or seat not in scope.seats:
            return Refusal(
                code="not-a-party", reason=f"Seat {seat} takes no part in {command.scope!r}."
            )
        generation = scope.current
        if command.generation != generation.number:
            return wrong_generation(command.generation, generation)
        if seat not in generation.barrier.parties:
            return Refusal(code="not-a-party", reason=f"The others went on without seat {seat}.")
        if seat in generation.barrier.arrived:
            return arrived_already(generation.how[seat])
        if not generation.open:
            return wrong_generation(0, generation)
        return scope, generation

    def close(self, *, author: str, reason: str, at: datetime) -> list[Fact] | Refusal:
        """End the session before its program does."""
        if self.over:
            return Refusal(code="over", reason=f"Session {self.name} is {self.status} already.")
        self.execution.close()
        return self._end("closed", reason=reason, author=author, at=at)

    def presence(self, seat: str, *, present: bool, at: datetime) -> list[Fact]:
        """Note that a seat's client came or went; may be what an automatic start waits for."""
        if seat not in self.seats or present == (seat in self.present):
            return []
        self.note_presence(seat, present=present)
        facts: list[Fact] = [PresenceChanged(seat=seat, present=present, at=at)]
        if (
            self.opening.auto_start
            and self.status == "lobby"
            and all(one in self.present for one in self.seats if self.standings[one] == "active")
        ):
            facts += self.begin(author="palier", at=at)
        return facts

    def note_presence(self, seat: str, *, present: bool) -> None:
        """Note it without any fact, as when the session is over."""
        (self.present.add if present else self.present.discard)(seat)

    # -- arriving and going on: for commands, interventions and replay ----------------------------

    def begin(self, *, author: str, at: datetime) -> list[Fact]:
        """Run the program to its first stages."""
        if self.fault is not None:
            return self.stop(self.fault, at)
        effects: list[Fact] = []
        perform = self.performing(effects, at)
        try:
            with as_one():
                asked = self._fitting(self.execution.start(at=at, perform=perform))
        except ProgramFailed as failure:
            return self.stop(failure, at)
        self.status = "running"
        return [Started(author=author, at=at), *effects, *self.follow(asked, at)]

    def arrive(
        self, scope: Scope, seat: str, answer: Form | None, *, how: How, cause: Cause, at: datetime
    ) -> list[Fact]:
        """Count a party in at the open stage of a scope; the last one releases it."""
        generation = scope.current
        assert generation is not None
        generation.barrier, arrival = generation.barrier.arrive(seat)
        assert arrival in {Arrival.COUNTED, Arrival.RELEASED}, "the caller has checked"
        kept = None if answer is None else answer.model_dump(mode="json")
        generation.answers[seat] = kept
        generation.arrived_at[seat] = at
        generation.how[seat] = how
        facts: list[Fact] = [
            Arrived(
                scope=scope.name,
                generation=generation.number,
                seat=seat,
                answer=kept,
                how=how,
                count=len(generation.barrier.arrived),
                cause=cause,
                at=at,
            )
        ]
        if arrival is Arrival.RELEASED and self.status == "running":
            facts += self.release(scope, cause=cause, at=at)
        return facts

    def release(self, scope: Scope, *, cause: Cause, at: datetime) -> list[Fact]:
        """Open a barrier at which all have arrived, and go on to what follows."""
        generation = scope.current
        assert generation is not None
        assert generation.barrier.released, "nobody goes ahead of the others"
        effects: list[Fact] = []
        perform = self.performing(effects, at)
        try:
            with as_one():
                asked = self._fitting(
                    self.execution.resume(scope.name, _given(generation), at=at, perform=perform)
                )
        except ProgramFailed as failure:
            # the arrivals stay, the barrier stays closed: it is tried again once it is mended
            return self.stop(failure, at)
        scope.version += 1
        version = scope.version
        generation.released_at = at
        following = [*effects, *self.follow(asked, at, after=scope)]
        then = next(
            (one for one in following if isinstance(one, Opened) and one.after is not None), None
        )
        return [
            Released(
                scope=scope.name,
                generation=generation.number,
                stage=generation.stage.name,
                version=version,
                barrier=generation.barrier,
                latest=generation.latest(_LATEST),
                then=then,
                cause=cause,
                at=at,
            ),
            *(one for one in following if one is not then),
        ]

    def redo(self, step: str, scope: str, *, cause: Cause, at: datetime) -> list[Fact]:
        """Do a step again that was done before: the start, a scope's release or abandonment."""
        effects: list[Fact] = []
        perform = self.performing(effects, at)
        try:
            with as_one():
                if step == "started":
                    asked = self.execution.start(at=at, perform=perform)
                elif step == "abandoned":
                    asked = self.execution.abandon(scope, at=at, perform=perform)
                else:
                    generation = self.scopes[scope].current
                    assert generation is not None
                    asked = self.execution.resume(scope, _given(generation), at=at, perform=perform)
                self._fitting(asked)
        except ProgramFailed as failure:
            return self.stop(failure, at)
        return [
            self._status_changed("running", cause, at),
            *effects,
            *self.follow(asked, at),
            *self._change_clocks(started, at),
            *self.reckon(at),
            *self.catch_up(cause=cause, at=at),
        ]

    def catch_up(self, *, cause: Cause, at: datetime) -> list[Fact]:
        """Open the barriers that were complete while the session was held."""
        facts: list[Fact] = []
        for scope, generation in sorted(self.open_scopes(), key=lambda one: one[1].stage.opened_at):
            if self.status != "running":
                break
            if not generation.barrier.parties:
                facts += self.abandon(scope, cause=cause, at=at)
            elif generation.barrier.released:
                facts += self.release(scope, cause=cause, at=at)
        return facts

    def abandon(self, scope: Scope, *, cause: Cause, at: datetime) -> list[Fact]:
        """End what the program does in a scope that nobody is left in."""
        current = scope.current
        assert current is not None
        effects: list[Fact] = []
        perform = self.performing(effects, at)
        try:
            with as_one():
                asked = self._fitting(self.execution.abandon(scope.name, at=at, perform=perform))
        except ProgramFailed as failure:
            return self.stop(failure, at)
        current.released_at = at
        gone = Abandoned(scope=scope.name, generation=current.number, cause=cause, at=at)
        return [gone, *effects, *self.follow(asked, at)]

    def stand(
        self,
        seat: str,
        standing: Standing,
        cause: Cause,
        at: datetime,
        withdrawn: tuple[Withdrawn, ...] = (),
    ) -> StandingChanged:
        """Note what becomes of a seat, and which barriers it left or came back to."""
        self.standings[seat] = standing
        for one in withdrawn:
            current = self.scopes[one.scope].current
            if current is not None and not one.back:
                current.withdrawn.add(seat)
        return StandingChanged(
            seat=seat, standing=standing, withdrawn=withdrawn, cause=cause, at=at
        )

    def leave(self, seat: str, *, cause: Cause, at: datetime) -> list[Fact]:
        """Let the others go on without a seat."""
        withdrawn: list[Withdrawn] = []
        left: list[Scope] = []
        for scope, generation in self.open_scopes():
            if seat in generation.barrier.missing:
                generation.barrier = generation.barrier.withdraw(seat)
                withdrawn.append(
                    Withdrawn(
                        scope=scope.name,
                        generation=generation.number,
                        expected=len(generation.barrier.parties),
                    )
                )
                left.append(scope)
        self.execution.exclude(seat)
        facts: list[Fact] = [self.stand(seat, "excluded", cause, at, tuple(withdrawn))]
        for scope in left:
            current = scope.current
            if self.status != "running" or current is None or not current.open:
                continue
            if not current.barrier.parties:
                facts += self.abandon(scope, cause=cause, at=at)
            elif current.barrier.released:
                facts += self.release(scope, cause=cause, at=at)
        return facts

    # -- holding ----------------------------------------------------------------------------------

    def hold(
        self, status: Literal["paused", "stopped"], *, cause: Cause, at: datetime
    ) -> list[Fact]:
        """Let no barrier open, and stop every clock."""
        self.status = status
        self.reason = cause.reason
        facts = self._change_clocks(stopped, at)
        return [*facts, self._status_changed(status, cause, at)]

    def go_on(self, *, cause: Cause, at: datetime) -> list[Fact]:
        """Start the clocks again, and open what was complete meanwhile."""
        self.status = "running"
        self.reason = self.traceback = ""
        return [
            self._status_changed("running", cause, at),
            *self._change_clocks(started, at),
            *self.reckon(at),
            *self.catch_up(cause=cause, at=at),
        ]

    def stop(self, failure: ProgramFailed, at: datetime) -> list[Fact]:
        """Hold a session whose program cannot go on; the operator hears why."""
        self.execution.close()
        self.traceback = failure.traceback
        cause = Cause(what="failed", reason=failure.reason)
        return [
            Failed(reason=failure.reason, traceback=failure.traceback, at=at),
            *self.hold("stopped", cause=cause, at=at),
        ]

    def set_clock(
        self, scope: Scope, generation: Generation, clock: Clock, *, at: datetime
    ) -> ClockChanged:
        """Give the open stage of a scope another clock."""
        generation.set_clock(clock)
        generation.due_at = self._due(generation, at)
        scope.version += 1
        return ClockChanged(
            scope=scope.name,
            generation=generation.number,
            clock=clock,
            paused=generation.clock_paused,
            due_at=generation.due_at,
            version=scope.version,
            at=at,
        )

    def reckon(self, at: datetime) -> list[Fact]:
        """Reckon anew when each open stage is due."""
        facts: list[Fact] = []
        for scope, generation in self.open_scopes():
            due = self._due(generation, at)
            if due != generation.due_at:
                generation.due_at = due
                facts.append(Due(scope=scope.name, generation=generation.number, due_at=due))
        return facts

    def _change_clocks(
        self, change: Callable[[Clock, datetime], Clock], at: datetime
    ) -> list[Fact]:
        return [
            self.set_clock(scope, generation, changed, at=at)
            for scope, generation in self.open_scopes()
            if (clock := generation.stage.clock) is not None
            and not generation.clock_paused
            and (changed := change(clock, at)) != clock
        ]

    def _status_changed(
        self, status: Literal["running", "paused", "stopped"], cause: Cause, at: datetime
    ) -> StatusChanged:
        everyone = self.scopes[ALL]
        everyone.version += 1
        return StatusChanged(status=status, cause=cause, version=everyone.version, at=at)

    # -- deadlines --------------------------------------------------------------------------------

    def _due(self, generation: Generation, at: datetime) -> datetime | None:
        if any(self.standings[one] == "bot" for one in generation.barrier.missing):
            return at + _THINKS
        clock = generation.stage.clock
        if clock is None or generation.stage.missing == "wait":
            return None
        return clock.deadline_at

    # -- the program ------------------------------------------------------------------------------

    def follow(self, asked: list[Asked], at: datetime, *, after: Scope | None = None) -> list[Fact]:
        """Open what a step of the program asked for; ``after`` is the scope it was released in."""
        facts: list[Fact] = []
        for one in asked:
            match one:
                case ScopeRequest():
                    scope = self.scopes.setdefault(one.scope, Scope(name=one.scope, seats=()))
                    gone = tuple(seat for seat in scope.seats if seat not in one.seats)
                    scope.seats, scope.treatment = one.seats, one.treatment
                    scope.lasting, scope.roles, scope.group = one.lasting, one.roles, one.group
                    facts.append(
                        ScopeFormed(
                            scope=one.scope,
                            seats=one.seats,
                            lasting=one.lasting,
                            roles=one.roles,
                            group=one.group,
                            left=gone,
                            treatment=one.treatment,
                            at=at,
                        )
                    )
                case StageRequest():
                    facts.append(self._open(one, at, after=after))
        facts += self.pay()
        if self.execution.finished:
            left = any(one != "excluded" for one in self.standings.values())
            reason = "" if left else "Everyone was excluded."
            facts += self._end("finished", reason=reason, author="palier", at=at)
        return facts

    def _open(self, request: StageRequest, at: datetime, *, after: Scope | None) -> Opened:
        scope = self.scopes[request.scope]
        before = scope.last
        follows = scope is after
        if not follows:
            scope.version += 1
        parties = tuple(one for one in scope.seats if self.standings[one] != "excluded")
        scope.last += 1
        generation = opened(
            request,
            number=scope.last,
            parties=parties,
            at=at,
            screen=self.screens.named(request),
        )
        generation.due_at = self._due(generation, at)
        self.openings += 1
        generation.order = self.openings
        scope.current = generation
        return Opened(
            stage=self.shown(generation),
            private=request.private,
            parties=parties,
            version=scope.version,
            after=before if follows else None,
            due_at=generation.due_at,
            screen=generation.screen,
            at=at,
        )

    def _fitting(self, asked: list[Asked]) -> list[Asked]:
        """Return what a step asked for, if it can be shown; raises `ProgramFailed`.

        Not in a replay: what was shown then may have been changed since.
        """
        for one in asked:
            if isinstance(one, StageRequest):
                self.screens.check(one)
        if self.execution.finished:
            try:
                self.execution.payroll.check()
            except ProgramError as error:
                raise ProgramFailed(str(error), traceback="") from None
        return asked

    def performing(self, effects: list[Fact], at: datetime) -> Perform:
        """Return what performs side effects; the facts of them are added to ``effects``."""

        def perform(request: OnceRequest) -> JsonValue:
            found = request.call()
            try:
                value: JsonValue = as_recorded(found)
            except ProgramError as error:
                raise ProgramError(
                    f"The side effect {request.name!r} gives what cannot be kept: {error}"
                ) from None
            effects.append(
                Performed(
                    scope=request.scope, name=request.name, visit=request.visit, value=value, at=at
                )
            )
            # what the author does to it is not what was given
            return deepcopy(value)

        return perform

    def pay(self) -> list[Fact]:
        """Return which payoffs are others than they were."""
        changed = [
            Paid(seat=one.seat, payoff=one.payoff)
            for one in self.execution.participants
            if one.payoff != self.paid[one.seat]
        ]
        self.paid.update((one.seat, one.payoff) for one in changed)
        return list(changed)

    def _settle(self, at: datetime) -> list[Fact]:
        """Reckon what each seat is paid, where the record is enough for it."""
        payroll, payment = self.execution.payroll, self.program.payment
        if payment is None or (self.fault is not None and payment.paid_periods is not None):
            return []
        for one in self.seats:
            found = payroll.settle(one, self.paid[one])
            assert found is not None
            self.settlements[one] = found
        return [Settled(settlement=one, at=at) for one in self.settlements.values()]

    def _end(self, outcome: Closing, *, reason: str, author: str, at: datetime) -> list[Fact]:
        self.status = outcome
        self.reason = reason
        everyone = self.scopes[ALL]
        everyone.version += 1
        ended = Ended(
            outcome=outcome, reason=reason, author=author, version=everyone.version, at=at
        )
        return [*self._settle(at), ended]


def _given(generation: Generation) -> dict[str, Form | None]:
    """Return the answers as the program is given them; raises `ProgramFailed`."""
    try:
        return generation.given()
    except ValidationError as error:
        raise ProgramFailed(
            f"The answers to stage {generation.stage.name!r} (scope {generation.stage.scope!r}) no "
            f"longer pass its form: {error.errors(include_url=False)[0]['msg']}.",
            traceback="",
        ) from None
