"""Who is let in: from a delivery to a command of somebody who may give it, or to a dead letter."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from palier.broker.admission import admit
from palier.broker.errors import Inadmissible
from palier.broker.letters import bury, replays_of, sender_of
from palier.broker.topology import PRESENCE
from palier.broker.transport import Delivery, Publication
from palier.schemas.envelope import DIRECT_REPLY, Envelope, unpack
from palier.schemas.errors import UnreadableMessage
from palier.schemas.message import Command, Message, Query
from palier.schemas.names import OPERATOR, ROOM, WORKER
from palier.schemas.replies import Refused
from palier.workers.errors import Unwelcome
from palier.workers.runtime.handlers import HANDLERS, Asked
from palier.workers.runtime.telling import Teller

_log = logging.getLogger(__name__)

#: Characters of a reason that travel in a header.
_REASON = 1000

_SEAT_QUEUE = "seat."


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
    """Lets in what may come in. Pure but for the log."""

    def __init__(self, teller: Teller) -> None:
        self._teller = teller
        #: The accounts that may give operator's commands.
        self.operators: frozenset[str] = frozenset()

    def receive(self, delivery: Delivery, received: Received) -> None:
        """Sort one delivery; never raises on what came over the wire."""
        if delivery.queue == PRESENCE:
            if presence := _presence(delivery):
                received.wanted.append((delivery, presence))
            return
        try:
            received.wanted.append((delivery, self._asked(delivery)))
        except (Inadmissible, UnreadableMessage, Unwelcome) as error:
            received.refusals += self.refuse(delivery, error.code, str(error))

    def refuse(self, delivery: Delivery, code: str, reason: str) -> list[Publication]:
        """Return a dead letter that says why it is one, and the answer to its sender."""
        account = self._teller.account
        sender = sender_of(delivery.properties, account=account)
        _log.warning("Dead letter (%s) from %s: %s", code, sender or "nobody", reason)
        letter = bury(delivery, code=code, reason=reason[:_REASON], account=account)
        answer = self._answer(delivery, sender, code, reason[:_REASON])
        return [letter, *([answer] if answer else [])]

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

    def _answer(
        self, delivery: Delivery, sender: str, code: str, reason: str
    ) -> Publication | None:
        """Return the answer to a sender whom the broker vouches for; others get none."""
        properties = delivery.properties
        parts = delivery.routing_key.split(".")
        if not sender or parts[3:4] != [sender]:
            return None
        session, seat = parts[2], parts[3]
        reply_to = properties.reply_to or ""
        refused = Refused.model_construct(session=session, code=code, reason=reason)
        cause: Envelope[Message] = Envelope(
            message=refused,
            message_id=properties.message_id or "",
            correlation_id=properties.correlation_id,
            # who waits for a direct reply would wait in vain for one on its queue
            reply_to=reply_to if reply_to.startswith(DIRECT_REPLY) else None,
        )
        return self._teller.reply(refused, seat=seat, cause=cause)


def _presence(delivery: Delivery) -> Presence | None:
    queue = delivery.properties.headers.get("queue")
    if not isinstance(queue, str) or not queue.startswith(_SEAT_QUEUE):
        return None
    return Presence(
        seat=queue.removeprefix(_SEAT_QUEUE), present=delivery.routing_key == "consumer.created"
    )
