"""One function for each kind of command and query, and the table that finds it.

A handler decides nothing that `palier.workers.domain` could decide: it finds the session, asks it,
and hands over what it says. Its answer is the one result of the command.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from palier.broker.transport import Delivery
from palier.program.errors import ProgramError
from palier.program.program import Program
from palier.program.scope import check_groups
from palier.schemas.commands import (
    Advance,
    ChangeClock,
    Close,
    Exclude,
    GetLog,
    GetOverview,
    GetSnapshot,
    Intervention,
    IssueCodes,
    Join,
    ListSessions,
    OpenSession,
    Pause,
    Readmit,
    Replace,
    Resume,
    ResumeFrom,
    Retry,
    StandIn,
    Start,
    Submit,
    Tick,
)
from palier.schemas.envelope import Envelope
from palier.schemas.errors import PalierError
from palier.schemas.events import SessionAssigned
from palier.schemas.message import Message, Reply
from palier.schemas.names import LOBBY, OPERATOR, ROOM, WORKER
from palier.schemas.replies import (
    CodesIssued,
    Done,
    Refused,
    SessionClosed,
    SessionLog,
    SessionOpened,
    Sessions,
    SessionStarted,
    Submitted,
)
from palier.workers.domain import deadlines, interventions, views
from palier.workers.domain.facts import Cause, Fact, Intervened
from palier.workers.domain.record import Opening
from palier.workers.domain.refusal import Refusal
from palier.workers.domain.replay import rewind
from palier.workers.domain.session import Session
from palier.workers.persistence import record, writer
from palier.workers.runtime.effects import effect_of
from palier.workers.runtime.known import Known, prepared
from palier.workers.runtime.parcel import Grant
from palier.workers.runtime.telling import enrolment
from palier.workers.runtime.work import Work

#: Characters of a join code: none that is easily taken for another.
_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE_LENGTH = 8

#: Characters of a log that one message carries.
_LOG_SIZE = 400_000

#: What each intervention does to a session, where that is all it does.
_INTERVENTIONS: dict[type[Intervention], Callable[..., interventions.Outcome]] = {
    Advance: interventions.advance,
    ChangeClock: interventions.change_clock,
    Pause: interventions.pause,
    Resume: interventions.resume,
    Exclude: interventions.exclude,
    StandIn: interventions.stand_in,
    Readmit: interventions.readmit,
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A command or query that was let in, and the account that sent it.

    ``replay`` is the delivery of one that was a dead letter: its sender keeps it no more.
    """

    envelope: Envelope[Message]
    seat: str
    replay: Delivery | None = None


def submit(work: Work, asked: Asked, command: Submit) -> Reply:
    """Take an answer and an arrival."""
    return _decided(
        work,
        asked,
        command,
        lambda session: session.submit(
            command, seat=asked.seat, message_id=asked.envelope.message_id, at=work.now
        ),
        Submitted(session=command.session, scope=command.scope, generation=command.generation),
    )


def start(work: Work, asked: Asked, command: Start) -> Reply:
    """Start the program of a session."""
    return _decided(
        work,
        asked,
        command,
        lambda session: session.start(author=asked.seat, at=work.now),
        SessionStarted(session=command.session),
    )


def close(work: Work, asked: Asked, command: Close) -> Reply:
    """Close a session."""
    return _decided(
        work,
        asked,
        command,
        lambda session: session.close(author=asked.seat, reason=command.reason, at=work.now),
        SessionClosed(session=command.session),
    )


