"""A laboratory for tests: a worker with its broker and database, an operator, seats and bots."""

from __future__ import annotations

import asyncio
import urllib.error
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from pydantic import JsonValue
from sqlalchemy import Engine, event, func, select

from palier.broker import topology
from palier.broker.topology import Declaration
from palier.broker.transport import (
    Account,
    Connection,
    Delivery,
    OnDelivery,
    Outcome,
    Publication,
    QueueStatus,
    Transport,
)
from palier.client.asking import Operator, join
from palier.client.bot import Bot
from palier.client.credentials import Credentials
from palier.client.link import Link
from palier.client.state import Screen
from palier.program import Field, Form, Group, Program
from palier.program import Session as ProgramSession
from palier.schemas.addresses import COMMANDS, CommandKey, commands_queue, seat_queue
from palier.schemas.commands import OpenSession, Submit
from palier.schemas.envelope import Envelope, Properties, unpack
from palier.schemas.message import Command, Message, Query, Reply
from palier.schemas.names import ALL, OPERATOR
from palier.schemas.registry import message_type
from palier.workers.persistence import tables
from palier.workers.runtime.batch import BatchHandler
from palier.workers.runtime.catalogue import Catalogue
from palier.workers.runtime.telling import Teller
from palier.workers.runtime.worker import Secrets, Surroundings, Worker
from tests.brokers import PATIENCE, Inbox, Real, Server, unique, until
from tests.databases import Database

PROGRAMS = Path(__file__).parents[1] / "programs"

SECRETS = Secrets(operator="of the operator", room="of the room")

#: The queues of a server in which a message could be left.
QUEUES = (commands_queue(0), topology.PRESENCE, "dead-letters", "unroutable")


class Number(Form):
    value: int = Field(ge=0, le=9)


class Steps(Program):
    """A number from all, then another beside what is their own, and the end."""

    title = "Steps"

    async def run(self, session: ProgramSession) -> None:
        answers = await session.stage("first", form=Number)
        for one, answer in answers.items():
            one.pay(answer.value)
        await session.stage("second", form=Number, data=lambda one: {"yours": float(one.payoff)})
        await session.stage("end")


class Pairs(Program):
    """Welcome for all, two rounds in pairs, the end for all."""

    group_size = 2

    async def run(self, session: ProgramSession) -> None:
        await session.stage("welcome")
        await session.each_group(self.play, size=2)
        await session.stage("end", data=lambda one: {"total": one.payoff})

    async def play(self, group: Group) -> None:
        for _ in range(2):
            answers = await group.stage("ask", form=Number)
            for one, answer in answers.items():
                one.pay(answer.value)


class Failing(Program):
    """Its author made a mistake, after the first stage."""

    async def run(self, session: ProgramSession) -> None:
        await session.stage("first", form=Number)
        raise ZeroDivisionError("the author divided by nothing")


def catalogue() -> Catalogue:
    """Return the ready programs and those above."""
    known = Catalogue([PROGRAMS])
    known.add("steps", Steps)
    known.add("pairs", Pairs)
    known.add("failing", Failing)
    return known


