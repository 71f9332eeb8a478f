"""What consuming promises, on every broker."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from palier.broker.errors import AlreadyInUse, NotThere
from palier.broker.topology import Binding, Exchange, Queue
from palier.broker.transport import Connection, Delivery
from tests.brokers import PATIENCE, Inbox, Server, message, run, unique, until

_KINDS = pytest.mark.parametrize("kind", ["classic", "quorum"])


def a_queue(kind: str, **arguments: object) -> Queue:
    """Return a queue with a name of its own."""
    renamed = {f"x-{name.replace('_', '-')}": value for name, value in arguments.items()}
    return Queue(unique(kind), {"x-queue-type": kind, **renamed})


async def put(connection: Connection, queue: Queue, *bodies: bytes) -> None:
    """Publish to a queue through an exchange of its own."""
    exchange = f"to.{queue.name}"
    await connection.declare(Exchange(exchange, "fanout"), queue, Binding(exchange, queue.name))
    await connection.publish([message(exchange, "", body) for body in bodies])


async def ready(connection: Connection, queue: Queue, count: int) -> None:
    """Wait until so many messages of a queue are ready: what it tells may be a moment old."""
    async with asyncio.timeout(PATIENCE):
        while (await connection.status(queue.name)).messages != count:
            pass


@_KINDS
def test_no_more_than_the_prefetch_is_unacknowledged(server: Server, kind: str) -> None:
    queue = a_queue(kind)

    async def test() -> None:
        async with server.connected() as connection, server.connected() as other:
            await put(connection, queue, *(b"%d" % i for i in range(5)))
            inbox = Inbox()
            await connection.consume(queue.name, inbox, prefetch=2)
            await inbox.get(2)
            await ready(other, queue, 3)

            connection.ack(inbox.deliveries[0])

            await inbox.get(3)
            await ready(other, queue, 2)
            assert inbox.bodies == [b"0", b"1", b"2"]

    run(test())


@_KINDS
def test_acknowledging_several_settles_all_before(server: Server, kind: str) -> None:
    queue = a_queue(kind)

    async def test() -> None:
        async with server.connected() as connection:
            await put(connection, queue, *(b"%d" % i for i in range(5)))
            inbox = Inbox()
            await connection.consume(queue.name, inbox, prefetch=5)
            await inbox.get(5)
            connection.ack(inbox.deliveries[3], multiple=True)
        async with server.connected() as after:
            rest = Inbox()
            await after.consume(queue.name, rest, prefetch=5)
            assert (await rest.first()).body == b"4"

    run(test())


@_KINDS
def test_what_a_lost_consumer_held_comes_again_in_order_and_flagged(
    server: Server, kind: str
) -> None:
    queue = a_queue(kind)

    async def test() -> None:
        async with server.connected() as connection, server.connected() as other:
            await put(connection, queue, b"0", b"1", b"2", b"3")
            inbox = Inbox()
            await other.consume(queue.name, inbox, prefetch=2)
            await inbox.get(2)

            await other.close()

            again = Inbox()
            await connection.consume(queue.name, again, prefetch=10)
            await again.get(4)
            assert again.bodies == [b"0", b"1", b"2", b"3"]
            assert [one.redelivered for one in again.deliveries] == [True, True, False, False]

    run(test())


@_KINDS
def test_a_rejected_delivery_comes_again_before_the_rest(server: Server, kind: str) -> None:
    queue = a_queue(kind, **({"delivery_limit": 20} if kind == "quorum" else {}))

    async def test() -> None:
        async with server.connected() as connection:
            await put(connection, queue, b"0", b"1", b"2")
            inbox = Inbox()
            await connection.consume(queue.name, inbox, prefetch=1)

            connection.reject(await inbox.first(), requeue=True)

            await inbox.get(2)
            assert inbox.bodies == [b"0", b"0"]
            assert inbox.deliveries[1].redelivered

    run(test())


def test_an_acknowledgement_after_the_connection_does_nothing(server: Server) -> None:
    queue = a_queue("classic")

    async def test() -> None:
        async with server.connected() as connection, server.connected() as other:
            await put(connection, queue, b"held")
            inbox = Inbox()
            await other.consume(queue.name, inbox, prefetch=2)
            held = await inbox.first()
            await other.close()

            other.ack(held)
            other.reject(held, requeue=False)

            again = Inbox()
            await connection.consume(queue.name, again, prefetch=2)
            assert (await again.first()).body == b"held"

    run(test())


def test_only_one_consumer_is_active_and_the_next_takes_over(server: Server) -> None:
    queue = a_queue("quorum", single_active_consumer=True)

    async def test() -> None:
        async with (
            server.connected() as publisher,
            server.connected() as active,
            server.connected() as standby,
        ):
            await put(publisher, queue, b"0", b"1")
            one, two = Inbox(), Inbox()
            await active.consume(queue.name, one, prefetch=100)
            await standby.consume(queue.name, two, prefetch=100)
            await one.get(2)
            active.ack(one.deliveries[0])
            # the broker has seen the acknowledgement once it has answered after it
            await active.status(queue.name)

            await active.close()

            await put(publisher, queue, b"2")
            await two.get(2)
            assert one.bodies == [b"0", b"1"]
            assert two.bodies == [b"1", b"2"]
            assert [d.redelivered for d in two.deliveries] == [True, False]

    run(test())


def test_an_active_consumer_that_cancels_hands_over_and_may_settle_what_it_holds(
    server: Server,
) -> None:
    queue = a_queue("quorum", single_active_consumer=True)

    async def test() -> None:
        async with server.connected() as active, server.connected() as standby:
            await put(active, queue, b"0")
            one, two = Inbox(), Inbox()
            await active.consume(queue.name, one, prefetch=100)
            held = await one.first()
            await standby.consume(queue.name, two, prefetch=100)

            await active.cancel(queue.name)
            await put(active, queue, b"1")
            await two.get(1)
            active.ack(held)
            await active.close()

            await put(standby, queue, b"2")
            await two.get(2)
            assert two.bodies == [b"1", b"2"]

    run(test())


def test_an_exclusive_consumer_keeps_others_out_until_it_is_gone(server: Server) -> None:
    queue = a_queue("classic")

    async def test() -> None:
        async with server.connected() as first, server.connected() as second:
            await first.declare(queue)
            await first.consume(queue.name, Inbox(), prefetch=1, exclusive=True)

            with pytest.raises(AlreadyInUse):
                await second.consume(queue.name, Inbox(), prefetch=1, exclusive=True)
            with pytest.raises(AlreadyInUse):
                await second.consume(queue.name, Inbox(), prefetch=1)

            await first.cancel(queue.name)
            inbox = Inbox()
            await second.consume(queue.name, inbox, prefetch=1, exclusive=True)
            await put(first, queue, b"mine")
            assert (await inbox.first()).body == b"mine"

    run(test())


def test_a_refused_consumer_harms_none_of_the_same_connection(server: Server) -> None:
    queue, taken = a_queue("classic"), a_queue("classic")

    async def test() -> None:
        async with server.connected() as first, server.connected() as second:
            await first.declare(queue, taken)
            await first.consume(taken.name, Inbox(), prefetch=1, exclusive=True)
            inbox = Inbox()
            await second.consume(queue.name, inbox, prefetch=10)

            with pytest.raises(AlreadyInUse):
                await second.consume(taken.name, Inbox(), prefetch=1)
            with pytest.raises(NotThere):
                await second.consume(unique("nowhere"), Inbox(), prefetch=1)

            await put(first, queue, b"still here")
            assert (await inbox.first()).body == b"still here"
            assert not second.lost.done()

    run(test())


def test_a_connection_consumes_a_queue_once(server: Server) -> None:
    queue = a_queue("classic")

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(queue)
            await connection.consume(queue.name, Inbox(), prefetch=1)
            with pytest.raises(AlreadyInUse):
                await connection.consume(queue.name, Inbox(), prefetch=1)

    run(test())


def test_cancelling_what_is_not_consumed_is_no_error(server: Server) -> None:
    async def test() -> None:
        async with server.connected() as connection:
            await connection.cancel(unique("nowhere"))

    run(test())


@_KINDS
def test_the_end_of_a_queue_is_told_and_the_connection_stays(server: Server, kind: str) -> None:
    queue = a_queue(kind)

    async def test() -> None:
        async with server.connected() as connection:
            await put(connection, queue, b"before")
            inbox = Inbox()
            await connection.consume(queue.name, inbox, prefetch=1, on_cancel=inbox.ended)
            await inbox.first()

            server.delete_queue(queue.name)

            await until(lambda: inbox.endings)
            assert queue.name in inbox.endings[0]
            assert not connection.lost.done()
            # and it can be had again
            again = Inbox()
            await put(connection, queue, b"after")
            await connection.consume(queue.name, again, prefetch=1)
            assert (await again.first()).body == b"after"

    run(test())


def test_a_consumer_that_raises_is_told_of_and_harms_nobody(server: Server) -> None:
    queue = a_queue("classic")
    told: list[dict[str, Any]] = []

    async def test() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        async with server.connected() as connection:
            await put(connection, queue, b"bad", b"good")
            taken: list[bytes] = []

            def take(delivery: Delivery) -> None:
                if delivery.body == b"bad":
                    raise ValueError("cannot take this")
                taken.append(delivery.body)

            await connection.consume(queue.name, take, prefetch=10)

            await until(lambda: taken == [b"good"])
            assert isinstance(told[0]["exception"], ValueError)
            assert not connection.lost.done()

    run(test())


def test_settling_a_delivery_twice_ends_the_connection(server: Server) -> None:
    queue = a_queue("classic")

    async def test() -> None:
        async with server.connected() as connection:
            await put(connection, queue, b"once")
            inbox = Inbox()
            await connection.consume(queue.name, inbox, prefetch=1)
            delivery = await inbox.first()

            connection.ack(delivery)
            connection.ack(delivery)

            reason = await asyncio.wait_for(connection.lost, PATIENCE)
            assert "unknown delivery tag" in reason

    run(test())
