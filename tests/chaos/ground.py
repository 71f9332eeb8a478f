"""The ground of a campaign: workers, sessions and their players, all of them processes."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from palier.broker.address import Address
from tests.chaos.auditor import Auditor
from tests.chaos.kept import Kept
from tests.chaos.ledger import Entry
from tests.chaos.proxy import Proxy
from tests.chaos.services import Rabbit, Service, Store
from tests.chaos.shape import NOTHING, PATIENT, Patience, Planted, Shape
from tests.chaos.sitting import OPERATOR_PASSWORD, ROOM_PASSWORD, Player, Table, opening, seated
from tests.chaos.strike import Strikes

_PROGRAMS = (Path(__file__).parents[2] / "programs", Path(__file__).parent / "programs")

#: Seconds in which a worker takes commands.
_PATIENCE = 90.0

#: Seconds between two looks at something.
_LOOK = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A worker process and its ways out."""

    kept: Kept
    amqp: Proxy
    management: Proxy
    database: Proxy | None


class Ground:
    """Everything that runs; an async context manager. The servers have been started by others."""

    def __init__(
        self,
        broker: Rabbit,
        store: Store,
        *,
        folder: Path,
        shape: Shape,
        seed: int,
        planted: Planted = NOTHING,
        patience: Patience = PATIENT,
    ) -> None:
        self.broker = broker
        self.store = store
        self.shape = shape
        self.workers: list[Worker] = []
        self.players: list[Player] = []
        #: The sessions that were opened.
        self.opened: list[str] = []
        self.crashes: list[str] = []
        self.refusals = 0
        self.strikes = Strikes()
        self._folder = folder
        self._seed = seed
        self._table = Table(broker=broker, folder=folder, shape=shape, seed=seed, planted=planted)
        self.patience = patience
        self._planted = planted
        self._auditor: Auditor | None = None
        self._stack = AsyncExitStack()
        self._amqp = Proxy(broker.amqp)
        self._began: set[str] = set()
        self._sent_at: dict[str, float] = {}

    async def __aenter__(self) -> Self:
        for name in ("ledgers", "logs", "clients", "journals"):
            (self._folder / name).mkdir(parents=True, exist_ok=True)
        await self._stack.__aenter__()
        try:
            await self._stack.enter_async_context(self._amqp)
            for number in range(1, self.shape.workers + 1):
                self.workers.append(await self._worker(number))
            await _until(self._one_is_well, "a worker that takes commands")
            auditor = Auditor(self.broker, self.ledgers / "auditor.ledger")
            await asyncio.to_thread(auditor.start)
            self._auditor = auditor
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self._stack.aclose()
        if self._auditor is not None:
            await asyncio.to_thread(self._auditor.stop)
        for one in self.workers:
            self.crashes += one.kept.crashes
            self.refusals += one.kept.refusals

    @property
    def ledgers(self) -> Path:
        """The folder of the ledgers."""
        return self._folder / "ledgers"

    @property
    def moment(self) -> Path:
        """The file that tells the first worker who comes to a moment to die there."""
        return self._folder / "moment"

    def aim(self) -> None:
        """Aim all proxies at where the servers are now."""
        self._amqp.target = self.broker.amqp
        for worker in self.workers:
            worker.amqp.target = self.broker.amqp
            worker.management.target = self.broker.management
        for player in self.players:
            player.amqp.target = self.broker.amqp

    async def start(self, service: Service) -> None:
        """Start a server again, and lead everybody there."""
        await asyncio.to_thread(service.start)
        self.aim()

    # -- who is there

    @property
    def active(self) -> Worker:
        """The worker that has last had something to say, or heard something."""
        return max(self.workers, key=lambda one: one.amqp.busy_at)

    async def playing(self) -> list[Player]:
        """Return the client processes that are in the middle of a session; waits for one.

        Raises `TimeoutError`: nothing goes on any more.
        """
        within = self.patience.play
        await _until(self._playing, "a session in the middle of play", within=within)
        return self._playing()

    async def sends(self, player: Player, *, after: float, within: float) -> None:
        """Wait until a client process has sent a submit after this time, or not any more."""
        with suppress(TimeoutError):
            async with asyncio.timeout(within):
                while self._sent_at.get(player.name, 0.0) < after:  # noqa: ASYNC110 - ledgers have no event
                    await asyncio.sleep(_LOOK)

    def _playing(self) -> list[Player]:
        return [one for one in self.players if one.session in self._began]

    def note(self, entry: Entry) -> None:
        """Take an entry of a ledger: once something is shown, its session has begun."""
        self.strikes.take(entry)
        match entry.what:
            case "entered":
                self._began.add(entry.session)
            case "sent":
                self._sent_at[entry.client] = entry.at
            case _:
                pass

    # -- workers

    async def _worker(self, number: int) -> Worker:
        name = f"worker-{number}"
        amqp = await self._stack.enter_async_context(Proxy(self.broker.amqp))
        management = await self._stack.enter_async_context(Proxy(self.broker.management))
        database = None
        if self.store.target is not None:
            database = await self._stack.enter_async_context(Proxy(self.store.target))
        health = self._folder / f"{name}.health"
        kept = Kept(
            name,
            "tests.chaos.worker",
            str(self.moment),
            *self._planted.worker,
            environment={
                "PALIER_AMQP": f"amqp://{self.broker.user}:{self.broker.password}"
                f"@127.0.0.1:{amqp.port}/palier",
                "PALIER_MANAGEMENT": f"http://127.0.0.1:{management.port}",
                "PALIER_DATABASE": self.store.url(port=database.port if database else None),
                "PALIER_PROGRAMS": ":".join(map(str, _PROGRAMS)),
                "PALIER_PARTITIONS": str(self.shape.partitions),
                "PALIER_OPERATOR_PASSWORD": OPERATOR_PASSWORD,
                "PALIER_ROOM_PASSWORD": ROOM_PASSWORD,
                "PALIER_HEALTH_FILE": str(health),
            },
            log=self._folder / "logs" / f"{name}.log",
            forever=True,
        )
        await self._stack.enter_async_context(kept)
        return Worker(kept=kept, amqp=amqp, management=management, database=database)

    def _one_is_well(self) -> bool:
        return any((self._folder / f"{one.kept.name}.health").exists() for one in self.workers)

    async def died(self, *, within: float = 5.0) -> bool:
        """Wait until some worker has died; tell whether one has."""
        starts = [one.kept.starts for one in self.workers]
        end = time.monotonic() + within
        while time.monotonic() < end:
            if any(not one.kept.running for one in self.workers):
                return True
            if starts != [one.kept.starts for one in self.workers]:
                return True
            await asyncio.sleep(_LOOK)
        return False

    # -- sessions

    async def sit(self, number: int) -> None:
        """Open a session, have it played, and wait until it is over for everybody."""
        command = opening(number, shape=self.shape, seed=self._seed)
        transport = Address(host="127.0.0.1", port=self._amqp.port).transport()
        credentials = await seated(transport, command)
        self.opened.append(command.session)
        async with self._table.players(number, command.session, credentials) as players:
            self.players += players
            try:
                for one in players:
                    await one.kept.ended.wait()
            finally:
                for one in players:
                    self.players.remove(one)
                    self.crashes += one.kept.crashes


async def _until(condition: Callable[[], object], what: str, *, within: float = _PATIENCE) -> None:
    end = time.monotonic() + within
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"not within {within:g} s: {what}")
        await asyncio.sleep(_LOOK)
