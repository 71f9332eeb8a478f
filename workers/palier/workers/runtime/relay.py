"""Telling what is committed: declarations, grants and messages, in the order of the outbox."""

from __future__ import annotations

import asyncio
import itertools
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import TypeAlias

from palier.broker.errors import NotThere, PublishRefused
from palier.broker.seats import Accounts
from palier.broker.topology import Declaration
from palier.broker.transport import Connection, Publication
from palier.schemas.commands import Join
from palier.schemas.envelope import Envelope
from palier.schemas.message import Message
from palier.schemas.names import LOBBY
from palier.schemas.replies import Joined
from palier.workers.runtime.parcel import Grant, Item
from palier.workers.runtime.passwords import seat_password
from palier.workers.runtime.telling import Teller

_log = logging.getLogger(__name__)

#: Returns the message by which each of these seats was joined, or None.
JoinedWith: TypeAlias = Callable[[Collection[str]], Awaitable[Mapping[str, str | None]]]


class Relay:
    """Does what items ask for, on one connection after the other. Repeating it is harmless.

    ``secret`` is what the passwords of seats are made from; all workers have the same one.
    ``joined_with`` returns by which message each of these seats was joined last, in the database:
    a grant that was committed and not told may be told when the seat is somebody else's already.
    ``on_granted`` is called with a seat whose account is given to somebody.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        teller: Teller,
        secret: str,
        joined_with: JoinedWith,
        on_granted: Callable[[str], None] = lambda _seat: None,
    ) -> None:
        self._accounts = accounts
        self._teller = teller
        self._secret = secret
        self._joined_with = joined_with
        self._on_granted = on_granted

    async def tell(self, connection: Connection, items: Sequence[Item]) -> None:
        """Do the items in order and wait for every confirm; raises `TransportError`.

        An event that nobody's queue takes is told: nobody listens. One whose exchange is gone is
        told too: its session is over.
        """
        for _, run in itertools.groupby(items, key=_sort):
            await self._tell_alike(connection, list(run))

    async def _tell_alike(self, connection: Connection, items: list[Item]) -> None:
        if connection.blocked:
            _log.error(
                "RabbitMQ is short of memory or disk and takes no messages. Nothing is lost: what "
                "is committed is told once it does."
            )
            await connection.unblocked()
            _log.warning("RabbitMQ takes messages again.")
        if publications := [one for one in items if isinstance(one, Publication)]:
            await self._publish(connection, publications)
        if grants := [one for one in items if isinstance(one, Grant)]:
            await self._grant(connection, grants)
        if declarations := [one for one in items if not isinstance(one, Publication | Grant)]:
            await self._declare(connection, declarations)

    async def _publish(self, connection: Connection, publications: list[Publication]) -> None:
        try:
            await connection.publish(publications)
        except PublishRefused:
            # the broker closed the channel on one of them: find it, so that the others go out
            for one in publications:
                try:
                    await connection.publish([one])
                except PublishRefused as refused:
                    _log.warning("Not told to %s: %s", one.exchange or one.routing_key, refused)

    async def _declare(self, connection: Connection, declarations: list[Declaration]) -> None:
        try:
            await connection.declare(*declarations)
        except NotThere:
            # said again after its session ended: what is left of it is declared, the rest is gone
            for one in declarations:
                try:
                    await connection.declare(one)
                except NotThere as gone:
                    _log.info("Not declared: %s", gone)

    async def _grant(self, connection: Connection, grants: list[Grant]) -> None:
        """Give seats to those who joined; who sat there before is put out first."""
        joined_with = await self._joined_with({one.seat for one in grants})
        for grant in grants:
            if joined_with.get(grant.seat) != grant.causation_id:
                _log.info("Seat %s has been given to somebody else meanwhile.", grant.seat)
                continue
            password = seat_password(self._secret, seat=grant.seat, joined_with=grant.causation_id)
            await asyncio.to_thread(self._accounts.hand_over, grant.seat, password)
            self._on_granted(grant.seat)
            await connection.publish([self._joined(grant, password)])

    def _joined(self, grant: Grant, password: str) -> Publication:
        joined = Joined(
            seat=grant.seat,
            password=password,
            session=grant.session,
            partition=grant.partition,
        )
        cause: Envelope[Message] = Envelope(
            message=Join(session=LOBBY, code="used"),
            message_id=grant.causation_id,
            correlation_id=grant.correlation_id,
            reply_to=grant.reply_to,
        )
        return self._teller.reply(joined, seat=grant.seat, cause=cause)


def _sort(item: Item) -> type[object]:
    return type(item) if isinstance(item, Publication | Grant) else object
