"""Where messages go that a queue lets go, on every broker."""

from __future__ import annotations

import pytest

from palier.broker.topology import Binding, Exchange, Queue
from palier.broker.transport import Connection
from tests.brokers import Inbox, Server, message, run, unique


async def a_mortuary(connection: Connection, **arguments: object) -> tuple[str, str, Inbox]:
    """Declare a queue whose dead letters are watched; returns its exchange, it and the watch."""
    dead, queue, exchange = unique("dead"), unique("q"), unique("to")
    renamed = {f"x-{name.replace('_', '-')}": value for name, value in arguments.items()}
    await connection.declare(
        Exchange(dead, "fanout"),
        Queue(dead, {"x-queue-type": "classic"}),
        Binding(dead, dead),
        Exchange(exchange, "fanout"),
        Queue(queue, {"x-dead-letter-exchange": dead, **renamed}),
        Binding(exchange, queue),
    )
    inbox = Inbox()
    await connection.consume(dead, inbox, prefetch=100)
    return exchange, queue, inbox


@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_a_rejected_message_becomes_a_dead_letter(server: Server, kind: str) -> None:
    async def test() -> None:
        async with server.connected() as connection:
            exchange, queue, dead = await a_mortuary(connection, queue_type=kind)
            inbox = Inbox()
            await connection.consume(queue, inbox, prefetch=10)
            sent = message(exchange, "cmd.0.s.p.submit", b"poison", user_id=server.user)
            await connection.publish([sent])

            connection.reject(await inbox.first(), requeue=False)

            letter = await dead.first()
            assert (letter.body, letter.routing_key) == (b"poison", "cmd.0.s.p.submit")
            assert letter.properties.message_id == sent.properties.message_id
            assert letter.properties.user_id == server.user
            assert letter.properties.headers["x-first-death-queue"] == queue
            assert letter.properties.headers["x-first-death-reason"] == "rejected"

    run(test())


def test_a_message_that_comes_back_too_often_becomes_a_dead_letter(server: Server) -> None:
    async def test() -> None:
        async with server.connected() as connection:
            exchange, queue, dead = await a_mortuary(
                connection, queue_type="quorum", delivery_limit=2
            )
            inbox = Inbox()
            await connection.consume(queue, inbox, prefetch=1)
            await connection.publish([message(exchange, "", b"poison")])

            for delivery in range(3):
                await inbox.get(delivery + 1)
                connection.reject(inbox.deliveries[delivery], requeue=True)

            letter = await dead.first()
            assert letter.properties.headers["x-first-death-reason"] == "delivery_limit"
            assert len(inbox.deliveries) == 3
            assert [one.redelivered for one in inbox.deliveries] == [False, True, True]

    run(test())


def test_a_lost_connection_counts_as_a_delivery(server: Server) -> None:
    async def test() -> None:
        async with server.connected() as connection:
            exchange, queue, dead = await a_mortuary(
                connection, queue_type="quorum", delivery_limit=1
            )
            await connection.publish([message(exchange, "", b"killer")])

            for _ in range(2):
                async with server.connected() as victim:
                    inbox = Inbox()
                    await victim.consume(queue, inbox, prefetch=1)
                    await inbox.first()

            assert (await dead.first()).body == b"killer"

    run(test())


def test_what_was_sent_ahead_dies_with_the_message_that_is_to_blame(server: Server) -> None:
    """Why a worker finds out itself what it dies on, before the broker's limit is reached."""

    async def test() -> None:
        async with server.connected() as connection:
            exchange, queue, dead = await a_mortuary(
                connection, queue_type="quorum", delivery_limit=2
            )
            sent = [message(exchange, "", body) for body in (b"killer", b"next", b"last")]
            await connection.publish(sent)

            for _ in range(3):
                async with server.connected() as victim:
                    inbox = Inbox()
                    await victim.consume(queue, inbox, prefetch=10)
                    await inbox.get(3)

            await dead.get(3)
            assert set(dead.bodies) == {b"killer", b"next", b"last"}

    run(test())


def test_a_full_queue_that_drops_its_head_lets_the_oldest_go(server: Server) -> None:
    async def test() -> None:
        async with server.connected() as connection:
            exchange, queue, dead = await a_mortuary(
                connection, queue_type="classic", max_length=2, overflow="drop-head"
            )

            await connection.publish([message(exchange, "", b"%d" % i) for i in range(4)])

            await dead.get(2)
            inbox = Inbox()
            await connection.consume(queue, inbox, prefetch=10)
            await inbox.get(2)
            assert dead.bodies == [b"0", b"1"]
            assert inbox.bodies == [b"2", b"3"]
            assert dead.deliveries[0].properties.headers["x-first-death-reason"] == "maxlen"

    run(test())


def test_a_queue_without_dead_letters_lets_a_message_go_for_good(server: Server) -> None:
    queue, exchange = unique("q"), unique("to")

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(
                Exchange(exchange, "fanout"),
                Queue(queue, {"x-queue-type": "classic"}),
                Binding(exchange, queue),
            )
            inbox = Inbox()
            await connection.consume(queue, inbox, prefetch=1)
            await connection.publish(
                [message(exchange, "", b"gone"), message(exchange, "", b"next")]
            )

            connection.reject(await inbox.first(), requeue=False)

            await inbox.get(2)
            assert inbox.bodies == [b"gone", b"next"]

    run(test())
