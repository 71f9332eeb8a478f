"""A message that kills the process which handles it: put aside soon, and everybody else goes on."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from palier.broker.transport import Publication
from palier.schemas.events import StageOpened
from palier.schemas.names import ALL
from palier.workers.runtime.suspects import ATTEMPTS
from tests.brokers import Real, run, until
from tests.e2e.palier_command import Done, palier_here
from tests.laboratory import PROGRAMS, SECRETS, Hand, Laboratory, answers, check_record, status

pytestmark = [pytest.mark.rabbitmq, pytest.mark.timeout(120)]

#: A program that takes its process along when somebody says seven, as long as a file is there.
DEADLY = """
import os
import signal
from pathlib import Path

from palier.program import Form, Program, Session


class Number(Form):
    value: int


class Deadly(Program):
    async def run(self, session: Session) -> None:
        answers = await session.stage("first", form=Number)
        if any(one.value == 7 for one in answers.values()) and Path({curse!r}).exists():
            os.kill(os.getpid(), signal.SIGKILL)
        await session.stage("end")
"""


@dataclass
class Kept:
    """A worker that is started again whenever it dies, as `palier up` and compose do it."""

    environment: Mapping[str, str]
    log: Path
    deaths: int = 0
    process: asyncio.subprocess.Process | None = field(default=None)

    async def keep(self) -> None:
        while True:
            with self.log.open("ab") as log:
                self.process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", "palier.workers"), env=self.environment, stderr=log
                )
            await self.process.wait()
            self.deaths += 1


@dataclass
class Scene:
    """A laboratory with a program that kills, and where it is mended."""

    laboratory: Laboratory
    folder: Path

    @property
    def server(self) -> Real:
        assert isinstance(self.laboratory.server, Real)
        return self.laboratory.server

    def mend(self) -> None:
        """Take away what kills."""
        (self.folder / "curse").unlink()

    def palier(self, *arguments: object) -> Done:
        """Run `palier dead-letters`."""
        at = self.server.address
        return palier_here(
            "dead-letters",
            *arguments,
            PALIER_SERVER=f"amqp://{at.user}@{at.host}:{at.port}/palier",
            PALIER_PASSWORD=at.password,
        )

    @asynccontextmanager
    async def kept(self) -> AsyncIterator[Kept]:
        """Keep a worker alive, and wait for it."""
        at = self.server.address
        health = self.folder / "health"
        settings = {
            "AMQP": f"amqp://{at.user}:{at.password}@{at.host}:{at.port}/palier",
            "MANAGEMENT": self.server.management,
            "DATABASE": self.laboratory.database.url,
            "PROGRAMS": os.pathsep.join(map(str, (PROGRAMS, self.folder / "programs"))),
            "OPERATOR_PASSWORD": SECRETS.operator,
            "ROOM_PASSWORD": SECRETS.room,
            "HEALTH_FILE": str(health),
        }
        inherited = {
            name: one for name, one in os.environ.items() if not name.startswith("PALIER_")
        }
        kept = Kept(
            inherited | {f"PALIER_{name}": one for name, one in settings.items()},
            self.folder / "worker.log",
        )
        keeping = asyncio.create_task(kept.keep())
        try:
            await until(health.exists, deadline=30)
            yield kept
        finally:
            keeping.cancel()
            assert kept.process is not None
            with suppress(ProcessLookupError):
                kept.process.kill()
            await kept.process.wait()
            health.unlink(missing_ok=True)


@pytest.fixture
def scene(real_server: Real, small_laboratory: Laboratory, tmp_path: Path) -> Scene:
    small_laboratory.server = real_server
    small_laboratory.seats = small_laboratory.more_seats(2)
    small_laboratory.sweep()
    program = tmp_path / "programs" / "deadly" / "program.py"
    program.parent.mkdir(parents=True)
    program.write_text(DEADLY.format(curse=str(tmp_path / "curse")))
    (tmp_path / "curse").touch()
    return Scene(small_laboratory, tmp_path)


async def insist(hand: Hand, poison: Publication) -> None:
    """Send a command again and again until it is answered, as a client's journal does."""
    while not hand.answers(poison):
        await hand.send(poison)
        with suppress(TimeoutError):
            await until(lambda: hand.answers(poison), deadline=1.0)


@pytest.mark.slow
def test_a_message_that_kills_its_worker_is_put_aside_and_replayed_after_the_mending(
    scene: Scene,
) -> None:
    laboratory = scene.laboratory
    other = Laboratory(laboratory.server, laboratory.database)

    async def poisoned() -> int:
        """Return how many workers died, until everybody else was at the end."""
        async with scene.kept() as kept, laboratory.operator() as operator:
            first, second = await laboratory.seated(operator, "deadly")
            await operator.start(laboratory.session)
            others = await other.seated(
                operator, "public-goods", settings={"rounds": 1}, auto_start=True
            )
            async with laboratory.by_hand(first) as hand, laboratory.by_hand(second) as killer:
                await killer.heard_of(StageOpened)
                await hand.send(hand.submit(1, 1))
                poison = killer.submit(1, 7)
                playing = asyncio.create_task(other.play(others))
                await insist(killer, poison)
                assert (await killer.result(poison)).code == "worker-died"
                assert await asyncio.wait_for(playing, 60) == {"finished"}
                await laboratory.told()
                assert await laboratory.left_in("commands.0") == 0
                return kept.deaths

    async def handled() -> None:
        """Let a worker handle what was replayed."""
        async with scene.kept() as kept:
            await until(lambda: len(arrived()) == 2)
            await laboratory.told()
            assert kept.deaths == 0
            assert await laboratory.lost() == []

    def arrived() -> Mapping[str, object]:
        return answers(laboratory.database, laboratory.session)[ALL, 1]

    deaths = run(poisoned(), deadline=100)

    # once among others, and then alone; its copies killed nobody
    assert deaths == ATTEMPTS + 1
    check_record(laboratory.database, other.session)
    assert status(laboratory.database, other.session) == "finished"
    (letter,) = scene.palier("list", "--json").json()
    assert (letter["code"], letter["sender"]) == ("worker-died", laboratory.seats[1])
    assert letter["reason"].startswith("A worker died each time that it handled this message")
    assert letter["copies"] >= 1
    assert set(arrived()) == {laboratory.seats[0]}

    scene.mend()
    assert scene.palier("replay", letter["id"]).code == 0
    run(handled())
    assert arrived()[laboratory.seats[1]] == {"value": 7}
    check_record(laboratory.database, laboratory.session)
