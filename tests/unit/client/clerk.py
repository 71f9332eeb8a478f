"""A worker played by a test: it hears a seat's commands, and answers what it is told to."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from palier.broker import topology
from palier.broker.transport import Connection, Delivery, Publication
from palier.client.credentials import Credentials
from palier.schemas.addresses import commands_queue, seat_queue
from palier.schemas.commands import GetContent, GetSnapshot, Submit
from palier.schemas.envelope import Envelope, unpack
from palier.schemas.events import Stage
from palier.schemas.message import Message
from palier.schemas.replies import Content, Media, Refused, Snapshot, Submitted
from palier.schemas.screens.screen import ScreenSpec, digest
from tests.brokers import Memory, until

SEAT, SESSION = "p1", "s"
CREDENTIALS = Credentials(seat=SEAT, password="secret", session=SESSION, partition=0)
OPENED = datetime(2026, 1, 1, 12, tzinfo=UTC)


def stage(generation: int, **more: Any) -> Stage:
    given: dict[str, Any] = {
        "scope": "all",
        "generation": generation,
        "name": f"stage-{generation}",
        "visit": 1,
        "title": f"Stage {generation}",
        "parties": 2,
        "opened_at": OPENED,
    }
    return Stage(**{**given, **more})


def snapshot(**more: Any) -> Snapshot:
    given: dict[str, Any] = {
        "session": SESSION,
        "seat": SEAT,
        "partition": 0,
        "program": "Example",
        "status": "running",
        "versions": {"all": 1},
        "now": OPENED,
        "stage": stage(1),
        "expected": 2,
    }
    return Snapshot(**{**given, **more})


def screen(name: str = "decision", **more: Any) -> ScreenSpec:
    body = [{"tag": "text", "text": f"This is {name}."}]
    return ScreenSpec.model_validate({"name": name, "body": body, **more})


def content(
    data: bytes, media: Media = "application/vnd.palier.screen+json", *, named: str = ""
) -> Content:
    return Content(
        session=SESSION,
        digest=named or digest(data),
        media=media,
        data=b64encode(data).decode(),
    )


class Clerk:
    """Answers questions with ``snapshot`` (None: not at all) and notes every submit.

    Those for contents with ``contents``, by digest; every other command and query is noted.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.snapshot: Snapshot | Refused | None = snapshot()
        self.asked = 0
        self.submits: list[Envelope[Message]] = []
        self.contents: dict[str, Content | Refused] = {}
        self.fetched: list[str] = []
        self.heard: list[Envelope[Message]] = []

    @property
    def ids(self) -> list[str]:
        """The message ids of the submits, in order of their coming."""
        return [one.message_id for one in self.submits]

    async def begin(self) -> None:
        """Make what a worker makes, and listen."""
        await self._connection.declare(
            *topology.base(partitions=1),
            topology.seat(SEAT),
            *topology.scope(SESSION, "all", (SEAT,)),
            *topology.member(SESSION, SEAT),
        )
        await self._connection.consume(commands_queue(0), self._take, prefetch=100)

    def _take(self, delivery: Delivery) -> None:
        self._connection.ack(delivery)
        envelope = unpack(delivery.properties, delivery.body)
        match envelope.message:
            case GetSnapshot():
                self.asked += 1
                if self.snapshot is not None:
                    self.reply(self.snapshot, envelope)
            case Submit():
                self.submits.append(envelope)
            case GetContent(digest=digest):
                self.fetched.append(digest)
                if digest in self.contents:
                    self.reply(self.contents[digest], envelope)
            case _:
                self.heard.append(envelope)

    def has(self, *contents: Content) -> None:
        """Have contents to give."""
        self.contents |= {one.digest: one for one in contents}

    def reply(self, message: Message, cause: Envelope[Message]) -> None:
        """Answer a command or a query where it asks for it, else in the seat's queue."""
        self.say(message, cause=cause, to=cause.reply_to or seat_queue(SEAT))

    def accept(self, cause: Envelope[Message]) -> None:
        """Say that a submit is committed."""
        command = cause.message
        assert isinstance(command, Submit)
        self.reply(
            Submitted(session=command.session, scope=command.scope, generation=command.generation),
            cause,
        )

    def refuse(self, cause: Envelope[Message], code: str) -> None:
        """Say that a submit changed nothing."""
        self.reply(Refused(session=SESSION, code=code, reason=f"It is {code}."), cause)

    def say(
        self, message: Message, *, cause: Envelope[Message] | None = None, to: str = ""
    ) -> None:
        """Put a message into the seat's queue, after what was said before."""
        properties, body = Envelope(
            message=message, causation_id=cause.message_id if cause else None
        ).pack(persistent=False)
        publication = Publication(
            exchange="", routing_key=to or seat_queue(SEAT), properties=properties, body=body
        )
        self._server.publish(self._memory, [publication], lambda _: None)

    @property
    def _memory(self) -> Any:
        return self._connection

    @property
    def _server(self) -> Any:
        return self._memory._server

    async def submit(self, count: int = 1) -> Envelope[Message]:
        """Wait for so many submits, repeated ones counted; return the last of them."""
        await until(lambda: len(self.submits) >= count)
        return self.submits[count - 1]

    async def hears(self, kind: type[Message], count: int = 1) -> Envelope[Message]:
        """Wait for so many commands or queries of a kind; return the last of them."""

        def heard() -> list[Envelope[Message]]:
            return [one for one in self.heard if isinstance(one.message, kind)]

        await until(lambda: len(heard()) >= count)
        return heard()[count - 1]


@asynccontextmanager
async def at_work(memory: Memory) -> AsyncIterator[Clerk]:
    """Have a clerk at work, and the account of its seat."""
    memory.seat(SEAT)
    async with memory.connected() as connection:
        clerk = Clerk(connection)
        await clerk.begin()
        yield clerk
