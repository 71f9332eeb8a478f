"""pika's connection with a short way for deliveries and confirms, and few, large writes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Protocol, TypeAlias

from pika.adapters.asyncio_connection import AsyncioConnection
from pika.exceptions import InvalidFrameError
from pika.frame import decode_frame
from pika.heartbeat import HeartbeatChecker

from palier.broker.amqp import frames
from palier.schemas.envelope import Properties

#: Bytes to read at once; pika's own 4096 cost a call each.
_READ = 256 * 1024


class Take(Protocol):
    """Called for each message of a channel's consumers, in order."""

    def __call__(
        self,
        tag: int,
        *,
        redelivered: bool,
        exchange: str,
        routing_key: str,
        properties: Properties,
        body: bytes,
    ) -> None:
        """Take one message."""


#: Called with (tag, multiple, accepted) for each confirm of a channel.
Settle: TypeAlias = Callable[[int, bool, bool], None]


class _Arriving:
    """A message of which not all frames are here."""

    __slots__ = ("exchange", "missing", "parts", "properties", "redelivered", "routing_key", "tag")

    def __init__(self, tag: int, exchange: str, routing_key: str, *, redelivered: bool) -> None:
        self.tag = tag
        self.redelivered = redelivered
        self.exchange = exchange
        self.routing_key = routing_key
        self.properties = Properties()
        self.missing = 0
        self.parts: list[bytes] = []


class _Listener(HeartbeatChecker):  # type: ignore[misc]  # pika is untyped
    """Sends heartbeats as pika does, and misses those of the broker sooner.

    pika waits 5 s longer than the heartbeat and begins to count when it looks: up to 16 s for one
    of 3 s. Here it is one and a half, two at most.
    """

    #: Looks, one in half a heartbeat, that found nothing new.
    _SILENT = 3

    def _start_check_timer(self) -> None:
        self._check_interval = self._send_interval
        super()._start_check_timer()

    @property
    def connection_is_idle(self) -> bool:
        silent: bool = self._idle_byte_intervals >= self._SILENT
        return silent


class Stream(AsyncioConnection):  # type: ignore[misc]  # pika is untyped
    """One TCP connection to RabbitMQ.

    ``takes`` and ``settles`` say, by channel number, who gets deliveries and confirms. Everything
    runs in the event loop that was running when the stream was made.
    """

    def __init__(self, parameters: object, **callbacks: object) -> None:
        self.takes: dict[int, Take] = {}
        self.settles: dict[int, Settle] = {}
        self._arriving: dict[int, _Arriving] = {}
        self._frame_buffer: bytes
        self._going: list[bytes] = []
        self._loop = asyncio.get_running_loop()
        super().__init__(parameters, custom_ioloop=self._loop, **callbacks)

    @property
    def frame_max(self) -> int:
        """The largest frame that both ends agreed on."""
        limit: int = self.params.frame_max
        return limit

    def forget(self, channel: int) -> None:
        """Take nothing more from a channel that is closed."""
        self.takes.pop(channel, None)
        self.settles.pop(channel, None)
        self._arriving.pop(channel, None)

    def emit(self, data: bytes) -> None:
        """Send frames after all that was sent before; nothing on a closed connection."""
        if not self._going:
            self._loop.call_soon(self._flush)
        self._going.append(data)

    def _adapter_emit_data(self, data: bytes) -> None:
        # pika's own frames queue up behind ours, so that the order on the wire is that of calls
        self.emit(data)

    def _flush(self) -> None:
        data = b"".join(self._going)
        self._going.clear()
        if self._transport is not None:
            self.bytes_sent += len(data)
            self._transport.write(data)

    def _proto_connection_made(self, transport: object) -> None:
        transport._MAX_RECV_BYTES = _READ  # type: ignore[attr-defined]  # noqa: SLF001 - no other way
        super()._proto_connection_made(transport)

    def _create_heartbeat_checker(self) -> _Listener | None:
        seconds = self.params.heartbeat
        return _Listener(self, seconds) if seconds else None

    def _on_connection_workflow_done(self, outcome: object) -> None:
        # pika 1.4.4 reports an aborted attempt by the class of its error, and then trips over it
        if isinstance(outcome, type):
            outcome = outcome()
        super()._on_connection_workflow_done(outcome)

    def _on_data_available(self, data_in: bytes) -> None:
        if not self._opened:
            super()._on_data_available(data_in)
            return
        buffer = self._frame_buffer + data_in if self._frame_buffer else data_in
        at, end = 0, len(buffer)
        while end - at >= 8:  # noqa: PLR2004 - the least that a frame can have
            kind, channel, size = frames.frame_start.unpack_from(buffer, at)
            stop = at + size + 8
            if stop > end:
                break
            if buffer[stop - 1] != frames.FRAME_END:
                raise InvalidFrameError("Invalid FRAME_END marker")
            if not self._shortcut(kind, channel, buffer, at + 7, stop - 1):
                self._process_frame(decode_frame(buffer[at:stop])[1])
            at = stop
            if self.is_closed:
                return
        self.bytes_received += at
        self._frame_buffer = buffer[at:]

    def _shortcut(self, kind: int, channel: int, buffer: bytes, at: int, stop: int) -> bool:
        """Read a frame from ``at`` to ``stop``; False if it is one for pika."""
        if kind == frames.METHOD:
            (method,) = frames.method_number.unpack_from(buffer, at)
            if method == frames.DELIVER and channel in self.takes:
                at += 5 + buffer[at + 4]
                tag, redelivered = frames.delivery_tag.unpack_from(buffer, at)
                exchange, at = frames.read_short(buffer, at + 9)
                key, at = frames.read_short(buffer, at)
                self._arriving[channel] = _Arriving(
                    tag, exchange, key, redelivered=bool(redelivered)
                )
                return True
            if method in (frames.ACK, frames.NACK) and channel in self.settles:
                tag, bits = frames.delivery_tag.unpack_from(buffer, at + 4)
                self.settles[channel](tag, bool(bits & 1), method == frames.ACK)
                return True
            return False
        message = self._arriving.get(channel)
        if message is None:
            return False
        if kind == frames.HEADER:
            message.missing, message.properties = frames.read_content(buffer, at)
        elif kind == frames.BODY:
            message.missing -= stop - at
            message.parts.append(buffer[at:stop])
        else:
            return False
        if message.missing <= 0:
            del self._arriving[channel]
            self.takes[channel](
                message.tag,
                redelivered=message.redelivered,
                exchange=message.exchange,
                routing_key=message.routing_key,
                properties=message.properties,
                body=message.parts[0] if len(message.parts) == 1 else b"".join(message.parts),
            )
        return True
