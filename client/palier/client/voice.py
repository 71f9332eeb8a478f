"""The voice: what a seat says, over the connection that it has just then."""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine
from typing import TypeAlias

from palier.broker.errors import PublishRefused, TransportError
from palier.broker.transport import Connection, Outcome, Publication
from palier.schemas.addresses import COMMANDS, CommandKey
from palier.schemas.envelope import Envelope
from palier.schemas.message import Message

_log = logging.getLogger(__name__)

#: Runs work in the background, for as long as its link is there.
Spawn: TypeAlias = Callable[[Coroutine[object, object, object]], None]


def publication(envelope: Envelope[Message], *, seat: str, partition: int) -> Publication:
    """Return a command or a query as it is sent; raises `OversizedMessage`."""
    message = envelope.message
    session: str = getattr(message, "session", "")
    properties, body = envelope.pack()
    key = CommandKey(partition, session, seat, message.verb())
    return Publication(exchange=COMMANDS, routing_key=str(key), properties=properties, body=body)


class Voice:
    """Speaks for a seat; in one event loop. ``current`` is the connection, if it is up."""

    def __init__(self, seat: str, *, current: Callable[[], Connection | None]) -> None:
        self._seat = seat
        self._current = current

    @property
    def ready(self) -> bool:
        """Whether there is a connection that takes messages."""
        connection = self._current()
        return connection is not None and not connection.blocked

    async def say(self, publication: Publication) -> bool:
        """Publish; True once the broker has it. What fails is told in the log, and no error."""
        connection = self._current()
        if connection is None:
            return False
        try:
            (outcome,) = await connection.publish([publication])
        except PublishRefused as refused:
            _log.error("RabbitMQ refused a command of seat %s: %s", self._seat, refused)
        except TransportError as error:
            _log.info("Sending again once the connection is back: %s", error)
        else:
            return outcome is Outcome.CONFIRMED
        return False
