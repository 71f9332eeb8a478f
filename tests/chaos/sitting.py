"""A session of a campaign: opened, joined and played by client processes, to its end."""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path

from palier.broker.errors import TransportError
from palier.broker.transport import Transport
from palier.client.asking import Operator, join
from palier.client.credentials import Credentials
from palier.client.errors import NoAnswer, Rejected
from palier.schemas.commands import OpenSession
from tests.chaos.kept import Kept
from tests.chaos.proxy import Proxy
from tests.chaos.services import Rabbit
from tests.chaos.shape import Planted, Shape

_log = logging.getLogger("chaos")

OPERATOR_PASSWORD, ROOM_PASSWORD = "of the operator", "of the room"

#: Program, seats of a group, and how many times longer its bots think.
_PROGRAMS = (("public-goods", 4, 1.0), ("letters", 3, 1.0), ("hurry", 4, 4.0))

#: Seconds in which a session is opened and joined.
_PATIENCE = 90.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Player:
    """A client process with some seats of a session."""

    name: str
    session: str
    kept: Kept
    amqp: Proxy


def opening(number: int, *, shape: Shape, seed: int) -> OpenSession:
    """Return the command that opens a campaign's session of this number."""
    program, group, _ = _program(number)
    session = f"{shape.prefix}{number}"
    seats = shape.seats // group * group
    return OpenSession(
        session=session,
        program=program,
        seats=tuple(f"{session}-p{one}" for one in range(1, seats + 1)),
        settings={"rounds": shape.rounds},
        auto_start=True,
        seed=random.Random(f"{seed}:{number}").randrange(2**31),
    )


def _program(number: int) -> tuple[str, int, float]:
    return _PROGRAMS[number % len(_PROGRAMS)]


async def seated(transport: Transport, command: OpenSession) -> list[Credentials]:
    """Open a session and join all its seats, however often that takes."""
    found: dict[str, Credentials] = {}
    end = time.monotonic() + _PATIENCE
    opened = False
    async with Operator(transport, password=OPERATOR_PASSWORD) as operator:
        while len(found) < len(command.seats):
            missing = tuple(one for one in command.seats if one not in found)
            try:
                if not opened:
                    await _open(operator, command)
                    opened = True
                codes = await operator.codes(command.session, missing)
                for seat in missing:
                    found[seat] = await join(
                        transport, code=codes[seat], room_password=ROOM_PASSWORD
                    )
            except (NoAnswer, Rejected, TransportError) as error:
                # of a join that was answered to nobody the code is used: there are new ones
                if time.monotonic() > end:
                    raise
                _log.info("Opening %s goes on: %s", command.session, error)
    return [found[one] for one in command.seats]


async def _open(operator: Operator, command: OpenSession) -> None:
    try:
        await operator.open(command)
    except Rejected as rejected:
        if rejected.code != "exists":
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Where client processes sit down: their server, their folder and how they play."""

    broker: Rabbit
    folder: Path
    shape: Shape
    seed: int
    planted: Planted

    @asynccontextmanager
    async def players(
        self, number: int, session: str, credentials: list[Credentials]
    ) -> AsyncIterator[list[Player]]:
        """Run the client processes of a session."""
        pause = self.shape.pause * _program(number)[2]
        async with AsyncExitStack() as stack:
            yield [
                await stack.enter_async_context(
                    # neighbours sit at different computers
                    self._player(session, name, credentials[part :: self.shape.processes], pause)
                )
                for part, name in enumerate("abcdefgh"[: self.shape.processes])
            ]

    @asynccontextmanager
    async def _player(
        self, session: str, part: str, credentials: list[Credentials], pause: float
    ) -> AsyncIterator[Player]:
        name = f"{session}-{part}"
        file = self.folder / "clients" / f"{name}.json"
        async with Proxy(self.broker.amqp) as amqp:
            configuration = {
                "server": f"amqp://127.0.0.1:{amqp.port}/palier",
                "seats": [asdict(one) for one in credentials],
                "ledger": str(self.folder / "ledgers" / f"{name}.ledger"),
                "journals": str(self.folder / "journals"),
                "seed": f"{self.seed}:{name}",
                "pause": pause,
                "planted": self.planted.client,
            }
            file.write_text(json.dumps(configuration))
            kept = Kept(
                name,
                "tests.chaos.client",
                str(file),
                environment={},
                log=self.folder / "logs" / f"{name}.log",
            )
            async with kept:
                yield Player(name=name, session=session, kept=kept, amqp=amqp)
