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

#: Between two looks there are so many times as long as one takes, and so many seconds at most:
#: whoever connects again and again keeps nobody looking.
_SPARING, _LONGEST = 10, 5.0


class Lookout:
    """Looks a moment after connections have ended. Lives in one event loop.

    RabbitMQ since 3.12.5 tells that a connection is closed, and not whose seat that was.
    """

    def __init__(self, look: Callable[[], Coroutine[None, None, None]]) -> None:
        self._look = look
        self._due: asyncio.TimerHandle | None = None
        self._looking: asyncio.Task[None] | None = None
        #: Whether something was heard that a look under way may have missed.
        self._heard = False
        #: When there may be another look, in the loop's time.
        self._not_before = 0.0
        self._stopped = False

    def hear(self, delivery: Delivery) -> None:
        """Take an event of the broker's; several in a moment lead to one look."""
        if delivery.routing_key != topology.CONNECTION_CLOSED:
            return
        if self._looking is not None:
            self._heard = True
        elif self._due is None:
            self._look_in(_MOMENT)

    def stop(self) -> None:
        """Look no more."""
        self._stopped = True
        if self._due is not None:
            self._due.cancel()

    def _look_in(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        self._due = loop.call_at(max(loop.time() + seconds, self._not_before), self._go)

    def _go(self) -> None:
        self._due = None
        self._heard = False
        self._looking = asyncio.get_running_loop().create_task(self._attempt())

    async def _attempt(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        again: float | None = None
        try:
            await self._look()
        except (TransportError, DatabaseUnavailable) as error:
            if not self._stopped:  # a new connection begins with a look of its own
                _log.warning("Looking again who is there: %s", error)
                again = _AGAIN
        finally:
            self._looking = None
        now = loop.time()
        self._not_before = now + min(_LONGEST, _SPARING * (now - began))
        if again is None and self._heard:
            again = _MOMENT
        if again is not None and not self._stopped:
            self._look_in(again)
