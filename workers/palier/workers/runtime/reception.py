"""Who is let in: from a delivery to a command of somebody who may give it, or to a dead letter.

What a seat may cost the others is bounded here: `palier.workers.runtime.pace` says how much is read
of it, and of its rubbish the first few messages a minute are kept; all of it is counted.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from palier.broker.admission import admit
from palier.broker.errors import Inadmissible
from palier.broker.letters import bury, replays_of, sender_of
from palier.broker.topology import OPENED, PRESENCE
from palier.broker.transport import Delivery, Publication
from palier.schemas.envelope import DIRECT_REPLY, Envelope, unpack
from palier.schemas.errors import UnreadableMessage
from palier.schemas.message import Command, Message, Query, Reply
from palier.schemas.names import LOBBY, OPERATOR, ROOM, WORKER, is_name
from palier.schemas.replies import NOT_ALLOWED, Refused, Submitted
from palier.workers.errors import Unwelcome
from palier.workers.runtime import pace
from palier.workers.runtime.asked import Asked
from palier.workers.runtime.handlers import HANDLERS
from palier.workers.runtime.pace import Pace, Sender, Verdict
from palier.workers.runtime.tally import Tally
from palier.workers.runtime.telling import Teller

_log = logging.getLogger(__name__)

#: Characters of a reason that travel in a header.
_REASON = 1000

_SEAT_QUEUE = "seat."

#: Who does not say who they are; no seat is called so.
_NOBODY = "(nobody)"

_TOO_FAST = "Too many messages at once: send this one again later."
_OPENS = "one connection or channel after the other, as by what the broker refuses"

#: Where these stand in the key of a command.
_SESSION, _SEAT = 2, 3


@dataclass(frozen=True, slots=True)
class Presence:
    """A seat's client came or went."""

    seat: str
    present: bool


@dataclass(slots=True)
class Received:
    """A batch, sorted: what is asked, and what answers need no transaction."""

    wanted: list[tuple[Delivery, Asked | Presence]] = field(default_factory=list)
    refusals: list[Publication] = field(default_factory=list)


