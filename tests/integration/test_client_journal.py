"""A client's journal: what was decided arrives once, whatever dies in between."""

from __future__ import annotations

import asyncio
import json
import random
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import asdict
from pathlib import Path

import pytest

from palier.broker.transport import Account, Connection, Outcome, Publication, Transport
from palier.client.bot import Bot
from palier.client.credentials import Credentials
from palier.client.journal import Journal
from palier.client.link import Link
from palier.client.state import Asking, Connectivity, Ended, Note, Notice, Waiting
from palier.schemas.commands import Submit
from tests.brokers import PATIENCE, Memory, Private, Real, Server, run, until
from tests.databases import Sqlite
from tests.laboratory import (
    Laboratory,
    _FaultyConnection,
    answers,
    check_record,
    results,
    running,
    status,
)

PROCESS = Path(__file__).with_name("client_process.py")


@pytest.fixture
def laboratory(server: Server, sqlite: Sqlite) -> Laboratory:
    """A worker on each broker, with SQLite; two seats."""
    return Laboratory(server, sqlite, seats=2)


@pytest.fixture
def real_laboratory(real_server: Real, sqlite: Sqlite) -> Laboratory:
    """A worker on each real RabbitMQ, with SQLite; two seats."""
    return Laboratory(real_server, sqlite, seats=2)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "p1.journal"


def stored(laboratory: Laboratory, seat: str) -> list[tuple[str, str]]:
    """Return message id and kind of result of each command of a seat."""
    return [
        (one.message_id, one.result_kind)
        for one in results(laboratory.database, [seat])
        if one.kind == Submit.kind
    ]


def asks(link: Link, stage: str) -> bool:
    screen = link.state.screen
    return isinstance(screen, Asking) and screen.stage.name == stage


def waits(link: Link) -> bool:
    return isinstance(link.state.screen, Waiting)


class Wire(Transport):
    """A transport that notes which decisions got out; while it is ``cut``, none does."""

    def __init__(self, transport: Transport, *, cut: bool = False) -> None:
        self._transport = transport
        self.cut = cut
        self.tried: list[str | None] = []
        self.confirmed: list[str | None] = []

    async def connect(self, account: Account, *, deadline: float = 10.0) -> Connection:
        return _WireConnection(await self._transport.connect(account, deadline=deadline), self)


class _WireConnection(_FaultyConnection):
    def __init__(self, inner: Connection, wire: Wire) -> None:
        super().__init__(inner, lambda _: False)
        self._wire = wire

    async def publish(
        self, publications: Sequence[Publication], *, deadline: float = 10.0
    ) -> list[Outcome]:
        ids = [
            one.properties.message_id for one in publications if one.properties.kind == Submit.kind
        ]
        self._wire.tried += ids
        if ids and self._wire.cut:
            await asyncio.wait({self.lost})  # to await it would be to cancel it
        outcomes = await super().publish(publications, deadline=deadline)
        self._wire.confirmed += ids
        return outcomes


@asynccontextmanager
async def sitting(
    laboratory: Laboratory, program: str = "steps"
) -> AsyncIterator[tuple[Credentials, Credentials]]:
    """Run a worker and a session that has begun; two seats."""
    async with laboratory.working(), laboratory.operator() as operator:
        first, second = await laboratory.seated(operator, program)
        await operator.start(laboratory.session)
        yield first, second


@asynccontextmanager
async def working_again(laboratory: Laboratory) -> AsyncIterator[None]:
    """Run another worker on what the first one has left, in the queues too."""
    async with running(laboratory.surroundings()):
        yield


# -- whole sessions -----------------------------------------------------------------------------


def test_bots_with_journals_play_to_the_end_and_leave_nothing_in_them(
    laboratory: Laboratory, tmp_path: Path
) -> None:
    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            credentials = await laboratory.seated(operator, "steps", auto_start=True)
            with ExitStack() as stack:
                journals = [
                    stack.enter_context(Journal(tmp_path / f"{one.seat}.journal"))
                    for one in credentials
                ]
                bots = [
                    Bot(laboratory.server.transport(), one, journal=journal)
                    for one, journal in zip(credentials, journals, strict=True)
                ]
                outcomes = await asyncio.gather(*(one.play() for one in bots))
                assert set(outcomes) == {"finished"}
                assert {one.pending() for one in journals} == {()}
                assert {one.drafts() for one in journals} == {()}

    run(test())
    assert status(laboratory.database, laboratory.session) == "finished"
    check_record(laboratory.database, laboratory.session)


