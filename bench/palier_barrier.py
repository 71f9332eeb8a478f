"""W1 for Palier: seats on real links go through a program of one barrier after the other."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack

from figures import DECISION, BarrierShape, Figures, WrongCount, of_barrier
from machine import cpu_of

from palier.cli.server import Server
from palier.client.asking import Operator
from palier.client.credentials import Credentials
from palier.client.link import Link
from palier.client.state import Connectivity
from palier.schemas.commands import OpenSession

#: Seconds that one generation may take, and that all links may take to be up.
_DEADLINE = 60.0

#: Links that connect at the same time.
_AT_ONCE = 20


class _Crowd:
    """All links, and when each of them got to the generation that is waited for."""

    def __init__(self, count: int) -> None:
        self._count = count
        self.generation = 0
        self.handed = 0.0
        self.reached: dict[str, float] = {}
        self._all = asyncio.Event()

    def expect(self, generation: int) -> None:
        """Begin to wait for the next generation."""
        self.generation = generation
        self.reached = {}
        self._all.clear()

    def look(self, link: Link) -> None:
        """Note a link's change."""
        stage = link.state.stage
        if stage is None or stage.generation != self.generation:
            return
        self.reached.setdefault(link.state.seat, time.perf_counter())
        if len(self.reached) == self._count:
            self._all.set()

    async def all_there(self) -> None:
        """Wait until every link is in that generation."""
        async with asyncio.timeout(_DEADLINE):
            await self._all.wait()

    def hand_over(self) -> None:
        """Note the moment at which the last submit was handed to its connection."""
        self.handed = time.perf_counter()


async def measure(
    server: Server,
    shape: BarrierShape,
    passwords: Mapping[str, str],
    *,
    session: str,
    pid: int | None,
) -> Figures:
    """Open a session, connect a link for each seat, measure, close the session."""
    seats = tuple(passwords)
    rounds = shape.warm_up + shape.generations + 1
    async with Operator(server.transport(), password=server.operator_password) as operator:
        await operator.open(
            OpenSession(
                session=session, program="barrier", seats=seats, settings={"rounds": rounds}
            )
        )
        crowd = _Crowd(len(seats))
        transport = server.transport()
        async with AsyncExitStack() as stack:
            links = [
                Link(
                    transport,
                    Credentials(seat=seat, password=password, session=session, partition=0),
                    on_change=crowd.look,
                )
                for seat, password in passwords.items()
            ]
            await connect(stack, links)
            crowd.expect(1)
            await operator.start(session)
            await crowd.all_there()
            try:
                return await _generations(crowd, links, shape, pid)
            finally:
                with contextlib.suppress(Exception):
                    await operator.close(session)


def _ready(link: Link) -> bool:
    """Tell whether a link is up and has had its first snapshot."""
    return link.connectivity is Connectivity.ONLINE and bool(link.state.status)


async def connect(stack: AsyncExitStack, links: list[Link]) -> None:
    """Connect links, and wait until each has had its first snapshot."""
    few = asyncio.Semaphore(_AT_ONCE)

    async def one(link: Link) -> None:
        async with few:
            await stack.enter_async_context(link)
            while not _ready(link):  # noqa: ASYNC110 - nothing is measured here
                await asyncio.sleep(0.01)

    async with asyncio.timeout(_DEADLINE):
        await asyncio.gather(*map(one, links))


async def _generations(
    crowd: _Crowd, links: list[Link], shape: BarrierShape, pid: int | None
) -> Figures:
    latencies: list[float] = []
    for number in range(shape.warm_up + shape.generations):
        if number == shape.warm_up:
            begun, cpu = time.perf_counter(), cpu_of(pid)
        crowd.expect(number + 2)
        for link in links:
            if not link.submit({"text": DECISION}):
                raise WrongCount(f"seat {link.state.seat} could not submit")
        # each submit began a task; this comes after the first step of the last, which hands over
        asyncio.get_running_loop().call_soon(crowd.hand_over)
        await crowd.all_there()
        if number >= shape.warm_up:
            latencies += [one - crowd.handed for one in crowd.reached.values()]
    seconds, cpu = time.perf_counter() - begun, cpu_of(pid) - cpu
    await _all_acknowledged(links)
    return of_barrier(shape, seconds=seconds, latencies=latencies, cpu=cpu)


async def _all_acknowledged(links: list[Link]) -> None:
    """Wait until each submit has its result; a link forgets a command with its one result."""
    try:
        async with asyncio.timeout(_DEADLINE):
            while any(one.view().pending for one in links):  # noqa: ASYNC110 - measured already
                await asyncio.sleep(0.01)
    except TimeoutError:
        raise WrongCount("not every submit was acknowledged") from None
