"""What a participant does in a live stage: whether it is taken, and what follows from it."""

from __future__ import annotations

from datetime import datetime

from palier.program.errors import Refuse
from palier.program.transactions import as_one
from palier.schemas.commands import Act
from palier.schemas.replies import NOT_ALLOWED
from palier.workers.domain.facts import Acted, Cause, Fact, Intervened
from palier.workers.domain.live import LiveStage
from palier.workers.domain.refusal import Refusal, validated
from palier.workers.domain.reports import where
from palier.workers.domain.scope import Generation
from palier.workers.domain.session import Session
from palier.workers.errors import ProgramFailed


def act(
    session: Session, command: Act, *, seat: str, message_id: str, at: datetime
) -> tuple[list[Fact], Refusal | None]:
    """Do something in a live stage; what the author's rules refuse is a fact too, and no change."""
    found = _asked(session, command, seat, at)
    if isinstance(found, Refusal):
        return [], found
    generation, live = found
    body = validated(live.actions[command.action].form, command.body)
    if isinstance(body, Refusal):
        return [], body
    session.acted += 1
    fact = {
        "number": session.acted,
        "scope": command.scope,
        "generation": command.generation,
        "seat": seat,
        "action": command.action,
        "body": None if body is None else body.model_dump(mode="json"),
        "message_id": message_id,
        "at": at,
    }
    try:
        # what side effects give is kept with the action, and not in the log
        with as_one():
            done = live.do(command.action, seat, body, at=at, perform=session.performing([], at))
    except Refuse as refuse:
        reason = str(refuse) or "This cannot be done now."
        refused = Acted(**fact, refusal=reason)  # type: ignore[arg-type]
        return [refused], Refusal(code=NOT_ALLOWED, reason=reason)
    except ProgramFailed as failure:
        failed = Acted(**fact, refusal=failure.reason, failed=True)  # type: ignore[arg-type]
        told = _told(generation, command, failure, seat=seat, message_id=message_id, at=at)
        return [failed, told], Refusal(
            code="failed",
            reason="This could not be done: the operator has been told. Nothing has changed.",
        )
    acted = Acted(
        **fact,  # type: ignore[arg-type]
        done=done,
        version=live.version,
        own={one: live.own[one] for one in done.own},
    )
    facts: list[Fact] = [acted, *session.pay()]
    if session.standings[seat] == "bot":
        # who does something is back
        facts.append(session.stand(seat, "active", Cause(what="arrival", author=seat), at))
        facts += session.reckon(at)
    if live.over:
        facts += _end(session, generation, seat=seat, message_id=message_id, at=at)
    return facts, None


def _asked(
    session: Session, command: Act, seat: str, at: datetime
) -> tuple[Generation, LiveStage] | Refusal:
    if session.fault is not None or session.held:
        paused = session.status == "paused" and session.fault is None
        why = "is paused" if paused else "is stopped: the operator has been told"
        return Refusal(
            code="paused", reason=f"The session {why}. Nothing was done; try again when it goes on."
        )
    if session.status != "running":
        return Refusal(code="not-running", reason=f"Session {session.name} is {session.status}.")
    found = where(session, command, seat)
    if isinstance(found, Refusal):
        return found
    if found.live is None or command.action not in found.live.actions:
        there = ", ".join(found.live.actions) if found.live else ""
        return Refusal(
            code="unknown-action",
            reason=f"Stage {found.stage.name!r} has no action {command.action!r}; "
            + (f"it has: {there}." if there else "it is not live."),
        )
    if seat in found.barrier.arrived:
        return Refusal(code="arrived", reason="You have finished this stage: nothing can be done.")
    clock = found.stage.clock
    passed = clock is not None and clock.deadline_at is not None and clock.deadline_at <= at
    if passed and found.stage.missing != "wait":
        return Refusal(code="too-late", reason="The time is up: nothing can be done any more.")
    return found, found.live


def _end(
    session: Session, generation: Generation, *, seat: str, message_id: str, at: datetime
) -> list[Fact]:
    """Let everyone go on who has not arrived."""
    facts: list[Fact] = []
    cause = Cause(what="ended", seat=seat, message_id=message_id)
    scope = session.scopes[generation.stage.scope]
    for one in scope.seats:
        if one in generation.barrier.missing:
            given = generation.defaults.get(one)
            facts += session.arrive(scope, one, given, how="default", cause=cause, at=at)
    return facts


def _told(
    generation: Generation,
    command: Act,
    failure: ProgramFailed,
    *,
    seat: str,
    message_id: str,
    at: datetime,
) -> Intervened:
    return Intervened(
        what="action-failed",
        cause=Cause(what="failed", seat=seat, reason=failure.reason, message_id=message_id),
        body={
            "seat": seat,
            "scope": command.scope,
            "stage": generation.stage.name,
            "action": command.action,
            "traceback": failure.traceback,
        },
        at=at,
    )
