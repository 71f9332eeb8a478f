"""Sessions that have begun, with a worker behind them, for windows that are used by a test."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass
from pathlib import Path

import pytest

from palier.broker.amqp.transport import HEARTBEAT
from palier.broker.node import PrivateNode
from palier.client.credentials import Credentials
from palier.client.state import Asking, Screen
from palier.client.thread import LoopThread
from palier.program import Program, Session
from tests import brokers
from tests.brokers import Private
from tests.databases import Sqlite
from tests.e2e.desktops import DEADLINE, LINKED, DeskProcess
from tests.laboratory import Laboratory, Number


class Timed(Program):
    """A number within fifteen minutes, and the end."""

    async def run(self, session: Session) -> None:
        await session.stage("ask", form=Number, deadline=900)
        await session.stage("end")


class Broken(Program):
    """A number, and a mistake."""

    async def run(self, session: Session) -> None:
        await session.stage("ask", form=Number)
        raise ZeroDivisionError("the author divided by nothing")


@dataclass
class Sitting:
    """A session that has begun: its laboratory, and the credentials of two seats."""

    laboratory: Laboratory
    mine: Credentials
    other: Credentials
    loop: LoopThread

    @property
    def address(self) -> str:
        server = self.laboratory.server
        assert isinstance(server, Private)
        return str(server.address)

    def submit(self, credentials: Credentials, value: int) -> None:
        """Answer for a seat, without a window."""

        async def submitted() -> None:
            async with self.laboratory.link(credentials) as link:
                await brokers.until(lambda: isinstance(link.state.screen, Asking))
                asked = link.state.screen
                await brokers.until(lambda: link.submit({"value": value}))
                # it waits for others, or was the last
                await brokers.until(lambda: _gone_on(link.state.screen, asked))

        self.loop.run(submitted()).result(timeout=DEADLINE)


def _gone_on(screen: Screen, asked: Screen) -> bool:
    assert isinstance(asked, Asking)
    return not isinstance(screen, Asking) or screen.stage.generation > asked.stage.generation


@pytest.fixture
def sit(node: PrivateNode, tmp_path: Path) -> Iterator[Callable[[str], Sitting]]:
    """Begin a session of two seats, with a worker in the background."""
    database = Sqlite(tmp_path / "palier.db")
    laboratory = Laboratory(Private(node), database, seats=2)
    laboratory.catalogue.add("timed", Timed)
    laboratory.catalogue.add("broken", Broken)

    async def begin(stack: AsyncExitStack, program: str) -> list[Credentials]:
        await stack.enter_async_context(laboratory.working())
        async with laboratory.operator() as operator:
            seats = await laboratory.seated(operator, program)
            await operator.start(laboratory.session)
        return seats

    with LoopThread("worker") as loop:
        stack = AsyncExitStack()

        def begun(program: str) -> Sitting:
            mine, other = loop.run(begin(stack, program)).result(timeout=DEADLINE)
            return Sitting(laboratory, mine, other, loop)

        yield begun
        loop.run(stack.aclose()).result(timeout=DEADLINE)
    database.close()


@pytest.fixture
def open_linked(
    open_desk: Callable[..., DeskProcess], tmp_path: Path
) -> Callable[..., DeskProcess]:
    """Open the desk of a session's first seat, with its journal."""

    def opened(sitting: Sitting, *, heartbeat: int = HEARTBEAT) -> DeskProcess:
        credentials, journal = json.dumps(asdict(sitting.mine)), str(tmp_path / "p.journal")
        return open_desk(sitting.address, credentials, journal, str(heartbeat), script=LINKED)

    return opened
