"""What a seat may do, and what it may not: each hole that was ever found, tried again.

Where the broker in memory has the means, it is held to the same. What a client could do only by
speaking AMQP itself is done by speaking AMQP itself, on the real broker.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import pika
import pytest
from pika.exceptions import AMQPError, ChannelClosedByBroker, ConnectionClosedByBroker

from palier.broker import topology
from palier.broker.admission import admit
from palier.broker.errors import (
    AccessRefused,
    Inadmissible,
    NotThere,
    PublishRefused,
)
from palier.broker.topology import Binding, Exchange, Queue, Removal, Unbinding
from palier.broker.transport import Account, Connection, Delivery, Publication
from palier.schemas.addresses import COMMANDS, EVENTS, CommandKey
from palier.schemas.envelope import DIRECT_REPLY
from tests.brokers import Inbox, Real, Server, message, run, unique


@dataclass(frozen=True)
class Room:
    """Two seats of a session on one broker, ready to be tried."""

    server: Server
    session: str
    alice: str
    bob: str

    @property
    def key(self) -> str:
        """The key of a command of Alice's."""
        return f"cmd.0.{self.session}.{self.alice}.submit"

    @property
    def bobs_key(self) -> str:
        """The key of a command of Bob's."""
        return f"cmd.0.{self.session}.{self.bob}.submit"

    @property
    def barrier(self) -> str:
        """The fanout of the session."""
        return f"palier.barrier.{self.session}"


def furnished(server: Server) -> Room:
    """Make the topology and the accounts of two seats."""
    room = Room(server, unique("s"), unique("alice"), unique("bob"))
    server.seat(room.alice)
    server.seat(room.bob)

    async def furnish() -> None:
        async with server.connected() as connection:
            await connection.declare(
                *topology.base(partitions=2),
                topology.seat(room.alice),
                topology.seat(room.bob),
                *topology.scope(room.session, "all", (room.alice, room.bob)),
            )

    run(furnish())
    return room


@pytest.fixture
def room(server: Server) -> Room:
    """Two seats, on each broker in turn."""
    return furnished(server)


@pytest.fixture
def real_room(real_server: Real) -> Room:
    """Two seats, on each real RabbitMQ in turn."""
    return furnished(real_server)


# -- what a seat may publish


Forge = Callable[[Room], Publication]

REFUSED_BY_THE_BROKER: dict[str, Forge] = {
    "another's key": lambda room: message(COMMANDS, room.bobs_key, user_id=room.alice),
    "another's key without a sender": lambda room: message(COMMANDS, room.bobs_key),
    "a key with one part more": lambda room: message(COMMANDS, f"{room.key}.x", user_id=room.alice),
    "a key that only ends in one's own": lambda room: message(COMMANDS, f"x.{room.key}"),
    "a forged sender": lambda room: message(COMMANDS, room.key, user_id=room.bob),
    "the default exchange": lambda room: message("", "commands.0", user_id=room.alice),
    "another's queue by the default exchange": lambda room: message("", f"seat.{room.bob}"),
    "one's own queue by the default exchange": lambda room: message("", f"seat.{room.alice}"),
    "an event": lambda room: message(EVENTS, f"evt.{room.session}.all.released"),
    "a release": lambda room: message(room.barrier, ""),
    "a dead letter": lambda _: message("palier.dead-letters", ""),
    "amq.topic": lambda room: message("amq.topic", room.key),
    "amq.fanout": lambda _: message("amq.fanout", ""),
    "the broker's own events": lambda _: message("amq.rabbitmq.event", "consumer.created"),
    "an oversize body": lambda room: message(
        COMMANDS, room.key, b"x" * (1024 * 1024 + 1), user_id=room.alice
    ),
}


@pytest.mark.parametrize("forge", REFUSED_BY_THE_BROKER.values(), ids=REFUSED_BY_THE_BROKER)
def test_the_broker_refuses(room: Room, forge: Forge) -> None:
    async def test() -> None:
        async with room.server.connected(room.server.seat(room.alice)) as connection:
            with pytest.raises(PublishRefused):
                await connection.publish([forge(room)])

    run(test())


ADMITTED: dict[str, Forge] = {
    "one's own key": lambda room: message(COMMANDS, room.key, user_id=room.alice),
    "a direct reply": lambda room: message(
        COMMANDS, room.key, user_id=room.alice, reply_to=DIRECT_REPLY
    ),
}


