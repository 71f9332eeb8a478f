"""What publishing promises, on every broker."""

from __future__ import annotations

import asyncio

import pytest

from palier.broker import topology
from palier.broker.errors import ConnectionLost, DeadlinePassed, PublishRefused
from palier.broker.topology import Binding, Exchange, Queue
from palier.broker.transport import Outcome
from palier.schemas.envelope import MAX_BODY
from tests.brokers import PATIENCE, Inbox, Server, message, run, unique, until


def fanout(name: str, *queues: Queue) -> tuple[topology.Declaration, ...]:
    """Return a fanout and its queues, bound."""
    return (
        Exchange(name, "fanout"),
        *queues,
        *(Binding(name, queue.name) for queue in queues),
    )


def test_what_is_published_arrives_as_it_was_sent(server: Server) -> None:
    exchange, queue = unique("exchange"), topology.seat(unique("seat"))
    sent = message(
        exchange,
        "any.key",
        b'{"amount": 20}',
        user_id=server.user,
        correlation_id="the-root",
        headers={"causation_id": "the-parent", "number": 7, "nested": {"list": [1, "two", True]}},
    )

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(*fanout(exchange, queue))
            inbox = Inbox()
            await connection.consume(queue.name, inbox, prefetch=10)

            outcomes = await connection.publish([sent])

            delivery = await inbox.first()
            assert outcomes == [Outcome.CONFIRMED]
            assert delivery.properties == sent.properties
            assert (delivery.exchange, delivery.routing_key, delivery.body) == (
                exchange,
                "any.key",
                sent.body,
            )
            assert delivery.queue == queue.name
            assert not delivery.redelivered

    run(test())


@pytest.mark.parametrize("size", [0, 1, 131_064, 131_065, 300_000, MAX_BODY])
def test_a_body_of_any_size_up_to_the_limit_arrives_whole(server: Server, size: int) -> None:
    exchange, queue = unique("exchange"), topology.seat(unique("seat"))
    body = bytes(i % 251 for i in range(size))

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(*fanout(exchange, queue))
            inbox = Inbox()
            await connection.consume(queue.name, inbox, prefetch=10)

            await connection.publish([message(exchange, "", body), message(exchange, "", b"next")])

            assert [one.body for one in await inbox.get(2)] == [body, b"next"]

    run(test())


def test_an_oversize_body_is_refused_and_the_connection_stays_usable(server: Server) -> None:
    exchange, queue = unique("exchange"), topology.seat(unique("seat"))

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(*fanout(exchange, queue))

            with pytest.raises(PublishRefused, match="size"):
                await connection.publish([message(exchange, "", b"x" * (MAX_BODY + 1))])

            assert await connection.publish([message(exchange, "")]) == [Outcome.CONFIRMED]
            assert not connection.lost.done()

    run(test())


def test_a_forged_sender_is_refused_and_the_next_message_is_taken(server: Server) -> None:
    exchange, queue = unique("exchange"), topology.seat(unique("seat"))

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(*fanout(exchange, queue))

            with pytest.raises(PublishRefused, match="user_id"):
                await connection.publish([message(exchange, "", user_id="somebody-else")])

            own = message(exchange, "", user_id=server.user)
            assert await connection.publish([own]) == [Outcome.CONFIRMED]

    run(test())


def test_an_exchange_that_is_not_there_is_refused_with_the_reason(server: Server) -> None:
    async def test() -> None:
        async with server.connected() as connection:
            with pytest.raises(PublishRefused, match="NOT_FOUND"):
                await connection.publish([message(unique("nowhere"), "")])

    run(test())


def test_a_message_that_cannot_be_said_is_refused_before_it_is_sent(server: Server) -> None:
    if server.name == "memory":
        pytest.skip("there is no wire in memory")

    async def test() -> None:
        async with server.connected() as connection:
            with pytest.raises(PublishRefused):
                await connection.publish([message("", "k" * 256)])
            assert await connection.publish([message("", "k" * 255)]) == [Outcome.UNROUTABLE]

    run(test())


def test_nobody_to_take_it_is_told_apart_from_taken(server: Server) -> None:
    exchange, queue = unique("exchange"), topology.seat(unique("seat"))

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(
                Exchange(exchange, "topic"), queue, Binding(exchange, queue.name, "heard.#")
            )

            outcomes = await connection.publish(
                [message(exchange, key) for key in ("heard.a", "unheard", "heard.b", "unheard")]
            )

            taken, lost = Outcome.CONFIRMED, Outcome.UNROUTABLE
            assert outcomes == [taken, lost, taken, lost]

    run(test())


