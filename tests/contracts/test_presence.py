"""What the broker tells of who is there, on every broker."""

from __future__ import annotations

from palier.broker import topology
from palier.broker.topology import BROKER_EVENTS, Binding, Queue
from palier.broker.transport import Delivery
from tests.brokers import Inbox, Server, run, unique, until


def test_the_broker_tells_who_comes_and_who_goes(server: Server) -> None:
    seat = unique("p")
    account = server.seat(seat)
    watch = Queue(unique("watch"), {"x-queue-type": "classic"})

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(
                topology.seat(seat),
                watch,
                Binding(BROKER_EVENTS, watch.name, "consumer.created"),
                Binding(BROKER_EVENTS, watch.name, "consumer.deleted"),
            )
            inbox = Inbox()
            await connection.consume(watch.name, inbox, prefetch=100)

            def told() -> list[Delivery]:
                return [
                    one
                    for one in inbox.deliveries
                    if one.properties.headers["queue"] == f"seat.{seat}"
                ]

            async with server.connected(account) as client:
                await client.consume(f"seat.{seat}", Inbox(), prefetch=1, exclusive=True)
                await until(lambda: len(told()) == 1)
            await until(lambda: len(told()) == 2)

            came, went = told()
            assert (came.routing_key, went.routing_key) == ("consumer.created", "consumer.deleted")
            assert came.properties.headers["user_who_performed_action"] == seat
            assert came.exchange == went.exchange == BROKER_EVENTS

            async with server.connected(account) as client:
                await client.consume(f"seat.{seat}", Inbox(), prefetch=1, exclusive=True)
                await until(lambda: len(told()) == 3)
                server.accounts().revoke(seat)
                await until(lambda: len(told()) == 4)

    run(test())
