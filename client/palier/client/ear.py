"""The ear: what a seat is told, from its queue and over direct reply-to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import TypeAlias

from palier.broker.transport import Connection, Delivery
from palier.schemas.addresses import seat_queue
from palier.schemas.envelope import Envelope, unpack
from palier.schemas.errors import UnreadableMessage
from palier.schemas.message import Message

_log = logging.getLogger(__name__)

#: What came in is acknowledged together: after so many deliveries, or so many seconds. What is not
#: acknowledged comes again after a reconnection, and is recognised by its version.
_ACKNOWLEDGED, _ACKNOWLEDGED_AFTER = 20, 0.2
_PREFETCH = 100

#: Called in the event loop; must not block.
Told: TypeAlias = Callable[[Envelope[Message]], None]


class Ear:
    """Listens to one connection after the other; in one event loop.

    ``told`` gets what comes by the queue, ``replied`` what comes straight back, ``deaf`` is called
    for a message that cannot be understood, ``cut`` with a connection whose consumer has ended.
    """

    def __init__(
        self,
        seat: str,
        *,
        told: Told,
        replied: Told,
        deaf: Callable[[], None],
        cut: Callable[[Connection], None],
    ) -> None:
        self._seat = seat
        self._told = told
        self._replied = replied
        self._deaf = deaf
        self._cut = cut
        self._unacknowledged: tuple[Connection, Delivery] | None = None
        self._taken = 0

    async def listen(self, connection: Connection) -> None:
        """Begin to listen; raises `AlreadyInUse` when another client has the seat's queue."""
        await connection.replies(self._take_reply)

        def take(delivery: Delivery) -> None:
            self._take(connection, delivery)

        def cancelled(reason: str) -> None:
            _log.warning("The broker ended the consumer of seat %s: %s", self._seat, reason)
            self._cut(connection)

        await connection.consume(
            seat_queue(self._seat), take, prefetch=_PREFETCH, exclusive=True, on_cancel=cancelled
        )

    def _take(self, connection: Connection, delivery: Delivery) -> None:
        try:
            self._told(unpack(delivery.properties, delivery.body))
        except UnreadableMessage as error:
            # a newer worker may say what this client does not understand
            _log.warning("Seat %s was told something unreadable: %s", self._seat, error)
            self._deaf()
        if not self._taken:
            asyncio.get_running_loop().call_later(_ACKNOWLEDGED_AFTER, self._acknowledge)
        self._taken += 1
        self._unacknowledged = (connection, delivery)
        if self._taken % _ACKNOWLEDGED == 0:
            connection.ack(delivery, multiple=True)

    def _acknowledge(self) -> None:
        self._taken = 0
        if self._unacknowledged is not None:
            connection, delivery = self._unacknowledged
            self._unacknowledged = None
            connection.ack(delivery, multiple=True)

    def _take_reply(self, delivery: Delivery) -> None:
        try:
            reply = unpack(delivery.properties, delivery.body)
        except UnreadableMessage as error:
            _log.warning("An answer could not be read: %s", error)
            return
        self._replied(reply)
