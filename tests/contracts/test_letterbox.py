"""Looking at letters, replaying and dropping them, on every broker: none is ever lost."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pytest

from palier.broker import topology
from palier.broker.errors import AccessRefused, AlreadyInUse, NotThere
from palier.broker.letterbox import ROOM, Letterbox, opened
from palier.broker.letters import bury
from palier.broker.topology import Binding, Exchange, Queue
from palier.broker.transport import Account, Connection, Delivery, Publication, Transport
from palier.schemas.addresses import COMMANDS, DEAD_LETTERS, UNROUTABLE
from tests.brokers import PATIENCE, Inbox, Server, message, run, unique, until
from tests.laboratory import FaultyTransport, _FaultyConnection

(KEPT,) = (
    one
    for one in topology.base(partitions=0)
    if isinstance(one, Queue) and one.name == "dead-letters"
)


@dataclass
class Post:
    """A queue of letters of this test's own, and a queue of commands that replays come to."""

    server: Server
    connection: Connection
    letters: str
    partition: int

    @property
    def commands(self) -> str:
        return f"commands.{self.partition}"

    def key(self, seat: str = "p1") -> str:
        return f"cmd.{self.partition}.morning.{seat}.submit"

    def command(self, body: bytes, **properties: object) -> Delivery:
        """Return a command of a seat's as a worker gets it."""
        sent = message(COMMANDS, self.key(), body, user_id="p1")
        return Delivery(
            queue=self.commands,
            exchange=sent.exchange,
            routing_key=sent.routing_key,
            properties=replace(sent.properties, **properties),  # type: ignore[arg-type] # by name
            body=body,
            redelivered=False,
            tag=1,
        )

    def letter(self, body: bytes, *, code: str = "malformed", **properties: object) -> Publication:
        """Return a dead letter as a worker writes it."""
        return bury(
            self.command(body, **properties),
            code=code,
            reason="It cannot be read.",
            account=self.server.user,
        )

    async def lay(self, *bodies: bytes) -> None:
        """Have a worker write so many letters."""
        await self.connection.publish([self.letter(one) for one in bodies])
        await until_ready(self.connection, self.letters, len(bodies))

    def opened(self, *, room: int = ROOM) -> AbstractAsyncContextManager[Letterbox]:
        """Open the letterbox, with the bodies."""
        return opened(
            self.server.transport(),
            self.server.administrator,
            self.letters,
            keep=lambda _: True,
            room=room,
        )

    async def bodies(self, *, room: int = ROOM) -> list[bytes | None]:
        """Return all bodies that lie there, in order."""
        async with self.opened(room=room) as box:
            return [box.body(one) for one in box.letters]

    async def replayed(self, count: int) -> list[Delivery]:
        """Wait for so many replays; take them."""
        inbox = Inbox()
        async with self.server.connected() as connection:
            await connection.consume(self.commands, inbox, prefetch=0)
            found = await inbox.get(count)
            if found:
                connection.ack(found[-1], multiple=True)
            return found


async def until_ready(connection: Connection, queue: str, count: int) -> None:
    async with asyncio.timeout(PATIENCE):
        while (await connection.status(queue)).messages != count:  # noqa: ASYNC110 - has no event
            await asyncio.sleep(0.005)


@asynccontextmanager
async def a_post(server: Server) -> AsyncIterator[Post]:
    async with server.connected() as connection:
        post = Post(server, connection, unique("letters"), random.randrange(10**6, 10**9))
        await connection.declare(
            Exchange(DEAD_LETTERS, "fanout"),
            Exchange(UNROUTABLE, "fanout"),
            Exchange(COMMANDS, "topic", {"alternate-exchange": UNROUTABLE}),
            Queue(post.letters, KEPT.arguments),
            Binding(DEAD_LETTERS, post.letters),
            Queue(
                post.commands,
                {
                    "x-queue-type": "quorum",
                    "x-delivery-limit": 2,
                    "x-dead-letter-exchange": DEAD_LETTERS,
                },
            ),
            Binding(COMMANDS, post.commands, f"cmd.{post.partition}.#"),
        )
        yield post
        server.delete_queue(post.letters)
        server.delete_queue(post.commands)


