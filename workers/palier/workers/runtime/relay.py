"""Telling what is committed: declarations, grants and messages, in the order of the outbox."""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import itertools
import logging
from collections.abc import Sequence

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
from palier.workers.runtime.telling import Teller

_log = logging.getLogger(__name__)


class Relay:
    """Does what items ask for, on one connection after the other. Repeating it is harmless.

    ``secret`` is what the passwords of seats are made from; all workers have the same one.
    """

    def __init__(self, *, accounts: Accounts, teller: Teller, secret: str) -> None:
        self._accounts = accounts
        self._teller = teller
        self._secret = secret.encode()

    async def tell(self, connection: Connection, items: Sequence[Item]) -> None:
        """Do the items in order and wait for every confirm; raises `TransportError`.

        An event that nobody's queue takes is told: nobody listens. One whose exchange is gone is
        told too: its session is over.
        """
        for _, run in itertools.groupby(items, key=_sort):
            await self._tell_alike(connection, list(run))

    async def _tell_alike(self, connection: Connection, items: list[Item]) -> None:
        if publications := [one for one in items if isinstance(one, Publication)]:
            await self._publish(connection, publications)
        for one in items:
            if isinstance(one, Grant):
                await self._grant(connection, one)
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

    async def _grant(self, connection: Connection, grant: Grant) -> None:
        password = self._password(grant)
        await asyncio.to_thread(self._accounts.grant_seat, grant.seat, password)
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
        await connection.publish([self._teller.reply(joined, seat=grant.seat, cause=cause)])

    def _password(self, grant: Grant) -> str:
        """Return the same password each time the same join is answered.

        A client that asked twice takes the first answer, and the second must not end it.
        """
        asked = f"{grant.seat} {grant.causation_id}".encode()
        return hmac.new(self._secret, asked, hashlib.sha256).hexdigest()


def _sort(item: Item) -> type[object]:
    return type(item) if isinstance(item, Publication | Grant) else object