class Laboratory:
    """A broker, a database, and one session's names, that nobody else has."""

    def __init__(self, server: Server, database: Database, *, seats: int = 4) -> None:
        self.server = server
        self.database = database
        self.catalogue = catalogue()
        self.session = unique("s")
        self.seats = self.more_seats(seats)

    @staticmethod
    def more_seats(count: int) -> tuple[str, ...]:
        """Return the names of seats that nobody sits at yet."""
        prefix = unique("p")
        return tuple(f"{prefix}-{number}" for number in range(1, count + 1))

    # -- the worker

    def surroundings(
        self, *, transport: Transport | None = None, engine: Engine | None = None
    ) -> Surroundings:
        """Return what a worker needs."""
        return Surroundings(
            transport=transport or self.server.transport(),
            account=replace(self.server.administrator, connection_name="worker"),
            accounts=self.server.accounts(),
            queues=self.server.queues(),
            engine=engine or self.database.engine(),
            catalogue=self.catalogue,
            secrets=SECRETS,
        )

    @asynccontextmanager
    async def working(
        self, *, transport: Transport | None = None, engine: Engine | None = None
    ) -> AsyncIterator[Worker]:
        """Run a worker that takes commands; what ends it is raised in the end."""
        self.sweep()
        async with running(self.surroundings(transport=transport, engine=engine)) as worker:
            yield worker

    def sweep(self) -> None:
        """Empty what others have left in a broker that is not this test's own."""
        if isinstance(self.server, Real):
            for queue in (*QUEUES, commands_queue(1), seat_queue(OPERATOR)):
                with suppress(urllib.error.HTTPError):
                    self.server.ask(
                        "DELETE", f"queues/{self.server.address.vhost}/{queue}/contents"
                    )

    # -- who speaks with it

    def operator(self) -> Operator:
        """Return the operator, to be entered."""
        return Operator(self.server.transport(), password=SECRETS.operator)

    def opening(self, program: str, **given: Any) -> OpenSession:
        """Return the command that opens this laboratory's session."""
        return OpenSession(
            **{"session": self.session, "seats": self.seats, "program": program, **given}
        )

    async def join(self, operator: Operator, *, session: str | None = None) -> list[Credentials]:
        """Let every seat of the session join."""
        name = session or self.session
        seats = self.seats
        codes = await operator.codes(name, seats)
        return [
            await join(self.server.transport(), code=codes[one], room_password=SECRETS.room)
            for one in seats
        ]

    async def seated(self, operator: Operator, program: str, **given: Any) -> list[Credentials]:
        """Open the session and let every seat join."""
        await operator.open(self.opening(program, **given))
        return await self.join(operator)

    def bots(self, credentials: Sequence[Credentials]) -> list[Bot]:
        """Return a bot for each seat."""
        return [Bot(self.server.transport(), one) for one in credentials]

    async def play(self, credentials: Sequence[Credentials]) -> set[str]:
        """Have bots play every seat to the end; return the outcomes."""
        return set(await asyncio.gather(*(one.play() for one in self.bots(credentials))))

    def link(self, credentials: Credentials, seen: list[Screen] | None = None) -> Link:
        """Return a seat's link, to be entered; ``seen`` takes every screen it shows."""
        return Link(
            self.server.transport(),
            credentials,
            on_change=None if seen is None else lambda link: seen.append(link.state.screen),
        )

    @asynccontextmanager
    async def by_hand(self, credentials: Credentials) -> AsyncIterator[Hand]:
        """Sit at a seat and speak by hand."""
        account = Account(
            user=credentials.seat, password=credentials.password, connection_name="by hand"
        )
        async with self.server.connected(account) as connection:
            hand = Hand(connection, credentials)
            await connection.consume(
                seat_queue(credentials.seat), hand.take, prefetch=100, exclusive=True
            )
            yield hand

    # -- what is left behind

    async def left_in(self, *queues: str) -> int:
        """Return how many messages are in these queues, ready to be taken."""
        async with self.server.connected() as connection:
            return sum([(await connection.status(one)).messages for one in queues])

    async def dead_letters(self, count: int, *, queue: str = "dead-letters") -> list[Delivery]:
        """Wait for so many dead letters and take them."""
        async with self.server.connected() as connection:
            inbox = Inbox()
            await connection.consume(queue, inbox, prefetch=100)
            found = await inbox.get(count)
            if found:
                connection.ack(found[-1], multiple=True)
            return found

    async def lost(self) -> list[object]:
        """Return what is known of every message that found nobody, or no favour."""
        return [
            (queue, one.routing_key, dict(one.properties.headers), one.body)
            for queue in ("dead-letters", "unroutable")
            for one in await self.dead_letters(await self.left_in(queue), queue=queue)
        ]

    async def unanswered(self) -> list[object]:
        """Return what is `lost` but for what its sender has asked once more, and heard.

        After RabbitMQ was killed a client may be back before there is a queue of commands again.
        """
        known = {one.message_id for one in self.database.ask(select(tables.inbox.c.message_id))}
        return [
            (queue, one.routing_key, dict(one.properties.headers), one.body)
            for queue in ("dead-letters", "unroutable")
            for one in await self.dead_letters(await self.left_in(queue), queue=queue)
            if queue == "dead-letters"
            or not (_is_query(one.properties.kind) or one.properties.message_id in known)
        ]

    async def told(self) -> None:
        """Wait until everything is told: the outbox is empty."""
        await until(lambda: not self.database.ask(select(tables.outbox.c.seq)))


