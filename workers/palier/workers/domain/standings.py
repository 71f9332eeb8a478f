"""What becomes of a seat: it takes part, the others go on without it, a bot stands in for it."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from palier.workers.domain.facts import BotSeated, Cause, Fact, Withdrawn
from palier.workers.domain.session import Session


def exclude(session: Session, seat: str, *, cause: Cause, at: datetime) -> list[Fact]:
    """Let the others go on without a seat."""
    return session.leave(seat, cause=cause, at=at)


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


def seat_bots(session: Session, seats: Iterable[str], *, bots: bool) -> list[Fact]:
    """Note that seats are given to bots, or to people again; what is known already is no fact."""
    changed = [one for one in seats if (one in session.bots) != bots]
    (session.bots.update if bots else session.bots.difference_update)(changed)
    return [BotSeated(seat=one, bot=bots) for one in changed]
