"""What becomes of a seat: it takes part, the others go on without it, a bot stands in for it."""

from __future__ import annotations

from datetime import datetime

from palier.workers.domain.facts import Cause, Fact, Withdrawn
from palier.workers.domain.scope import Scope
from palier.workers.domain.session import Session


def exclude(session: Session, seat: str, *, cause: Cause, at: datetime) -> list[Fact]:
    """Let the others go on without a seat."""
    withdrawn: list[Withdrawn] = []
    left: list[Scope] = []
    for scope, generation in session.open_scopes():
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
    session.execution.exclude(seat)
    facts: list[Fact] = [session.stand(seat, "excluded", cause, at, tuple(withdrawn))]
    for scope in left:
        current = scope.current
        if session.status != "running" or current is None or not current.open:
            continue
        if not current.barrier.parties:
            facts += session.abandon(scope, cause=cause, at=at)
        elif current.barrier.released:
            facts += session.release(scope, cause=cause, at=at)
    return facts


def readmit(session: Session, seat: str, *, cause: Cause, at: datetime) -> list[Fact]:
    """Let a seat take part again: in the stage that it left if that is still open."""
    back: list[Withdrawn] = []
    if session.standings[seat] == "excluded":
        session.execution.exclude(seat, excluded=False)
        for scope, generation in session.open_scopes():
            if seat in generation.withdrawn:
                generation.withdrawn.discard(seat)
                generation.barrier = generation.barrier.rejoin(seat)
                back.append(
                    Withdrawn(
                        scope=scope.name,
                        generation=generation.number,
                        expected=len(generation.barrier.parties),
                        back=True,
                    )
                )
    return [session.stand(seat, "active", cause, at, tuple(back)), *session.reckon(at)]


def stand_in(session: Session, seat: str, *, cause: Cause, at: datetime) -> list[Fact]:
    """Let a bot answer for a seat from now on."""
    return [session.stand(seat, "bot", cause, at), *session.reckon(at)]
