"""A wire between two processes that can be cut, left half open, slowed down or jammed."""

from __future__ import annotations

import asyncio
import socket
import struct
import time
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Self

_CHUNK = 65536

#: Bytes of a heartbeat of AMQP.
_HEARTBEAT = 8


@dataclass(eq=False, slots=True)
class _Wire:
    """One connection, seen from both its ends."""

    near: asyncio.StreamWriter
    far: asyncio.StreamWriter
    #: Writers to which nothing is passed on any more, and their owners do not hear of it.
    muted: set[asyncio.StreamWriter] = field(default_factory=set)
    pumps: list[asyncio.Task[None]] = field(default_factory=list)

    def cut(self) -> None:
        """Reset both ends, as a router does that lost its memory."""
        for end in (self.near, self.far):
            given = end.get_extra_info("socket")
            with suppress(OSError):
                given.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            end.transport.abort()
        for one in self.pumps:
            one.cancel()


class Proxy:
    """Passes TCP on from a loopback port of its own; an async context manager.

    ``target`` may change: connections made from then on go there.
    """

    def __init__(self, target: tuple[str, int] = ("127.0.0.1", 0)) -> None:
        self.target = target
        self.port = 0
        self._wires: set[_Wire] = set()
        self._server: asyncio.Server | None = None
        self._delay = 0.0
        self._flows = asyncio.Event()
        self._flows.set()
        self._away = False
        #: When something more than a heartbeat came by (monotonic seconds).
        self.busy_at = 0.0

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *reason: object) -> None:
        assert self._server is not None
        self._server.close()
        pumps = [pump for one in self._wires for pump in one.pumps]
        self.cut()
        await asyncio.gather(*pumps, return_exceptions=True)

    # -- faults

    def cut(self) -> None:
        """Reset every connection; new ones are taken."""
        for one in list(self._wires):
            one.cut()

    async def cut_for(self, seconds: float) -> None:
        """Reset every connection, and each new one for a while."""
        self._away = True
        self.cut()
        await asyncio.sleep(seconds)
        self._away = False

    def half_open(self) -> None:
        """Swallow from now on what the connections carry: both ends think that they have one."""
        for one in self._wires:
            one.muted = {one.near, one.far}

    def mute(self) -> None:
        """Swallow what the near ends say; what they are told still comes."""
        for one in self._wires:
            one.muted = {one.far}

    async def delay_for(self, seconds: float, *, by: float) -> None:
        """Hold everything up for a while."""
        self._delay = by
        await asyncio.sleep(seconds)
        self._delay = 0.0

    async def jam_for(self, seconds: float) -> None:
        """Read nothing for a while, until the senders' buffers are full."""
        self._flows.clear()
        await asyncio.sleep(seconds)
        self._flows.set()

    # -- passing on

    async def _accept(self, reader: asyncio.StreamReader, near: asyncio.StreamWriter) -> None:
        if self._away:
            near.transport.abort()
            return
        try:
            answers, far = await asyncio.open_connection(*self.target)
        except OSError:
            near.transport.abort()
            return
        wire = _Wire(near, far)
        self._wires.add(wire)
        wire.pumps = [
            asyncio.create_task(self._pump(reader, far, wire)),
            asyncio.create_task(self._pump(answers, near, wire)),
        ]
        await asyncio.wait(wire.pumps, return_when=asyncio.FIRST_COMPLETED)
        if wire.muted:
            # an end is not told that the other has given up
            await asyncio.wait(wire.pumps)
        self._wires.discard(wire)
        wire.cut()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, wire: _Wire
    ) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while data := await reader.read(_CHUNK):
                if len(data) > _HEARTBEAT:
                    self.busy_at = time.monotonic()
                await self._flows.wait()
                if self._delay:
                    await asyncio.sleep(self._delay)
                if writer in wire.muted:
                    continue
                writer.write(data)
                await writer.drain()
            if writer not in wire.muted:
                # what was sent before the end arrives before it
                writer.write_eof()
