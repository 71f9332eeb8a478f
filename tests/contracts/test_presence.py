"""What the broker tells of who is there, on every broker."""

from __future__ import annotations

from palier.broker import topology
from palier.broker.topology import BROKER_EVENTS, CONNECTION_CLOSED, Binding, Queue
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
                Binding(BROKER_EVENTS, watch.name, CONNECTION_CLOSED),
            )
            inbox = Inbox()
            await connection.consume(watch.name, inbox, prefetch=100)

            def told(event: str) -> list[Delivery]:
                return [
                    one
                    for one in inbox.deliveries
                    if one.routing_key == event
                    and one.properties.headers.get("queue") in {f"seat.{seat}", None}
                ]

            async with server.connected(account) as client:
                await client.consume(f"seat.{seat}", Inbox(), prefetch=1, exclusive=True)
                await until(lambda: len(told("consumer.created")) == 1)
                assert not told("consumer.deleted")
                await client.cancel(f"seat.{seat}")
                await until(lambda: len(told("consumer.deleted")) == 1)

            (came,), (went,) = told("consumer.created"), told("consumer.deleted")
            assert came.properties.headers["user_who_performed_action"] == seat
            assert came.exchange == went.exchange == BROKER_EVENTS

            async with server.connected(account) as client:
                await client.consume(f"seat.{seat}", Inbox(), prefetch=1, exclusive=True)
                await until(lambda: len(told("consumer.created")) == 2)
                before = len(told(CONNECTION_CLOSED))
                server.accounts().revoke(seat)
                # which consumers went with it is told by some versions only
                await until(lambda: len(told(CONNECTION_CLOSED)) > before)
                assert (await connection.status(f"seat.{seat}")).consumers == 0

    run(test())
