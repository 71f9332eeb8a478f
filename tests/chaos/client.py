"""A process of several seats, played by bots: ``python -m tests.chaos.client CONFIGURATION``.

It ends when all its seats' sessions are over, or when its standard input closes: whoever started
it is gone then. A line there that says ``bad SECONDS`` makes its links bad for so long.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import JsonValue

from palier.broker.address import Address
from palier.client.bot import Bot
from palier.client.credentials import Credentials
from palier.client.journal import Journal
from palier.client.link import Link
from palier.schemas.events import Stage
from tests.chaos.ledger import Ledger
from tests.chaos.planted import clients as planted
from tests.chaos.witness import Witness


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What a client process is told; ``pause`` is how long a bot thinks, in seconds at most."""

    server: str
    seats: list[dict[str, Any]]
    ledger: str
    journals: str
    seed: str
    pause: float
    planted: str | None = None

    @classmethod
    def read(cls, path: Path) -> Configuration:
        """Return the configuration in a file."""
        return cls(**json.loads(path.read_text()))


class Watched(Bot):
    """A bot that writes down what it is shown and what it decides."""

    def __init__(
        self,
        witness: Witness,
        credentials: Credentials,
        *,
        journal: Journal,
        ledger: Ledger,
        pause: float,
    ) -> None:
        self._ledger = ledger
        self._seat = credentials.seat
        self._chance = random.Random()
        self._shown: tuple[str, str, int] | None = None
        self._noticed: str | None = None
        super().__init__(
            witness,
            credentials,
            journal=journal,
            decide=self._made_up,
            pause=lambda: self._chance.uniform(0, pause),
        )

    def _look(self, link: Link) -> None:
        stage = link.state.stage
        if stage is not None:
            shown = (link.state.session, stage.scope, stage.generation)
            if shown != self._shown:
                self._shown = shown
                self._write("entered", stage, opened=stage.opened_at.timestamp(), data=stage.data)
        notice = link.view().notice
        noticed = None if notice is None else notice.note.value
        if noticed != self._noticed:
            self._noticed = noticed
            session = link.state.session
            self._ledger.write("noticed", seat=self._seat, session=session, note=noticed)
        super()._look(link)

    def _made_up(self, stage: Stage) -> dict[str, JsonValue] | None:
        # never the same answer twice: a value that was exchanged for another one shows
        answer = None if stage.form is None else stage.form.draw(self._chance)
        self._write("decided", stage, answer=answer)
        return answer

    def _write(self, what: str, stage: Stage, **facts: Any) -> None:
        self._ledger.write(
            what,
            seat=self._seat,
            session=self.link.state.session,
            scope=stage.scope,
            generation=stage.generation,
            **facts,
        )

    async def play(self) -> str:
        outcome = await super().play()
        self._ledger.write(
            "over", seat=self._seat, session=self.link.state.session, outcome=outcome
        )
        return outcome


class Client:
    """The seats of one process."""

    def __init__(self, given: Configuration) -> None:
        ledger = Ledger(Path(given.ledger))
        transport = Address.parse(given.server).transport()
        self._witnesses: list[Witness] = []
        self._bots: list[Watched] = []
        for one in given.seats:
            credentials = Credentials(**one)
            chance = random.Random(f"{given.seed}:{credentials.seat}")
            witness = Witness(transport, ledger, seat=credentials.seat, chance=chance)
            self._witnesses.append(witness)
            self._bots.append(
                Watched(
                    witness,
                    credentials,
                    journal=self._journal(given, credentials.seat),
                    ledger=ledger,
                    pause=given.pause,
                )
            )

    def _journal(self, given: Configuration, seat: str) -> Journal:
        return Journal(Path(given.journals) / f"{seat}.journal")

    async def play(self) -> int:
        """Play every seat to its end; return the exit code: 0 when all sessions are over."""
        listening = asyncio.create_task(self._listen())
        playing = asyncio.gather(*(one.play() for one in self._bots))
        either: set[asyncio.Future[Any]] = {listening, playing}
        await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
        if not playing.done():
            playing.cancel()
            return 1
        listening.cancel()
        return 0 if set(playing.result()) == {"finished"} else 2

    async def _listen(self) -> None:
        """Do what is said on standard input, until it closes."""
        reader = asyncio.StreamReader()
        loop = asyncio.get_running_loop()
        await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
        while line := (await reader.readline()).decode().split():
            match line:
                case ["bad", seconds]:
                    self._be_bad(bad=True)
                    loop.call_later(float(seconds), lambda: self._be_bad(bad=False))

    def _be_bad(self, *, bad: bool) -> None:
        for one in self._witnesses:
            one.bad = bad


def main(arguments: list[str]) -> int:
    """Run; return the exit code."""
    logging.basicConfig(
        level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s"
    )
    given = Configuration.read(Path(arguments[0]))
    if given.planted is not None:
        planted.FAULTS[given.planted]()
    with asyncio.Runner() as runner:
        return runner.run(Client(given).play())


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
