"""Asking the worker and having its reply: commands and queries over direct reply-to."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from typing import Any, Literal, Self, TypeVar

from pydantic import JsonValue

from palier.broker.errors import ConnectionLost, DeadlinePassed, PublishRefused
from palier.broker.standing import StandingConnection
from palier.broker.transport import Account, Connection, Delivery, Outcome, Publication, Transport
from palier.client.credentials import Credentials
from palier.client.errors import NoAnswer, Rejected
from palier.schemas.addresses import COMMANDS, CommandKey, partition_of
from palier.schemas.commands import (
    Advance,
    Attend,
    ChangeClock,
    Close,
    Exclude,
    GetLog,
    GetOverview,
    Intervention,
    IssueCodes,
    Join,
    ListSessions,
    OpenSession,
    Pause,
    Readmit,
    Replace,
    Resume,
    ResumeFrom,
    Retry,
    StandIn,
    Start,
)
from palier.schemas.envelope import DIRECT_REPLY, Envelope, unpack
from palier.schemas.errors import UnreadableMessage
from palier.schemas.message import Command, Message, Query, Reply
from palier.schemas.names import LOBBY, OPERATOR, ROOM
from palier.schemas.replies import (
    CodesIssued,
    Done,
    Joined,
    LogEntry,
    Overview,
    Refused,
    SessionLog,
    SessionOpened,
    Sessions,
)

_log = logging.getLogger(__name__)

R = TypeVar("R", bound=Reply)

#: Seconds after which an unanswered message is sent again, with the same id.
_AGAIN = 2.0

#: Seconds for what has a worker run a program again along its record, or make many queues.
_LONG = 60.0

#: Commands that the worker does once more for each time that it has them: the answer to the first
#: would be a code that the second has ended.
_ONCE = (IssueCodes, Replace)


class Asker:
    """An account that asks and is answered. An async context manager, in one event loop.

    What is not answered in time is sent again with the same message id, also over a new
    connection: the worker does it once and gives the one result. What it would do twice is sent
    again only over a new connection, where an answer to the first cannot arrive any more.
    """

    def __init__(self, transport: Transport, account: Account) -> None:
        self._account = account
        self._standing = StandingConnection(transport, account, set_up=self._set_up)
        self._waiting: dict[str, asyncio.Future[Message]] = {}

    async def __aenter__(self) -> Self:
        await self._standing.__aenter__()
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self._standing.close()

    async def ask(
        self,
        message: Command | Query,
        expected: type[R],
        *,
        partition: int = 0,
        deadline: float = 15.0,
    ) -> R:
        """Send a message and return its reply; ``deadline`` in seconds.

        Raises `Rejected` when the worker refuses it, `NoAnswer` when nobody answers in time.
        """
        envelope = Envelope(message=message, user_id=self._account.user, reply_to=DIRECT_REPLY)
        key = CommandKey(partition, message.session, self._account.user, message.verb())
        future = asyncio.get_running_loop().create_future()
        self._waiting[envelope.message_id] = future
        try:
            async with asyncio.timeout(deadline):
                reply = await self._answered(envelope, key, future)
        except TimeoutError:
            raise NoAnswer(message.verb(), deadline=deadline) from None
        finally:
            del self._waiting[envelope.message_id]
        if isinstance(reply, Refused):
            raise Rejected(reply.code, reply.reason, fields=reply.fields)
        if not isinstance(reply, expected):
            raise Rejected("unexpected", f"A {reply.kind} is no answer to {message.kind}.")
        return reply

    async def _answered(
        self, envelope: Envelope[Message], key: CommandKey, future: asyncio.Future[Message]
    ) -> Message:
        properties, body = envelope.pack()
        publication = Publication(
            exchange=COMMANDS, routing_key=str(key), properties=properties, body=body
        )
        while not future.done():
            connection = await self._standing.up()
            try:
                (outcome,) = await connection.publish([publication])
                if outcome is not Outcome.CONFIRMED:
                    await asyncio.sleep(_AGAIN / 4)
                elif isinstance(envelope.message, _ONCE):
                    either: set[asyncio.Future[Any]] = {future, connection.lost}
                    await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
                else:
                    await asyncio.wait([future], timeout=_AGAIN)
            except PublishRefused as refused:
                raise Rejected("not-allowed", str(refused)) from refused
            except (ConnectionLost, DeadlinePassed) as error:
                _log.info("Asking again: %s", error)
        return future.result()

    async def _set_up(self, connection: Connection) -> None:
        await connection.replies(self._take)

    def _take(self, delivery: Delivery) -> None:
        try:
            reply = unpack(delivery.properties, delivery.body)
        except UnreadableMessage as error:
            _log.warning("An answer could not be read: %s", error)
            return
        future = self._waiting.get(reply.causation_id or "")
        if future is not None and not future.done():
            future.set_result(reply.message)


class Operator:
    """What an operator can ask of the worker. An async context manager, in one event loop."""

    def __init__(self, transport: Transport, *, password: str) -> None:
        self._asker = Asker(
            transport,
            Account(user=OPERATOR, password=password, connection_name="operator"),
        )
        self._partitions = 0

    async def __aenter__(self) -> Self:
        await self._asker.__aenter__()
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self._asker.__aexit__(*reason)

    async def sessions(self) -> Sessions:
        """Return all sessions."""
        return await self._asker.ask(ListSessions(session=LOBBY), Sessions)

    async def open(self, command: OpenSession) -> SessionOpened:
        """Open a session."""
        return await self._asker.ask(
            command,
            SessionOpened,
            partition=await self._partition(command.session),
            deadline=_LONG,
        )

    async def codes(
        self, session: str, seats: tuple[str, ...], *, bots: bool = False
    ) -> dict[str, str]:
        """Return new one-time join codes, by seat; ``bots`` says that they are for bots."""
        command = IssueCodes(session=session, seats=seats, bots=bots)
        return (await self._ask(command, CodesIssued)).codes

    async def start(self, session: str) -> None:
        """Start a session's program."""
        await self._ask(Start(session=session), Reply)

    async def close(self, session: str, *, reason: str = "") -> None:
        """Close a session."""
        await self._ask(Close(session=session, reason=reason), Reply)

    async def overview(self, session: str) -> Overview:
        """Return where every seat is."""
        return await self._ask(GetOverview(session=session), Overview)

    async def log(self, session: str, *, after: int = 0, limit: int = 500) -> SessionLog:
        """Return entries of a session's log after a version, in order; ``more`` may follow."""
        return await self._ask(GetLog(session=session, after=after, limit=limit), SessionLog)

    async def entries(self, session: str, *, after: int = 0) -> AsyncIterator[LogEntry]:
        """Yield what a session's log has by now after a version, in order."""
        more = True
        while more:
            page = await self.log(session, after=after)
            for one in page.entries:
                after = one.version
                yield one
            more = page.more

    # -- interventions: each returns the worker's sentence on what it did -------------------------

    async def advance(
        self,
        session: str,
        *seats: str,
        scope: str | None = None,
        answer: Mapping[str, JsonValue] | None = None,
        reason: str = "",
    ) -> str:
        """Let seats arrive that have not, or all who are missing where none is named."""
        given = None if answer is None else dict(answer)
        return await self._intervene(
            Advance(session=session, seats=seats, scope=scope, answer=given, reason=reason)
        )

    async def change_clock(
        self,
        session: str,
        change: Literal["extend", "pause", "resume"],
        *,
        seconds: float = 0,
        scope: str | None = None,
        reason: str = "",
    ) -> str:
        """Give more time, or less; stop or start the clocks of all open stages, or of one scope."""
        return await self._intervene(
            ChangeClock(session=session, change=change, seconds=seconds, scope=scope, reason=reason)
        )

    async def pause(self, session: str, *, reason: str = "") -> str:
        """Hold a session: what arrives is kept, no barrier opens, clocks stand still."""
        return await self._intervene(Pause(session=session, reason=reason))

    async def resume(self, session: str, *, reason: str = "") -> str:
        """Let a paused session go on."""
        return await self._intervene(Resume(session=session, reason=reason))

    async def exclude(self, session: str, *seats: str, reason: str = "") -> str:
        """Let the others go on without some seats."""
        return await self._intervene(Exclude(session=session, seats=seats, reason=reason))

    async def stand_in(self, session: str, *seats: str, reason: str = "") -> str:
        """Let bots answer for some seats."""
        return await self._intervene(StandIn(session=session, seats=seats, reason=reason))

    async def readmit(self, session: str, *seats: str, reason: str = "") -> str:
        """Let seats take part again."""
        return await self._intervene(Readmit(session=session, seats=seats, reason=reason))

    async def attend(self, session: str, *seats: str, reason: str = "") -> str:
        """End the calls for help of some seats: somebody has come."""
        return await self._intervene(Attend(session=session, seats=seats, reason=reason))

    async def replace(self, session: str, seat: str, *, reason: str = "") -> str:
        """Return a new code for a seat: who uses it takes the place of who sits there."""
        command = Replace(session=session, seat=seat, reason=reason)
        return (await self._ask(command, CodesIssued)).codes[seat]

    async def retry(self, session: str, *, reason: str = "") -> str:
        """Let a stopped session try again, with its program read anew."""
        return await self._intervene(Retry(session=session, reason=reason))

    async def resume_from(
        self,
        session: str,
        stage: str,
        *,
        visit: int | None = None,
        scope: str | None = None,
        reason: str = "",
    ) -> str:
        """Let a session go on from the opening of a stage; what came after is set aside."""
        return await self._intervene(
            ResumeFrom(session=session, stage=stage, visit=visit, scope=scope, reason=reason)
        )

    async def _intervene(self, command: Intervention) -> str:
        return (await self._ask(command, Done, deadline=_LONG)).effect

    async def _ask(
        self, message: Command | Query, expected: type[R], *, deadline: float = 15.0
    ) -> R:
        partition = await self._partition(message.session)
        return await self._asker.ask(message, expected, partition=partition, deadline=deadline)

    async def _partition(self, session: str) -> int:
        if not self._partitions:
            self._partitions = (await self.sessions()).partitions
        return partition_of(session, partitions=self._partitions)


async def join(
    transport: Transport, *, code: str, room_password: str, deadline: float = 15.0
) -> Credentials:
    """Exchange a one-time code for the credentials of a seat; raises `Rejected`, `NoAnswer`."""
    account = Account(user=ROOM, password=room_password, connection_name="someone who joins")
    async with Asker(transport, account) as asker:
        joined = await asker.ask(Join(session=LOBBY, code=code), Joined, deadline=deadline)
    return Credentials(
        seat=joined.seat,
        password=joined.password,
        session=joined.session,
        partition=joined.partition,
    )