@pytest.mark.parametrize("forge", ADMITTED.values(), ids=ADMITTED)
def test_the_worker_admits(room: Room, forge: Forge) -> None:
    delivery = _brought(room, forge(room))
    assert admit(delivery) == CommandKey(0, room.session, room.alice, "submit")


#: What RabbitMQ 3.10 lets through, and what the worker calls it.
REFUSED_BY_THE_WORKER: dict[str, tuple[str, Forge]] = {
    "no sender": ("no-sender", lambda room: message(COMMANDS, room.key)),
    "a reply to another's queue": (
        "foreign-reply",
        lambda room: message(COMMANDS, room.key, user_id=room.alice, reply_to=f"seat.{room.bob}"),
    ),
    "a reply to the commands": (
        "foreign-reply",
        lambda room: message(COMMANDS, room.key, user_id=room.alice, reply_to="commands.0"),
    ),
}


@pytest.mark.parametrize(
    ("code", "forge"), REFUSED_BY_THE_WORKER.values(), ids=REFUSED_BY_THE_WORKER
)
def test_the_worker_refuses(room: Room, code: str, forge: Forge) -> None:
    delivery = _brought(room, forge(room))
    with pytest.raises(Inadmissible) as refusal:
        admit(delivery)
    assert refusal.value.code == code


def _brought(room: Room, publication: Publication) -> Delivery:
    """Publish as Alice and return what the worker of partition 0 gets."""
    return _deliveries(room, publication, queues=("commands.0",))[0]


def _deliveries(room: Room, *publications: Publication, queues: tuple[str, ...]) -> list[Delivery]:
    """Publish as Alice, then a last word by the worker; return what came before it."""

    async def test() -> list[Delivery]:
        found: list[Delivery] = []
        alice = room.server.seat(room.alice)
        async with room.server.connected(alice) as seat, room.server.connected() as worker:
            await seat.replies(Inbox())
            await seat.publish(publications)
            # everything is routed once it is confirmed: what comes after it comes after it
            await worker.publish([message("", queue, b"the end") for queue in queues])
            for queue in queues:
                inbox = Inbox()
                await worker.consume(queue, inbox, prefetch=0)
                found += await _until_the_end(worker, inbox)
                await worker.cancel(queue)
        # other tests leave commands behind in the queues that all share
        mine = {one.properties.message_id for one in publications}
        return [one for one in found if one.properties.message_id in mine]

    return run(test())


async def _until_the_end(worker: Connection, inbox: Inbox) -> list[Delivery]:
    count = 1
    while (await inbox.get(count))[-1].body != b"the end":
        count += 1
    worker.ack(inbox.deliveries[-1], multiple=True)
    return inbox.deliveries[: count - 1]


@pytest.mark.parametrize("header", ["CC", "BCC"])
def test_a_copy_to_anothers_key_never_gets_past_both(room: Room, header: str) -> None:
    # 4.0.3 and later refuse it, 3.10 delivers it: to the same worker (CC), who sees the header, or
    # to another partition's, who sees a key that is not its own (BCC, which the broker takes off)
    to = f"cmd.1.{room.session}.{room.bob}.submit"
    copied = message(COMMANDS, room.key, b"copied", user_id=room.alice, headers={header: [to]})

    try:
        deliveries = _deliveries(room, copied, queues=("commands.0", "commands.1"))
    except PublishRefused:
        return

    by_queue = {one.queue: one for one in deliveries}
    with pytest.raises(Inadmissible) as refusal:
        admit(by_queue["commands.1"])
    assert refusal.value.code in {"misrouted", "copies"}
    if header == "CC":
        with pytest.raises(Inadmissible):
            admit(by_queue["commands.0"])
    else:
        # what is left is Alice's own command, in its place
        assert admit(by_queue["commands.0"]).seat == room.alice


# -- what a seat may declare and consume


Attempt = Callable[[Connection, Room], Any]

