"""Looking who is there, when the broker tells that somebody went and not who it was."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Coroutine

from palier.broker import topology
from palier.broker.errors import TransportError
from palier.broker.transport import Delivery
from palier.workers.errors import DatabaseUnavailable

_log = logging.getLogger(__name__)

#: Seconds in which the ends of many connections are one reason to look.
_MOMENT = 0.3

#: Seconds until a look that failed is tried again.
_AGAIN = 2.0


class Lookout:
    """Looks a moment after connections have ended. Lives in one event loop.

    RabbitMQ since 3.12.5 tells that a connection is closed, and not whose seat that was.
    """

    def __init__(self, look: Callable[[], Coroutine[None, None, None]]) -> None:
        self._look = look
        self._due: asyncio.TimerHandle | None = None
        self._stopped = False
        self._looking: set[asyncio.Task[None]] = set()

    def hear(self, delivery: Delivery) -> None:
        """Take an event of the broker's; several in a moment lead to one look."""
        if delivery.routing_key == topology.CONNECTION_CLOSED and self._due is None:
            self._due = asyncio.get_running_loop().call_later(_MOMENT, self._go)

    def stop(self) -> None:
        """Look no more."""
        self._stopped = True
        if self._due is not None:
            self._due.cancel()

    def _go(self) -> None:
        self._due = None
        task = asyncio.get_running_loop().create_task(self._attempt())
        self._looking.add(task)
        task.add_done_callback(self._looking.discard)

    async def _attempt(self) -> None:
        try:
            await self._look()
        except (TransportError, DatabaseUnavailable) as error:
            if self._stopped:
                return  # a new connection begins with a look of its own
            _log.warning("Looking again who is there: %s", error)
            self._due = asyncio.get_running_loop().call_later(_AGAIN, self._go)
