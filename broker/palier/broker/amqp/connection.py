"""One connection to RabbitMQ: a channel to declare, one to publish, one for each consumer.

A channel that the broker closes takes nothing else with it: whoever asked gets the reason, and the
next call opens another.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from typing import Any, TypeVar

from pika.exceptions import ChannelClosedByBroker

from palier.broker.amqp import frames
from palier.broker.amqp.confirms import Batch, Confirms
from palier.broker.amqp.stream import Stream
from palier.broker.errors import (
    AccessRefused,
    AlreadyInUse,
    ConnectionLost,
    DeadlinePassed,
    Mismatch,
    NotThere,
    PublishRefused,
    TransportError,
)
from palier.broker.topology import (
    Binding,
    Declaration,
    Exchange,
    Queue,
    Removal,
    Unbinding,
)
from palier.broker.transport import (
    Connection,
    Delivery,
    OnDelivery,
    Outcome,
    Publication,
    QueueStatus,
)
from palier.schemas.envelope import DIRECT_REPLY, Properties

T = TypeVar("T")

_Call = Callable[[Callable[[Any], None]], object]

_ERRORS: dict[int, type[TransportError]] = {
    403: AccessRefused,
    404: NotThere,
    405: AlreadyInUse,
    406: Mismatch,
}

#: Publications that are put on the wire in one go; between two goes others may run.
_STRIDE = 256


def _error(reason: BaseException) -> TransportError:
    """Return what the closing of a channel means to the one who asked."""
    if not isinstance(reason, ChannelClosedByBroker):
        return ConnectionLost(f"The connection went: {reason!r}")
    text = str(reason.reply_text)
    if "exclusive use" in text:
        return AlreadyInUse(text)
    return _ERRORS.get(reason.reply_code, TransportError)(text)


class _Channel:
    """A channel that is open, or was; the requests on it stand in line."""

    def __init__(self, stream: Stream, on_closed: Callable[[BaseException], None]) -> None:
        self._stream = stream
        self._on_closed = on_closed
        self._waiting: set[asyncio.Future[Any]] = set()
        self.closed: BaseException | None = None
        self.channel: Any = None

    @property
    def number(self) -> int:
        number: int = self.channel.channel_number
        return number

    async def open(self) -> None:
        try:
            await self.ask(self._open)
        except asyncio.CancelledError:
            self.give_up()
            raise

    def give_up(self) -> None:
        """Close a channel on which something may still happen that nobody waits for."""
        with suppress(Exception):
            self.channel.close()

    def _open(self, answer: Callable[[Any], None]) -> None:
        self.channel = self._stream.channel(on_open_callback=answer)
        self.channel.add_on_close_callback(self._close)

    async def ask(self, call: _Call) -> Any:
        """Make a request and wait for its answer, or for the channel's end."""
        if self.closed is not None:
            raise _error(self.closed)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting.add(answer)
        try:
            call(lambda frame: None if answer.done() else answer.set_result(frame))
            return await answer
        finally:
            self._waiting.discard(answer)

    def _close(self, channel: Any, reason: BaseException) -> None:
        self.closed = reason
        self._stream.forget(channel.channel_number)
        for one in self._waiting:
            if not one.done():
                one.set_exception(_error(reason))
        self._on_closed(reason)


@dataclass(slots=True)
class _Consumer:
    """A queue's channel, and who consumes on it; it stays when the consumer is gone."""

    channel: _Channel
    on_delivery: OnDelivery | None = None
    on_cancel: Callable[[str], None] | None = None
    tag: str = ""


