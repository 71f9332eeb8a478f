"""The handler that opens a session, and all that can be wrong with one."""

from __future__ import annotations

import secrets

from palier.program.errors import ProgramError
from palier.program.matching import check_groups
from palier.program.program import Program
from palier.program.settings import BadSettings
from palier.schemas.commands import OpenSession
from palier.schemas.envelope import Envelope
from palier.schemas.errors import PalierError
from palier.schemas.events import SessionAssigned
from palier.schemas.message import Message, Reply
from palier.schemas.names import ALL, LOBBY, ROOM, WORKER
from palier.schemas.replies import SessionOpened
from palier.workers.domain.record import Opening
from palier.workers.domain.refusal import Refusal
from palier.workers.domain.session import Session
from palier.workers.persistence import record
from palier.workers.persistence.fitting import Unfit, fit
from palier.workers.runtime.asked import Asked, refusal, refused
from palier.workers.runtime.known import Known
from palier.workers.runtime.telling import enrolment
from palier.workers.runtime.versions import versions
from palier.workers.runtime.work import Work


def open_session(work: Work, asked: Asked, command: OpenSession) -> Reply:
    """Open a session and give its seats their queues."""
    name = command.session
    if work.known(name) is not None or name == LOBBY:
        return refusal(name, "exists", f"There is a session {name} already: choose another name.")
    seats = record.read_seats(work.db, command.seats)
    try:
        _check_seats(command, seats)
        program = _prepared(work, command)
    except BadSettings as error:
        fields = {".".join(place): words for place, words in error.problems.items()}
        return refused(name, Refusal(code="cannot-open", reason=str(error), fields=fields))
    except PalierError as error:
        return refusal(name, "cannot-open", str(error))
    opening = Opening(
        name=name,
        program=command.program,
        seats=command.seats,
        settings=program.all_settings.given,
        partition=work.partition,
        seed=secrets.randbits(31) if command.seed is None else command.seed,
        auto_start=command.auto_start,
        author=asked.seat,
        at=work.now,
        origin={**work.catalogue.origin(command.program), "versions": versions(work.db)},
    )
    screens = work.catalogue.screens(command.program)
    known = Known(Session(opening, program, screens=screens), stamp=0)
    known.session.present = {one.name for one in seats.values() if one.present}
    work.writer.opened(opening, treatment=known.session.scopes[ALL].treatment)
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
    program = _with_tables(work, command.program)
    prepared = program.planned(command.settings, name=command.program)
    if program.group_size is not None:
        check_groups(len(command.seats), program.group_size)
    matching = prepared.matching()
    if matching is not None:
        matching.check(len(command.seats))
    return prepared


def _with_tables(work: Work, name: str) -> type[Program]:
    """Return a program whose tables are there; raises `PalierError`."""
    program = work.catalogue.to_open(name)
    try:
        fit(work.db, name, program)
    except Unfit:
        # its tables were changed meanwhile, and its file with them
        program = work.catalogue.reload(name)
        fit(work.db, name, program)
    return program


def _unaddressed(asked: Asked) -> Envelope[Message]:
    """Return the cause without its reply address: what it leads to is for others."""
    envelope = asked.envelope
    return Envelope(
        message=envelope.message,
        message_id=envelope.message_id,
        correlation_id=envelope.correlation_id,
    )