def test_the_same_message_twice_in_a_batch_gets_two_outcomes(server: Server) -> None:
    async def test() -> None:
        async with server.connected() as connection:
            exchange = unique("exchange")
            await connection.declare(Exchange(exchange, "fanout"))
            twice = message(exchange, "")

            assert await connection.publish([twice, twice]) == [Outcome.UNROUTABLE] * 2

    run(test())


def test_nothing_to_publish_is_done_at_once(server: Server) -> None:
    async def test() -> None:
        async with server.connected() as connection:
            assert await connection.publish([]) == []

    run(test())


def test_an_alternate_exchange_takes_what_nobody_is_bound_to(server: Server) -> None:
    commands, spare = unique("commands"), unique("spare")
    queue = topology.seat(unique("seat"))

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(
                *fanout(spare, queue), Exchange(commands, "topic", {"alternate-exchange": spare})
            )
            inbox = Inbox()
            await connection.consume(queue.name, inbox, prefetch=10)

            outcomes = await connection.publish([message(commands, "cmd.9.s.p.submit")])

            delivery = await inbox.first()
            assert outcomes == [Outcome.CONFIRMED]
            assert (delivery.exchange, delivery.routing_key) == (commands, "cmd.9.s.p.submit")

    run(test())


@pytest.mark.parametrize(
    ("binding", "key", "taken"),
    [
        ("cmd.0.#", "cmd.0.s.p.submit", True),
        ("cmd.0.#", "cmd.0", True),
        ("cmd.0.#", "cmd.01.s", False),
        ("evt.*.staff.#", "evt.s.staff.presence", True),
        ("evt.*.staff.#", "evt.s.all.presence", False),
        ("evt.*.staff.#", "evt.a.b.staff.x", False),
        ("evt.#.staff", "evt.a.b.staff", True),
        ("#", "", True),
        ("*", "", False),
        ("", "", True),
        ("a.*", "a.", True),
        ("a.#.#", "a", True),
        ("seat.p1.#", "seat.p10.x", False),
        ("evt.s.seat.p.#", "evt.s.seat.p", True),
        ("a+b", "aab", False),
    ],
)
def test_topic_bindings_take_the_keys_that_they_say(
    server: Server, binding: str, key: str, *, taken: bool
) -> None:
    exchange, queue = unique("exchange"), topology.seat(unique("seat"))

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(
                Exchange(exchange, "topic"), queue, Binding(exchange, queue.name, binding)
            )

            outcomes = await connection.publish([message(exchange, key)])

            assert outcomes == [Outcome.CONFIRMED if taken else Outcome.UNROUTABLE]

    run(test())


def test_a_queue_bound_twice_gets_a_message_once(server: Server) -> None:
    exchange, queue = unique("exchange"), topology.seat(unique("seat"))

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(
                Exchange(exchange, "topic"),
                queue,
                Binding(exchange, queue.name, "a.#"),
                Binding(exchange, queue.name, "a.*"),
            )
            inbox = Inbox()
            await connection.consume(queue.name, inbox, prefetch=10)

            await connection.publish(
                [message(exchange, "a.b", b"one"), message(exchange, "a.b", b"two")]
            )

            await inbox.get(2)
            assert inbox.bodies == [b"one", b"two"]

    run(test())


def test_thousands_of_messages_are_confirmed_and_arrive_in_order(server: Server) -> None:
    exchange, queue = unique("exchange"), Queue(unique("many"), {"x-queue-type": "classic"})
    count = 5000

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(*fanout(exchange, queue))
            inbox = Inbox()
            await connection.consume(queue.name, inbox, prefetch=0)
            numbered = [message(exchange, "", str(i).encode()) for i in range(count)]

            outcomes = await connection.publish(numbered, deadline=30)

            await inbox.get(count)
            assert outcomes == [Outcome.CONFIRMED] * count
            assert inbox.bodies == [one.body for one in numbered]

    run(test())


