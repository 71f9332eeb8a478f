"""Looking who is there: once for a crowd that leaves, again when it could not be seen."""

from __future__ import annotations

import asyncio
import itertools

import pytest

from palier.broker.errors import DeadlinePassed
from palier.broker.topology import BROKER_EVENTS, PRESENCE
from palier.broker.transport import Delivery
from palier.schemas.envelope import Properties
from palier.workers.runtime import lookout
from palier.workers.runtime.lookout import Lookout
from tests.brokers import run, until


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookout, "_MOMENT", 0.01)
    monkeypatch.setattr(lookout, "_AGAIN", 0.01)


def event(key: str) -> Delivery:
    return Delivery(
        queue=PRESENCE,
        exchange=BROKER_EVENTS,
        routing_key=key,
        properties=Properties(),
        body=b"",
        redelivered=False,
        tag=1,
    )


def test_many_connections_that_end_at_once_are_one_look() -> None:
    looks: list[None] = []

    async def look() -> None:
        looks.append(None)

    async def test() -> None:
        watching = Lookout(look)
        for _ in range(100):
            watching.hear(event("connection.closed"))
            watching.hear(event("consumer.created"))
        await until(lambda: bool(looks))
        watching.hear(event("connection.closed"))
        await until(lambda: len(looks) == 2)

    run(test())


def test_a_look_that_fails_is_tried_again_until_the_connection_ends() -> None:
    looks: list[None] = []

    async def look() -> None:
        looks.append(None)
        raise DeadlinePassed("nobody answers")

    async def test() -> None:
        watching = Lookout(look)
        watching.hear(event("connection.closed"))
        await until(lambda: len(looks) >= 3)
        watching.stop()
        seen = len(looks)
        for _ in range(100):
            await asyncio.sleep(0)
        assert len(looks) <= seen + 1

    run(test())


def test_who_comes_and_goes_all_the_time_keeps_nobody_looking() -> None:
    looks: list[tuple[float, float]] = []

    async def look() -> None:
        clock = asyncio.get_running_loop().time
        began = clock()
        await asyncio.sleep(0.02)  # as long as it takes
        looks.append((began, clock()))

    async def test() -> None:
        watching = Lookout(look)

        def hear_again() -> bool:
            watching.hear(event("connection.closed"))
            return len(looks) == 3

        await until(hear_again)
        for (_, ended), (began, _) in itertools.pairwise(looks):
            assert began - ended >= 10 * 0.02

    run(test())
