"""Worker processes that are killed without a word, while bots play, on RabbitMQ."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import partial
from pathlib import Path

import pytest

from palier.client.bot import Bot
from tests.brokers import PATIENCE, Real, run, until
from tests.laboratory import PROGRAMS, SECRETS, Laboratory, check_record, payoffs


@asynccontextmanager
async def process(
    laboratory: Laboratory, health: Path, *, programs: Path = PROGRAMS
) -> AsyncIterator[asyncio.subprocess.Process]:
    """Start a worker as it is started in earnest; it is killed in the end."""
    server = laboratory.server
    assert isinstance(server, Real)
    address = server.address
    settings = {
        "AMQP": f"amqp://{address.user}:{address.password}@{address.host}:{address.port}/palier",
        "MANAGEMENT": server.management,
        "DATABASE": laboratory.database.url,
        "PROGRAMS": str(programs),
        "OPERATOR_PASSWORD": SECRETS.operator,
        "ROOM_PASSWORD": SECRETS.room,
        "HEALTH_FILE": str(health),
    }
    environment = {name: one for name, one in os.environ.items() if not name.startswith("PALIER_")}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "palier.workers"),
        env=environment | {f"PALIER_{name}": one for name, one in settings.items()},
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def further(bots: list[Bot], generation: int) -> bool:
    """Tell whether a bot's group has come to a generation, or to the end."""
    states = [one.link.state for one in bots]
    return any(
        one.over
        or (
            one.stage is not None
            and one.stage.scope != "all"
            and one.stage.generation >= generation
        )
        for one in states
    )


@pytest.mark.slow
def test_bots_get_to_the_end_though_workers_are_killed(
    real_server: Real, laboratory: Laboratory, tmp_path: Path
) -> None:
    laboratory.server = real_server

    async def test() -> None:
        laboratory.sweep()
        async with process(laboratory, tmp_path / "first") as worker:
            await until((tmp_path / "first").exists)
            async with laboratory.operator() as operator:
                credentials = await laboratory.seated(
                    operator, "public-goods", settings={"rounds": 30}, auto_start=True
                )
                bots = laboratory.bots(credentials)
                playing = [asyncio.create_task(one.play()) for one in bots]
                await until(partial(further, bots, 4))
                worker.send_signal(signal.SIGKILL)
                async with process(laboratory, tmp_path / "second") as second:
                    await until((tmp_path / "second").exists)
                    assert set(await asyncio.gather(*playing)) == {"finished"}
                    await laboratory.told()
                    assert await laboratory.lost() == []
                    second.send_signal(signal.SIGTERM)
                    assert await asyncio.wait_for(second.wait(), PATIENCE) == 0
        assert await laboratory.left_in("commands.0") == 0
        assert not (tmp_path / "second").exists()

    run(test())
    check_record(laboratory.database, laboratory.session)
    assert all(payoffs(laboratory.database, laboratory.session).values())
