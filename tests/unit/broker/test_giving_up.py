"""Giving up an attempt to connect leaves no error behind, whenever it comes."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator

import pytest

from palier.broker.amqp import AmqpTransport
from palier.broker.transport import Account
from tests.brokers import run


@pytest.fixture
def silent_port() -> Iterator[int]:
    """A port where somebody takes connections and never says a word."""
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen(5)
        yield listening.getsockname()[1]


@pytest.mark.parametrize("turns", [0, 1, 3, 10, 100])
def test_an_attempt_that_is_cancelled_is_over_without_a_trace(silent_port: int, turns: int) -> None:
    account = Account(user="p1", password="secret", connection_name="test")

    async def test() -> None:
        unheard: list[dict[str, object]] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _loop, context: unheard.append(context))
        transport = AmqpTransport("127.0.0.1", silent_port)
        attempt = asyncio.ensure_future(transport.connect(account))
        for _ in range(turns):
            await asyncio.sleep(0)

        attempt.cancel()

        with pytest.raises(asyncio.CancelledError):
            await attempt
        for _ in range(100):
            await asyncio.sleep(0)
        assert unheard == []

    run(test())
