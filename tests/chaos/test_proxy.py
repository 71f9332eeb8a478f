"""A wire does to a connection what it is asked to do, and only to those that are open then."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest

from tests.brokers import PATIENCE, run, until
from tests.chaos.proxy import Proxy

#: Seconds in which what comes has come.
SOON = 0.3


class Ends:
    """A server that says everything back, a wire to it, and a connection over it."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.heard: list[bytes] = []

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.proxy.port)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            while said := await reader.read(1000):
                self.heard.append(said)
                writer.write(said)
                await writer.drain()
        writer.close()


@asynccontextmanager
async def ends() -> AsyncIterator[Ends]:
    async with Proxy() as proxy:
        both = Ends(proxy)
        server = await asyncio.start_server(both.serve, "127.0.0.1", 0)
        proxy.target = ("127.0.0.1", server.sockets[0].getsockname()[1])
        yield both
        server.close()


async def said_back(both: Ends, word: bytes = b"hello") -> bytes:
    reader, writer = await both.connect()
    writer.write(word)
    answer = await asyncio.wait_for(reader.read(100), PATIENCE)
    writer.close()
    return answer


async def nothing(waiting: Coroutine[Any, Any, bytes]) -> None:
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(waiting, SOON)


def test_a_wire_passes_on_what_is_said() -> None:
    async def test() -> None:
        async with ends() as both:
            assert await said_back(both) == b"hello"

    run(test())


def test_a_wire_that_is_cut_resets_and_takes_new_connections() -> None:
    async def test() -> None:
        async with ends() as both:
            reader, writer = await both.connect()
            writer.write(b"hello")
            await reader.read(100)
            both.proxy.cut()
            with pytest.raises(ConnectionResetError):
                await asyncio.wait_for(reader.read(100), PATIENCE)
            assert await said_back(both) == b"hello"
            writer.close()

    run(test())


def test_a_wire_that_is_cut_for_a_while_takes_nobody_meanwhile() -> None:
    async def test() -> None:
        async with ends() as both:
            cutting = asyncio.create_task(both.proxy.cut_for(0.5))
            await asyncio.sleep(0)
            with suppress(ConnectionResetError):
                assert await said_back(both) == b""
            await cutting
            assert await said_back(both) == b"hello"

    run(test())


def test_on_a_half_open_wire_nobody_hears_anything_not_even_the_end() -> None:
    async def test() -> None:
        async with ends() as both:
            reader, writer = await both.connect()
            writer.write(b"hello")
            await reader.read(100)
            both.proxy.half_open()
            writer.write(b"are you there?")
            await nothing(reader.read(100))
            assert both.heard == [b"hello"]
            assert await said_back(both, b"new") == b"new"
            writer.close()

    run(test())


def test_a_muted_end_is_not_heard_and_still_hears() -> None:
    async def test() -> None:
        async with ends() as both:
            told: list[asyncio.StreamWriter] = []

            async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
                told.append(writer)
                both.heard.append(await reader.read(100))

            server = await asyncio.start_server(serve, "127.0.0.1", 0)
            both.proxy.target = ("127.0.0.1", server.sockets[0].getsockname()[1])
            reader, writer = await both.connect()
            await until(lambda: told)
            both.proxy.mute()
            writer.write(b"hello")
            told[0].write(b"news")
            assert await asyncio.wait_for(reader.read(100), PATIENCE) == b"news"
            assert both.heard == []
            writer.close()
            told[0].close()
            server.close()

    run(test())


def test_a_wire_that_is_delayed_or_jammed_loses_nothing() -> None:
    async def test() -> None:
        async with ends() as both:
            reader, writer = await both.connect()
            for held in (both.proxy.delay_for(SOON, by=SOON), both.proxy.jam_for(2 * SOON)):
                holding = asyncio.create_task(held)
                await asyncio.sleep(0)
                begun = asyncio.get_running_loop().time()
                writer.write(b"hello")
                assert await asyncio.wait_for(reader.read(100), PATIENCE) == b"hello"
                assert asyncio.get_running_loop().time() - begun > SOON / 2
                await holding
            writer.close()

    run(test())
