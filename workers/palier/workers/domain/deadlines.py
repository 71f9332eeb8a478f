"""What is due in a session: deadlines, and bots that stand in."""

from __future__ import annotations

import random as chance
from datetime import datetime

from palier.schemas.forms import Form
from palier.workers.domain.facts import Cause, Due, Fact, Intervened
from palier.workers.domain.refusal import Refusal, validated
from palier.workers.domain.scope import Generation, Scope
from palier.workers.domain.session import Session
from palier.workers.domain.standings import exclude

#: How often a bot draws an answer that the form's own rules refuse.
_DRAWS = 100


def tick(session: Session, *, message_id: str, at: datetime) -> list[Fact]:
    """Do what is due by now: deadlines, and bots that stand in."""
    facts: list[Fact] = []
    for scope, generation in session.open_scopes():
        due = generation.due_at
        if session.status == "running" and session.fault is None and due is not None and due <= at:
            facts += _overdue(session, scope, generation, message_id, at)
    return facts


def _overdue(
    session: Session, scope: Scope, generation: Generation, message_id: str, at: datetime
) -> list[Fact]:
    facts: list[Fact] = []
    cause = Cause(what="deadline", message_id=message_id)
    clock, policy = generation.stage.clock, generation.stage.missing
    missing = [one for one in scope.seats if one in generation.barrier.missing]
    passed = clock is not None and clock.deadline_at is not None and clock.deadline_at <= at
    if passed and policy == "bot":
        facts += [
            session.stand(one, "bot", cause, at)
            for one in missing
            if session.standings[one] == "active"
        ]
    for seat in missing:
        if not generation.open or session.status != "running":
            break
        stands_in = session.standings[seat] == "bot"
        drawn = _draw(session, generation, seat) if stands_in else None
        if stands_in and not isinstance(drawn, Refusal):
            by_bot = Cause(what="bot", seat=seat, message_id=message_id)
            facts += session.arrive(scope, seat, drawn, how="bot", cause=by_bot, at=at)
        # a program that was changed meanwhile may declare no answer any more
        elif passed and policy == "default" and seat in generation.defaults:
            facts += session.arrive(
                scope, seat, generation.defaults[seat], how="default", cause=cause, at=at
            )
        elif passed and policy == "exclude":
            facts += exclude(session, seat, cause=cause, at=at)
        elif stands_in:
            facts.append(_at_a_loss(generation, seat, message_id, at))
    if generation.open:
        # what could not be done now is not tried again without end
        later = clock is not None and not passed and policy != "wait"
        generation.due_at = clock.deadline_at if clock and later else None
        facts.append(Due(scope=scope.name, generation=generation.number, due_at=generation.due_at))
    return facts


def _draw(session: Session, generation: Generation, seat: str) -> Form | Refusal | None:
    """Return what a bot answers, by chance, of what the form allows."""
    form, spec = generation.form, generation.stage.form
    if form is None or spec is None:
        return None
    random = chance.Random(  # noqa: S311 - repeatable is the point
        f"{session.opening.seed}:{generation.stage.scope}:{generation.number}:{seat}"
    )
    for _ in range(_DRAWS):
        answer = validated(form, spec.draw(random))
        if not isinstance(answer, Refusal):
            break
    return answer


def _at_a_loss(generation: Generation, seat: str, message_id: str, at: datetime) -> Intervened:
    stage = generation.stage
    return Intervened(
        what="bot-at-a-loss",
        cause=Cause(what="bot", seat=seat, message_id=message_id),
        body={"seat": seat, "scope": stage.scope, "stage": stage.name},
        at=at,
    )
