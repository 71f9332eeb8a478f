"""What the staff of a server is told, as it happens: one listener at a time hears it.

These are hints, and some of them are kept nowhere else, such as how many of a seat's messages were
refused. What must not be missed is in a session's log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Self

from palier.broker.standing import StandingConnection
from palier.broker.transport import Account, Connection, Transport
from palier.client.ear import Ear
from palier.schemas.envelope import Envelope
from palier.schemas.message import Event, Message
from palier.schemas.names import OPERATOR


class Staff:
    """Listens for the operator. An async context manager, in one event loop.

    ``told`` gets the events of every session, and must not block. While somebody else listens it
    waits for its turn.
    """

    def __init__(
        self, transport: Transport, *, password: str, told: Callable[[Event], None]
    ) -> None:
        self._told = told
        self._ear = Ear(
            OPERATOR,
            told=self._hear,
            replied=lambda _: None,
            deaf=lambda: None,
            cut=self._begin_anew,
        )
        self._closing: asyncio.Task[None] | None = None
        account = Account(user=OPERATOR, password=password, connection_name="operator listens")
        self._standing = StandingConnection(transport, account, set_up=self._listen)

    async def __aenter__(self) -> Self:
        await self._standing.__aenter__()
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self._standing.close()
        if self._closing is not None:
            await self._closing

    async def _listen(self, connection: Connection) -> None:
        await self._ear.listen(connection)

    def _hear(self, envelope: Envelope[Message]) -> None:
        if isinstance(envelope.message, Event):
            self._told(envelope.message)

    def _begin_anew(self, connection: Connection) -> None:
        # a consumer that ended leaves a connection that hears nothing: another one comes
        self._closing = asyncio.get_running_loop().create_task(connection.close())
