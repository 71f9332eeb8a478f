"""Handlers that give seats to people: one-time codes, and joining by one."""

from __future__ import annotations

import hashlib
import secrets

from palier.schemas.commands import (
    IssueCodes,
    Join,
)
from palier.schemas.message import Reply
from palier.schemas.names import LOBBY
from palier.schemas.replies import CodesIssued
from palier.workers.domain.standings import seat_bots
from palier.workers.persistence import record, writer
from palier.workers.runtime.asked import Asked, no_session, refusal
from palier.workers.runtime.parcel import Grant
from palier.workers.runtime.work import Work

#: Characters of a join code: none that is easily taken for another.
_CODE_LETTERS = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"


_CODE_LENGTH = 8


def issue_codes(work: Work, asked: Asked, command: IssueCodes) -> Reply:
    """Make one-time codes; what is kept are their hashes."""
    known = work.known(command.session)
    if known is None:
        return no_session(command.session)
    seats = record.read_seats(work.db, command.seats)
    strangers = [
        one for one in command.seats if one not in seats or seats[one].session != command.session
    ]
    if strangers:
        return refusal(
            command.session,
            "unknown-seat",
            f"Session {command.session} has no seat {', '.join(strangers)}.",
        )
    codes = {one: _new_code() for one in command.seats}
    writer.keep_codes(work.db, {seat: _hashed(code) for seat, code in codes.items()})
    if facts := seat_bots(known.session, command.seats, bots=command.bots):
        work.keep(known, facts, cause=asked.envelope)
    return CodesIssued(session=command.session, codes=codes)


def join(work: Work, asked: Asked, command: Join) -> Reply | None:
    """Give the seat that a code stands for; its password goes out after the commit."""
    seat = record.read_seat_by_code(work.db, _hashed(command.code))
    if seat is None or seat.session is None:
        return refusal(LOBBY, "unknown-code", "No seat has this code: ask the operator for one.")
    message_id = asked.envelope.message_id
    if seat.joined_with not in {None, message_id}:
        return refusal(
            LOBBY, "used-code", "This code has been used: ask the operator for a new one."
        )
    if not asked.envelope.reply_to:
        return refusal(LOBBY, "no-reply-to", "A join needs a reply_to, for the password.")
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


def _new_code() -> str:
    letters = "".join(secrets.choice(_CODE_LETTERS) for _ in range(_CODE_LENGTH))
    return f"{letters[:4]}-{letters[4:]}"


def _hashed(code: str) -> str:
    plain = code.upper().replace("-", "").replace(" ", "")
    return hashlib.sha256(plain.encode()).hexdigest()
