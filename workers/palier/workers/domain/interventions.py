"""What an operator can do to a session, by function; each is recorded with author and reason.

Each takes a session and returns the facts, or why nothing was done; all or nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from palier.schemas.commands import (
    Advance,
    ChangeClock,
    Exclude,
    Pause,
    Readmit,
    Resume,
    Retry,
    StandIn,
)
from palier.schemas.forms import Form
from palier.workers.domain import standings
from palier.workers.domain.facts import Cause, Fact, Intervened
from palier.workers.domain.refusal import Refusal, validated
from palier.workers.domain.scope import Generation, Scope, extended, started, stopped
from palier.workers.domain.session import Session

Outcome = list[Fact] | Refusal


def advance(session: Session, command: Advance, *, cause: Cause, at: datetime) -> Outcome:
    """Let seats arrive that have not, with the answer given, or the stage's own."""
    if refusal := _not_conducted(session):
        return refusal
    found = _missing(session, command)
    if isinstance(found, Refusal):
        return found
    arrivals: list[tuple[Scope, str, Form | None]] = []
    for scope, generation, seat in found:
        answer = _answer_for(generation, seat, command)
        if isinstance(answer, Refusal):
            return answer
        arrivals.append((scope, seat, answer))
    facts: list[Fact] = [
        _noted("advanced", cause, at, seats=[seat for _, seat, _ in arrivals], scope=command.scope)
    ]
    for scope, seat, answer in arrivals:
        facts += session.arrive(scope, seat, answer, how="operator", cause=cause, at=at)
    return facts


def change_clock(session: Session, command: ChangeClock, *, cause: Cause, at: datetime) -> Outcome:
    """Give more time, stop the clock or start it, of one open stage or of all."""
    if refusal := _not_conducted(session):
        return refusal
    clocked = [
        (scope, generation)
        for scope, generation in session.open_scopes()
        if generation.stage.clock is not None and command.scope in {None, scope.name}
    ]
    if not clocked:
        where = f"scope {command.scope}" if command.scope else f"session {session.name}"
        return Refusal(code="no-clock", reason=f"No stage that is open in {where} has a deadline.")
    facts: list[Fact] = [
        _noted(
            f"clock-{command.change}",
            cause,
            at,
            scopes=[scope.name for scope, _ in clocked],
            **({"seconds": command.seconds} if command.change == "extend" else {}),
        )
    ]
    for scope, generation in clocked:
        clock = generation.stage.clock
        assert clock is not None
        if command.change == "extend":
            clock = extended(clock, command.seconds, at)
        else:
            generation.clock_paused = command.change == "pause"
            # a session that is held starts its clocks itself, once it goes on
            stands = generation.clock_paused or session.held
            clock = stopped(clock, at) if stands else started(clock, at)
        facts.append(session.set_clock(scope, generation, clock, at=at))
    return facts


def pause(session: Session, _command: Pause, *, cause: Cause, at: datetime) -> Outcome:
    """Hold a running session."""
    if session.status != "running":
        return Refusal(code="not-running", reason=f"Session {session.name} is {session.status}.")
    return session.hold("paused", cause=cause, at=at)


def resume(session: Session, _command: Resume, *, cause: Cause, at: datetime) -> Outcome:
    """Let a paused session go on."""
    if session.status == "stopped":
        return Refusal(
            code="stopped",
            reason=f"Session {session.name} is stopped by its program: mend it, then retry.",
        )
    if session.status != "paused":
        return Refusal(code="not-paused", reason=f"Session {session.name} is {session.status}.")
    return session.go_on(cause=cause, at=at)


def exclude(session: Session, command: Exclude, *, cause: Cause, at: datetime) -> Outcome:
    """Let the others go on without some seats."""
    return _each(
        session,
        command.seats,
        lambda seat: standings.exclude(session, seat, cause=cause, at=at),
        unless="excluded",
    )


