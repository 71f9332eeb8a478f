"""What declaring promises, on every broker."""

from __future__ import annotations

import pytest

from palier.broker import topology
from palier.broker.errors import AccessRefused, DeadlinePassed, Mismatch, NotThere
from palier.broker.topology import Binding, Exchange, Queue, Removal, Unbinding
from palier.broker.transport import Outcome
from tests.brokers import Inbox, Server, message, run, unique


def test_the_whole_topology_can_be_declared_again_and_again(server: Server) -> None:
    session, seat = unique("s"), unique("p")
    everything = (
        *topology.base(partitions=2),
        topology.seat(seat),
        *topology.scope(session, "all", (seat,)),
        *topology.scope(session, "g1", (seat,)),
        *topology.member(session, seat),
        *topology.staff(unique("op")),
    )

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(*everything)
            await connection.declare(*everything)
        async with server.connected() as connection:
            await connection.declare(*everything)
            assert (await connection.status("commands.1")).messages == 0

    run(test())


def test_declaring_nothing_is_nothing(server: Server) -> None:
    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare()

    run(test())


def test_other_arguments_are_a_mismatch_and_the_connection_stays_usable(server: Server) -> None:
    name = unique("q")

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(Queue(name, {"x-queue-type": "classic", "x-max-length": 1}))
            with pytest.raises(Mismatch, match=name):
                await connection.declare(
                    Queue(name, {"x-queue-type": "classic", "x-max-length": 2}),
                    Queue(unique("never"), {"x-queue-type": "classic"}),
                )
            with pytest.raises(Mismatch):
                await connection.declare(Queue(name, {"x-queue-type": "quorum"}))
            await connection.declare(Queue(name, {"x-queue-type": "classic", "x-max-length": 1}))

    run(test())


def test_another_type_of_exchange_is_a_mismatch(server: Server) -> None:
    name = unique("x")

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(Exchange(name, "topic"))
            with pytest.raises(Mismatch):
                await connection.declare(Exchange(name, "fanout"))

    run(test())


def test_an_error_in_the_middle_comes_out_and_what_follows_is_not_made(server: Server) -> None:
    before, after = unique("before"), unique("after")
    kind = {"x-queue-type": "classic"}

    async def test() -> None:
        async with server.connected() as connection:
            with pytest.raises(NotThere):
                await connection.declare(
                    Queue(before, kind),
                    Binding(unique("no-exchange"), before),
                    *(Queue(f"{after}-{i}", kind) for i in range(50)),
                )
            assert (await connection.status(before)).messages == 0
            with pytest.raises(NotThere):
                await connection.status(f"{after}-49")

    run(test())


def test_a_binding_to_a_queue_that_is_not_there_says_so(server: Server) -> None:
    exchange = unique("x")

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(Exchange(exchange, "fanout"))
            with pytest.raises(NotThere):
                await connection.declare(Binding(exchange, unique("nowhere")))

    run(test())


def test_what_is_unbound_hears_nothing_more(server: Server) -> None:
    exchange, queue = unique("x"), topology.seat(unique("p"))

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(
                Exchange(exchange, "topic"),
                queue,
                Binding(exchange, queue.name, "a"),
                Binding(exchange, queue.name, "b"),
            )
            await connection.declare(Unbinding(exchange, queue.name, "a"))
            outcomes = await connection.publish([message(exchange, "a"), message(exchange, "b")])
            assert outcomes == [Outcome.UNROUTABLE, Outcome.CONFIRMED]

    run(test())


def test_taking_away_what_is_not_there_is_no_error(server: Server) -> None:
    exchange, queue = unique("x"), topology.seat(unique("p"))

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(queue, Exchange(exchange, "fanout"))
            await connection.declare(
                Unbinding(exchange, queue.name),
                Unbinding(exchange, queue.name, "never"),
                Removal(exchange),
                Removal(exchange),
                Unbinding(exchange, queue.name),
                Unbinding(unique("never"), unique("nowhere")),
            )
            await connection.declare(queue)

    run(test())


def test_a_removed_exchange_takes_its_bindings_along(server: Server) -> None:
    exchange, queue = unique("x"), topology.seat(unique("p"))

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(
                Exchange(exchange, "fanout"), queue, Binding(exchange, queue.name)
            )
            await connection.declare(Removal(exchange), Exchange(exchange, "fanout"))
            assert await connection.publish([message(exchange, "")]) == [Outcome.UNROUTABLE]

    run(test())


def test_three_hundred_seats_are_enrolled_in_one_go(server: Server) -> None:
    session = unique("s")
    seats = tuple(f"{unique('p')}" for _ in range(300))

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(*topology.base(partitions=1))
            await connection.declare(
                *map(topology.seat, seats), *topology.scope(session, "all", seats)
            )
            inbox = Inbox()
            await connection.consume(f"seat.{seats[-1]}", inbox, prefetch=1)
            await connection.publish(
                [message(f"palier.barrier.{session}", "", b"go", persistent=False)]
            )
            delivery = await inbox.first()
            assert (delivery.body, delivery.properties.persistent) == (b"go", False)
            await connection.declare(Removal(f"palier.barrier.{session}"))
        for seat in seats:
            server.delete_queue(f"seat.{seat}")

    run(test())


def test_a_look_tells_of_messages_and_consumers_and_of_what_is_not_there(server: Server) -> None:
    queue = Queue(unique("q"), {"x-queue-type": "classic"})

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(queue)
            await connection.publish([message("", queue.name)] * 3)
            status = await connection.status(queue.name)
            assert (status.messages, status.consumers) == (3, 0)
            with pytest.raises(NotThere):
                await connection.status(unique("nowhere"))
            await connection.consume(queue.name, Inbox(), prefetch=1)
            assert (await connection.status(queue.name)).consumers == 1

    run(test())


def test_a_seat_may_declare_nothing_and_its_connection_stays_usable(server: Server) -> None:
    seat = unique("p")

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(topology.seat(seat))
        async with server.connected(server.seat(seat)) as connection:
            with pytest.raises(AccessRefused):
                await connection.declare(Queue(unique("mine"), {"x-queue-type": "classic"}))
            await connection.consume(f"seat.{seat}", Inbox(), prefetch=1, exclusive=True)

    run(test())


def test_a_deadline_that_passes_says_so(server: Server) -> None:
    async def test() -> None:
        async with server.connected() as connection:
            with pytest.raises(DeadlinePassed):
                await connection.declare(*topology.base(partitions=1), deadline=0)
            await connection.declare(*topology.base(partitions=1))

    run(test())
