"""A bot: a participant without a window, on the same link."""

from __future__ import annotations

import asyncio
import random as chance
from collections.abc import Callable

from pydantic import JsonValue

from palier.broker.transport import Transport
from palier.client.credentials import Credentials
from palier.client.journal import Journal
from palier.client.link import Link
from palier.client.state import Asking, Ended, Note, Notice, same_generation
from palier.schemas.events import Stage

#: Seconds that the last results are given to come when the session is over.
_SETTLING = 5.0

#: Seconds after which a bot hands in again what the disk did not take.
_DISK = 2.0

#: What a bot answers to a stage; None where a stage asks for nothing.
Decide = Callable[[Stage], dict[str, JsonValue] | None]


def at_random(seed: object) -> Decide:
    """Return a bot's mind that draws any answer that the form allows."""
    random = chance.Random(str(seed))  # noqa: S311 - a bot's choices are to be repeatable

    def decide(stage: Stage) -> dict[str, JsonValue] | None:
        return None if stage.form is None else stage.form.draw(random)

    return decide


class Bot:
    """Plays one seat until its session is over. ``pause`` is how long it thinks, in seconds."""

    def __init__(
        self,
        transport: Transport,
        credentials: Credentials,
        *,
        journal: Journal | None = None,
        decide: Decide | None = None,
        pause: Callable[[], float] = lambda: 0.0,
    ) -> None:
        self.link = Link(transport, credentials, journal=journal, on_change=self._look)
        self._decide = decide or at_random(credentials.seat)
        self._pause = pause
        self._over = asyncio.Event()
        self._thinks_of: Stage | None = None
        self._tries_again = False

    async def play(self) -> str:
        """Play; return the session's outcome, or why the seat was refused."""
        async with self.link:
            await self._over.wait()
            if not self.link.refused:
                await self.link.settled(deadline=_SETTLING)
            screen = self.link.state.screen
            return screen.outcome if isinstance(screen, Ended) else self.link.note

    def _look(self, link: Link) -> None:
        match link.state.screen:
            case Ended():
                self._over.set()
            case Asking(sending=True):
                self._tries_again = False
            case Asking(stage=stage, notice=Notice(note=Note.UNWRITTEN)):
                if not self._tries_again:
                    self._tries_again = True
                    asyncio.get_running_loop().call_later(_DISK, self._answer, stage)
            case Asking(stage=stage):
                if not same_generation(stage, self._thinks_of):
                    self._thinks_of = stage
                    asyncio.get_running_loop().call_later(self._pause(), self._answer, stage)
            case _:
                pass
        if link.refused:
            self._over.set()

    def _answer(self, stage: Stage) -> None:
        if not same_generation(stage, self._thinks_of):
            return  # the session went on while it was thinking
        if isinstance(self.link.state.screen, Asking):
            self.link.submit(self._decide(stage), stage=stage)
        else:
            # answered for or left out, for now: it thinks again when there is something to answer
            self._thinks_of = None