# -- looking


def test_looking_takes_nothing_out_and_changes_no_order(server: Server) -> None:
    """More often than any delivery limit."""

    async def test() -> None:
        async with a_post(server) as post:
            bodies = [b"%d" % number for number in range(600)]
            await post.lay(*bodies)

            for _ in range(25):
                assert await post.bodies() == bodies

            await until_ready(post.connection, post.letters, 600)

    run(test())


def test_nothing_is_there_when_nothing_is_there(server: Server) -> None:
    async def test() -> None:
        async with a_post(server) as post, post.opened() as box:
            assert box.letters == []

    run(test())


def test_a_letter_says_who_sent_what_when_and_why_it_is_one(server: Server) -> None:
    async def test() -> None:
        async with a_post(server) as post:
            began = datetime.now(UTC).replace(microsecond=0)
            await post.lay(b"{}")

            async with post.opened() as box:
                (letter,) = box.letters

            assert (letter.code, letter.reason) == ("malformed", "It cannot be read.")
            assert (letter.sender, letter.session, letter.kind) == ("p1", "morning", "submit.v1")
            assert (letter.exchange, letter.routing_key) == (COMMANDS, post.key())
            assert (letter.size, letter.replays, letter.replayable) == (2, 0, True)
            assert letter.at is not None
            assert began <= letter.at <= began + timedelta(seconds=30)
            assert len(letter.id) == 12

    run(test())


def test_what_rabbitmq_put_aside_says_how_it_died_and_not_what_its_sender_made_up(
    server: Server,
) -> None:
    made_up = {
        "palier-code": "made-up",
        "palier-reason": "made up",
        "palier-sender": "somebody-else",
        "palier-replays": 7,
        "palier-exchange": "made.up",
    }

    async def test() -> None:
        async with a_post(server) as post:
            name = unique("p")
            async with server.connected(server.seat(name)) as seat:
                sent = message(COMMANDS, post.key(name), b"killer", user_id=name, headers=made_up)
                await seat.publish([sent])
            inbox = Inbox()
            await post.connection.consume(post.commands, inbox, prefetch=1)
            for number in range(3):
                await inbox.get(number + 1)
                post.connection.reject(inbox.deliveries[number], requeue=True)
            await until_ready(post.connection, post.letters, 1)

            async with post.opened() as box:
                (letter,) = box.letters

            assert (letter.code, letter.sender, letter.replays) == ("delivery-limit", name, 0)
            assert letter.reason.startswith("It came back too often")
            assert (letter.exchange, letter.routing_key) == (COMMANDS, post.key(name))
            assert letter.message_id == sent.properties.message_id
            assert letter.writer == ""
            server.accounts().revoke(name)

    run(test())


def test_what_nobody_takes_is_a_letter_of_whoever_sent_it(server: Server) -> None:
    async def test() -> None:
        async with a_post(server) as post:
            unroutable = unique("unroutable")
            await post.connection.declare(
                Queue(unroutable, KEPT.arguments), Binding(UNROUTABLE, unroutable)
            )
            key = f"cmd.{post.partition + 1}.morning.p1.submit"
            await post.connection.publish([message(COMMANDS, key, user_id=server.user)])
            post.letters, own = unroutable, post.letters
            await until_ready(post.connection, unroutable, 1)

            async with post.opened() as box:
                (letter,) = box.letters

            assert (letter.code, letter.sender) == ("unroutable", server.user)
            assert letter.reason == f"No queue takes {key!r}: no worker has it."
            assert (letter.exchange, letter.routing_key) == (COMMANDS, key)
            post.letters = own
            server.delete_queue(unroutable)

    run(test())


def test_copies_of_a_message_are_one_letter(server: Server) -> None:
    """A worker that died before its acknowledgement is known has written its letter twice."""

    async def test() -> None:
        async with a_post(server) as post:
            twice = post.letter(b"twice")
            await post.connection.publish([twice, post.letter(b"once"), twice])
            await until_ready(post.connection, post.letters, 3)

            async with post.opened() as box:
                assert [box.body(one) for one in box.letters] == [b"twice", b"once"]
                assert [box.copies(one) for one in box.letters] == [2, 1]
                box.drop(box.letters[0])

            assert await post.bodies() == [b"once"]

    run(test())


