"""A server of `palier up`: what dies of it is started again, and a session goes on."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager
from pathlib import Path

import pytest

from palier.broker.errors import NodeFailed
from palier.broker.node import PrivateNode
from palier.cli.children import Child
from palier.cli.errors import NodeStopped, WorkerStopped
from palier.cli.keeping import KeptNode, KeptServer, KeptWorker
from palier.cli.server import Server
from palier.cli.stack import stack
from palier.client.asking import Operator, join
from palier.client.bot import Bot
from palier.schemas.commands import OpenSession
from tests.brokers import run, until
from tests.conftest import need_rabbitmq
from tests.databases import Sqlite
from tests.laboratory import PROGRAMS, check_record, payoffs

pytestmark = [
    pytest.mark.rabbitmq,
    pytest.mark.timeout(330),
    pytest.mark.skipif(sys.platform != "linux", reason="needs /proc"),
]

SEATS = ("p1", "p2", "p3", "p4")


@contextmanager
def serving(data: Path) -> Iterator[tuple[Server, KeptServer]]:
    """Run a server in a folder."""
    need_rabbitmq()
    with stack(data, programs=PROGRAMS, database=None, progress=print) as (server, kept):
        yield server, kept


@asynccontextmanager
async def kept_running(kept: KeptServer) -> AsyncIterator[list[str]]:
    """Look after a server, as `palier up` does; yield what it says."""
    said: list[str] = []

    async def look() -> None:
        while True:
            if sentence := kept.look():
                said.append(sentence)
            await asyncio.sleep(0.1)

    looking = asyncio.create_task(look())
    try:
        yield said
        assert not looking.done(), looking.result()
    finally:
        looking.cancel()
        await asyncio.gather(looking, return_exceptions=True)


@asynccontextmanager
async def game(server: Server, *, rounds: int) -> AsyncIterator[list[Bot]]:
    """Begin a game of bots; in the end they have played it to its end."""
    async with Operator(server.transport(), password=server.operator_password) as operator:
        await operator.open(
            OpenSession(
                session="tough",
                program="public-goods",
                seats=SEATS,
                settings={"rounds": rounds},
                auto_start=True,
            )
        )
        codes = await operator.codes("tough", SEATS)
    seated = [
        await join(server.transport(), code=codes[one], room_password=server.room_password)
        for one in SEATS
    ]
    bots = [Bot(server.transport(), one, pause=lambda: 0.1) for one in seated]
    playing = [asyncio.create_task(one.play()) for one in bots]
    try:
        yield bots
        assert set(await asyncio.gather(*playing)) == {"finished"}
    finally:
        for one in playing:
            one.cancel()
        await asyncio.gather(*playing, return_exceptions=True)


def generation(bots: list[Bot]) -> int:
    stages = [one.link.state.stage for one in bots]
    return max((one.generation for one in stages if one and one.scope != "all"), default=0)


async def goes_on(bots: list[Bot]) -> None:
    """Wait for what can only have been decided from now on."""
    here = generation(bots)
    await until(lambda: generation(bots) >= here + 2, deadline=90)


@pytest.mark.slow
def test_worker_and_rabbitmq_are_killed_on_purpose_and_a_session_goes_on(tmp_path: Path) -> None:
    async def test(server: Server, kept: KeptServer) -> None:
        async with kept_running(kept) as said, game(server, rounds=20) as bots:
            await until(lambda: generation(bots) >= 2)
            for kill in (kept.worker.kill, kept.node.kill, kept.worker.kill):
                kill()
                await goes_on(bots)
            # both at once, and what is on its way back too
            kept.node.kill()
            kept.worker.kill()
            await until(lambda: said.count(said[-1]) and not kept.node.well)
            kept.node.kill()
            await goes_on(bots)
        assert [one for one in said if "RabbitMQ is back after" in one]
        assert sum("The worker has died and is started again" in one for one in said) == 3

    with ExitStack() as opened:
        server, kept = opened.enter_context(serving(tmp_path / "data"))
        where = server.amqp
        run(test(server, kept), deadline=300)
        assert where == f"amqp://127.0.0.1:{kept.node.node.amqp_port}/palier"
    database = Sqlite(tmp_path / "data" / "palier.db")
    try:
        check_record(database, "tough")
        assert all(payoffs(database, "tough").values())
    finally:
        database.close()


@pytest.mark.slow
def test_a_rabbitmq_that_dies_by_itself_is_started_again_where_it_was(tmp_path: Path) -> None:
    need_rabbitmq()
    with KeptNode(PrivateNode(tmp_path / "node")) as kept:
        before = kept.node.amqp_port
        os.kill(the_erlang_machine(tmp_path / "node"), signal.SIGKILL)
        said = looks(kept, until_said="RabbitMQ is back")
        assert kept.well
        assert kept.node.amqp_port == before
        assert said[0].startswith("RabbitMQ has died and is started again; why, ")
        assert kept.look() is None


def test_a_rabbitmq_that_dies_again_and_again_is_given_up_in_a_sentence(
    tmp_path: Path,
) -> None:
    class Broken(PrivateNode):
        """Starts once."""

        def start(self, *, elsewhere: bool = True) -> None:
            assert elsewhere

        def starting(self, *, elsewhere: bool = True) -> Iterator[None]:  # type: ignore[override]
            assert not elsewhere
            yield
            raise NodeFailed("RabbitMQ stopped while it started.")

    said: list[str | None] = []

    def look_on(kept: KeptNode) -> None:
        for _ in range(100):
            said.append(kept.look())  # noqa: PERF401 - the last one raises

    with (
        KeptNode(Broken(tmp_path / "node")) as kept,
        pytest.raises(NodeStopped, match=r"stopped 6 times within 60 s.*`palier up`"),
    ):
        look_on(kept)
    assert said.count("RabbitMQ stopped while it started.") == 5


def the_erlang_machine(data: Path) -> int:
    """Return the process that is a node."""
    mark = f"RABBITMQ_MNESIA_BASE={data / 'mnesia'}".encode()
    (found,) = (
        int(one.parent.name)
        for one in Path("/proc").glob("[0-9]*/environ")
        if "beam" in (one.parent / "comm").read_text() and mark in one.read_bytes()
    )
    return found


def looks(kept: KeptNode, *, until_said: str) -> list[str]:
    """Look until it says so; return what it said."""
    said: list[str] = []

    async def look() -> None:
        while not said or until_said not in said[-1]:
            if sentence := kept.look():
                said.append(sentence)
            await asyncio.sleep(0.05)

    run(look())
    return said


@pytest.mark.slow
def test_a_worker_that_was_killed_too_often_without_anybody_asking_is_given_up(
    tmp_path: Path,
) -> None:
    def start() -> Child:
        return Child("palier.workers", environment={"PALIER_AMQP": ""}, log=tmp_path / "log")

    async def look_on(kept: KeptWorker) -> None:
        while True:
            kept.look()
            await asyncio.sleep(0.05)

    with (
        KeptWorker(start) as kept,
        pytest.raises(WorkerStopped, match="stopped 6 times within 60 s"),
    ):
        run(look_on(kept), deadline=150)