# -- a client that dies -------------------------------------------------------------------------


def test_a_decision_that_was_kept_and_never_sent_is_sent_by_the_next_client(
    laboratory: Laboratory, path: Path
) -> None:
    async def test() -> None:
        async with sitting(laboratory) as (mine, _):
            wire = Wire(laboratory.server.transport(), cut=True)
            with Journal(path) as journal:
                async with Link(wire, mine, journal=journal) as link:
                    await until(lambda: asks(link, "first"))
                    assert link.submit({"value": 3})
                    await until(lambda: wire.tried)
            assert stored(laboratory, mine.seat) == []

            with Journal(path) as journal:
                (kept,) = journal.pending()
                assert kept.message_id in wire.tried
                async with Link(laboratory.server.transport(), mine, journal=journal) as link:
                    await until(lambda: waits(link))
                    await until(lambda: journal.pending() == ())
            assert stored(laboratory, mine.seat) == [(kept.message_id, "submitted.v1")]

    run(test())
    assert answers(laboratory.database, laboratory.session)["all", 1].popitem()[1] == {"value": 3}


def test_a_decision_whose_result_never_came_is_sent_again_and_done_once(
    laboratory: Laboratory, path: Path
) -> None:
    async def test() -> None:
        wire = Wire(laboratory.server.transport())
        with Journal(path) as journal:
            async with sitting(laboratory) as (mine, _):
                link = Link(wire, mine, journal=journal)
                await link.__aenter__()
                await until(lambda: asks(link, "first"))
            # now nobody handles it: the broker has it, and the client goes
            assert link.submit({"value": 3})
            await until(lambda: wire.confirmed)
            await link.__aexit__()

        async with working_again(laboratory):
            await until(lambda: stored(laboratory, mine.seat))
            with Journal(path) as journal:
                (kept,) = journal.pending()
                async with Link(laboratory.server.transport(), mine, journal=journal) as link:
                    await until(lambda: waits(link))
                    await until(lambda: journal.pending() == ())
        assert set(wire.confirmed) == {kept.message_id}
        assert stored(laboratory, mine.seat) == [(kept.message_id, "submitted.v1")]

    run(test())


def process_arguments(
    laboratory: Laboratory, credentials: Credentials, path: Path, place: str, value: int
) -> list[str]:
    server = laboratory.server
    assert isinstance(server, Real)
    return [
        sys.executable,
        str(PROCESS),
        json.dumps(asdict(credentials)),
        str(path),
        str(server.address),
        place,
        str(value),
    ]


def played_by_process(
    laboratory: Laboratory, credentials: Credentials, path: Path, place: str, value: int
) -> subprocess.CompletedProcess[str]:
    """Run a client in a process of its own, until it dies or its session is over."""
    return subprocess.run(
        process_arguments(laboratory, credentials, path, place, value),
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )


@pytest.mark.parametrize("place", ["journal", "publish"])
def test_a_process_that_is_killed_has_decided_what_it_decided(
    real_laboratory: Laboratory, path: Path, place: str
) -> None:
    """Killed by the system, between disk and broker, or between the broker and the result."""
    laboratory = real_laboratory

    async def test() -> None:
        async with sitting(laboratory) as (mine, other):
            bot = asyncio.create_task(Bot(laboratory.server.transport(), other).play())
            kept = []
            for value in (3, 4, 5):  # once at each stage
                done = await asyncio.to_thread(
                    played_by_process, laboratory, mine, path, place, value
                )
                assert done.returncode == -9, done
                with Journal(path) as journal:
                    # and perhaps the one before, whose result had only just come
                    kept += [one.message_id for one in journal.pending()]
                assert kept
            done = await asyncio.to_thread(played_by_process, laboratory, mine, path, "nowhere", 6)
            assert done.stdout == "begun\nfinished\n", done
            assert await bot == "finished"
            with Journal(path) as journal:
                assert journal.pending() == ()
            # each of what was kept has its one result, and nothing else was ever decided
            found = stored(laboratory, mine.seat)
            assert set(kept) <= {one for one, _ in found}
            assert [one for _, one in found] == ["submitted.v1"] * 3

    run(test())
    check_record(laboratory.database, laboratory.session)


