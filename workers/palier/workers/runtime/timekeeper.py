"""Time as a message: whoever conducts a session hears through its queue that something is due.

Every worker looks at the database for what is due, also one that stands by; the message goes to
the partition's queue, so that the one worker which conducts it acts, in order with all else. Heard
twice, or lost, it does no harm: what is done is not due any more, what is not is asked for again.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta

from palier.broker.errors import TransportError
from palier.broker.transport import Connection, Publication
from palier.schemas.addresses import COMMANDS, CommandKey
from palier.schemas.commands import Tick
from palier.schemas.envelope import Envelope
from palier.schemas.names import WORKER
from palier.workers.errors import DatabaseUnavailable

_log = logging.getLogger(__name__)

#: Seconds between two looks; what is due before the next one is waited for.
_LOOK = 1.0

Due = list[tuple[str, int, datetime]]


class Timekeeper:
    """Asks for what is due. Lives in one event loop; ``account`` is the worker's own.

    ``due`` returns session, partition and time of all that is due before a time; it may raise
    `DatabaseUnavailable`.
    """

    def __init__(
        self,
        *,
        account: str,
        due: Callable[[datetime], Awaitable[Due]],
        publishing: Callable[[], Awaitable[Connection]],
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._account = account
        self._due = due
        self._publishing = publishing
        self._clock = clock

    async def run(self) -> None:
        """Look and ask until cancelled."""
        while True:
            begun = asyncio.get_running_loop().time()
            try:
                await self._look()
            except DatabaseUnavailable as error:
                _log.warning("What is due cannot be seen: %s", error)
            except TransportError as error:
                _log.info("Nobody could be told what is due: %s", error)
            rest = begun + _LOOK - asyncio.get_running_loop().time()
            await asyncio.sleep(max(rest, 0))

    async def _look(self) -> None:
        horizon = self._clock() + timedelta(seconds=_LOOK)
        for session, partition, at in sorted(await self._due(horizon), key=lambda one: one[2]):
            await asyncio.sleep(max((at - self._clock()).total_seconds(), 0))
            await (await self._publishing()).publish([self._tick(session, partition)])

    def _tick(self, session: str, partition: int) -> Publication:
        message = Tick(session=session)
        properties, body = Envelope(message=message, user_id=self._account).pack(persistent=False)
        key = CommandKey(partition, session, WORKER, message.verb())
        return Publication(
            exchange=COMMANDS, routing_key=str(key), properties=properties, body=body
        )