def stand_in(session: Session, command: StandIn, *, cause: Cause, at: datetime) -> Outcome:
    """Let bots answer for some seats."""
    if any(session.standings.get(one) == "excluded" for one in command.seats):
        return Refusal(code="excluded", reason="A seat that is excluded is readmitted first.")
    return _each(
        session,
        command.seats,
        lambda seat: standings.stand_in(session, seat, cause=cause, at=at),
        unless="bot",
    )


def readmit(session: Session, command: Readmit, *, cause: Cause, at: datetime) -> Outcome:
    """Let seats take part again."""
    return _each(
        session,
        command.seats,
        lambda seat: standings.readmit(session, seat, cause=cause, at=at),
        unless="active",
    )


def retry(session: Session, _command: Retry, *, cause: Cause, at: datetime) -> Outcome:
    """Let a stopped session go on, which was just read with its program as it is now."""
    if session.status != "stopped":
        return Refusal(code="not-stopped", reason=f"Session {session.name} is {session.status}.")
    if session.fault is not None:
        return Refusal(code="still-failing", reason=session.fault.reason)
    noted = _noted("retried", cause, at)
    if not any(scope.current for scope in session.scopes.values()):
        session.reason = session.traceback = ""
        return [noted, *session.begin(author=cause.author, at=at)]
    return [noted, *session.go_on(cause=cause, at=at)]


def _each(
    session: Session, seats: tuple[str, ...], do: Callable[[str], list[Fact]], *, unless: str
) -> Outcome:
    if session.over:
        return Refusal(code="over", reason=f"Session {session.name} is {session.status}.")
    for one in seats:
        if one not in session.standings:
            return Refusal(code="unknown-seat", reason=f"Session {session.name} has no seat {one}.")
        if session.standings[one] == unless:
            words = {"active": "takes part", "bot": "is played by a bot"}.get(unless, unless)
            return Refusal(code="nothing-to-do", reason=f"Seat {one} {words} already.".strip())
    facts: list[Fact] = []
    for one in seats:
        if not session.over:
            facts += do(one)
    return facts


def _missing(session: Session, command: Advance) -> list[tuple[Scope, Generation, str]] | Refusal:
    """Return where each of the seats is missing; all seats where none is named."""
    if command.scope is not None and command.scope not in session.scopes:
        return Refusal(
            code="unknown-scope", reason=f"Session {session.name} has no scope {command.scope}."
        )
    for one in command.seats:
        if one not in session.standings:
            return Refusal(code="unknown-seat", reason=f"Session {session.name} has no seat {one}.")
    found = [
        (scope, generation, seat)
        for scope, generation in session.open_scopes()
        if command.scope in {None, scope.name}
        for seat in scope.seats
        if seat in generation.barrier.missing and (not command.seats or seat in command.seats)
    ]
    late = set(command.seats) - {seat for _, _, seat in found}
    if late or not found:
        who = ", ".join(sorted(late)) or "Nobody"
        return Refusal(code="not-missing", reason=f"{who}: not missing at any stage that is open.")
    return found


def _answer_for(generation: Generation, seat: str, command: Advance) -> Form | Refusal | None:
    if command.answer is not None:
        return validated(generation.form, command.answer)
    if seat in generation.defaults:
        return generation.defaults[seat]
    answer = validated(generation.form, None)
    if isinstance(answer, Refusal):
        return Refusal(
            code="needs-answer",
            reason=f"Stage {generation.stage.name} asks for an answer and declares none for the "
            f"missing: give one ({', '.join(answer.fields)}).",
            fields=answer.fields,
        )
    return answer


def _not_conducted(session: Session) -> Refusal | None:
    if session.over or session.status == "lobby":
        return Refusal(code="not-running", reason=f"Session {session.name} is {session.status}.")
    if session.fault is not None:
        return Refusal(
            code="stopped", reason=f"Session {session.name} is stopped: {session.fault.reason}"
        )
    return None


def _noted(what: str, cause: Cause, at: datetime, **body: Any) -> Intervened:
    return Intervened(
        what=what,
        cause=cause,
        body={key: one for key, one in body.items() if one is not None},
        at=at,
    )
