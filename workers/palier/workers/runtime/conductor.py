"""Conducting one partition: deliveries in, transactions, then told, then acknowledged.

Three things go on at once, in this order for every batch: the event loop gathers what comes in,
one thread runs the transactions, the event loop tells and acknowledges what is committed.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Executor
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from palier.broker.errors import TransportError
from palier.broker.transport import Connection, Delivery
from palier.workers.domain.facts import Progress
from palier.workers.errors import DatabaseUnavailable
from palier.workers.runtime.batch import BatchHandler, Handled
from palier.workers.runtime.parcel import Item
from palier.workers.runtime.relay import Relay
from palier.workers.runtime.telling import Teller

_log = logging.getLogger(__name__)

T = TypeVar("T")

#: Deliveries of one transaction at most, and how many may wait: the next batch comes in while
#: this one is committed.
BATCH = 200
PREFETCH = 2 * BATCH

#: Seconds that a batch waits for more while many send at once; one who sends alone never waits.
_LINGER = 0.002

#: Seconds between the first arrival nobody was told of and the hint that tells of it.
_PROGRESS_DELAY = 0.15
#: Seconds to wait for the database: first, at most, and when to raise the alarm.
_FIRST_RETRY, _LAST_RETRY, _ALARM = 0.1, 5.0, 10.0
#: Seconds without work after which told parcels leave the outbox.
_IDLE = 1.0


@dataclass(slots=True)
class _Told:
    """What is to be told, and what may be acknowledged then."""

    handled: list[Handled]
    connection: Connection | None = None
    deliveries: list[Delivery] = field(default_factory=list)


class Conductor:
    """Conducts one partition. Lives in one event loop."""

    def __init__(
        self,
        handler: BatchHandler,
        *,
        relay: Relay,
        teller: Teller,
        executor: Executor,
        publishing: Callable[[], Awaitable[Connection]],
    ) -> None:
        self._handler = handler
        self._relay = relay
        self._teller = teller
        self._executor = executor
        self._publishing = publishing
        self._arrived: deque[tuple[Connection, Delivery]] = deque()
        self._something = asyncio.Event()
        # one batch is told while the next is committed, and no more than that
        self._to_tell: asyncio.Queue[_Told] = asyncio.Queue(maxsize=1)
        self._progress: dict[tuple[str, str], Progress | None] = {}
        self._progress_due: asyncio.TimerHandle | None = None
        self._stopping = False
        #: How many the last batch had.
        self._crowd = 0

    def deliver(self, connection: Connection, delivery: Delivery) -> None:
        """Take a delivery; called in the event loop."""
        self._arrived.append((connection, delivery))
        self._something.set()

    def lost(self, connection: Connection) -> None:
        """Forget what a lost connection brought: the broker brings it again."""
        self._arrived = deque(one for one in self._arrived if one[0] is not connection)

    async def tell_untold(self) -> None:
        """Tell what a worker before this one committed and did not live to tell."""
        await self._to_tell.put(_Told(await self._in_database(self._handler.untold)))

    async def note_presence(self, changes: dict[str, bool]) -> None:
        """Take what a look at the seats' queues told."""
        if changes:
            noted = await self._in_database(partial(self._handler.presence, changes))
            self._note_progress(noted)
            await self._to_tell.put(_Told(noted))

    def stop(self) -> None:
        """Take no more: `run` ends once what is being handled is told and acknowledged."""
        self._stopping = True
        self._something.set()

    async def run(self) -> None:
        """Conduct until stopped; when cancelled, what was not told is left to the outbox."""
        telling = asyncio.create_task(self._tell_all())
        conducting = asyncio.create_task(self._conduct())
        try:
            await asyncio.wait({telling, conducting}, return_when=asyncio.FIRST_COMPLETED)
            for one in (telling, conducting):
                if one.done():
                    one.result()  # it failed, or was stopped
            await self._to_tell.join()
            # what was told leaves the outbox, or the next worker would tell it once more
            await self._in_database(self._handler.sweep)
        finally:
            if self._progress_due is not None:
                self._progress_due.cancel()
            conducting.cancel()
            telling.cancel()

    async def _conduct(self) -> None:
        while not self._stopping:
            batch = await self._batch()
            if not batch:
                await self._in_database(self._handler.sweep)
                continue
            connection = batch[-1][0]
            deliveries = [one for _, one in batch]
            handled = await self._in_database(partial(self._handler.handle, deliveries))
            self._note_progress(handled)
            await self._to_tell.put(_Told(handled, connection, deliveries))

    async def _batch(self) -> list[tuple[Connection, Delivery]]:
        """Return what is there, once something is; nothing after a while without work."""
        if not self._arrived:
            self._something.clear()
            try:
                async with asyncio.timeout(_IDLE):
                    await self._something.wait()
            except TimeoutError:
                return []
        await self._linger()
        batch = self._take()
        self._crowd = len(batch)
        return batch

    def _take(self) -> list[tuple[Connection, Delivery]]:
        batch: list[tuple[Connection, Delivery]] = []
        while self._arrived and len(batch) < BATCH:
            connection, delivery = self._arrived[0]
            alone = delivery.redelivered
            if batch and (alone or connection is not batch[-1][0]):
                break
            batch.append(self._arrived.popleft())
            if alone:
                # it may be why the worker before this one died: it takes nobody along
                break
        return batch

    async def _linger(self) -> None:
        """Wait a moment for as many as came the last time: one transaction serves them all."""
        end = asyncio.get_running_loop().time() + _LINGER
        while len(self._arrived) < self._crowd and not self._stopping:
            self._something.clear()
            try:
                async with asyncio.timeout_at(end):
                    await self._something.wait()
            except TimeoutError:
                return

    async def _in_database(self, call: Callable[[], T]) -> T:
        """Call in the database's thread, again and again until the database answers."""
        loop = asyncio.get_running_loop()
        begun, delay = loop.time(), _FIRST_RETRY
        while True:
            try:
                result = await loop.run_in_executor(self._executor, call)
            except DatabaseUnavailable as error:
                # an attempt may take long itself: a lock is waited for, or an answer
                level = logging.ERROR if loop.time() - begun >= _ALARM else logging.WARNING
                _log.log(level, "%s Nothing is lost; trying again in %.1f s.", error, delay)
                await asyncio.sleep(delay)
                delay = min(2 * delay, _LAST_RETRY)
            else:
                return result

    async def _tell_all(self) -> None:
        while True:
            told = await self._to_tell.get()
            try:
                await self._tell(told)
            finally:
                self._to_tell.task_done()

    async def _tell(self, told: _Told) -> None:
        items: list[Item] = []
        for one in told.handled:
            items += one.items
            items += one.replies
        if items:
            await self._persistently(items)
        for one in told.handled:
            if one.number is not None:
                self._handler.told(one.number)
        if told.connection is not None:
            # on a lost connection this does nothing: what it brought comes again
            for last in {one.queue: one for one in told.deliveries}.values():
                told.connection.ack(last, multiple=True)

    async def _persistently(self, items: list[Item]) -> None:
        while True:
            try:
                await self._relay.tell(await self._publishing(), items)
            except TransportError as error:
                _log.warning("Telling again what is committed: %s", error)
                await asyncio.sleep(_FIRST_RETRY)
            else:
                return

    def _note_progress(self, handled: list[Handled]) -> None:
        for one in handled:
            self._progress.update(one.progress)
        # of what was released or is over nobody needs to hear
        self._progress = {key: one for key, one in self._progress.items() if one is not None}
        if self._progress and self._progress_due is None:
            loop = asyncio.get_running_loop()
            self._progress_due = loop.call_later(_PROGRESS_DELAY, self._tell_progress)

    def _tell_progress(self) -> None:
        self._progress_due = None
        hints = [
            hint for one in self._progress.values() if one for hint in self._teller.progress(one)
        ]
        self._progress.clear()
        # when something else is being told, the next change brings a newer word
        with contextlib.suppress(asyncio.QueueFull):
            self._to_tell.put_nowait(_Told([Handled(replies=hints)]))
