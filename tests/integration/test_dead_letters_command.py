"""`palier dead-letters` against a RabbitMQ, as an administrator runs it."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Iterator
from typing import Any

import pytest

from palier.broker.letters import bury
from palier.broker.topology import Binding, Queue, base
from palier.broker.transport import Connection, Delivery, Publication
from palier.cli.choice import Choice
from palier.cli.dead_letters import Queue as Letters
from palier.cli.dead_letters import replayed
from palier.cli.server import Server
from palier.schemas.addresses import COMMANDS
from tests.brokers import PATIENCE, Inbox, Real, message, run, unique, until
from tests.e2e.palier_command import Done, palier_here, running

pytestmark = [pytest.mark.rabbitmq, pytest.mark.timeout(120)]

#: What a seat may write into a message that is none.
HOSTILE = b'\x1b[31m{"amount": \x00 \xff'


class Office:
    """A server whose letters are this test's own, and a partition that no worker conducts."""

    def __init__(self, server: Real) -> None:
        self.server = server
        self.partition = random.randrange(10**6, 10**9)

    @property
    def commands(self) -> str:
        return f"commands.{self.partition}"

    def environment(self, **more: str) -> dict[str, str]:
        at = self.server.address
        return {
            "PALIER_SERVER": f"amqp://{at.user}@{at.host}:{at.port}/palier",
            "PALIER_PASSWORD": at.password,
            **more,
        }

    def palier(self, *arguments: object, **more: str) -> Done:
        return palier_here("dead-letters", *arguments, **self.environment(**more))

    def listed(self, *arguments: object) -> list[Any]:
        """Return what `list --json` prints."""
        found: list[Any] = self.palier("list", "--json", *arguments).json()
        return found

    def letter(self, seat: str, body: bytes, *, code: str = "malformed") -> Publication:
        """Return a letter as a worker writes it."""
        sent = message(COMMANDS, f"cmd.{self.partition}.morning.{seat}.submit", body, user_id=seat)
        delivery = Delivery(
            queue=self.commands,
            exchange=sent.exchange,
            routing_key=sent.routing_key,
            properties=sent.properties,
            body=sent.body,
            redelivered=False,
            tag=1,
        )
        return bury(
            delivery, code=code, reason=f"It is {code}: so it is.", account=self.server.user
        )

    def lay(self, *publications: Publication) -> None:
        """Publish, and wait until it lies there."""
        run(self._lay(publications))

    async def _lay(self, publications: tuple[Publication, ...]) -> None:
        async with self.server.connected() as connection:
            await connection.publish(publications)

    def replays(self) -> list[Delivery]:
        """Return what was sent to the worker, and take it."""
        return run(self._replays())

    async def _replays(self) -> list[Delivery]:
        async with self.server.connected() as connection:
            inbox = Inbox()
            count = (await connection.status(self.commands)).messages
            await connection.consume(self.commands, inbox, prefetch=0)
            found = await inbox.get(count)
            if found:
                connection.ack(found[-1], multiple=True)
            return found

    def left(self, queue: str = "dead-letters") -> int:
        """Return how many letters lie there."""

        async def look() -> int:
            async with self.server.connected() as connection:
                return (await connection.status(queue)).messages

        return run(look())


@pytest.fixture
def office(real_server: Real) -> Iterator[Office]:
    office = Office(real_server)

    async def declare() -> None:
        async with real_server.connected() as connection:
            await connection.declare(
                *base(partitions=1),
                Queue(office.commands, {"x-queue-type": "classic"}),
                Binding(COMMANDS, office.commands, f"cmd.{office.partition}.#"),
            )

    run(declare())
    sweep(real_server)
    yield office
    sweep(real_server)
    real_server.delete_queue(office.commands)


def sweep(server: Real) -> None:
    """Empty what others have left."""
    for queue in Letters:
        server.ask("DELETE", f"queues/{server.address.vhost}/{queue}/contents")