def test_two_who_look_at_once_see_all_of_it_one_after_the_other(server: Server) -> None:
    async def test() -> None:
        async with a_post(server) as post:
            bodies = [b"%d" % number for number in range(300)]
            await post.lay(*bodies)

            looks = await asyncio.gather(*(post.bodies() for _ in range(4)))

            assert looks == [bodies] * 4

    run(test())


def test_who_waits_too_long_for_another_is_told(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palier.broker.letterbox._TURN", 0.3)

    async def test() -> None:
        async with a_post(server) as post:
            await post.lay(b"1")
            async with post.opened() as box:
                with pytest.raises(AlreadyInUse, match="Somebody else is at the letters"):
                    await post.bodies()
                assert len(box.letters) == 1
            assert await post.bodies() == [b"1"]

    run(test())


def test_what_arrives_while_somebody_looks_is_none_of_it_and_stays(server: Server) -> None:
    async def test() -> None:
        async with a_post(server) as post:
            await post.lay(b"1")
            async with post.opened() as box:
                await post.connection.publish([post.letter(b"2")])
                box.drop(box.letters[0])
                assert box.letters == []

            assert await post.bodies() == [b"2"]

    run(test())


def test_bodies_are_kept_as_far_as_there_is_room(server: Server) -> None:
    async def test() -> None:
        async with a_post(server) as post:
            await post.lay(b"12345", b"6789", b"0", b"12")

            assert await post.bodies(room=7) == [b"12345", None, b"0", None]

    run(test())


def test_a_queue_that_is_not_there_and_one_that_is_not_ours(server: Server) -> None:
    async def test() -> None:
        async with a_post(server) as post:
            with pytest.raises(NotThere):
                async with opened(server.transport(), server.administrator, unique("none")):
                    pass
            name = unique("p")
            with pytest.raises(AccessRefused):
                async with opened(server.transport(), server.seat(name), post.letters):
                    pass
            server.accounts().revoke(name)

    run(test())


# -- dropping and replaying


def test_what_is_dropped_is_gone_and_the_others_stay_in_order(server: Server) -> None:
    async def test() -> None:
        async with a_post(server) as post:
            await post.lay(b"1", b"2", b"3", b"4")

            async with post.opened() as box:
                for letter in (box.letters[1], box.letters[3]):
                    box.drop(letter)

            assert await post.bodies() == [b"1", b"3"]

    run(test())


def test_a_replay_is_the_message_as_it_was_on_behalf_of_its_sender(server: Server) -> None:
    async def test() -> None:
        async with a_post(server) as post:
            said = {"causation_id": "because", "traceparent": "00-1-2-3", "x-other": "theirs"}
            sent = post.command(b"{}", headers=said, reply_to="amq.rabbitmq.reply-to.gone")
            await post.connection.publish(
                [bury(sent, code="worker-error", reason="Ours.", account=server.user)]
            )
            await until_ready(post.connection, post.letters, 1)

            async with post.opened() as box:
                (letter,) = await box.replay(box.letters)
                assert box.letters == []

            (replay,) = await post.replayed(1)
            assert (replay.exchange, replay.routing_key, replay.body) == (
                COMMANDS,
                post.key(),
                b"{}",
            )
            assert replay.properties == replace(
                sent.properties,
                user_id=server.user,
                reply_to=None,
                headers={
                    "causation_id": "because",
                    "traceparent": "00-1-2-3",
                    "palier-sender": "p1",
                    "palier-replays": 1,
                },
            )
            assert letter.sender == "p1"
            assert await post.bodies() == []

    run(test())


def test_a_replay_that_fails_again_is_the_same_letter_and_is_counted(server: Server) -> None:
    async def test() -> None:
        async with a_post(server) as post:
            await post.lay(b"{}")
            async with post.opened() as box:
                (first,) = box.letters

            for times in (1, 2):
                async with post.opened() as box:
                    await box.replay(box.letters)
                (again,) = await post.replayed(1)
                await post.connection.publish(
                    [bury(again, code="worker-error", reason="Again.", account=server.user)]
                )
                await until_ready(post.connection, post.letters, 1)
                async with post.opened() as box:
                    (letter,) = box.letters
                assert (letter.id, letter.replays) == (first.id, times)
                assert (letter.sender, letter.code) == ("p1", "worker-error")

    run(test())


def test_a_replay_on_which_workers_die_is_the_same_letter_and_is_counted(server: Server) -> None:
    async def test() -> None:
        async with a_post(server) as post:
            await post.lay(b"killer")
            async with post.opened() as box:
                (first,) = await box.replay(box.letters)
            inbox = Inbox()
            await post.connection.consume(post.commands, inbox, prefetch=1)
            for number in range(3):
                await inbox.get(number + 1)
                post.connection.reject(inbox.deliveries[number], requeue=True)
            await until_ready(post.connection, post.letters, 1)

            async with post.opened() as box:
                (letter,) = box.letters

            assert (letter.id, letter.sender, letter.replays) == (first.id, "p1", 1)
            assert letter.code == "delivery-limit"

    run(test())


class _Dying(FaultyTransport):
    """Connections of a process that dies before it could acknowledge anything."""

    def __init__(self, transport: Transport) -> None:
        super().__init__(transport, loses=lambda _: False)

    async def connect(self, account: Account, *, deadline: float = 10.0) -> Connection:
        connection = await self._transport.connect(account, deadline=deadline)
        return _NeverAcknowledging(connection, self._loses)


class _NeverAcknowledging(_FaultyConnection):
    def ack(self, delivery: Delivery, *, multiple: bool = False) -> None:
        pass


def test_whoever_dies_after_a_replay_leaves_the_letter(server: Server) -> None:
    async def test() -> None:
        async with a_post(server) as post:
            await post.lay(b"1", b"2")
            transport = _Dying(server.transport())
            async with opened(
                transport, server.administrator, post.letters, keep=lambda _: True
            ) as box:
                assert len(await box.replay(box.letters)) == 2

            assert await post.bodies() == [b"1", b"2"]
            async with post.opened() as box:
                await box.replay(box.letters)
            replays = await post.replayed(4)
            ids = [one.properties.message_id for one in replays]
            assert ids[:2] == ids[2:], "the worker recognises them"

    run(test())


def test_a_replay_that_the_broker_does_not_take_stays_and_stops_no_other(server: Server) -> None:
    async def test() -> None:
        async with a_post(server) as post:
            elsewhere = replace(post.command(b"2"), exchange=unique("gone"))
            await post.connection.publish(
                [
                    post.letter(b"1"),
                    bury(elsewhere, code="foreign-exchange", reason=".", account=server.user),
                    post.letter(b"3"),
                ]
            )
            await until_ready(post.connection, post.letters, 3)

            async with post.opened() as box:
                assert [one.replayable for one in box.letters] == [True, False, True]
                sent = await box.replay(box.letters)
                assert len(sent) == 2

            inbox = Inbox()
            await post.connection.consume(post.commands, inbox, prefetch=0)
            await until(lambda: set(inbox.bodies) == {b"1", b"3"})
            assert await post.bodies() == [b"2"]

    run(test())


def test_names_that_are_no_utf8_are_written_and_replayed_all_the_same(server: Server) -> None:
    """What is read of them is three times as long, which no property may be."""

    async def test() -> None:
        async with a_post(server) as post:
            broken = "\N{REPLACEMENT CHARACTER}" * 200
            odd = post.command(
                b"{}", message_id=broken, kind=broken, correlation_id=broken, content_type=broken
            )
            odd = replace(odd, properties=replace(odd.properties, headers={"causation_id": broken}))
            await post.connection.publish(
                [bury(odd, code="unknown-kind", reason=".", account=server.user)]
            )
            await until_ready(post.connection, post.letters, 1)

            async with post.opened() as box:
                (letter,) = await box.replay(box.letters)

            assert letter.message_id == broken[:85]
            (replay,) = await post.replayed(1)
            assert replay.properties.message_id == letter.message_id

    run(test())