class AmqpConnection(Connection):
    """A `Connection` by pika; made by `AmqpTransport` only."""

    def __init__(self, *, window: int) -> None:
        self._loop = asyncio.get_running_loop()
        self._window = window
        self._stream: Stream
        self._blocked = False
        self._changed = asyncio.Event()
        self._declaring = asyncio.Lock()
        self._publishing = asyncio.Lock()
        self._consuming = asyncio.Lock()
        self._control: _Channel | None = None
        self._publisher: _Channel | None = None
        self._confirms = Confirms()
        self._on_reply: OnDelivery | None = None
        self._replying = False
        self._consumers: dict[str, _Consumer] = {}
        self.lost: asyncio.Future[str] = self._loop.create_future()

    # -- the connection itself

    def opened(self, stream: Stream) -> None:
        """Begin; called once, when the handshake is done."""
        self._stream = stream
        stream.add_on_connection_blocked_callback(lambda *_: self._block(blocked=True))
        stream.add_on_connection_unblocked_callback(lambda *_: self._block(blocked=False))

    def end(self, reason: str) -> None:
        """Stay lost; called once, by pika or for it."""
        if not self.lost.done():
            self.lost.set_result(reason)
        self._confirms.fail(ConnectionLost(reason))
        self._changed.set()

    @property
    def blocked(self) -> bool:
        """See `Connection`."""
        return self._blocked

    async def unblocked(self) -> None:
        """See `Connection`."""
        self._check()
        while self._blocked:
            self._changed.clear()
            await self._changed.wait()
            self._check()

    def _block(self, *, blocked: bool) -> None:
        self._blocked = blocked
        self._changed.set()

    def _check(self) -> None:
        if self.lost.done():
            raise ConnectionLost(self.lost.result())

    @asynccontextmanager
    async def _within(self, deadline: float, what: str) -> AsyncIterator[None]:
        self._check()
        try:
            async with asyncio.timeout(deadline):
                yield
        except TimeoutError:
            raise DeadlinePassed(
                f"RabbitMQ did not answer within {deadline:g} s ({what}); it may still happen."
            ) from None

    async def close(self, *, deadline: float = 5.0) -> None:
        """See `Connection`."""
        if self.lost.done():
            return
        with suppress(Exception):
            self._stream.close()
        await asyncio.wait({self.lost}, timeout=deadline)
        if not self.lost.done():
            self.abort("closed")

    def abort(self, reason: str) -> None:
        """Drop the connection without a word to the broker."""
        if not self.lost.done():
            with suppress(Exception):
                self._stream._terminate_stream(ConnectionLost(reason))  # noqa: SLF001 - no other way
            self.end(reason)

    # -- declaring

    async def declare(self, *declarations: Declaration, deadline: float = 30.0) -> None:
        """See `Connection`; all but the last are sent without waiting for an answer."""
        if not declarations:
            return
        async with self._within(deadline, "declare"), self._declaring:
            channel = await self._controlling()
            for one in declarations[:-1]:
                self._declare(channel.channel, one, None)
                if channel.closed is not None:
                    break  # the last one's asking raises the reason
            await channel.ask(
                lambda answer: self._declare(channel.channel, declarations[-1], answer)
            )

    async def status(self, queue: str, *, deadline: float = 5.0) -> QueueStatus:
        """See `Connection`."""
        async with self._within(deadline, f"status of {queue}"), self._declaring:
            channel = await self._controlling()
            answer = await channel.ask(
                lambda answer: channel.channel.queue_declare(queue, passive=True, callback=answer)
            )
        return QueueStatus(
            messages=answer.method.message_count, consumers=answer.method.consumer_count
        )

    async def _controlling(self) -> _Channel:
        self._check()
        if self._control is None or self._control.closed is not None:
            channel = _Channel(self._stream, lambda _reason: None)
            await channel.open()
            self._control = channel
        return self._control

    @staticmethod
    def _declare(channel: Any, one: Declaration, answer: Callable[[Any], None] | None) -> None:
        # an unbinding always has an answer, which is then waited for in pika, in order
        match one:
            case Exchange():
                channel.exchange_declare(
                    one.name,
                    exchange_type=one.type,
                    durable=True,
                    arguments=dict(one.arguments),
                    callback=answer,
                )
            case Queue():
                channel.queue_declare(
                    one.name, durable=True, arguments=dict(one.arguments), callback=answer
                )
            case Binding():
                channel.queue_bind(one.queue, one.exchange, routing_key=one.key, callback=answer)
            case Unbinding():
                channel.queue_unbind(one.queue, one.exchange, routing_key=one.key, callback=answer)
            case Removal():
                channel.exchange_delete(one.exchange, callback=answer)

    # -- publishing

    async def publish(
        self, publications: Sequence[Publication], *, deadline: float = 10.0
    ) -> list[Outcome]:
        """See `Connection`."""
        batch = Batch(publications)
        async with self._within(deadline, f"publish {len(publications)}"):
            async with self._publishing:
                await self._send(batch)
            await batch.settled
        return [one for one in batch.outcomes if one is not None]

    async def _send(self, batch: Batch) -> None:
        start, end = 0, len(batch.publications)
        while start < end and not batch.settled.done():
            channel = await self._publishing_channel()
            room = self._window - self._confirms.outstanding
            if self._blocked or room <= 0:
                self._changed.clear()
                await self._changed.wait()
                continue
            count = min(room, _STRIDE, end - start)
            data = b"".join(
                frames.publish(channel.number, one, frame_max=self._stream.frame_max)
                for one in batch.publications[start : start + count]
            )
            self._confirms.sent(batch, start=start, count=count)
            self._stream.emit(data)
            start += count
            if start < end:
                await asyncio.sleep(0)

    async def _publishing_channel(self) -> _Channel:
        self._check()
        channel = self._publisher
        if channel is None or channel.closed is not None:
            channel = _Channel(self._stream, self._publisher_closed)
            await channel.open()
            channel.channel.add_on_return_callback(self._returned)
            self._stream.settles[channel.number] = self._settle
            # pika insists on a callback; the stream's shortcut sees the confirms first
            await channel.ask(
                lambda answer: channel.channel.confirm_delivery(lambda _: None, callback=answer)
            )
            self._replying = False
            self._publisher = channel
        if self._on_reply is not None and not self._replying:
            await self._take_replies(channel)
        return channel

    def _settle(self, tag: int, multiple: bool, accepted: bool) -> None:  # noqa: FBT001 - see Settle
        self._confirms.settle(tag, multiple=multiple, accepted=accepted)
        self._changed.set()

    def _returned(self, _channel: Any, method: Any, properties: Any, _body: bytes) -> None:
        self._confirms.returned(
            message_id=properties.message_id,
            exchange=method.exchange,
            routing_key=method.routing_key,
        )

    def _publisher_closed(self, reason: BaseException) -> None:
        confirms, self._confirms = self._confirms, Confirms()
        if isinstance(reason, ChannelClosedByBroker):
            confirms.fail(PublishRefused(str(reason.reply_text)))
        else:
            confirms.fail(_error(reason))
        self._changed.set()

    async def replies(self, on_delivery: OnDelivery, *, deadline: float = 10.0) -> None:
        """See `Connection`."""
        async with self._within(deadline, "replies"), self._publishing:
            self._on_reply = on_delivery
            await self._publishing_channel()

    async def _take_replies(self, channel: _Channel) -> None:
        # RabbitMQ ties the address of direct replies to the channel that publishes the requests
        self._stream.takes[channel.number] = self._reply
        await channel.ask(
            lambda answer: channel.channel.basic_consume(
                DIRECT_REPLY, lambda *_: None, auto_ack=True, callback=answer
            )
        )
        self._replying = True

    def _reply(
        self,
        tag: int,
        *,
        redelivered: bool,
        exchange: str,
        routing_key: str,
        properties: Properties,
        body: bytes,
    ) -> None:
        if self._on_reply is not None:
            self._hand_over(
                self._on_reply,
                Delivery(
                    queue=DIRECT_REPLY,
                    exchange=exchange,
                    routing_key=routing_key,
                    properties=properties,
                    body=body,
                    redelivered=redelivered,
                    tag=tag,
                ),
            )

    # -- consuming

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
        async with self._within(deadline, f"consume {queue}"), self._consuming:
            self._check()
            consumer = self._consumers.get(queue)
            if consumer is not None and consumer.on_delivery is not None:
                raise AlreadyInUse(f"This connection consumes {queue} already.")
            if consumer is None:
                consumer = await self._consuming_channel(queue)
            channel = consumer.channel
            # per consumer, not global: RabbitMQ 4.3 refuses global prefetch
            await channel.ask(
                lambda answer: channel.channel.basic_qos(prefetch_count=prefetch, callback=answer)
            )
            consumer.on_delivery = on_delivery
            try:
                answer = await channel.ask(
                    lambda answer: channel.channel.basic_consume(
                        queue, lambda *_: None, exclusive=exclusive, callback=answer
                    )
                )
            except BaseException:
                # should the broker make a consumer yet, its deliveries would have no taker
                consumer.on_delivery = None
                self._consumers.pop(queue, None)
                channel.give_up()
                raise
            consumer.on_cancel = on_cancel
            consumer.tag = answer.method.consumer_tag

    async def _consuming_channel(self, queue: str) -> _Consumer:
        channel = _Channel(self._stream, lambda reason: self._consumer_closed(queue, reason))
        await channel.open()
        consumer = self._consumers[queue] = _Consumer(channel)
        channel.channel.add_on_cancel_callback(lambda frame: self._cancelled(queue, frame))

        def take(
            tag: int,
            *,
            redelivered: bool,
            exchange: str,
            routing_key: str,
            properties: Properties,
            body: bytes,
        ) -> None:
            if consumer.on_delivery is None:
                return  # cancelled: the broker takes it back when the channel closes
            self._hand_over(
                consumer.on_delivery,
                Delivery(
                    queue=queue,
                    exchange=exchange,
                    routing_key=routing_key,
                    properties=properties,
                    body=body,
                    redelivered=redelivered,
                    tag=tag,
                ),
            )

        self._stream.takes[channel.number] = take
        return consumer

    def _hand_over(self, on_delivery: OnDelivery, delivery: Delivery) -> None:
        if self.lost.done():
            return
        try:
            on_delivery(delivery)
        except Exception as error:  # noqa: BLE001 - pika would end the connection
            self._loop.call_exception_handler(
                {"message": f"a delivery of {delivery.queue} was not taken", "exception": error}
            )

    def _consumer_closed(self, queue: str, reason: BaseException) -> None:
        consumer = self._consumers.pop(queue, None)
        if consumer is not None and consumer.tag and isinstance(reason, ChannelClosedByBroker):
            # its deliveries go back to the queue and their tags mean nothing any more: that is a
            # lost connection to whoever holds them, and rare enough to be treated as one
            self.abort(f"RabbitMQ closed the channel of {queue}: {reason.reply_text}")

    def _cancelled(self, queue: str, frame: Any) -> None:
        consumer = self._consumers.get(queue)
        if consumer is None or consumer.tag != frame.method.consumer_tag:
            return
        on_cancel = consumer.on_cancel
        consumer.on_delivery = consumer.on_cancel = None
        consumer.tag = ""
        if on_cancel is not None:
            on_cancel(f"RabbitMQ ended the consumer of {queue}: the queue is gone or moves.")

    def ack(self, delivery: Delivery, *, multiple: bool = False) -> None:
        """See `Connection`."""
        consumer = self._consumers.get(delivery.queue)
        if consumer is not None and not self.lost.done():
            number = consumer.channel.number
            self._stream.emit(frames.settle(number, delivery.tag, multiple=multiple))

    def reject(self, delivery: Delivery, *, requeue: bool) -> None:
        """See `Connection`."""
        consumer = self._consumers.get(delivery.queue)
        if consumer is not None and not self.lost.done():
            number = consumer.channel.number
            self._stream.emit(frames.reject(number, delivery.tag, requeue=requeue))

    async def cancel(self, queue: str, *, deadline: float = 5.0) -> None:
        """See `Connection`."""
        async with self._within(deadline, f"cancel {queue}"), self._consuming:
            consumer = self._consumers.get(queue)
            if consumer is None or not consumer.tag:
                return
            tag, consumer.tag = consumer.tag, ""
            channel = consumer.channel
            await channel.ask(lambda answer: channel.channel.basic_cancel(tag, callback=answer))
            consumer.on_delivery = consumer.on_cancel = None
