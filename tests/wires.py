"""A wire between a program and a server, which a test can cut: bytes go nowhere, nobody is told.

That is what a pulled cable, a firewall that forgot a connection or a stopped machine look like from
both ends: no FIN, no RST, only silence.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Self

_CHUNK = 65536


class _Pair:
    """One connection through the wire: both its ends."""

    def __init__(self, *ends: asyncio.StreamWriter) -> None:
        self.ends = ends
        self.damaged = False

    def close(self) -> None:
        for one in self.ends:
            one.close()

    def abort(self) -> None:
        for one in self.ends:
            one.transport.abort()


class Wire:
    """Passes what comes to ``port`` on to a server. A context manager, with a thread of its own.

    ``host`` and ``port`` are its own end, on loopback. All methods may be called from any thread.
    """

    host = "127.0.0.1"

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wire")
        self._listening: asyncio.Server
        self._pairs: set[_Pair] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._deaf_to: frozenset[str] = frozenset()
        self.port = 0

    def __enter__(self) -> Self:
        self._thread.start()
        self._call(self._listen())
        return self

    def __exit__(self, *reason: object) -> None:
        self._call(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def cut(self, *, towards: bool = True, back: bool = True) -> None:
        """Swallow what goes towards the server, or comes back, from now on; new ones too."""
        deaf = {name for name, cut in (("towards", towards), ("back", back)) if cut}
        self._deaf_to = frozenset(deaf)

    def mend(self) -> None:
        """Pass everything again; connections of which something was swallowed are reset."""
        self._deaf_to = frozenset()
        self._call(self._reset_damaged())

    def reset(self) -> None:
        """Reset every connection, as a machine does that was switched off and on."""
        self._call(self._reset_all())

    def _call(self, call: Coroutine[object, object, None]) -> None:
        asyncio.run_coroutine_threadsafe(call, self._loop).result(10)

    # -- in its thread

    async def _listen(self) -> None:
        self._listening = await asyncio.start_server(self._accept, self.host, self.port)
        self.port = self._listening.sockets[0].getsockname()[1]

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            upstream, onward = await asyncio.open_connection(*self._server)
        except OSError:
            writer.transport.abort()
            return
        pair = _Pair(writer, onward)
        self._pairs.add(pair)
        for source, sink, way in ((reader, onward, "towards"), (upstream, writer, "back")):
            task = self._loop.create_task(self._pass(pair, source, sink, way))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _pass(
        self, pair: _Pair, source: asyncio.StreamReader, sink: asyncio.StreamWriter, way: str
    ) -> None:
        while data := await _read(source):
            if way in self._deaf_to or pair.damaged:
                pair.damaged = True
                continue
            with suppress(OSError):
                sink.write(data)
                await sink.drain()
        if way in self._deaf_to or pair.damaged:
            pair.damaged = True  # nobody is told of the end either
        else:
            pair.close()
            self._pairs.discard(pair)

    async def _reset_damaged(self) -> None:
        for one in [one for one in self._pairs if one.damaged]:
            one.abort()
            self._pairs.discard(one)

    async def _reset_all(self) -> None:
        for one in self._pairs:
            one.abort()
        self._pairs.clear()

    async def _close(self) -> None:
        self._listening.close()
        await self._reset_all()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._listening.wait_closed()


async def _read(source: asyncio.StreamReader) -> bytes:
    """Return what came, nothing at the end, whichever way it came about."""
    try:
        return await source.read(_CHUNK)
    except OSError:
        return b""
