"""A connection to the broker in memory; its deliveries and answers come by the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager, suppress
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from palier.broker.errors import AlreadyInUse, ConnectionLost, DeadlinePassed, PublishRefused
from palier.broker.memory.queue import Channel, Consumer
from palier.broker.transport import (
    Account,
    Connection,
    Delivery,
    OnDelivery,
    Outcome,
    Publication,
    QueueStatus,
    Transport,
)

if TYPE_CHECKING:
    from palier.broker.memory.server import MemoryServer
    from palier.broker.topology import Declaration

T = TypeVar("T")
P = ParamSpec("P")


class MemoryConnection(Connection):
    """A `Connection` to a `MemoryServer`; made by `MemoryTransport` only."""

    def __init__(self, server: MemoryServer) -> None:
        self._server = server
        self._loop = asyncio.get_running_loop()
        self._blocked = False
        self._unblocked = asyncio.Event()
        self._publishing = asyncio.Lock()
        self._answers: set[asyncio.Future[list[Outcome]]] = set()
        self._channels: dict[str, Channel] = {}
        self._consumers: dict[str, Consumer] = {}
        self._on_reply: OnDelivery | None = None
        self.lost: asyncio.Future[str] = self._loop.create_future()

    # -- what the server calls, from any thread

    def post(self, call: Callable[P, object], *args: P.args, **_kwargs: P.kwargs) -> None:
        """Have something called in this connection's loop, after what was posted before."""
        # a closed loop: a client that ended without closing its connection, and hears nothing
        with suppress(RuntimeError):
            self._loop.call_soon_threadsafe(call, *args)

    def channels(self, queue: str) -> Iterator[Channel]:
        """Yield what is held of a queue."""
        if queue in self._channels:
            yield self._channels[queue]

    def consumer_ended(self, consumer: Consumer) -> None:
        """Tell that the broker ended a consumer."""
        self.post(self._cancelled, consumer)

    # -- what comes by the loop

    def set_blocked(self, blocked: bool) -> None:  # noqa: FBT001 - posted
        """Note whether the server takes messages."""
        self._blocked = blocked
        if not blocked:
            self._unblocked.set()

    def deliver(self, consumer: Consumer, delivery: Delivery) -> None:
        """Hand a delivery over."""
        if self._consumers.get(delivery.queue) is consumer:
            self._hand_over(consumer.on_delivery, delivery)

    def reply(self, delivery: Delivery) -> None:
        """Hand a direct reply over."""
        if self._on_reply is not None:
            self._hand_over(self._on_reply, delivery)

    def _hand_over(self, on_delivery: OnDelivery, delivery: Delivery) -> None:
        if self.lost.done():
            return
        try:
            on_delivery(delivery)
        except Exception as error:  # noqa: BLE001 - as by AMQP: the connection stays
            self._loop.call_exception_handler(
                {"message": f"a delivery of {delivery.queue} was not taken", "exception": error}
            )

    def _cancelled(self, consumer: Consumer) -> None:
        queue = consumer.channel.queue
        if self._consumers.get(queue) is consumer:
            del self._consumers[queue]
            if consumer.on_cancel is not None:
                consumer.on_cancel(
                    f"RabbitMQ ended the consumer of {queue}: the queue is gone or moves."
                )

    def end(self, reason: str) -> None:
        """Stay lost."""
        if not self.lost.done():
            self.lost.set_result(reason)
        for answer in self._answers:
            if not answer.done():
                answer.set_exception(ConnectionLost(reason))
        self._unblocked.set()

    # -- what its owner calls

    @property
    def blocked(self) -> bool:
        """See `Connection`."""
        return self._blocked

    async def unblocked(self) -> None:
        """See `Connection`."""
        self._check()
        while self._blocked:
            self._unblocked.clear()
            await self._unblocked.wait()
            self._check()

    def _check(self) -> None:
        if self.lost.done():
            raise ConnectionLost(self.lost.result())

    @asynccontextmanager
    async def _within(self, deadline: float, what: str) -> AsyncIterator[None]:
        self._check()
        try:
            async with asyncio.timeout(deadline):
                # the way to the broker: others run meanwhile
                await asyncio.sleep(0)
                self._check()
                yield
        except TimeoutError:
            raise DeadlinePassed(
                f"RabbitMQ did not answer within {deadline:g} s ({what}); it may still happen."
            ) from None

    async def declare(self, *declarations: Declaration, deadline: float = 30.0) -> None:
        """See `Connection`."""
        async with self._within(deadline, "declare"):
            self._server.declare(self, declarations)

    async def status(self, queue: str, *, deadline: float = 5.0) -> QueueStatus:
        """See `Connection`."""
        async with self._within(deadline, f"status of {queue}"):
            return self._server.status(queue)

    async def publish(
        self, publications: Sequence[Publication], *, deadline: float = 10.0
    ) -> list[Outcome]:
        """See `Connection`."""
        answer: asyncio.Future[list[Outcome]] = self._loop.create_future()

        def settle(result: list[Outcome] | PublishRefused) -> None:
            if answer.done():
                return
            if isinstance(result, PublishRefused):
                answer.set_exception(result)
            else:
                answer.set_result(result)

        async with self._within(deadline, f"publish {len(publications)}"):
            async with self._publishing:
                await self.unblocked()
                self._answers.add(answer)
                self._server.publish(self, list(publications), settle)
            try:
                return await answer
            finally:
                self._answers.discard(answer)

    async def consume(
        self,
        queue: str,
        on_delivery: OnDelivery,
        *,
        prefetch: int,
        exclusive: bool = False,
        on_cancel: Callable[[str], None] | None = None,
        deadline: float = 10.0,
    ) -> None:
        """See `Connection`."""
        async with self._within(deadline, f"consume {queue}"):
            if queue in self._consumers:
                raise AlreadyInUse(f"This connection consumes {queue} already.")
            channel = self._channels.setdefault(queue, Channel(self, queue))
            consumer = Consumer(channel, on_delivery, on_cancel, prefetch, exclusive)
            self._consumers[queue] = consumer
            try:
                self._server.consume(consumer)
            except BaseException:
                del self._consumers[queue]
                raise

    async def replies(self, on_delivery: OnDelivery, *, deadline: float = 10.0) -> None:
        """See `Connection`."""
        async with self._within(deadline, "replies"):
            first = self._on_reply is None
            self._on_reply = on_delivery
            if first:
                self._server.take_replies(self)

    def ack(self, delivery: Delivery, *, multiple: bool = False) -> None:
        """See `Connection`."""
        channel = self._channels.get(delivery.queue)
        if channel is not None and not self.lost.done():
            self._server.settle(channel, delivery.tag, multiple=multiple)

    def reject(self, delivery: Delivery, *, requeue: bool) -> None:
        """See `Connection`."""
        channel = self._channels.get(delivery.queue)
        if channel is not None and not self.lost.done():
            self._server.reject(channel, delivery.tag, requeue=requeue)

    async def cancel(self, queue: str, *, deadline: float = 5.0) -> None:
        """See `Connection`."""
        async with self._within(deadline, f"cancel {queue}"):
            consumer = self._consumers.get(queue)
            if consumer is not None:
                self._server.cancel(consumer)
                # what is on its way still comes, as on the wire
                await asyncio.sleep(0)
                self._consumers.pop(queue, None)

    async def close(self, *, deadline: float = 5.0) -> None:
        """See `Connection`."""
        if not self.lost.done():
            self._server.leave(self, "closed")
            await asyncio.wait({self.lost}, timeout=deadline)


class MemoryTransport(Transport):
    """Connections to a broker in the memory of this process."""

    def __init__(self, server: MemoryServer) -> None:
        self._server = server

    def __repr__(self) -> str:
        return "MemoryTransport()"

    async def connect(self, account: Account, *, deadline: float = 10.0) -> Connection:
        """See `Transport`."""
        try:
            async with asyncio.timeout(deadline):
                await asyncio.sleep(0)
        except TimeoutError:
            raise DeadlinePassed(f"The memory did not let us in within {deadline:g} s.") from None
        connection = MemoryConnection(self._server)
        self._server.enter(connection, account)
        return connection