def _is_query(kind: str | None) -> bool:
    return kind is not None and issubclass(message_type(kind), Query)


@asynccontextmanager
async def running(surroundings: Surroundings) -> AsyncIterator[Worker]:
    """Run a worker that takes commands; what ends it is raised in the end."""
    worker = Worker(surroundings)
    run = asyncio.create_task(worker.run())
    ready = asyncio.create_task(worker.ready())
    try:
        await asyncio.wait({run, ready}, timeout=PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if run.done():
            run.result()
        assert ready.done(), "the worker takes no commands"
        yield worker
    finally:
        ready.cancel()
        run.cancel()
        with suppress(asyncio.CancelledError):
            await run


# -- speaking by hand


@dataclass
class Hand:
    """A seat that sends what it is told to, and keeps what it hears."""

    connection: Connection
    credentials: Credentials
    heard: list[Envelope[Message]] = field(default_factory=list)

    def take(self, delivery: Delivery) -> None:
        """Keep what was heard."""
        self.heard.append(unpack(delivery.properties, delivery.body))
        self.connection.ack(delivery)

    def take_reply(self, delivery: Delivery) -> None:
        """Keep a direct reply."""
        self.heard.append(unpack(delivery.properties, delivery.body))

    def command(self, message: Command | Query, **properties: Any) -> Publication:
        """Return a command of this seat's, with any properties other than they should be."""
        return commanded(message, self.credentials.seat, **properties)

    def submit(
        self, generation: int, value: object, *, scope: str = ALL, **more: Any
    ) -> Publication:
        """Return an answer to `Number`."""
        answer: dict[str, JsonValue] = {"value": value}  # type: ignore[dict-item] # also wrong ones
        return self.command(
            Submit(
                session=self.credentials.session, scope=scope, generation=generation, answer=answer
            ),
            **more,
        )

    async def send(self, *publications: Publication) -> None:
        """Publish, all in one go."""
        outcomes = await self.connection.publish(publications)
        assert set(outcomes) == {Outcome.CONFIRMED}

    def answers(self, publication: Publication) -> list[Message]:
        """Return the answers to a command that have come so far."""
        asked = publication.properties.message_id
        return [
            one.message
            for one in self.heard
            if one.causation_id == asked and isinstance(one.message, Reply)
        ]

    async def result(self, publication: Publication, *, count: int = 1) -> Any:
        """Wait for a command's result and return it; its ``count``-th if it is repeated."""
        await until(lambda: len(self.answers(publication)) >= count)
        return self.answers(publication)[count - 1]

    async def heard_of(self, kind: type[Message], count: int = 1) -> Any:
        """Wait for so many messages of a kind; return the last one of them."""

        def those() -> list[Message]:
            return [one.message for one in self.heard if isinstance(one.message, kind)]

        await until(lambda: len(those()) >= count)
        return those()[count - 1]


def commanded(
    message: Command | Query, account: str, *, key: str | None = None, **properties: Any
) -> Publication:
    """Return a command on its way, with any properties other than they should be."""
    packed, body = Envelope(message=message, user_id=account).pack()
    body = properties.pop("body", body)
    return Publication(
        exchange=COMMANDS,
        routing_key=key or str(CommandKey(0, message.session, account, message.verb())),
        properties=replace(packed, **properties),
        body=body,
    )


# -- without a broker: the handler alone


class Postman:
    """Brings a handler its deliveries, in a test without a broker."""

    def __init__(
        self,
        engine: Engine,
        known: Catalogue | None = None,
        *,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.engine = engine
        self.catalogue = known or catalogue()
        self._clock = clock
        self._tags = 0

    def handler(self) -> BatchHandler:
        """Return a worker's handler, as it is after the worker has started."""
        handler = BatchHandler(
            self.engine, catalogue=self.catalogue, teller=Teller("worker"), clock=self._clock
        )
        handler.enrol_operator(OPERATOR)
        return handler

    def delivery(self, publication: Publication, *, redelivered: bool = False) -> Delivery:
        """Return a publication as the worker gets it."""
        self._tags += 1
        return Delivery(
            queue=commands_queue(0),
            exchange=publication.exchange,
            routing_key=publication.routing_key,
            properties=publication.properties,
            body=publication.body,
            redelivered=redelivered,
            tag=self._tags,
        )

    def presence(self, seat: str, *, present: bool) -> Delivery:
        """Return what the broker tells of a seat."""
        self._tags += 1
        return Delivery(
            queue=topology.PRESENCE,
            exchange=topology.BROKER_EVENTS,
            routing_key="consumer.created" if present else "consumer.deleted",
            properties=Properties(headers={"queue": seat_queue(seat)}),
            body=b"",
            redelivered=False,
            tag=self._tags,
        )

    def asked(self, message: Command | Query, account: str, **properties: Any) -> Delivery:
        """Return a command as the worker gets it."""
        return self.delivery(commanded(message, account, **properties))


# -- what the record must be like, whatever happened


def check_record(database: Database, session: str) -> None:
    """Check what holds for a session's record at any time."""
    run, arrival, party = tables.stage_run, tables.arrival, tables.party
    log = database.ask(
        select(tables.event_log.c.version, tables.event_log.c.kind, tables.event_log.c.body)
        .where(tables.event_log.c.session == session)
        .order_by(tables.event_log.c.version)
    )
    assert [one.version for one in log] == list(range(1, len(log) + 1)), "the log has a gap"
    released, abandoned = _closed(log)
    arrived = defaultdict(set)
    for one in database.ask(select(arrival).where(arrival.c.session == session)):
        arrived[one.scope, one.generation].add(one.seat)
    parties: dict[tuple[str, int], set[str]] = defaultdict(set)
    withdrawn: dict[tuple[str, int], set[str]] = defaultdict(set)
    for one in database.ask(select(party).where(party.c.session == session)):
        (withdrawn if one.withdrawn_at else parties)[one.scope, one.generation].add(one.seat)
    held = status(database, session) in {"paused", "stopped", "closed"}
    for one in database.ask(select(run).where(run.c.session == session)):
        key = (one.scope, one.generation)
        assert one.arrived == len(arrived[key])
        assert one.expected == len(parties[key])
        assert arrived[key] <= parties[key], "somebody arrived who was not expected"
        if one.status == "void":
            continue
        assert (one.status == "released") == (key in released)
        assert (one.status == "abandoned") == (key in abandoned)
        if one.status == "released":
            assert arrived[key] == parties[key] != set(), "somebody was ahead of the others"
        elif one.status == "abandoned":
            assert parties[key] == set() != withdrawn[key]
        else:
            assert one.status == "open"
            assert arrived[key] != parties[key] or held, "all are there and nobody goes on"
    submits = database.ask(
        select(func.count()).where(
            tables.inbox.c.session == session, tables.inbox.c.result_kind == "submitted.v1"
        )
    )
    own = database.ask(
        select(func.count()).where(arrival.c.session == session, arrival.c.how == "submitted")
    )
    assert submits == own, "each arrival of somebody has its one result"


def _closed(log: Sequence[Any]) -> tuple[set[tuple[str, int]], set[tuple[str, int]]]:
    """Return the generations that were released and abandoned, by the log, each of them once."""
    released: set[tuple[str, int]] = set()
    abandoned: set[tuple[str, int]] = set()
    for one in log:
        key = (one.body.get("scope", ""), one.body.get("generation", 0))
        match one.kind:
            case "released" | "abandoned":
                assert key not in released | abandoned, "a generation was released twice"
                (released if one.kind == "released" else abandoned).add(key)
            case "rewound":
                again = {(scope, number) for scope, number in one.body["reopened"]}
                assert again <= released | abandoned
                released -= again
                abandoned -= again
            case _:
                pass
    return released, abandoned


def payoffs(database: Database, session: str) -> dict[str, Decimal]:
    """Return what each seat has earned."""
    table = tables.participant
    rows = database.ask(select(table.c.seat, table.c.payoff).where(table.c.session == session))
    return {one.seat: one.payoff for one in rows}


def answers(database: Database, session: str) -> dict[tuple[str, int], dict[str, Any]]:
    """Return the stored answers, by scope and generation, by seat."""
    found: dict[tuple[str, int], dict[str, Any]] = defaultdict(dict)
    for one in database.ask(select(tables.answer).where(tables.answer.c.session == session)):
        found[one.scope, one.generation][one.seat] = one.value
    return found


def results(database: Database, seats: Collection[str]) -> list[Any]:
    """Return the stored results of these seats' commands."""
    return database.ask(select(tables.inbox).where(tables.inbox.c.seat.in_(seats)))


def status(database: Database, session: str) -> str:
    """Return how far a session is."""
    found = database.ask(select(tables.session.c.status).where(tables.session.c.name == session))
    return str(found[0][0])


# -- faults


class FaultyTransport(Transport):
    """A transport on whose connections some publications are lost, though confirmed."""

    def __init__(self, transport: Transport, loses: Callable[[Publication], bool]) -> None:
        self._transport = transport
        self._loses = loses

    async def connect(self, account: Account, *, deadline: float = 10.0) -> Connection:
        connection = await self._transport.connect(account, deadline=deadline)
        return _FaultyConnection(connection, self._loses)


class _FaultyConnection(Connection):
    def __init__(self, inner: Connection, loses: Callable[[Publication], bool]) -> None:
        self._inner = inner
        self._loses = loses
        self.lost = inner.lost

    @property
    def blocked(self) -> bool:
        return self._inner.blocked

    async def unblocked(self) -> None:
        await self._inner.unblocked()

    async def declare(self, *declarations: Declaration, deadline: float = 30.0) -> None:
        await self._inner.declare(*declarations, deadline=deadline)

    async def status(self, queue: str, *, deadline: float = 5.0) -> QueueStatus:
        return await self._inner.status(queue, deadline=deadline)

    async def publish(
        self, publications: Sequence[Publication], *, deadline: float = 10.0
    ) -> list[Outcome]:
        kept = [one for one in publications if not self._loses(one)]
        if kept:
            await self._inner.publish(kept, deadline=deadline)
        return [Outcome.CONFIRMED] * len(publications)

    async def consume(
        self,
        queue: str,
        on_delivery: OnDelivery,
        *,
        prefetch: int,
        exclusive: bool = False,
        on_cancel: Callable[[str], None] | None = None,
        deadline: float = 10.0,
    ) -> None:
        await self._inner.consume(
            queue,
            on_delivery,
            prefetch=prefetch,
            exclusive=exclusive,
            on_cancel=on_cancel,
            deadline=deadline,
        )

    async def replies(self, on_delivery: OnDelivery, *, deadline: float = 10.0) -> None:
        await self._inner.replies(on_delivery, deadline=deadline)

    def ack(self, delivery: Delivery, *, multiple: bool = False) -> None:
        self._inner.ack(delivery, multiple=multiple)

    def reject(self, delivery: Delivery, *, requeue: bool) -> None:
        self._inner.reject(delivery, requeue=requeue)

    async def cancel(self, queue: str, *, deadline: float = 5.0) -> None:
        await self._inner.cancel(queue, deadline=deadline)

    async def close(self, *, deadline: float = 5.0) -> None:
        await self._inner.close(deadline=deadline)


class Crash(Exception):
    """A worker that dies, in the place of a transaction where it dies."""


@contextmanager
def crashing_commit(engine: Engine) -> Iterator[None]:
    """Let every transaction end before it is committed."""

    def crash(_db: object) -> None:
        raise Crash

    event.listen(engine, "commit", crash)
    try:
        yield
    finally:
        event.remove(engine, "commit", crash)