class Reception:
    """Lets in what may come in. Pure but for ``pace`` and ``tally``, which it keeps.

    Both are those of a worker, whatever the partition.
    """

    def __init__(
        self, teller: Teller, *, pace: Pace | None = None, tally: Tally | None = None
    ) -> None:
        self._teller = teller
        self._pace = pace or Pace()
        self._tally = tally or Tally()
        #: The accounts that may give operator's commands.
        self.operators: frozenset[str] = frozenset()

    def counts(self) -> dict[tuple[str, str], int]:
        """Return how often each account was refused with each code."""
        return self._tally.counts()

    def receive(self, delivery: Delivery, received: Received) -> None:
        """Sort one delivery; never raises on what came over the wire."""
        if delivery.queue == PRESENCE:
            if delivery.routing_key in OPENED:
                self._note_opened(delivery)
            elif presence := _presence(delivery):
                received.wanted.append((delivery, presence))
            return
        sender = self._sender(delivery)
        match verdict := self._pace.judge(sender, size=len(delivery.body)):
            case Verdict.SHUT_OUT:
                self._count(delivery, verdict.value)
            case Verdict.TOO_FAST:
                self._count(delivery, verdict.value)
                received.refusals += self._answers(delivery, verdict.value, _TOO_FAST)
            case Verdict.WELCOME:
                try:
                    received.wanted.append((delivery, self._asked(delivery)))
                except (Inadmissible, UnreadableMessage, Unwelcome) as error:
                    received.refusals += self.refuse(delivery, error.code, str(error))
                    self._pace.refused(sender)

    def refuse(self, delivery: Delivery, code: str, reason: str) -> list[Publication]:
        """Return a dead letter that says why it is one, and the answer to its sender.

        Of a sender of whom enough are kept there is no letter more.
        """
        reason = reason[:_REASON]
        self._count(delivery, code, reason)
        answers = self._answers(delivery, code, reason)
        if not self._pace.keeps_letter(self._sender(delivery), size=len(delivery.body)):
            return answers
        letter = bury(delivery, code=code, reason=reason, account=self._teller.account)
        return [letter, *answers]

    def answered(self, account: str, reply: Reply) -> None:
        """Note what became of a command that was let in."""
        match reply:
            case Refused(session=session, code=code, reason=reason):
                self._tally.note(account, code, reason, session=session, usual=True)
                if code != NOT_ALLOWED:
                    self._pace.refused(self._known(account))
            case Submitted():
                self._pace.accepted(account)
            case _:
                pass

    def _sender(self, delivery: Delivery) -> Sender:
        """Return whose pace it is; a replay comes at the workers' own.

        The broker vouches for both: for ``user_id``, and for the account in the key of a command.
        """
        properties = delivery.properties
        account = properties.user_id or _part(delivery.routing_key, _SEAT)
        return self._known(account, joiner=properties.reply_to or "")

    def _known(self, account: str, *, joiner: str | None = None) -> Sender:
        if account == self._teller.account:
            return Sender(account, pace.WORKERS)
        if account in self.operators:
            return Sender(account, pace.OPERATOR)
        if account == ROOM:
            return Sender(account, pace.ROOM, joiner=joiner)
        return Sender(account, self._pace.seat)

    def _note_opened(self, delivery: Delivery) -> None:
        sender = self._known(str(delivery.properties.headers.get("user")))
        if not self._pace.opened(sender):
            self._tally.note(sender.account, "opens", _OPENS)

    def _count(self, delivery: Delivery, code: str, reason: str = "") -> None:
        key = delivery.routing_key
        sender = sender_of(delivery.properties, account=self._teller.account)
        session = _part(key, _SESSION)
        self._tally.note(
            sender or _part(key, _SEAT) or _NOBODY,
            code,
            reason,
            session=session if is_name(session) else LOBBY,
        )

    def _asked(self, delivery: Delivery) -> Asked:
        account = self._teller.account
        key = admit(delivery, account=account)
        replays = replays_of(delivery.properties, account=account)
        if replays:
            _log.info("A %s of %s is replayed (%d).", key.verb, key.seat, replays)
        envelope = unpack(delivery.properties, delivery.body)
        message = envelope.message
        handler = HANDLERS.get(message.kind)
        if handler is None or not isinstance(message, Command | Query):
            raise Unwelcome("not-a-command", f"A {message.kind} is nothing to ask a worker.")
        if (message.verb(), message.session) != (key.verb, key.session):
            raise Unwelcome("wrong-key", f"{delivery.routing_key} is the key of another message.")
        role = self._role(key.seat)
        if handler.role != role:
            raise Unwelcome("not-allowed", f"A {role} may not {message.verb()}.")
        return Asked(envelope, key.seat, replay=delivery if replays else None)

    def _role(self, account: str) -> str:
        if account == WORKER:
            return WORKER
        if account in self.operators:
            return OPERATOR
        return ROOM if account == ROOM else "participant"

    def _answers(self, delivery: Delivery, code: str, reason: str) -> list[Publication]:
        """Return the answer to a sender whom the broker vouches for; others get none."""
        properties = delivery.properties
        session, seat = (_part(delivery.routing_key, one) for one in (_SESSION, _SEAT))
        if not seat or seat != sender_of(properties, account=self._teller.account):
            return []
        reply_to = properties.reply_to or ""
        refused = Refused.model_construct(session=session, code=code, reason=reason)
        cause: Envelope[Message] = Envelope(
            message=refused,
            message_id=properties.message_id or "",
            correlation_id=properties.correlation_id,
            # who waits for a direct reply would wait in vain for one on its queue
            reply_to=reply_to if reply_to.startswith(DIRECT_REPLY) else None,
        )
        return [self._teller.reply(refused, seat=seat, cause=cause)]


def _part(key: str, place: int) -> str:
    parts = key.split(".")
    return parts[place] if place < len(parts) else ""


def _presence(delivery: Delivery) -> Presence | None:
    queue = delivery.properties.headers.get("queue")
    if not isinstance(queue, str) or not queue.startswith(_SEAT_QUEUE):
        return None
    return Presence(
        seat=queue.removeprefix(_SEAT_QUEUE), present=delivery.routing_key == "consumer.created"
    )
