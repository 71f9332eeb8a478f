"""Several workers: when the one that conducts is gone another goes on, and a late one harms nobody.

Workers are processes of their own, bots play a game, and what is done to a worker is done for real:
SIGKILL, SIGSTOP, or a wire that swallows every byte.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction
from pathlib import Path

import pytest

from palier.client.bot import Bot
from palier.schemas.addresses import commands_queue
from tests.brokers import Real, run, until
from tests.databases import Database, Sqlite
from tests.laboratory import PROGRAMS, Laboratory, answers, check_record, payoffs
from tests.processes import WorkerProcess, working_process
from tests.wires import Wire

pytestmark = [pytest.mark.timeout(150)]

#: Seconds in which another worker has taken over: a process that is gone is missed at once, one
#: that is only silent after three heartbeats at most, and what it had locked is free by then.
GONE, SILENT = 5.0, 15.0

slow = pytest.mark.slow


class Game:
    """A public-goods game of four bots, who take their time until they are told to hurry."""

    def __init__(self, laboratory: Laboratory, bots: list[Bot]) -> None:
        self.laboratory = laboratory
        self.bots = bots
        self.thinking = 0.2
        self._playing = [asyncio.ensure_future(one.play()) for one in bots]

    @property
    def generation(self) -> int:
        """How far the furthest bot is."""
        stages = [one.link.state.stage for one in self.bots]
        return max((one.generation for one in stages if one and one.scope != "all"), default=0)

    async def goes_on(self, *, within: float) -> float:
        """Wait for what can only have been decided from now on; return the seconds it took."""
        begun, here = time.monotonic(), self.generation
        # one release may have been on its way already
        await until(lambda: self.generation >= here + 2, deadline=within)
        return time.monotonic() - begun

    async def ends(self) -> None:
        """Play to the end, as fast as it goes, and see that all is as it should be."""
        self.thinking = 0.0
        assert set(await asyncio.gather(*self._playing)) == {"finished"}
        await self.laboratory.told()
        assert await self.laboratory.lost() == []
        assert await self.laboratory.left_in(commands_queue(0)) == 0
        check_record(self.laboratory.database, self.laboratory.session)
        earned = payoffs(self.laboratory.database, self.laboratory.session)
        assert {seat: Fraction(one) for seat, one in earned.items()} == self._worked_out()

    def _worked_out(self) -> dict[str, Fraction]:
        """Return what each seat must have earned, by the game's rules and the stored answers."""
        earned: dict[str, Fraction] = defaultdict(Fraction)
        stored = answers(self.laboratory.database, self.laboratory.session)
        assert len(stored) == ROUNDS
        for given in stored.values():
            amounts = {seat: one["amount"] for seat, one in given.items()}
            assert set(amounts) == set(self.laboratory.seats), "a decision is missing"
            for seat, amount in amounts.items():
                earned[seat] += 20 - amount + Fraction("0.4") * sum(amounts.values())
        return dict(earned)

    async def leave(self) -> None:
        for one in self._playing:
            one.cancel()
        await asyncio.gather(*self._playing, return_exceptions=True)


ROUNDS = 60


@asynccontextmanager
async def playing(laboratory: Laboratory) -> AsyncIterator[Game]:
    """Begin a game and yield it once it is in its rounds."""
    async with laboratory.operator() as operator:
        credentials = await laboratory.seated(
            operator, "public-goods", settings={"rounds": ROUNDS}, auto_start=True
        )
        transport = laboratory.server.transport()
        bots = [Bot(transport, one, pause=lambda: game.thinking) for one in credentials]
        game = Game(laboratory, bots)
        try:
            await until(lambda: game.generation >= 3)
            yield game
        finally:
            await game.leave()


async def standing_by(laboratory: Laboratory, count: int) -> None:
    """Wait until so many workers have a consumer; all but one of them stand by.

    RabbitMQ tells of those that stand by through its management API only.
    """
    server = laboratory.server
    assert isinstance(server, Real)
    async with asyncio.timeout(30):
        while True:
            consumers = await asyncio.to_thread(server.ask, "GET", "consumers/palier")
            queues = [one["queue"]["name"] for one in consumers]
            if queues.count(commands_queue(0)) == count:
                return
            await asyncio.sleep(0.1)


@pytest.fixture
def workers(real_server: Real, laboratory: Laboratory) -> Laboratory:
    """A laboratory for workers that are processes of their own."""
    laboratory.server = real_server
    laboratory.sweep()
    return laboratory


def test_when_a_worker_is_killed_another_goes_on_at_once(workers: Laboratory) -> None:
    async def test() -> None:
        async with (
            working_process(workers) as first,
            working_process(workers) as second,
            playing(workers) as game,
        ):
            first.kill()
            await game.goes_on(within=GONE)
            async with working_process(workers):
                second.kill()
                await game.goes_on(within=GONE)
                await game.ends()

    run(test(), deadline=120)


@slow
def test_when_a_worker_is_cut_off_another_goes_on_and_it_comes_back_to_stand_by(
    workers: Laboratory,
) -> None:
    async def test(wire: Wire) -> None:
        async with (
            working_process(workers, amqp=(wire.host, wire.port)) as first,
            working_process(workers) as second,
            playing(workers) as game,
        ):
            wire.cut()
            await game.goes_on(within=SILENT)
            # by now, or soon, it has noticed itself, and waits for a way to the broker
            await until(lambda: "No connection to RabbitMQ" in first.said)
            wire.mend()
            await standing_by(workers, 2)
            second.kill()
            await game.goes_on(within=GONE)
            await game.ends()

    assert isinstance(workers.server, Real)
    address = workers.server.address
    with Wire(address.host, address.port) as wire:
        run(test(wire), deadline=120)


