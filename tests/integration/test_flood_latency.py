"""How much one seat's flood delays the releases of a session that has nothing to do with it.

``pytest -s tests/integration/test_flood_latency.py`` prints what it measured, without the flood and
with it; ``PALIER_FLOOD_SECONDS`` makes it measure longer.
"""

from __future__ import annotations

import asyncio
import json
import os
import sys
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from statistics import median, quantiles

import pytest

from palier.client.asking import Operator
from palier.client.credentials import Credentials
from palier.schemas.events import Released, StageOpened
from tests.brokers import Real, run, until
from tests.databases import Sqlite
from tests.laboratory import Hand, Laboratory
from tests.processes import working_process

#: Seconds of one measurement, and how often it is made until one is as it should be.
SECONDS = float(os.environ.get("PALIER_FLOOD_SECONDS", "6"))
TRIES = 3

#: Seconds between two stages: people think, and a seat keeps to its rate.
THINKS = 0.06

PROGRAM = """
from palier.program import Field, Form, Program, Session


class Number(Form):
    value: int = Field(ge=0, le=9)


class Ticking(Program):
    title = "Ticking"

    async def run(self, session: Session) -> None:
        while True:
            await session.stage("tick", form=Number)
"""


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder with a program that goes on and on."""
    folder = tmp_path / "programs" / "ticking"
    folder.mkdir(parents=True)
    (folder / "program.py").write_text(PROGRAM)
    return folder.parent


class Table:
    """Four seats that go from stage to stage together."""

    def __init__(self, hands: Sequence[Hand]) -> None:
        self._hands = hands
        self._generation = 1

    async def latencies(self, seconds: float) -> list[float]:
        """Return the milliseconds from the last answer to the release, stage after stage."""
        found = []
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            *others, last = self._hands
            for hand in others:
                await hand.send(hand.submit(self._generation, 1))
            began = time.perf_counter()
            await last.send(last.submit(self._generation, 1))
            await until(lambda: all(map(self._released, self._hands)), deadline=30)
            found.append((time.perf_counter() - began) * 1000)
            self._generation += 1
            for hand in self._hands:
                hand.heard.clear()
            await asyncio.sleep(THINKS)
        return found

    def _released(self, hand: Hand) -> bool:
        return any(
            isinstance(one.message, Released) and one.message.generation == self._generation
            for one in hand.heard
        )


@asynccontextmanager
async def a_table(laboratory: Laboratory, operator: Operator) -> AsyncIterator[Table]:
    """Sit four people down in a session that has begun."""
    credentials = await laboratory.seated(operator, "ticking")
    await operator.start(laboratory.session)
    async with AsyncExitStack() as stack:
        hands = [await stack.enter_async_context(laboratory.by_hand(one)) for one in credentials]
        for hand in hands:
            await hand.heard_of(StageOpened)
            hand.heard.clear()
        yield Table(hands)


@asynccontextmanager
async def flooding(
    server: Real, kind: str, seat: Credentials, *, seconds: float
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Have a process flood as a seat; yields once it has begun."""
    address = server.address
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "tests.flooder", kind),
        f"amqp://{address.host}:{address.port}/{address.vhost}",
        *(seat.seat, seat.password, seat.session, str(seconds)),
        stdout=asyncio.subprocess.PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


def line(kind: str, found: list[float]) -> str:
    """Return a line that says how long releases took."""
    last = quantiles(found, n=100)[-1]
    return f"{kind:12} n {len(found):4}  p50 {median(found):7.1f} ms  p99 {last:7.1f} ms"


@pytest.mark.slow
@pytest.mark.timeout(60 + 8 * SECONDS)
@pytest.mark.parametrize(
    "kind", ["commands", "malformed", "replays", "huge", "wrong-keys", "reconnects"]
)
def test_a_flood_delays_the_others_by_no_more_than_as_much_again(
    real_server: Real, sqlite: Sqlite, programs: Path, kind: str
) -> None:
    async def test() -> None:
        for _ in range(TRIES):
            laboratory = Laboratory(real_server, sqlite)
            theirs = Laboratory(real_server, sqlite, seats=1)
            laboratory.sweep()
            async with (
                working_process(laboratory, programs=(programs,)) as worker,
                laboratory.operator() as operator,
            ):
                (seat,) = await theirs.seated(operator, "ticking")
                async with a_table(laboratory, operator) as table:
                    await table.latencies(1.0)
                    without = await table.latencies(SECONDS / 2)
                    async with flooding(real_server, kind, seat, seconds=SECONDS + 1) as flooder:
                        beside = await table.latencies(SECONDS)
                        said, _ = await flooder.communicate()
                    # on both sides of the flood: other programs come and go on this computer
                    without += await table.latencies(SECONDS / 2)
                dead = await laboratory.left_in("dead-letters")
                assert f"Refused of {seat.seat}" in worker.said
                assert dead <= 21
            done = json.loads(said)
            sys.stdout.write(f"\n{line('undisturbed', without)}\n{line(kind, beside)}  {done}\n")
            ratio = median(beside) / median(without)
            if ratio <= 2:
                return
        pytest.fail(f"{ratio:.1f} times as long, also when it was measured for the third time")

    run(test(), deadline=50 + 8 * SECONDS)
