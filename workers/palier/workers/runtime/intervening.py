"""Handlers of what an operator does to a session's course."""

from __future__ import annotations

from collections.abc import Callable

from palier.schemas.commands import (
    Advance,
    Attend,
    ChangeClock,
    Exclude,
    Intervention,
    IssueCodes,
    Pause,
    Readmit,
    Replace,
    Resume,
    ResumeFrom,
    Retry,
    StandIn,
)
from palier.schemas.message import Reply
from palier.schemas.replies import (
    CodesIssued,
    Done,
)
from palier.workers.domain import interventions
from palier.workers.domain.facts import Cause, Intervened
from palier.workers.domain.refusal import Refusal
from palier.workers.domain.replay import rewind
from palier.workers.domain.reports import attend
from palier.workers.domain.session import Session
from palier.workers.persistence import record
from palier.workers.runtime.asked import Asked, no_session, refusal, refused
from palier.workers.runtime.effects import effect_of
from palier.workers.runtime.known import Known, prepared
from palier.workers.runtime.seating import issue_codes
from palier.workers.runtime.work import Work

#: What each intervention does to a session, where that is all it does.
INTERVENTIONS: dict[type[Intervention], Callable[..., interventions.Outcome]] = {
    Advance: interventions.advance,
    ChangeClock: interventions.change_clock,
    Pause: interventions.pause,
    Resume: interventions.resume,
    Exclude: interventions.exclude,
    StandIn: interventions.stand_in,
    Readmit: interventions.readmit,
    Attend: attend,
}


def intervene(work: Work, asked: Asked, command: Intervention) -> Reply:
    """Change the course of a session."""
    known = work.known(command.session)
    if known is None:
        return no_session(command.session)
    return _intervened(
        work,
        asked,
        known,
        INTERVENTIONS[type(command)](
            known.session, command, cause=_cause(asked, command), at=work.now
        ),
    )


def retry(work: Work, asked: Asked, command: Retry) -> Reply:
    """Let a stopped session try again, with its program read anew."""
    known = work.known(command.session)
    if known is None:
        return no_session(command.session)
    if known.session.status == "stopped":
        work.settle()
        known = work.memory.reread(work.db, command.session, reload=True)
    cause = _cause(asked, command)
    facts = interventions.retry(known.session, command, cause=cause, at=work.now)
    reply = _intervened(work, asked, known, facts)
    _note_program(work, known.session)
    if known.session.status == "stopped" and not isinstance(facts, Refusal):
        return refusal(command.session, "failed-again", known.session.reason)
    return reply


def resume_from(work: Work, asked: Asked, command: ResumeFrom) -> Reply:
    """Let a session go on from an earlier stage, with its program read anew."""
    known = work.known(command.session)
    if known is None:
        return no_session(command.session)
    if known.session.over or known.session.status == "lobby":
        return refusal(
            command.session, "not-running", f"Session {command.session} is {known.session.status}."
        )
    work.settle()
    before = record.read_session(work.db, command.session)
    assert before is not None, "its row is locked"
    fresh = prepared(work.catalogue, before, reload=True, db=work.db)
    if fresh.broken is not None:
        return refusal(command.session, "still-failing", fresh.broken.reason)
    found = rewind(
        before,
        fresh.program,
        screens=fresh.screens,
        stage=command.stage,
        visit=command.visit,
        scope=command.scope,
        cause=_cause(asked, command, what="rewound"),
        at=work.now,
    )
    if isinstance(found, Refusal):
        return refused(command.session, found)
    session, facts = found
    known = Known.read(before, session)
    work.memory.keep(known)
    _note_program(work, session)
    return _intervened(work, asked, known, facts)


def replace_seat(work: Work, asked: Asked, command: Replace) -> Reply:
    """Give a seat a new code, for another person or computer."""
    known = work.known(command.session)
    if known is None:
        return no_session(command.session)
    reply = issue_codes(work, asked, IssueCodes(session=command.session, seats=(command.seat,)))
    if isinstance(reply, CodesIssued):
        cause = _cause(asked, command)
        noted = Intervened(
            what="seat-replaced", cause=cause, body={"seat": command.seat}, at=work.now
        )
        work.keep(known, [noted], cause=asked.envelope)
    return reply


def _note_program(work: Work, session: Session) -> None:
    """Keep by which files a session goes on, where they are not those it was conducted by before.

    For its manifest: who reads the data later must know that the program was changed, and when.
    """
    if session.fault is not None:
        return
    kept = record.read_origin(work.db, session.name)
    later = list(kept.get("later", []))
    now = work.catalogue.origin(session.opening.program)
    if now.get("sha256") != (later or [kept])[-1].get("sha256"):
        later.append({"at": work.now.isoformat(), **now})
        work.writer.origin(session.name, {**kept, "later": later})


def _intervened(work: Work, asked: Asked, known: Known, facts: interventions.Outcome) -> Reply:
    name = known.session.name
    if isinstance(facts, Refusal):
        return refused(name, facts)
    work.keep(known, facts, cause=asked.envelope)
    return Done(session=name, effect=effect_of(facts))


def _cause(asked: Asked, command: Intervention, *, what: str = "operator") -> Cause:
    return Cause(
        what=what,
        author=asked.seat,
        reason=command.reason,
        message_id=asked.envelope.message_id,
    )
