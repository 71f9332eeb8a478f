"""A campaign: sessions of bots go on, faults strike one after the other; then it is checked."""

from __future__ import annotations

import asyncio
import json
import logging
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.chaos import checker, ledger, record
from tests.chaos.checker import Findings
from tests.chaos.ground import Ground
from tests.chaos.kinds import KINDS
from tests.chaos.schedule import Fault
from tests.chaos.services import Rabbit, Store
from tests.chaos.shape import NOTHING, PATIENT, Patience, Planted, Shape
from tests.chaos.strike import Strike

_log = logging.getLogger("chaos")

_LOOK = 0.05

#: Seconds around a fault of the broker's in which it may lose what is transient.
_BLIND = 5.0

OnProgress = Callable[[str], None]


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a campaign came to."""

    broker: str
    store: str
    strikes: list[Strike] = field(default_factory=list)
    findings: Findings = field(default_factory=Findings)
    sessions: int = 0
    seconds: float = 0.0
    #: Starts of a worker that found no server, and ended with a sentence.
    refusals: int = 0


class Campaign:
    """Sessions and faults, on a ground."""

    def __init__(
        self, ground: Ground, *, minutes: float | None = None, progress: OnProgress
    ) -> None:
        self._ground = ground
        self._minutes = minutes
        self._progress = progress
        self._enough = False

    async def run(self, faults: Sequence[Fault]) -> None:
        """Let all faults strike; return when the last session is over, or will never be."""
        watching = asyncio.create_task(self._watch())
        sitting = [
            asyncio.create_task(self._sit(place)) for place in range(self._ground.shape.sessions)
        ]
        try:
            with suppress(TimeoutError):  # nothing goes on any more: the check will tell
                await self._strike_all(faults)
            self._enough = True
            done, late = await asyncio.wait(sitting, timeout=self._ground.patience.end)
            for one in late:
                one.cancel()
            for one in done:
                one.result()
            await asyncio.sleep(2 * _LOOK)
        finally:
            for one in (*sitting, watching):
                one.cancel()
            await asyncio.gather(*sitting, watching, return_exceptions=True)

    async def _sit(self, place: int) -> None:
        """Have one session after the other played."""
        number = place
        while not self._enough:
            await self._ground.sit(number)
            number += self._ground.shape.sessions

    async def _watch(self) -> None:
        """Follow the ledgers."""
        reader = ledger.Reader(self._ground.ledgers)
        while True:
            for entry in reader.new():
                self._ground.note(entry)
            await asyncio.sleep(_LOOK)

    async def _strike_all(self, faults: Sequence[Fault]) -> None:
        await self._ground.playing()
        begun = time.monotonic()
        lasting: list[asyncio.Task[None]] = []
        for fault in faults:
            minutes = (time.monotonic() - begun) / 60
            if self._minutes is not None and minutes > self._minutes:
                self._progress(f"Time is up after {fault.number - 1} faults.")
                break
            await self._ground.playing()
            _log.info("%s", fault)
            strike = self._ground.strikes.add(fault)
            kind = KINDS[fault.kind]
            if kind.outlasts:
                lasting.append(asyncio.create_task(kind.do(self._ground, strike)))
                await asyncio.sleep(_LOOK)
            else:
                await kind.do(self._ground, strike)
            if not strike.concerned or not kind.outlasts:
                await self._gone_on(strike)
            self._tell(strike, of=len(faults))
            await asyncio.sleep(fault.pause)
        await asyncio.gather(*lasting)

    async def _gone_on(self, strike: Strike) -> None:
        """Wait until play goes on, and not longer than it should take."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._ground.patience.go_on):
                while strike in self._ground.strikes.open:  # noqa: ASYNC110 - ledgers have no event
                    await asyncio.sleep(_LOOK)

    def _tell(self, strike: Strike, *, of: int) -> None:
        seconds = "" if strike.seconds is None else f": {strike.seconds:.2f} s"
        _log.info("%s%s", strike.fault.kind, seconds)
        self._progress(
            f"{strike.fault.number} of {of}: {KINDS[strike.fault.kind].sentence}{seconds}"
        )


async def campaign(
    broker: Rabbit,
    store: Store,
    faults: Sequence[Fault],
    *,
    folder: Path,
    shape: Shape,
    seed: int,
    minutes: float | None = None,
    planted: Planted = NOTHING,
    patience: Patience = PATIENT,
    progress: OnProgress = lambda _sentence: None,
) -> Outcome:
    """Run a campaign in a folder and check it; broker and database are there already."""
    begun = time.monotonic()
    ground = Ground(
        broker, store, folder=folder, shape=shape, seed=seed, planted=planted, patience=patience
    )
    async with ground:
        _write(folder / "schedule.json", [one.plain() for one in faults])
        await Campaign(ground, minutes=minutes, progress=progress).run(faults)
        await asyncio.to_thread(_told, ground)
    findings = await asyncio.to_thread(_checked, ground)
    _write(folder / "problems.json", findings.problems)
    return Outcome(
        broker=broker.name,
        store=store.name,
        strikes=ground.strikes.all,
        findings=findings,
        sessions=len(ground.opened),
        seconds=time.monotonic() - begun,
        refusals=ground.refusals,
    )


def _told(ground: Ground) -> None:
    """Wait until the outbox is empty, and no longer than that should take."""
    end = time.monotonic() + ground.patience.tell
    while record.untold(ground.store.url()) and time.monotonic() < end:
        time.sleep(_LOOK)


def _checked(ground: Ground) -> Findings:
    broker = ground.broker
    findings = checker.check(
        ledger.read(ground.ledgers),
        record.read(ground.store.url()),
        opened=ground.opened,
        blind=[_blind(one) for one in ground.strikes.all if "broker" in one.fault.kind],
    )
    findings.leftovers += record.left_in(
        broker.amqp, broker.user, broker.password, partitions=ground.shape.partitions
    )
    findings.crashed += ground.crashes
    return findings


def _blind(strike: Strike) -> tuple[float, float]:
    """Return from when to when what workers tell may be lost in a broker that is struck."""
    return strike.at - _BLIND, strike.at + (strike.seconds or PATIENT.end) + _BLIND


def _write(path: Path, value: object) -> None:
    path.write_text(json.dumps(value, indent=1))
