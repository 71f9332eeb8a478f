"""A game of bots that goes on while a test does its worst, and is checked in the end."""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from fractions import Fraction

from palier.client.bot import Bot
from palier.schemas.addresses import commands_queue
from tests.brokers import until
from tests.laboratory import Laboratory, answers, check_record, payoffs


class Game:
    """A public-goods game of four bots, who take their time until they are told to hurry."""

    def __init__(self, laboratory: Laboratory, bots: list[Bot], *, rounds: int) -> None:
        self.laboratory = laboratory
        self.bots = bots
        self.thinking = 0.2
        self._rounds = rounds
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
        lost = await self.laboratory.unanswered()
        assert lost == [], lost
        assert await self.laboratory.left_in(commands_queue(0)) == 0
        check_record(self.laboratory.database, self.laboratory.session)
        earned = payoffs(self.laboratory.database, self.laboratory.session)
        assert {seat: Fraction(one) for seat, one in earned.items()} == self._worked_out()

    def _worked_out(self) -> dict[str, Fraction]:
        """Return what each seat must have earned, by the game's rules and the stored answers."""
        earned: dict[str, Fraction] = defaultdict(Fraction)
        stored = answers(self.laboratory.database, self.laboratory.session)
        assert len(stored) == self._rounds
        for given in stored.values():
            amounts = {seat: one["amount"] for seat, one in given.items()}
            assert set(amounts) == set(self.laboratory.seats), "a decision is missing"
            for seat, amount in amounts.items():
                earned[seat] += 20 - amount + Fraction("0.4") * sum(amounts.values())
        return dict(earned)

    async def leave(self) -> None:
        """End it, wherever it is."""
        for one in self._playing:
            one.cancel()
        await asyncio.gather(*self._playing, return_exceptions=True)


@asynccontextmanager
async def playing(laboratory: Laboratory, *, rounds: int) -> AsyncIterator[Game]:
    """Begin a game and yield it once it is in its rounds."""
    async with laboratory.operator() as operator:
        credentials = await laboratory.seated(
            operator, "public-goods", settings={"rounds": rounds}, auto_start=True
        )
    transport = laboratory.server.transport()
    bots = [Bot(transport, one, pause=lambda: game.thinking) for one in credentials]
    game = Game(laboratory, bots, rounds=rounds)
    try:
        await until(lambda: game.generation >= 3)
        yield game
    finally:
        await game.leave()
