"""Several workers: when the one that conducts is gone another goes on, and a late one harms nobody.

Workers are processes of their own, bots play a game, and what is done to a worker is done for real:
SIGKILL, SIGSTOP, or a wire that swallows every byte.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from palier.schemas.addresses import commands_queue
from tests.brokers import Real, run, until
from tests.databases import Database, Sqlite
from tests.games import playing
from tests.laboratory import PROGRAMS, Laboratory, check_record
from tests.processes import WorkerProcess, working_process
from tests.wires import Wire

pytestmark = [pytest.mark.timeout(330)]

#: Seconds in which another worker has taken over. On a quiet computer a process that is gone is
#: missed at once, one that is only silent after three heartbeats at most (9 s), and what it had
#: locked is free by then; the campaign measures that.
GONE, SILENT = 30.0, 60.0

slow = pytest.mark.slow


ROUNDS = 60


async def standing_by(laboratory: Laboratory, count: int) -> None:
    """Wait until so many workers have a consumer; all but one of them stand by.

    RabbitMQ tells of those that stand by through its management API only.
    """
    server = laboratory.server
    assert isinstance(server, Real)
    async with asyncio.timeout(SILENT):
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
            playing(workers, rounds=ROUNDS) as game,
        ):
            first.kill()
            await game.goes_on(within=GONE)
            async with working_process(workers):
                second.kill()
                await game.goes_on(within=GONE)
                await game.ends()

    run(test(), deadline=300)


@slow
def test_when_a_worker_is_cut_off_another_goes_on_and_it_comes_back_to_stand_by(
    workers: Laboratory,
) -> None:
    async def test(wire: Wire) -> None:
        async with (
            working_process(workers, amqp=(wire.host, wire.port)) as first,
            working_process(workers) as second,
            playing(workers, rounds=ROUNDS) as game,
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
        run(test(wire), deadline=300)


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
            playing(laboratory, rounds=ROUNDS) as game,
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

    run(test(), deadline=300)


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


@slow
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
            assert set(await asyncio.wait_for(asyncio.gather(*bots), SILENT)) == {"finished"}
            before = rows(laboratory)

            first.resume()

            # PostgreSQL has ended its transaction, and with it everything that it decided; whether
            # it is still heard to say so, or is just gone, is a matter of who is faster
            await until(lambda: "Nothing is lost; trying again" in first.said)
            await standing_by(laboratory, 2)
            await laboratory.told()
            assert rows(laboratory) == before
            assert await laboratory.lost() == []
            second.kill()
            async with laboratory.operator() as operator:
                assert (await operator.overview(laboratory.session)).status == "finished"

    run(test(), deadline=300)
    check_record(laboratory.database, laboratory.session)


def rows(laboratory: Laboratory) -> dict[str, list[object]]:
    """Return what could have doubled."""
    found = {}
    for table in ("arrival", "answer", "event_log", "participant", "inbox", "stage_run"):
        statement = f"SELECT * FROM {table} WHERE session = '{laboratory.session}'"
        found[table] = sorted(map(repr, laboratory.database.ask(statement)))
    return {table: list(lines) for table, lines in found.items()}


@slow
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
            await until(lambda: "Another program has locked it" in second.said)
            assert not any(one.done() for one in bots)
            first.kill()
            assert set(await asyncio.wait_for(asyncio.gather(*bots), SILENT)) == {"finished"}

    run(test(), deadline=300)
    check_record(laboratory.database, laboratory.session)