def test_an_administrator_lists_shows_replays_and_drops(office: Office) -> None:
    office.lay(
        office.letter("p1", b'{"amount": 7}', code="worker-error"),
        office.letter("p2", HOSTILE),
    )

    first, second = office.listed()
    assert (first["code"], first["sender"], first["session"]) == ("worker-error", "p1", "morning")
    assert (first["kind"], first["size"], first["replays"]) == ("submit.v1", 13, 0)
    assert first["reason"] == "It is worker-error: so it is."
    table = office.palier("list").out
    assert "1 worker-error, 1 malformed" in table
    assert first["id"] in table
    assert second["id"] in table
    assert max(map(len, table.splitlines())) <= 80

    shown = office.palier("show", first["id"][:6]).out
    assert '{"amount": 7}' in shown
    assert first["message_id"] in shown
    hostile = office.palier("show", second["id"])
    assert "\\x1b[31m" in hostile.out
    assert "\x1b" not in hostile.out
    assert office.palier("show", second["id"], "--json").json()["body"] == (
        '\x1b[31m{"amount": \x00 \\xff'
    )

    done = office.palier("replay", first["id"])
    assert (done.code, done.out) == (
        0,
        "Sent to the worker once more: 1 letter. What fails again comes back.\n",
    )
    (replay,) = office.replays()
    assert replay.properties.headers == {"palier-sender": "p1", "palier-replays": 1}
    assert [one["id"] for one in office.listed()] == [second["id"]]

    assert office.palier("drop", second["id"][:8]).out == "Dropped: 1 letter.\n"
    assert office.palier("list").out == "Nothing lies in dead-letters.\n"


def test_all_of_them_or_all_with_a_code(office: Office) -> None:
    office.lay(
        *(office.letter(f"p{number}", b"?") for number in range(3)),
        *(office.letter(f"p{number}", b"{}", code="worker-error") for number in range(2)),
    )

    assert len(office.listed("--code", "malformed")) == 3
    assert "the newest 2" in office.palier("list", "--limit", 2).out
    assert office.palier("drop", "--all").sentence == (
        "This drops 5 letters for good: say --yes as well."
    )
    assert office.left() == 5

    assert "once more: 2 letters." in office.palier("replay", "--all", "--code", "worker-error").out
    assert {one.properties.headers["palier-sender"] for one in office.replays()} == {"p0", "p1"}
    assert {one["code"] for one in office.listed()} == {"malformed"}
    assert office.palier("drop", "--all", "--code", "odd", "--yes").sentence == (
        "No letter there is odd: there are 3 malformed."
    )
    assert office.palier("drop", "--all", "--yes").out == "Dropped: 3 letters.\n"
    assert office.left() == 0


def test_where_nothing_lies_there_is_nothing_to_do(office: Office) -> None:
    assert office.listed() == []
    for verb in ("replay --all", "drop --all --yes", "drop --all"):
        done = office.palier(*verb.split())
        assert (done.code, done.out) == (
            0,
            f"Nothing lies in dead-letters: there is nothing to {verb.split()[0]}.\n",
        )
    assert office.palier("show", "0123").sentence == (
        "There is no letter 0123: nothing lies in dead-letters."
    )


def test_what_no_queue_takes_is_listed_too_and_comes_back_until_one_does(office: Office) -> None:
    elsewhere = f"cmd.{office.partition + 1}.morning.p1.submit"
    office.lay(message(COMMANDS, elsewhere, user_id=office.server.user))

    (letter,) = office.listed("--queue", "unroutable")
    assert (letter["code"], letter["routing_key"]) == ("unroutable", elsewhere)
    assert office.listed() == []

    office.palier("replay", letter["id"], "--queue", "unroutable")
    (again,) = office.listed("--queue", "unroutable")
    assert (again["id"], again["replays"]) == (letter["id"], 1)

    assert office.palier("drop", letter["id"], "--queue", "unroutable").code == 0
    assert office.left("unroutable") == 0


def test_what_was_not_sent_as_a_command_can_only_be_dropped(office: Office) -> None:
    sent = office.letter("p1", b"{}")
    headers = {**sent.properties.headers, "palier-exchange": "amq.topic"}
    strange = message(sent.exchange, "", b"{}", user_id=office.server.user, headers=headers)
    office.lay(strange, sent)

    done = office.palier("replay", "--all")

    assert done.code == 1
    assert "once more: 1 letter." in done.out
    (left,) = office.listed()
    assert done.err == f"Left where they are, for they were not sent as commands: {left['id']}.\n"
    assert office.palier("drop", left["id"]).code == 0


def test_a_doctor_says_that_letters_wait(office: Office) -> None:
    def found() -> Any:
        done = palier_here("doctor", "--json", **office.environment())
        return next(one for one in done.json() if one["what"] == "all handled")

    assert found() == {
        "what": "all handled",
        "well": True,
        "found": "no dead letters wait",
        "needed": False,
    }

    office.lay(
        office.letter("p1", b"?"),
        message(COMMANDS, f"cmd.{office.partition + 1}.s.p1.submit", user_id=office.server.user),
    )
    assert found() == {
        "what": "all handled",
        "well": False,
        "found": "1 in dead-letters: `palier dead-letters list`; "
        "1 in unroutable: `palier dead-letters list --queue unroutable`",
        "needed": False,
    }


