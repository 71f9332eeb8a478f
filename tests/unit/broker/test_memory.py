"""The broker in memory: the faults that a test can ask of it, and its topics."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from palier.broker.errors import ConnectionLost
from palier.broker.memory.routing import topic_matches
from palier.broker.topology import Binding, Exchange, Queue
from palier.broker.transport import Connection, Outcome
from tests.brokers import Inbox, Memory, message, run

CLASSIC = {"x-queue-type": "classic"}
QUORUM = {"x-queue-type": "quorum"}


async def a_queue(connection: Connection, name: str, kind: dict[str, str]) -> None:
    """Declare a queue and a fanout of the same name."""
    await connection.declare(
        Exchange(f"to.{name}", "fanout"), Queue(name, kind), Binding(f"to.{name}", name)
    )


def test_a_hint_that_is_lost_looks_delivered() -> None:
    async def test() -> None:
        memory = Memory()
        async with memory.connected() as connection:
            await a_queue(connection, "q", CLASSIC)
            inbox = Inbox()
            await connection.consume("q", inbox, prefetch=0)
            memory.server.drop_next("to.q", times=2)

            outcomes = await connection.publish([message("to.q", "", b"%d" % i) for i in range(3)])

            await inbox.get(1)
            assert outcomes == [Outcome.CONFIRMED] * 3
            assert inbox.bodies == [b"2"]

    run(test())


@pytest.mark.parametrize(
    ("kind", "kept"), [(CLASSIC, [b"kept"]), (QUORUM, [b"kept", b"transient"])]
)
def test_a_restart_loses_connections_and_transient_messages(
    kind: dict[str, str], kept: list[bytes]
) -> None:
    async def test() -> None:
        memory = Memory()
        async with memory.connected() as before:
            await a_queue(before, "q", kind)
            await before.publish(
                [message("to.q", "", b"kept"), message("to.q", "", b"transient", persistent=False)]
            )
            memory.server.restart()
            assert "CONNECTION_FORCED" in await before.lost
        async with memory.connected() as after:
            inbox = Inbox()
            await after.consume("q", inbox, prefetch=0)
            await inbox.get(len(kept))
            assert (await after.status("q")).messages == 0
            assert inbox.bodies == kept

    run(test())


def test_only_the_connections_of_one_user_are_dropped() -> None:
    async def test() -> None:
        memory = Memory()
        async with memory.connected() as worker, memory.connected(memory.seat("p1")) as seat:
            assert memory.server.drop_connections("p1") == 1
            await seat.lost
            with pytest.raises(ConnectionLost):
                await seat.status("q")
            assert not worker.lost.done()

    run(test())


def test_a_depth_counts_what_is_ready_and_what_is_out() -> None:
    async def test() -> None:
        memory = Memory()
        async with memory.connected() as connection:
            await a_queue(connection, "q", CLASSIC)
            await connection.publish([message("to.q", "")] * 5)
            inbox = Inbox()
            await connection.consume("q", inbox, prefetch=2)
            await inbox.get(2)
            assert memory.server.depth("q") == 5
            connection.ack(inbox.deliveries[1], multiple=True)
            assert memory.server.depth("q") == 3
            assert memory.server.depth("nowhere") == 0

    run(test())


def test_messages_that_wait_for_memory_are_lost_with_their_connection() -> None:
    async def test() -> None:
        memory = Memory()
        async with memory.connected() as publisher, memory.connected() as other:
            await a_queue(other, "q", CLASSIC)
            memory.server.block()
            with pytest.raises(Exception, match="within"):
                await publisher.publish([message("to.q", "")], deadline=0.05)
            memory.server.drop_connections()
            memory.server.unblock()
            assert memory.server.depth("q") == 0

    run(test())


words = st.lists(st.sampled_from(["a", "b", "", "cmd"]), max_size=4)
patterns = st.lists(st.sampled_from(["a", "b", "*", "#", "", "cmd"]), max_size=4)


def slow_match(pattern: list[str], key: list[str]) -> bool:
    """Say what RabbitMQ's documentation says, word by word."""
    if not pattern:
        return not key
    if pattern[0] == "#":
        return any(slow_match(pattern[1:], key[i:]) for i in range(len(key) + 1))
    return bool(key) and pattern[0] in ("*", key[0]) and slow_match(pattern[1:], key[1:])


@given(patterns, words)
def test_a_topic_matches_as_the_documentation_says(pattern: list[str], key: list[str]) -> None:
    binding, routing_key = ".".join(pattern), ".".join(key)
    # RabbitMQ takes the empty text for no words at all
    expected = slow_match(
        binding.split(".") if binding else [], routing_key.split(".") if routing_key else []
    )
    assert topic_matches(binding, routing_key) == expected


def test_a_binding_is_no_regular_expression() -> None:
    assert not topic_matches("a+", "aa")
    assert topic_matches("a+", "a+")
    assert re.escape("x") == "x"