@slow
def test_when_a_worker_is_stopped_another_goes_on_and_it_wakes_up_as_the_one_that_stands_by(
    real_server: Real, postgresql: Database
) -> None:
    laboratory = Laboratory(real_server, postgresql)
    laboratory.sweep()

    async def test() -> None:
        async with (
            working_process(laboratory) as first,
            working_process(laboratory) as second,
            playing(laboratory) as game,
        ):
            first.stop()
            await game.goes_on(within=SILENT)
            first.resume()
            await game.goes_on(within=GONE)
            await until(lambda: "No connection to RabbitMQ" in first.said)
            await standing_by(laboratory, 2)
            second.kill()
            await game.goes_on(within=GONE)
            await game.ends()

    run(test(), deadline=120)


# -- stopped in the middle of a transaction


#: Stops its own process once, where a worker is in the middle of a transaction: its author's code
#: runs there.
STANDS_STILL = """
import os
import signal
from pathlib import Path

from palier.program import Field, Form, Program, Session

ONCE = Path({marker!r})


class Number(Form):
    value: int = Field(ge=0, le=9)


class StandsStill(Program):
    async def run(self, session: Session) -> None:
        answers = await session.stage("first", form=Number)
        if ONCE.exists():
            ONCE.unlink()
            os.kill(os.getpid(), signal.SIGSTOP)
        for one, answer in answers.items():
            one.pay(answer.value)
        await session.stage("second", form=Number)
"""


@pytest.fixture
def stands_still(tmp_path: Path) -> Path:
    """A folder of programs: the one that stops its worker, once."""
    folder = tmp_path / "programs" / "stands_still"
    folder.mkdir(parents=True)
    (tmp_path / "once").touch()
    text = STANDS_STILL.format(marker=str(tmp_path / "once"))
    (folder / "program.py").write_text(text)
    return folder.parent


@asynccontextmanager
async def stopped_within(
    laboratory: Laboratory, worker: WorkerProcess
) -> AsyncIterator[list[asyncio.Task[str]]]:
    """Let bots play until the worker has stopped itself; yield them, still playing."""
    async with laboratory.operator() as operator:
        credentials = await laboratory.seated(operator, "stands-still", auto_start=True)
        tasks = [asyncio.create_task(one.play()) for one in laboratory.bots(credentials)]
        try:
            await until(lambda: worker.stopped)
            yield tasks
        finally:
            for one in tasks:
                one.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


def test_what_a_stopped_worker_had_locked_is_free_for_another_and_it_wakes_up_too_late(
    real_server: Real, postgresql: Database, stands_still: Path
) -> None:
    laboratory = Laboratory(real_server, postgresql)
    laboratory.sweep()
    programs = [PROGRAMS, stands_still]

    async def test() -> None:
        async with (
            working_process(laboratory, programs=programs) as first,
            working_process(laboratory, programs=programs) as second,
            stopped_within(laboratory, first) as bots,
        ):
            begun = time.monotonic()
            assert set(await asyncio.wait_for(asyncio.gather(*bots), SILENT)) == {"finished"}
            assert time.monotonic() - begun < SILENT
            before = rows(laboratory)

            first.resume()

            # PostgreSQL has ended its transaction, and with it everything that it decided
            await until(lambda: "The database cannot be reached" in first.said)
            await standing_by(laboratory, 2)
            await laboratory.told()
            assert rows(laboratory) == before
            assert await laboratory.lost() == []
            second.kill()
            async with laboratory.operator() as operator:
                assert (await operator.overview(laboratory.session)).status == "finished"

    run(test(), deadline=90)
    check_record(laboratory.database, laboratory.session)


def rows(laboratory: Laboratory) -> dict[str, list[object]]:
    """Return what could have doubled."""
    found = {}
    for table in ("arrival", "answer", "event_log", "participant", "inbox", "stage_run"):
        statement = f"SELECT * FROM {table} WHERE session = '{laboratory.session}'"
        found[table] = sorted(map(repr, laboratory.database.ask(statement)))
    return {table: list(lines) for table, lines in found.items()}


def test_on_sqlite_a_stopped_worker_holds_the_file_until_it_goes_on_or_is_killed(
    real_server: Real, sqlite: Sqlite, stands_still: Path
) -> None:
    """Why several workers want PostgreSQL: nobody can take a lock from a process that lives."""
    laboratory = Laboratory(real_server, sqlite)
    laboratory.sweep()
    programs = [PROGRAMS, stands_still]

    async def test() -> None:
        async with (
            working_process(laboratory, programs=programs) as first,
            working_process(laboratory, programs=programs) as second,
            stopped_within(laboratory, first) as bots,
        ):
            await until(lambda: "Another program has locked it" in second.said, deadline=30)
            assert not any(one.done() for one in bots)
            first.kill()
            assert set(await asyncio.wait_for(asyncio.gather(*bots), SILENT)) == {"finished"}

    run(test(), deadline=90)
    check_record(laboratory.database, laboratory.session)