def test_calls_at_the_same_time_keep_each_its_order_and_its_outcomes(server: Server) -> None:
    exchange, queue = unique("exchange"), Queue(unique("many"), {"x-queue-type": "classic"})

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(
                Exchange(exchange, "topic"), queue, Binding(exchange, queue.name, "heard")
            )
            inbox = Inbox()
            await connection.consume(queue.name, inbox, prefetch=0)
            calls = [
                [
                    message(exchange, "heard" if i % 2 else "unheard", f"{call}.{i}".encode())
                    for i in range(300)
                ]
                for call in range(10)
            ]

            outcomes = await asyncio.gather(*(connection.publish(one) for one in calls))

            assert outcomes == [[Outcome.UNROUTABLE, Outcome.CONFIRMED] * 150] * 10
            await inbox.get(1500)
            for call in range(10):
                mine = [body for body in inbox.bodies if body.startswith(b"%d." % call)]
                assert mine == [b"%d.%d" % (call, i) for i in range(1, 300, 2)]

    run(test())


def test_a_full_queue_that_rejects_says_so_and_takes_more_when_there_is_room(
    server: Server,
) -> None:
    exchange = unique("exchange")
    queue = Queue(
        unique("small"),
        {"x-queue-type": "quorum", "x-max-length": 3, "x-overflow": "reject-publish"},
    )

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(*fanout(exchange, queue))

            async def refused() -> bool:
                (outcome,) = await connection.publish([message(exchange, "")])
                return outcome is Outcome.REFUSED

            # a quorum queue notices a little late that it is full
            async with asyncio.timeout(PATIENCE):
                while not await refused():
                    pass

            inbox = Inbox()
            await connection.consume(queue.name, inbox, prefetch=100)
            await inbox.get(3)
            connection.ack(inbox.deliveries[-1], multiple=True)
            async with asyncio.timeout(PATIENCE):
                while await refused():
                    pass

    run(test())


def test_a_batch_may_be_larger_than_the_window_of_unconfirmed_messages(server: Server) -> None:
    exchange, queue = unique("exchange"), Queue(unique("many"), {"x-queue-type": "classic"})

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(*fanout(exchange, queue))
            outcomes = await connection.publish([message(exchange, "") for _ in range(2500)])
            assert outcomes == [Outcome.CONFIRMED] * 2500

    run(test())


@pytest.mark.parametrize("kind", ["classic", "quorum"])
def test_a_message_for_a_short_of_memory_broker_waits_and_then_goes(
    server: Server, kind: str
) -> None:
    exchange, queue = unique("exchange"), Queue(unique("q"), {"x-queue-type": kind})

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(*fanout(exchange, queue))
            with server.shortage():
                first = asyncio.ensure_future(connection.publish([message(exchange, "")]))
                await until(lambda: connection.blocked)
                second = asyncio.ensure_future(connection.publish([message(exchange, "")]))
                with pytest.raises(DeadlinePassed):
                    await connection.publish([message(exchange, "")], deadline=0.1)
                assert not first.done()
                assert not second.done()

            assert await first == [Outcome.CONFIRMED]
            assert await second == [Outcome.CONFIRMED]
            assert not connection.blocked

    run(test())


def test_who_waits_until_messages_are_taken_waits_as_long_as_it_takes(server: Server) -> None:
    exchange = unique("exchange")

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(Exchange(exchange, "fanout"))
            await connection.unblocked()  # nothing to wait for
            with server.shortage():
                first = asyncio.ensure_future(connection.publish([message(exchange, "")]))
                await until(lambda: connection.blocked)
                waiting = asyncio.ensure_future(connection.unblocked())
                lost = asyncio.ensure_future(_waits_on_a_connection_that_goes(server))
                with pytest.raises(ConnectionLost):
                    await lost
                assert not waiting.done()
            await waiting
            assert await first
            assert not connection.blocked

    run(test())


async def _waits_on_a_connection_that_goes(server: Server) -> None:
    async with server.connected() as connection:
        publishing = asyncio.ensure_future(connection.publish([message("", "anywhere")]))
        await until(lambda: connection.blocked)
        waiting = asyncio.ensure_future(connection.unblocked())
        await asyncio.sleep(0)
        await connection.close()
        with pytest.raises(ConnectionLost):
            await publishing
        await waiting


def test_publishing_on_a_lost_connection_says_so(server: Server) -> None:
    async def test() -> None:
        async with server.connected() as connection:
            await connection.close()
            with pytest.raises(ConnectionLost):
                await connection.publish([message("", "anywhere")])

    run(test())
