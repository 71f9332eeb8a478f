"""What desks and participants say besides their answers: painted, posted, help is wanted.

None of it moves a session on, and a replay knows nothing of it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from palier.schemas.commands import Act, Attend, CallForHelp, Post
from palier.schemas.commands import Painted as Report
from palier.schemas.events import PostedValue
from palier.workers.domain.facts import Attended, Cause, Fact, HelpCalled, Painted, Posted
from palier.workers.domain.record import Call
from palier.workers.domain.refusal import Refusal, wrong_generation
from palier.workers.domain.scope import Generation
from palier.workers.domain.session import Session

#: A desk whose clock is off by more knows nothing of when it painted.
_FAR_OFF = timedelta(days=1)


def paint(session: Session, report: Report, *, seat: str, at: datetime) -> list[Fact]:
    """Note when a desk had shown a generation; what is late, repeated or foreign changes nothing.

    Of a generation that is over only the rows know the parties and who has reported: whether its
    report counts is seen when it is written.
    """
    scope = session.scopes.get(report.scope)
    if scope is None or scope.current is None or abs(report.at - at) > _FAR_OFF:
        return []
    current = scope.current
    if report.generation > current.number:
        return []
    if report.generation == current.number:
        parties = current.barrier.parties | current.withdrawn
        if seat not in parties or seat in current.painted_at:
            return []
        current.painted_at[seat] = report.at
    return [
        Painted(
            scope=report.scope,
            generation=report.generation,
            seat=seat,
            painted_at=report.at,
            off_by=report.off_by,
        )
    ]


def post(
    session: Session, command: Post, *, seat: str, message_id: str, at: datetime
) -> list[Fact] | Refusal:
    """Take what a party of an open stage says to all of it, on a stream that its screen has."""
    if session.status != "running" or session.fault is not None:
        status = "stopped" if session.fault is not None and not session.over else session.status
        return Refusal(code="not-running", reason=f"Session {session.name} is {status}.")
    found = where(session, command, seat)
    if isinstance(found, Refusal):
        return found
    streams = session.screens.streams(found.screen)
    if command.stream not in streams:
        there = ", ".join(sorted(streams)) or "none"
        return Refusal(
            code="unknown-stream",
            reason=f"The screen of stage {found.stage.name!r} has no stream {command.stream!r}; "
            f"it has: {there}.",
        )
    found.posts += 1
    said = PostedValue(
        number=found.posts, stream=command.stream, seat=seat, at=at, value=command.value
    )
    return [
        Posted(scope=command.scope, generation=command.generation, post=said, message_id=message_id)
    ]


def where(session: Session, command: Post | Act, seat: str) -> Generation | Refusal:
    """Return the open stage in which a party says or does something, or why it cannot."""
    scope = session.scopes.get(command.scope)
    if scope is None or scope.current is None or seat not in scope.seats:
        return Refusal(
            code="not-a-party", reason=f"Seat {seat} takes no part in {command.scope!r}."
        )
    current = scope.current
    if command.generation != current.number or not current.open:
        return wrong_generation(command.generation, current)
    if seat not in current.barrier.parties or session.standings[seat] == "excluded":
        return Refusal(code="not-a-party", reason=f"The others went on without seat {seat}.")
    return current


def call_for_help(
    session: Session, command: CallForHelp, *, seat: str, at: datetime
) -> list[Fact] | Refusal:
    """Note that a participant wants the operator to come; called again it is the same call."""
    if seat not in session.standings:
        return Refusal(code="not-a-party", reason=f"Session {session.name} has no seat {seat}.")
    if session.over:
        return Refusal(code="over", reason=f"Session {session.name} is {session.status}.")
    if seat in session.calls:
        return []
    # PostgreSQL keeps every character but this one
    text = command.text.replace("\0", "")
    session.calls[seat] = Call(at=at, text=text)
    return [HelpCalled(seat=seat, text=text, at=at)]


def attend(
    session: Session, command: Attend, *, cause: Cause, at: datetime
) -> list[Fact] | Refusal:
    """Note that the operator has answered some seats' calls; all or nothing."""
    if session.over:
        return Refusal(code="over", reason=f"Session {session.name} is {session.status}.")
    for one in command.seats:
        if one not in session.standings:
            return Refusal(code="unknown-seat", reason=f"Session {session.name} has no seat {one}.")
        if one not in session.calls:
            return Refusal(code="nothing-to-do", reason=f"Seat {one} does not call for help.")
    seats = tuple(dict.fromkeys(command.seats))
    for one in seats:
        del session.calls[one]
    return [Attended(seat=one, cause=cause, at=at) for one in seats]