def open_session(work: Work, asked: Asked, command: OpenSession) -> Reply:
    """Open a session and give its seats their queues."""
    name = command.session
    if work.known(name) is not None or name == LOBBY:
        return _refusal(name, "exists", f"There is a session {name} already: choose another name.")
    seats = record.read_seats(work.db, command.seats)
    try:
        _check_seats(command, seats)
        program = _prepared(work, command)
    except PalierError as error:
        return _refusal(name, "cannot-open", str(error))
    opening = Opening(
        name=name,
        program=command.program,
        seats=command.seats,
        settings=program.settings.model_dump(mode="json"),
        partition=work.partition,
        seed=secrets.randbits(31) if command.seed is None else command.seed,
        auto_start=command.auto_start,
        author=asked.seat,
        at=work.now,
    )
    known = Known(Session(opening, program), stamp=0)
    known.session.present = {one.name for one in seats.values() if one.present}
    work.writer.opened(opening)
    work.items += enrolment(name, command.seats)
    for seat in sorted(known.session.present):
        assigned = SessionAssigned(session=name, partition=work.partition, seat=seat)
        work.items.append(work.teller.reply(assigned, seat=seat, cause=_unaddressed(asked)))
    work.memory.keep(known)
    work.opened(known, author=asked.seat)
    if command.auto_start and len(known.session.present) == len(command.seats):
        started = known.session.start(author="palier", at=work.now)
        assert not isinstance(started, Refusal)
        work.keep(known, started, cause=asked.envelope)
    return SessionOpened(session=name, program=command.program, seats=command.seats)


def issue_codes(work: Work, _asked: Asked, command: IssueCodes) -> Reply:
    """Make one-time codes; what is kept are their hashes."""
    if command.session not in work.stamps:
        return _no_session(command.session)
    seats = record.read_seats(work.db, command.seats)
    strangers = [
        one for one in command.seats if one not in seats or seats[one].session != command.session
    ]
    if strangers:
        return _refusal(
            command.session,
            "unknown-seat",
            f"Session {command.session} has no seat {', '.join(strangers)}.",
        )
    codes = {one: _new_code() for one in command.seats}
    writer.keep_codes(work.db, {seat: _hashed(code) for seat, code in codes.items()})
    return CodesIssued(session=command.session, codes=codes)


def join(work: Work, asked: Asked, command: Join) -> Reply | None:
    """Give the seat that a code stands for; its password goes out after the commit."""
    seat = record.read_seat_by_code(work.db, _hashed(command.code))
    if seat is None or seat.session is None:
        return _refusal(LOBBY, "unknown-code", "No seat has this code: ask the operator for one.")
    message_id = asked.envelope.message_id
    if seat.joined_with not in {None, message_id}:
        return _refusal(
            LOBBY, "used-code", "This code has been used: ask the operator for a new one."
        )
    if not asked.envelope.reply_to:
        return _refusal(LOBBY, "no-reply-to", "A join needs a reply_to, for the password.")
    writer.keep_join(work.db, seat.name, message_id)
    work.items.append(
        Grant(
            seat=seat.name,
            session=seat.session,
            partition=seat.partition,
            reply_to=asked.envelope.reply_to,
            causation_id=message_id,
            correlation_id=asked.envelope.correlation_id or message_id,
        )
    )
    return None


def get_snapshot(work: Work, asked: Asked, query: GetSnapshot) -> Reply:
    """Tell a seat where its session is: the one it takes part in now."""
    seat = record.read_seats(work.db, [asked.seat]).get(asked.seat)
    name = seat.session if seat and seat.session else query.session
    known = work.known(name) or _unlocked(work, name)
    if known is None or asked.seat not in known.session.seats:
        return _no_session(name)
    return views.snapshot(known.session, asked.seat, now=work.now)


def get_overview(work: Work, _asked: Asked, query: GetOverview) -> Reply:
    """Tell an operator where every seat is."""
    known = work.known(query.session)
    if known is None:
        return _no_session(query.session)
    return views.overview(known.session, now=work.now)


