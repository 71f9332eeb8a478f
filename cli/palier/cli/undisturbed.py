"""What a session would have come to without any trouble: played here, in memory, by the same bots.

Neither RabbitMQ nor a database has a part in it: the rules alone, and whoever answers.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal

from palier.program.program import Program
from palier.schemas.commands import OpenSession, Submit
from palier.schemas.events import Stage
from palier.schemas.forms import Answer
from palier.workers.domain.record import Opening
from palier.workers.domain.refusal import Refusal
from palier.workers.domain.session import Session

#: What a seat answers to a stage.
Decide = Callable[[str, Stage], Answer | None]


def undisturbed(program: type[Program], command: OpenSession, decide: Decide) -> dict[str, Decimal]:
    """Play a session to its end and return the payoffs, by seat.

    Each seat is asked in the order of its own stages, as it would be by a worker.
    """
    at = datetime.now(UTC)
    opening = Opening(
        name=command.session,
        program=command.program,
        seats=command.seats,
        settings=command.settings,
        partition=0,
        seed=command.seed or 0,
        auto_start=False,
        author="palier",
        at=at,
    )
    session = Session(opening, program.planned(command.settings))
    session.begin(author="palier", at=at)
    while session.status == "running":
        for scope, generation in session.open_scopes():
            for seat in sorted(generation.barrier.missing):
                submit = Submit(
                    session=session.name,
                    scope=scope.name,
                    generation=generation.number,
                    answer=decide(seat, generation.shown_to(seat)),
                )
                done = session.submit(submit, seat=seat, message_id=seat, at=at)
                assert not isinstance(done, Refusal), done.reason
    assert session.status == "finished", session.reason
    return {seat: session.payoff(seat) for seat in session.seats}
