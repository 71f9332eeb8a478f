"""Palier itself: a worker as a process of its own, its clients in this one."""

from __future__ import annotations

import asyncio
import itertools
import os
import secrets
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import palier_barrier
import palier_live
from contestant import Contestant
from figures import BarrierShape, Figures, LiveShape, Shape, SubmitsShape
from machine import children
from palier_submits import Field
from process import DidNotStart

from palier.broker.node import PrivateNode
from palier.broker.seats import Accounts
from palier.cli.server import Server
from palier.cli.stack import worker

_PROGRAMS = Path(__file__).parent / "programs"

#: Seconds that a worker may take to be ready.
_DEADLINE = 60.0

#: Accounts made at the same time.
_AT_ONCE = 4


class Seats:
    """Accounts of seats on one node: made once, used in one session after the other.

    Made at the management API and not by joining, which is not what is measured.
    """

    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._passwords: dict[str, str] = {}

    async def passwords(self, seats: tuple[str, ...]) -> dict[str, str]:
        """Return the passwords of these seats; makes the accounts that are lacking."""
        lacking = {one: secrets.token_hex(8) for one in seats if one not in self._passwords}
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            loop = asyncio.get_running_loop()
            await asyncio.gather(
                *(
                    loop.run_in_executor(threads, self._accounts.grant_seat, seat, password)
                    for seat, password in lacking.items()
                )
            )
        self._passwords |= lacking
        return {one: self._passwords[one] for one in seats}


class PalierSide(Contestant):
    """Palier with one worker; `palier_barrier` and `palier_submits` say what is done."""

    name = "Palier"

    def __init__(
        self, server: Server, seats: Seats, *, pid: int | None, open_fields: AsyncExitStack
    ) -> None:
        self._server = server
        self._seats = seats
        # no name twice on one node, whatever the database: what seats hear would be taken for new
        kind = server.database.partition(":")[0]
        self._sessions = (f"{kind}-{number}" for number in itertools.count(1))
        self._fields: dict[tuple[int, int], Field] = {}
        self._open_fields = open_fields
        #: The process of the worker, for its processor time.
        self.pid = pid

    async def barrier(self, shape: BarrierShape) -> Figures:
        """See `Contestant`."""
        passwords = await self._seats.passwords(
            tuple(f"b{number}" for number in range(1, shape.seats + 1))
        )
        return await palier_barrier.measure(
            self._server, shape, passwords, session=next(self._sessions), pid=self.pid
        )

    def takes(self, shape: Shape) -> bool:  # noqa: ARG002 - whatever there is
        """See `Contestant`."""
        return True

    async def live(self, shape: LiveShape) -> Figures:
        """See `Contestant`."""
        passwords = await self._seats.passwords(
            tuple(f"b{number}" for number in range(1, shape.seats + 1))
        )
        return await palier_live.measure(
            self._server, shape, passwords, session=next(self._sessions), pid=self.pid
        )

    async def submits(self, shape: SubmitsShape) -> Figures:
        """See `Contestant`."""
        key = (shape.senders, shape.each)
        if key not in self._fields:
            passwords = await self._seats.passwords(
                tuple(f"w{shape.senders}-{number}" for number in range(1, shape.senders + 2))
            )
            field = Field(self._server, passwords, session=next(self._sessions), scopes=shape.each)
            self._fields[key] = await self._open_fields.enter_async_context(field)
        return await self._fields[key].measure(shape, pid=self.pid)


@asynccontextmanager
async def palier_side(
    node: PrivateNode, seats: Seats, *, folder: Path, database: str
) -> AsyncIterator[PalierSide]:
    """Run a worker on a node and a database; yield the contestant."""
    server = Server(
        amqp=f"amqp://127.0.0.1:{node.amqp_port}/palier",
        room_password=secrets.token_urlsafe(24),
        operator_password=secrets.token_urlsafe(24),
        management=f"http://127.0.0.1:{node.management_port}",
        user=node.user,
        password=node.password,
        database=database,
    )
    kind = database.partition(":")[0]
    health = folder / f"palier-{kind}.health"
    before = children()
    # some thousand commands a second of one seat are what is measured here
    os.environ["PALIER_SEAT_RATE"] = "1000000"
    with worker(
        server, programs=_PROGRAMS, health=health, log=folder / f"palier-{kind}.log"
    ) as child:
        end = time.monotonic() + _DEADLINE
        while not health.exists():
            if child.code is not None or time.monotonic() > end:
                raise DidNotStart(f"The worker is not ready:\n{child.last_words()}")
            await asyncio.sleep(0.05)
        pid = next(iter(children() - before), None)
        async with AsyncExitStack() as open_fields:
            yield PalierSide(server, seats, pid=pid, open_fields=open_fields)
