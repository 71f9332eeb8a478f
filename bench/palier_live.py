"""W5 for Palier: seats act in one live stage, each now and then, and everyone sees each change.

The clients are links, as in a desk, without windows. The times at which they act are drawn
beforehand and kept to, whatever becomes of what was done before.
"""

from __future__ import annotations

import asyncio
import contextlib
import random as chance
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack

from figures import Figures, LiveShape, WrongCount, of_live
from machine import cpu_of
from palier_barrier import connect

from palier.cli.server import Server
from palier.client.asking import Operator
from palier.client.credentials import Credentials
from palier.client.errors import Rejected
from palier.client.link import Link
from palier.schemas.commands import OpenSession

#: Seconds until the stage is open everywhere, and until the last change is.
_DEADLINE = 60.0


class _Eyes:
    """When each change was everywhere."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._known: dict[str, int] = {}
        self._seen: dict[int, int] = {}
        self.everywhere: dict[int, float] = {}

    def look(self, link: Link) -> None:
        """Note a link's change."""
        live = link.state.live
        if live is None:
            return
        seat = link.state.seat
        known = self._known.get(seat, 0)
        for version in range(known + 1, live.mark.version + 1):
            seen = self._seen[version] = self._seen.get(version, 0) + 1
            if seen == self._count:
                self.everywhere[version] = time.perf_counter()
        self._known[seat] = max(known, live.mark.version)


async def measure(
    server: Server,
    shape: LiveShape,
    passwords: Mapping[str, str],
    *,
    session: str,
    pid: int | None,
) -> Figures:
    """Open a session, connect a link for each seat, measure, close the session."""
    seats = tuple(passwords)
    async with Operator(server.transport(), password=server.operator_password) as operator:
        await operator.open(OpenSession(session=session, program="live", seats=seats))
        eyes = _Eyes(len(seats))
        transport = server.transport()
        async with AsyncExitStack() as stack:
            links = [
                Link(
                    transport,
                    Credentials(seat=seat, password=password, session=session, partition=0),
                    on_change=eyes.look,
                )
                for seat, password in passwords.items()
            ]
            await connect(stack, links)
            await operator.start(session)
            async with asyncio.timeout(_DEADLINE):
                while any(one.state.live is None for one in links):  # noqa: ASYNC110 - not measured
                    await asyncio.sleep(0.01)
            try:
                return await _act(eyes, links, shape, pid)
            finally:
                with contextlib.suppress(Exception):
                    await operator.close(session)


async def _act(eyes: _Eyes, links: list[Link], shape: LiveShape, pid: int | None) -> Figures:
    random = chance.Random(1)
    until = shape.warm_up + shape.seconds
    begun, cpu = time.perf_counter(), cpu_of(pid)
    #: When each action was sent, by its number: they are all taken, so it is the version too.
    sent: dict[int, float] = {}

    async def trade(link: Link, seed: float) -> None:
        own = chance.Random(seed)
        at = own.uniform(0, 1 / shape.a_second)
        doing: set[asyncio.Task[None]] = set()
        while at < until:
            await asyncio.sleep(max(0.0, begun + at - time.perf_counter()))
            task = asyncio.create_task(act(link, own.randint(1, 200)))
            doing.add(task)
            at += own.uniform(0.5, 1.5) / shape.a_second
        await asyncio.gather(*doing)

    async def act(link: Link, price: int) -> None:
        stage = link.state.stage
        assert stage is not None
        at = time.perf_counter()
        try:
            sent[await link.act(stage, "order", {"price": price})] = at
        except Rejected as error:
            raise WrongCount(f"an order was refused: {error}") from error

    async with asyncio.timeout(until + _DEADLINE):
        await asyncio.gather(*(trade(one, random.random()) for one in links))
        while len(eyes.everywhere) < len(sent):  # noqa: ASYNC110 - what lacks is a failure
            await asyncio.sleep(0.01)
    if sorted(sent) != sorted(eyes.everywhere):
        raise WrongCount(f"{len(eyes.everywhere)} changes for {len(sent)} orders")
    counted = {number: at for number, at in sent.items() if at - begun >= shape.warm_up}
    return of_live(
        shape,
        latencies=[eyes.everywhere[number] - at for number, at in counted.items()],
        cpu=(cpu_of(pid) - cpu) * len(counted) / len(sent),
    )