FORBIDDEN: dict[str, Attempt] = {
    "declare a queue": lambda seat, _: seat.declare(
        Queue(unique("mine"), {"x-queue-type": "classic"})
    ),
    "declare an exchange": lambda seat, _: seat.declare(Exchange(unique("mine"), "topic")),
    "declare one's own queue again": lambda seat, room: seat.declare(topology.seat(room.alice)),
    "bind one's own queue to the commands": lambda seat, room: seat.declare(
        Binding(COMMANDS, f"seat.{room.alice}", "#")
    ),
    "bind one's own queue to another's events": lambda seat, room: seat.declare(
        Binding(EVENTS, f"seat.{room.alice}", f"evt.*.seat.{room.bob}.#")
    ),
    "unbind another's queue": lambda seat, room: seat.declare(
        Unbinding(room.barrier, f"seat.{room.bob}")
    ),
    "unbind one's own queue": lambda seat, room: seat.declare(
        Unbinding(room.barrier, f"seat.{room.alice}")
    ),
    "remove the exchange of the commands": lambda seat, _: seat.declare(Removal(COMMANDS)),
    "remove the fanout of the session": lambda seat, room: seat.declare(Removal(room.barrier)),
    "consume another's queue": lambda seat, room: seat.consume(
        f"seat.{room.bob}", Inbox(), prefetch=1
    ),
    "consume the commands": lambda seat, _: seat.consume("commands.0", Inbox(), prefetch=1),
    "consume the dead letters": lambda seat, _: seat.consume("dead-letters", Inbox(), prefetch=1),
    "consume who is present": lambda seat, _: seat.consume("presence", Inbox(), prefetch=1),
}


@pytest.mark.parametrize("attempt", FORBIDDEN.values(), ids=FORBIDDEN)
def test_a_seat_may_not(room: Room, attempt: Attempt) -> None:
    async def test() -> None:
        async with room.server.connected(room.server.seat(room.alice)) as connection:
            with pytest.raises(AccessRefused):
                await attempt(connection, room)
            # and what it may do it still may
            await connection.consume(f"seat.{room.alice}", Inbox(), prefetch=1, exclusive=True)
            await connection.publish([message(COMMANDS, room.key, user_id=room.alice)])

    run(test())


# -- the account of the room


def test_the_room_may_ask_to_join(server: Server) -> None:
    asked = message(COMMANDS, "cmd.0.lobby.room.join", user_id="room", reply_to=DIRECT_REPLY)

    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(*topology.base(partitions=1))
        async with server.connected(server.room()) as connection:
            await connection.replies(Inbox())
            await connection.publish([asked])

    run(test())


@pytest.mark.parametrize(
    "publication",
    [
        message(COMMANDS, "cmd.0.lobby.room.submit", user_id="room"),
        message(COMMANDS, "cmd.0.public-goods.room.join", user_id="room"),
        message(COMMANDS, "cmd.0.lobby.p1.join", user_id="room"),
        message(COMMANDS, "cmd.0.lobby.room.join.x", user_id="room"),
        message(EVENTS, "evt.s.all.released", user_id="room"),
        message("", "commands.0", user_id="room"),
    ],
    ids=lambda publication: f"{publication.exchange} {publication.routing_key}",
)
def test_the_room_may_ask_nothing_else(server: Server, publication: Publication) -> None:
    async def test() -> None:
        async with server.connected() as connection:
            await connection.declare(*topology.base(partitions=1))
        async with server.connected(server.room()) as connection:
            with pytest.raises(PublishRefused):
                await connection.publish([publication])

    run(test())


def test_the_room_consumes_and_declares_nothing(room: Room) -> None:
    async def test() -> None:
        async with room.server.connected(room.server.room()) as connection:
            for queue in (f"seat.{room.alice}", "commands.0", "presence"):
                with pytest.raises(AccessRefused):
                    await connection.consume(queue, Inbox(), prefetch=1)
            with pytest.raises(AccessRefused):
                await connection.declare(topology.seat("room"))

    run(test())


def test_an_operator_is_a_seat_to_the_broker(server: Server) -> None:
    operator = unique("op")
    server.accounts().grant_operator(operator, "secret")
    room = furnished(server)

    async def test() -> None:
        account = Account(user=operator, password="secret", connection_name="test operator")
        async with server.connected() as connection:
            await connection.declare(*topology.staff(operator))
        async with server.connected(account) as connection:
            await connection.consume(f"seat.{operator}", Inbox(), prefetch=1, exclusive=True)
            own = message(COMMANDS, f"cmd.0.{room.session}.{operator}.start", user_id=operator)
            await connection.publish([own])
            with pytest.raises(PublishRefused):
                await connection.publish([message(COMMANDS, room.key, user_id=operator)])

    run(test())


# -- by speaking AMQP itself


