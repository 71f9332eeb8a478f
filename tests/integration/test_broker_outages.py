"""A RabbitMQ that is gone, or short of room, in the middle of a game: nothing is lost by it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pytest

from palier.broker import topology
from palier.broker.amqp import AmqpTransport
from palier.broker.errors import DeadlinePassed
from palier.broker.inspection import differences
from palier.client.state import Connectivity
from palier.schemas.addresses import commands_queue
from tests.brokers import PATIENCE, Inbox, Real, run, until
from tests.conftest import need_rabbitmq
from tests.databases import Sqlite
from tests.games import Game, playing
from tests.laboratory import Laboratory
from tests.own_brokers import OwnBroker, own_container, own_node
from tests.processes import WorkerProcess, working_process
from tests.wires import Wire

pytestmark = pytest.mark.timeout(330)

ROUNDS = 40

#: Seconds in which a game goes on, once RabbitMQ serves again. Nobody waits longer than 5 s before
#: the next attempt, nor before what was not answered is sent again; but a queue that RabbitMQ has
#: lost is made anew only after some 20 s, and this computer may be busy.
BACK = 90.0

#: What a worker says when what it tells was not taken.
SAID = "RabbitMQ is short of memory or disk and takes no messages. Nothing is lost"

#: Seconds for which it is short of room: longer than any heartbeat or deadline lasts.
SHORT = 26.0


@pytest.fixture(
    params=[
        pytest.param("node", marks=pytest.mark.rabbitmq),
        pytest.param("container", marks=[pytest.mark.containers, pytest.mark.slow]),
    ]
)
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[OwnBroker]:
    """A RabbitMQ of this test's own, the old one and the new one."""
    if request.param == "node":
        need_rabbitmq()
        with own_node(tmp_path / "node") as broker:
            yield broker
    else:
        with own_container() as broker:
            yield broker


@pytest.mark.slow
def test_a_game_goes_on_though_rabbitmq_is_killed_and_restarted(
    broker: OwnBroker, sqlite: Sqlite
) -> None:
    laboratory = Laboratory(broker, sqlite)

    async def test() -> None:
        async with working_process(laboratory) as worker:
            async with playing(laboratory, rounds=ROUNDS) as game:
                for end in (broker.kill, broker.stop, broker.kill):
                    end()
                    await until(lambda: "No connection to RabbitMQ" in worker.said)
                    await asyncio.to_thread(broker.start)
                    await game.goes_on(within=BACK)
                await game.ends()
            wrong = differences(
                broker.management, user=broker.user, password=broker.password, partitions=1
            )
            assert wrong == []
            assert await worker.end() == 0

    run(test(), deadline=300)


@pytest.mark.slow
def test_a_queue_that_rabbitmq_lost_when_it_was_killed_is_made_anew(
    broker: OwnBroker, sqlite: Sqlite
) -> None:
    """It writes down where a new queue is a moment after it has said that it is there."""
    laboratory = Laboratory(broker, sqlite)

    async def test() -> None:
        async with broker.connected() as connection:
            await connection.declare(*topology.base(partitions=1))
            broker.kill()
        await asyncio.to_thread(broker.start)
        async with broker.connected() as connection:
            with pytest.raises(DeadlinePassed):  # or RabbitMQ is mended, and much is not needed
                await connection.consume(commands_queue(0), Inbox(), prefetch=1, deadline=3)
        async with working_process(laboratory) as worker:
            assert "RabbitMQ has lost commands.0" in worker.said, worker.said
            async with playing(laboratory, rounds=4) as game:
                await game.ends()

    run(test(), deadline=300)


SHORTAGES = {
    "memory": (
        ("set_vm_memory_high_watermark", "absolute", "1MB"),
        ("set_vm_memory_high_watermark", "0.4"),
    ),
    "disk": (("set_disk_free_limit", "900000GB"), ("set_disk_free_limit", "50MB")),
}


@pytest.mark.slow
@pytest.mark.parametrize("what", ["memory", "disk"])
def test_while_rabbitmq_is_short_of_room_all_wait_and_nobody_goes(
    broker: OwnBroker, sqlite: Sqlite, what: str
) -> None:
    laboratory, other = Laboratory(broker, sqlite), Laboratory(broker, sqlite, seats=4)
    begin, end = SHORTAGES[what]

    async def test() -> None:
        async with working_process(laboratory) as worker:
            async with other.operator() as operator:
                latecomer, *_ = await other.seated(operator, "public-goods")
            async with playing(laboratory, rounds=ROUNDS) as game:
                await asyncio.to_thread(broker.control, *begin)
                await until(partial(told_so, game))
                # that somebody comes is something to tell, and nobody takes it
                async with other.link(latecomer):
                    await until(lambda: SAID in worker.said)
                    await waits(game, worker)
                    states = await asyncio.to_thread(broker.states)
                await asyncio.to_thread(broker.control, *end)
                await game.goes_on(within=BACK)
                assert "RabbitMQ takes messages again" in worker.said
                assert "No connection to RabbitMQ" not in worker.said
                await game.ends()
            assert states[f"{worker.name} (publish)"] == "blocked"
            # the other one took what came all the time: RabbitMQ would block it should it publish
            assert states[f"{worker.name} (consume)"] == "blocking"

    run(test(), deadline=300)


def told_so(game: Game) -> bool:
    """Tell whether whoever has something to say knows that nobody takes it."""
    return any(one.link.connectivity is Connectivity.BLOCKED for one in game.bots)


async def waits(game: Game, worker: WorkerProcess) -> None:
    """See that nothing goes on for a while."""
    here = game.generation
    with pytest.raises(TimeoutError):
        await until(
            lambda: game.generation > here + 1 or worker.process.returncode is not None,
            deadline=SHORT,
        )


@pytest.mark.slow
@pytest.mark.rabbitmq
def test_a_broker_that_falls_silent_is_missed_by_its_heartbeats(real_server: Real) -> None:
    """And a connection on which nothing is said but heartbeats stays."""

    async def test(wire: Wire) -> None:
        transport = AmqpTransport(
            wire.host, wire.port, vhost=real_server.address.vhost, heartbeat=HEARTBEAT
        )
        connection = await transport.connect(real_server.administrator)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(asyncio.shield(connection.lost), 3 * HEARTBEAT)
        wire.cut()
        # the system would take minutes to miss it
        assert "heartbeats" in await asyncio.wait_for(connection.lost, PATIENCE)

    with Wire(real_server.address.host, real_server.address.port) as wire:
        run(test(wire))


#: Seconds: the shortest that leaves a busy computer some time.
HEARTBEAT = 2