def get_log(work: Work, _asked: Asked, query: GetLog) -> Reply:
    """Tell an operator what happened in a session."""
    if query.session not in work.stamps:
        return _no_session(query.session)
    entries = record.read_log(work.db, query.session, after=query.after, limit=query.limit + 1)
    kept = entries[: query.limit]
    while len(kept) > 1 and sum(len(one.model_dump_json()) for one in kept) > _LOG_SIZE:
        kept = kept[: len(kept) // 2]
    return SessionLog(session=query.session, entries=kept, more=len(kept) < len(entries))


def list_sessions(work: Work, _asked: Asked, _query: ListSessions) -> Reply:
    """Tell an operator which sessions there are."""
    return Sessions(partitions=work.partitions, sessions=record.list_sessions(work.db))


def intervene(work: Work, asked: Asked, command: Intervention) -> Reply:
    """Change the course of a session."""
    known = work.known(command.session)
    if known is None:
        return _no_session(command.session)
    return _intervened(
        work,
        asked,
        known,
        _INTERVENTIONS[type(command)](
            known.session, command, cause=_cause(asked, command), at=work.now
        ),
    )


def retry(work: Work, asked: Asked, command: Retry) -> Reply:
    """Let a stopped session try again, with its program read anew."""
    known = work.known(command.session)
    if known is None:
        return _no_session(command.session)
    if known.session.status == "stopped":
        work.settle()
        known = work.memory.reread(work.db, command.session, reload=True)
    cause = _cause(asked, command)
    facts = interventions.retry(known.session, command, cause=cause, at=work.now)
    reply = _intervened(work, asked, known, facts)
    if known.session.status == "stopped" and not isinstance(facts, Refusal):
        return _refusal(command.session, "failed-again", known.session.reason)
    return reply


def resume_from(work: Work, asked: Asked, command: ResumeFrom) -> Reply:
    """Let a session go on from an earlier stage, with its program read anew."""
    known = work.known(command.session)
    if known is None:
        return _no_session(command.session)
    if known.session.over or known.session.status == "lobby":
        return _refusal(
            command.session, "not-running", f"Session {command.session} is {known.session.status}."
        )
    work.settle()
    before = record.read_session(work.db, command.session)
    assert before is not None, "its row is locked"
    program, broken = prepared(work.catalogue, before, reload=True)
    if broken is not None:
        return _refusal(command.session, "still-failing", broken.reason)
    found = rewind(
        before,
        program,
        stage=command.stage,
        visit=command.visit,
        scope=command.scope,
        cause=_cause(asked, command, what="rewound"),
        at=work.now,
    )
    if isinstance(found, Refusal):
        return _refused(command.session, found)
    session, facts = found
    fresh = Known.read(before, session)
    work.memory.keep(fresh)
    return _intervened(work, asked, fresh, facts)


def replace_seat(work: Work, asked: Asked, command: Replace) -> Reply:
    """Give a seat a new code, for another person or computer."""
    known = work.known(command.session)
    if known is None:
        return _no_session(command.session)
    reply = issue_codes(work, asked, IssueCodes(session=command.session, seats=(command.seat,)))
    if isinstance(reply, CodesIssued):
        cause = _cause(asked, command)
        noted = Intervened(
            what="seat-replaced", cause=cause, body={"seat": command.seat}, at=work.now
        )
        work.keep(known, [noted], cause=asked.envelope)
    return reply


def tick(work: Work, asked: Asked, command: Tick) -> None:
    """Do what is due in a session by now."""
    known = work.known(command.session)
    if known is None:
        return
    facts = deadlines.tick(known.session, message_id=asked.envelope.message_id, at=work.now)
    if facts:
        work.keep(known, facts, cause=asked.envelope)


@dataclass(frozen=True, slots=True)
class Handler:
    """A function, who may call for it, and whether its result is stored for repetitions.

    What is not stored may be done again without harm: queries, and what must not lie in the
    database (passwords, codes).
    """

    handle: Callable[[Work, Asked, Any], Reply | None]
    role: str
    stored: bool = True


#: From kind to handler: all that a worker can be asked.
HANDLERS = MappingProxyType(
    {
        Submit.kind: Handler(submit, "participant"),
        GetSnapshot.kind: Handler(get_snapshot, "participant", stored=False),
        OpenSession.kind: Handler(open_session, OPERATOR),
        Start.kind: Handler(start, OPERATOR),
        Close.kind: Handler(close, OPERATOR),
        IssueCodes.kind: Handler(issue_codes, OPERATOR, stored=False),
        GetOverview.kind: Handler(get_overview, OPERATOR, stored=False),
        ListSessions.kind: Handler(list_sessions, OPERATOR, stored=False),
        **{one.kind: Handler(intervene, OPERATOR) for one in _INTERVENTIONS},
        Retry.kind: Handler(retry, OPERATOR),
        ResumeFrom.kind: Handler(resume_from, OPERATOR),
        Replace.kind: Handler(replace_seat, OPERATOR, stored=False),
        GetLog.kind: Handler(get_log, OPERATOR, stored=False),
        Tick.kind: Handler(tick, WORKER, stored=False),
        Join.kind: Handler(join, ROOM, stored=False),
    }
)


def _decided(
    work: Work,
    asked: Asked,
    command: Submit | Start | Close,
    decide: Callable[[Session], list[Fact] | Refusal],
    done: Reply,
) -> Reply:
    """Ask a session, keep the facts it answers with, and return ``done`` or why not."""
    known = work.known(command.session)
    if known is None:
        return _no_session(command.session)
    if known.session.opening.partition != work.partition:
        # what is conducted from two queues is in no order
        return _refusal(
            command.session, "wrong-partition", f"Session {command.session} is conducted elsewhere."
        )
    facts = decide(known.session)
    if isinstance(facts, Refusal):
        return _refused(command.session, facts)
    work.keep(known, facts, cause=asked.envelope)
    return done


def _intervened(work: Work, asked: Asked, known: Known, facts: interventions.Outcome) -> Reply:
    name = known.session.name
    if isinstance(facts, Refusal):
        return _refused(name, facts)
    work.keep(known, facts, cause=asked.envelope)
    return Done(session=name, effect=effect_of(facts))


def _cause(asked: Asked, command: Intervention, *, what: str = "operator") -> Cause:
    return Cause(
        what=what,
        author=asked.seat,
        reason=command.reason,
        message_id=asked.envelope.message_id,
    )


def _check_seats(command: OpenSession, seats: dict[str, record.SeatRecord]) -> None:
    if len(set(command.seats)) != len(command.seats):
        raise ProgramError("A seat is named twice: name each once.")
    for one in command.seats:
        seat = seats.get(one)
        if one in {ROOM, LOBBY, WORKER} or (seat is not None and seat.role != "participant"):
            raise ProgramError(f"{one!r} cannot be a participant's seat: choose another name.")
        if seat is not None and seat.session is not None and not seat.session_over:
            raise ProgramError(
                f"Seat {one} takes part in session {seat.session}, which is not over: "
                "close that one first, or choose other seats."
            )


def _prepared(work: Work, command: OpenSession) -> Program:
    program = work.catalogue.program(command.program)
    try:
        settings = program.Settings.model_validate(command.settings)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise ProgramError(f"Setting {where!r} of {command.program}: {first['msg']}") from None
    if program.group_size is not None:
        check_groups(len(command.seats), program.group_size)
    return program(settings)


def _unlocked(work: Work, name: str) -> Known | None:
    """Return a session that no command of this batch named, locked now."""
    work.stamps.update(record.lock_sessions(work.db, [name]))
    return work.known(name)


def _unaddressed(asked: Asked) -> Envelope[Message]:
    """Return the cause without its reply address: what it leads to is for others."""
    envelope = asked.envelope
    return Envelope(
        message=envelope.message,
        message_id=envelope.message_id,
        correlation_id=envelope.correlation_id,
    )


def _new_code() -> str:
    letters = "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def _hashed(code: str) -> str:
    plain = code.upper().replace("-", "").replace(" ", "")
    return hashlib.sha256(plain.encode()).hexdigest()


def _refused(session: str, refusal: Refusal) -> Refused:
    return Refused(
        session=session, code=refusal.code, reason=refusal.reason, fields=dict(refusal.fields)
    )


def _refusal(session: str, code: str, reason: str) -> Refused:
    return Refused(session=session, code=code, reason=reason)


def _no_session(name: str) -> Refused:
    return _refusal(name, "no-session", f"There is no session {name}.")