@pytest.mark.slow
def test_a_client_that_is_killed_at_any_time_gets_to_the_end(
    real_laboratory: Laboratory, path: Path
) -> None:
    laboratory = real_laboratory
    chance = random.Random(11)

    async def test() -> None:
        async with sitting(laboratory) as (mine, other):
            bot = asyncio.create_task(Bot(laboratory.server.transport(), other).play())
            arguments = process_arguments(laboratory, mine, path, "nowhere", 1)
            for _ in range(10):
                client = await asyncio.create_subprocess_exec(
                    *arguments, stdout=asyncio.subprocess.PIPE
                )
                assert client.stdout is not None
                await client.stdout.readline()
                with suppress(TimeoutError):
                    await asyncio.wait_for(client.wait(), chance.uniform(0, 0.6))
                if client.returncode is None:
                    client.kill()
                await client.communicate()
            done = await asyncio.to_thread(played_by_process, laboratory, mine, path, "nowhere", 1)
            assert done.stdout == "begun\nfinished\n", done
            assert await bot == "finished"
            assert [one for _, one in stored(laboratory, mine.seat)] == ["submitted.v1"] * 3

    run(test(), deadline=100)
    check_record(laboratory.database, laboratory.session)


# -- a broker that goes -------------------------------------------------------------------------


@contextmanager
def away(server: Server) -> Iterator[None]:
    """Let the broker be gone for a while."""
    if isinstance(server, Private):
        server.node.control("stop_app")
        try:
            yield
        finally:
            server.node.control("start_app")
            server.node.control("await_startup")
    elif isinstance(server, Memory):
        yield
        server.server.restart()
    else:
        pytest.skip("this RabbitMQ is not ours: nothing here stops it")


@pytest.mark.timeout(120)
def test_a_decision_given_while_the_broker_is_away_is_sent_when_it_is_back(
    laboratory: Laboratory, path: Path
) -> None:
    async def test() -> None:
        async with sitting(laboratory) as (mine, _):
            wire = Wire(laboratory.server.transport())
            with Journal(path) as journal:
                async with Link(wire, mine, journal=journal) as link:
                    await until(lambda: asks(link, "first"))
                    wire.cut = True
                    with away(laboratory.server):
                        assert link.submit({"value": 3})
                        await until(lambda: len(journal.pending()) == 1)
                        (kept,) = journal.pending()
                        assert link.state.screen == Asking(stage=link.state.stage, sending=True)  # type: ignore[arg-type]
                        assert stored(laboratory, mine.seat) == []
                    wire.cut = False
                    await until(lambda: waits(link), deadline=30)
                    await until(lambda: journal.pending() == ())
            assert stored(laboratory, mine.seat) == [(kept.message_id, "submitted.v1")]

    run(test(), deadline=100)


@pytest.mark.timeout(120)
def test_a_client_that_begins_while_the_broker_is_away_sends_what_it_finds(
    laboratory: Laboratory, path: Path
) -> None:
    """As after hours without a network, and a restart of the computer."""

    async def test() -> None:
        async with sitting(laboratory) as (mine, _):
            with Journal(path) as journal:
                cut = Wire(laboratory.server.transport(), cut=True)
                async with Link(cut, mine, journal=journal) as link:
                    await until(lambda: asks(link, "first"))
                    link.draft(link.state.stage, {"value": "3"})  # type: ignore[arg-type]
                    assert link.submit({"value": 3})
                    await until(lambda: cut.tried)

            with Journal(path) as journal:
                (kept,) = journal.pending()
                link = Link(laboratory.server.transport(), mine, journal=journal)
                with away(laboratory.server):
                    await link.__aenter__()
                    await asyncio.sleep(0)
                    assert link.view().pending == 1
                await until(lambda: waits(link), deadline=30)
                await until(lambda: journal.pending() == () and journal.drafts() == ())
                await link.__aexit__()
            assert stored(laboratory, mine.seat) == [(kept.message_id, "submitted.v1")]

    run(test(), deadline=100)


