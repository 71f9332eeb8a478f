"""What was asked, and how it is refused."""

from __future__ import annotations

from dataclasses import dataclass

from palier.broker.transport import Delivery
from palier.schemas.envelope import Envelope
from palier.schemas.message import Message
from palier.schemas.replies import Refused
from palier.workers.domain.refusal import Refusal


@dataclass(frozen=True, slots=True)
class Asked:
    """A command or query that was let in, and the account that sent it.

    ``replay`` is the delivery of one that was a dead letter: its sender keeps it no more.
    """

    envelope: Envelope[Message]
    seat: str
    replay: Delivery | None = None


def refused(session: str, refusal: Refusal) -> Refused:
    """Return what the domain refused, as a reply."""
    return Refused(
        session=session, code=refusal.code, reason=refusal.reason, fields=dict(refusal.fields)
    )


def refusal(session: str, code: str, reason: str) -> Refused:
    """Return a refusal: a code for programs, a reason for people."""
    return Refused(session=session, code=code, reason=reason)


def wrong_partition(name: str) -> Refused:
    """Return that a session is conducted from another queue: from two it would be in no order."""
    return refusal(name, "wrong-partition", f"Session {name} is conducted elsewhere.")


def no_session(name: str) -> Refused:
    """Return that there is no session of this name."""
    return refusal(name, "no-session", f"There is no session {name}.")
