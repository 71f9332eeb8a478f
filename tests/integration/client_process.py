"""A client in a process of its own, that dies where it is told to: no handler, no goodbye.

    client_process.py CREDENTIALS JOURNAL ADDRESS PLACE VALUE

``PLACE`` is ``journal`` (the decision is on disk, and not published), ``publish`` (the broker has
it, the result has not come) or ``nowhere``: then it plays until the session is over. It says when
it has begun, and how it ended.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from palier.broker.address import Address
from palier.broker.transport import Account, Connection, Outcome, Publication, Transport
from palier.client.bot import Bot
from palier.client.credentials import Credentials
from palier.client.entries import Changes
from palier.client.journal import Journal
from palier.schemas.commands import Submit


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


class MortalJournal(Journal):
    """Dies as soon as a decision is on disk."""

    def write(self, changes: Changes) -> None:
        super().write(changes)
        if any(changes.entries.values()):
            die()


class MortalTransport(Transport):
    """Dies as soon as the broker has confirmed a decision."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport

    async def connect(self, account: Account, *, deadline: float = 10.0) -> Connection:
        connection = await self._transport.connect(account, deadline=deadline)
        publish = connection.publish

        async def mortal(
            publications: Sequence[Publication], *, deadline: float = 10.0
        ) -> list[Outcome]:
            outcomes = await publish(publications, deadline=deadline)
            if any(one.properties.kind == Submit.kind for one in publications):
                die()
            return outcomes

        connection.publish = mortal  # type: ignore[method-assign]
        return connection


async def main() -> None:
    credentials, path, address, place, value = sys.argv[1:]
    transport = Address.parse(address).transport()
    journal = (MortalJournal if place == "journal" else Journal)(Path(path))
    bot = Bot(
        MortalTransport(transport) if place == "publish" else transport,
        Credentials(**json.loads(credentials)),
        journal=journal,
        decide=lambda stage: None if stage.form is None else {"value": int(value)},
    )
    sys.stdout.write("begun\n")
    sys.stdout.flush()
    with journal:
        sys.stdout.write(f"{await bot.play()}\n")


if __name__ == "__main__":
    asyncio.run(main())