@contextmanager
def spoken(room: Room) -> Iterator[Any]:
    """Yield a channel of Alice's own making."""
    assert isinstance(room.server, Real)
    address = room.server.address
    connection = pika.BlockingConnection(
        pika.ConnectionParameters(
            host=address.host,
            port=address.port,
            virtual_host=address.vhost,
            credentials=pika.PlainCredentials(room.alice, "secret"),
        )
    )
    try:
        yield connection.channel()
    finally:
        if connection.is_open:
            connection.close()


Speech = Callable[[Any, Room], Any]

UNSPEAKABLE: dict[str, Speech] = {
    "get from another's queue": lambda channel, room: channel.basic_get(f"seat.{room.bob}"),
    "get from the commands": lambda channel, _: channel.basic_get("commands.0"),
    "purge another's queue": lambda channel, room: channel.queue_purge(f"seat.{room.bob}"),
    "purge the commands": lambda channel, _: channel.queue_purge("commands.0"),
    "delete another's queue": lambda channel, room: channel.queue_delete(f"seat.{room.bob}"),
    "delete one's own queue": lambda channel, room: channel.queue_delete(f"seat.{room.alice}"),
    "delete the commands": lambda channel, _: channel.queue_delete("commands.0"),
    "delete an exchange": lambda channel, _: channel.exchange_delete(COMMANDS),
    "declare a queue that the broker names": lambda channel, _: channel.queue_declare(
        "", exclusive=True
    ),
    "bind the events into the commands": lambda channel, _: channel.exchange_bind(
        COMMANDS, EVENTS, "#"
    ),
    "bind the commands into the events": lambda channel, _: channel.exchange_bind(
        EVENTS, COMMANDS, "#"
    ),
    "unbind exchanges": lambda channel, _: channel.exchange_unbind(COMMANDS, EVENTS, "#"),
    "bind a topic of the broker's": lambda channel, room: channel.queue_bind(
        f"seat.{room.alice}", "amq.topic", "#"
    ),
}


@pytest.mark.parametrize("speech", UNSPEAKABLE.values(), ids=UNSPEAKABLE)
def test_a_seat_that_speaks_amqp_itself_may_not(real_room: Room, speech: Speech) -> None:
    with spoken(real_room) as channel, pytest.raises(ChannelClosedByBroker) as refusal:
        speech(channel, real_room)
    assert refusal.value.reply_code == 403


@pytest.mark.parametrize("header", ["CC", "BCC"])
def test_a_copy_header_that_is_no_list_is_refused(real_room: Room, header: str) -> None:
    with spoken(real_room) as channel:
        channel.confirm_delivery()
        with pytest.raises(AMQPError):
            channel.basic_publish(
                COMMANDS,
                real_room.key,
                b"{}",
                pika.BasicProperties(user_id=real_room.alice, headers={header: real_room.bobs_key}),
            )


def test_a_seat_has_no_more_channels_than_it_may(real_room: Room) -> None:
    with spoken(real_room) as channel:
        channels = (channel.connection.channel() for _ in range(20))
        with pytest.raises(ConnectionClosedByBroker):
            list(channels)


def test_a_seat_has_no_management_console(real_room: Room) -> None:
    import urllib.error

    assert isinstance(real_room.server, Real)
    as_alice = Real("alice", real_room.server.address, real_room.server.management)
    as_alice.user, as_alice.password = real_room.alice, "secret"
    with pytest.raises(urllib.error.HTTPError) as refusal:
        as_alice.ask("GET", "queues")
    with refusal.value as error:
        assert error.code == 401


def test_guest_does_not_exist(real_server: Real) -> None:
    from palier.broker.errors import LoginRefused

    async def test() -> None:
        guest = Account(user="guest", password="guest", connection_name="test")
        with pytest.raises(LoginRefused):
            await real_server.transport().connect(guest)

    run(test())


def test_a_passive_look_tells_a_seat_nothing_but_numbers(room: Room) -> None:
    # RabbitMQ before 4.3.1 answers; hence no secret is ever in the name of a queue
    async def test() -> None:
        async with room.server.connected(room.server.seat(room.alice)) as connection:
            with suppress(AccessRefused, NotThere):
                await connection.status(f"seat.{room.bob}")
            with pytest.raises(AccessRefused):
                await connection.consume(f"seat.{room.bob}", Inbox(), prefetch=1)

    run(test())