def test_a_server_without_the_queue_says_so(office: Office) -> None:
    office.server.delete_queue("unroutable")

    assert office.palier("list", "--queue", "unroutable").sentence == (
        f"There is no queue unroutable at amqp://{office.server.address.host}:"
        f"{office.server.address.port}/palier: has a worker ever run there?"
    )

    async def declare() -> None:
        async with office.server.connected() as connection:
            await connection.declare(*base(partitions=1))

    run(declare())


def test_a_seat_may_read_no_letters(office: Office) -> None:
    name = unique("p")
    office.server.seat(name)

    at = office.server.address
    sentence = office.palier(
        "list", PALIER_SERVER=f"amqp://{name}@{at.host}:{at.port}/palier", PALIER_PASSWORD="secret"
    ).sentence

    assert sentence == f"{name} may not read dead-letters: use the account of the workers."
    office.server.accounts().revoke(name)


@pytest.fixture
def another_administrator(office: Office) -> Iterator[str]:
    """An account that may do everything, and is not the workers'."""
    name, server = unique("admin"), office.server
    server.ask("PUT", f"users/{name}", {"password": "secret", "tags": "administrator"})
    everything = {"configure": ".*", "write": ".*", "read": ".*"}
    server.ask("PUT", f"permissions/{server.address.vhost}/{name}", everything)
    yield name
    server.accounts().revoke(name)


def test_another_administrator_may_look_and_not_replay(
    office: Office, another_administrator: str
) -> None:
    """A worker takes the word of its own account only; this is said before anything is sent."""
    office.lay(office.letter("p1", b"{}"))
    at = office.server.address
    theirs = {
        "PALIER_SERVER": f"amqp://{another_administrator}@{at.host}:{at.port}/palier",
        "PALIER_PASSWORD": "secret",
    }

    (letter,) = office.palier("list", "--json", **theirs).json()

    assert (letter["sender"], letter["code"]) == ("p1", "malformed")
    assert office.palier("replay", "--all", **theirs).sentence == (
        f"The workers' account is {at.user}, not {another_administrator}: they take replays from "
        "their own account only."
    )
    assert office.left() == 1


def test_what_has_no_room_goes_with_the_next_round(office: Office) -> None:
    bodies = [b"%07d" % number for number in range(30)]
    office.lay(*(office.letter("p1", one) for one in bodies))
    at = office.server.address
    found = Server(amqp=f"amqp://{at.host}:{at.port}/palier", user=at.user, password=at.password)

    chosen, sent = run(replayed(found, Letters.DEAD_LETTERS, Choice(), room=50))

    assert len(chosen) == len(sent) == 30
    assert sorted(one.body for one in office.replays()) == bodies
    assert office.left() == 0


def test_whoever_is_killed_in_the_middle_loses_no_letter(office: Office) -> None:
    """Killed again and again while it replays: every letter lies there or was sent, or both."""
    count = 3000
    office.lay(*(office.letter("p1", b"%d" % number) for number in range(count)))
    inbox = Inbox()

    async def kill_in_the_middle() -> None:
        """Start a replay of all, and kill it when the worker has some of them."""
        async with office.server.connected() as worker:
            with running("dead-letters", "replay", "--all", **office.environment()) as command:
                # what is taken out is taken out before what comes third is sent
                enough = len(inbox.deliveries) + 250

                def take(delivery: Delivery) -> None:
                    inbox(delivery)
                    worker.ack(delivery)
                    if len(inbox.deliveries) >= enough:
                        command.process.kill()

                await worker.consume(office.commands, take, prefetch=100)
                await until(lambda: command.process.poll() is not None)
                # what it held comes back, what it sent comes on, once the broker has seen it go
                async with asyncio.timeout(PATIENCE):
                    while len(set(inbox.bodies)) + (await left(worker)) < count:  # noqa: ASYNC110 - as above
                        await asyncio.sleep(0.01)

    async def left(connection: Connection) -> int:
        return (await connection.status("dead-letters")).messages

    for _ in range(4):
        before = office.left()
        if not before:
            break  # on a busy computer it may be done before it is killed
        run(kill_in_the_middle())
        assert office.left() < before

    assert office.palier("replay", "--all").code == 0
    bodies = {one.body for one in office.replays()} | set(inbox.bodies)
    assert bodies == {b"%d" % number for number in range(count)}
    assert office.left() == 0