@pytest.mark.timeout(120)
def test_a_broker_short_of_memory_is_shown_and_gets_the_decision_afterwards(
    laboratory: Laboratory, path: Path
) -> None:
    async def test() -> None:
        async with sitting(laboratory) as (mine, _):
            with Journal(path) as journal:
                link = Link(laboratory.server.transport(), mine, journal=journal)
                async with link:
                    await until(lambda: asks(link, "first"))
                    with laboratory.server.shortage():
                        assert link.submit({"value": 3})
                        await until(lambda: link.connectivity is Connectivity.BLOCKED)
                        assert len(journal.pending()) == 1
                        assert not waits(link)
                    await until(lambda: waits(link), deadline=30)
                    await until(lambda: link.connectivity is Connectivity.ONLINE)
                    await until(lambda: journal.pending() == ())
            assert [one for _, one in stored(laboratory, mine.seat)] == ["submitted.v1"]

    run(test(), deadline=100)


# -- a worker that goes -------------------------------------------------------------------------


def test_a_stage_is_the_same_opening_after_another_worker_has_taken_over(
    laboratory: Laboratory, path: Path
) -> None:
    """Else what a client has kept would be taken for an answer to an earlier session."""

    async def test() -> None:
        with Journal(path) as journal:
            async with sitting(laboratory) as (mine, _):
                cut = Wire(laboratory.server.transport(), cut=True)
                async with Link(cut, mine, journal=journal) as link:
                    await until(lambda: asks(link, "first"))
                    link.draft(link.state.stage, {"value": "3"})  # type: ignore[arg-type]
                    assert link.submit({"value": 3})
                    await until(lambda: cut.tried)
            async with (
                working_again(laboratory),
                Link(laboratory.server.transport(), mine, journal=journal) as link,
            ):
                await until(lambda: waits(link))
                assert link.view().notice is None
                await until(lambda: journal.pending() == ())
            assert [one for _, one in stored(laboratory, mine.seat)] == ["submitted.v1"]

    run(test())


# -- decisions that come too late ---------------------------------------------------------------


def test_a_decision_that_comes_after_the_session_was_closed_is_settled_and_told(
    laboratory: Laboratory, path: Path
) -> None:
    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            mine, _ = await laboratory.seated(operator, "steps")
            await operator.start(laboratory.session)
            with Journal(path) as journal:
                cut = Wire(laboratory.server.transport(), cut=True)
                async with Link(cut, mine, journal=journal) as link:
                    await until(lambda: asks(link, "first"))
                    assert link.submit({"value": 3})
                    await until(lambda: cut.tried)
                await operator.close(laboratory.session)

                async with Link(laboratory.server.transport(), mine, journal=journal) as link:
                    await until(lambda: isinstance(link.state.screen, Ended))
                    assert await link.settled(deadline=PATIENCE)
                    assert link.view().notice == Notice(note=Note.TOO_LATE)
                    await until(lambda: journal.pending() == ())
            assert [one for _, one in stored(laboratory, mine.seat)] == ["refused.v1"]

    run(test())


# -- a seat that is open twice ------------------------------------------------------------------


def test_a_second_window_is_refused_soon_and_let_in_when_the_first_has_gone(
    laboratory: Laboratory,
) -> None:
    async def test() -> None:
        async with sitting(laboratory) as (mine, _):
            first = Link(laboratory.server.transport(), mine)
            await first.__aenter__()
            await until(lambda: asks(first, "first"))
            async with Link(laboratory.server.transport(), mine) as second:
                await until(lambda: second.connectivity is Connectivity.REFUSED)
                # before it could know that nobody's lost connection holds the seat
                assert second.view().notice == Notice(note=Note.ELSEWHERE)
                assert first.connectivity is Connectivity.ONLINE
                await first.__aexit__()
                await until(lambda: asks(second, "first"))

    run(test())
