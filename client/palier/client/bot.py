"""A bot: a participant without a window, on the same link."""

from __future__ import annotations

import asyncio
import random as chance
from collections.abc import Callable
from contextlib import suppress
from enum import Enum

from pydantic import JsonValue

from palier.broker.transport import Transport
from palier.client.credentials import Credentials
from palier.client.errors import Rejected
from palier.client.journal import Journal
from palier.client.link import Link
from palier.client.state import Asking, Ended, Note, Notice, same_generation
from palier.schemas.events import Stage
from palier.schemas.live import Do


class Wait(Enum):
    """Nothing is to be done for now."""

    WAIT = "wait"


#: Seconds that the last results are given to come when the session is over.
_SETTLING = 5.0

#: Seconds after which a bot hands in again what the disk did not take.
_DISK = 2.0

#: Seconds after which a bot thinks again in a live stage, at the least.
_AGAIN = 0.05

#: How often a bot by chance does something in a live stage before it goes on.
_FEW = (3, 8)

#: What a bot decides about a stage: its answer, None where that asks for nothing; in a live stage
#: also something to do, or to wait and think again.
Decide = Callable[[Stage], dict[str, JsonValue] | Do | Wait | None]
#: How often a bot draws an answer that the worker refuses.
_DRAWS = 100


def at_random(seed: object) -> Decide:
    """Return a bot's mind that draws any answer that the form allows.

    In a live stage it draws some things to do first.
    """
    random = chance.Random(str(seed))  # noqa: S311 - a bot's choices are to be repeatable
    left: dict[tuple[str, int], int] = {}

    def decide(stage: Stage) -> dict[str, JsonValue] | Do | None:
        key = (stage.scope, stage.generation)
        if stage.actions and left.setdefault(key, random.randint(*_FEW)):
            left[key] -= 1
            drawn = random.choice(stage.actions)
            return Do(action=drawn.name, body=drawn.form.draw(random) if drawn.form else None)
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
        self._doing: set[asyncio.Task[None]] = set()
        self._sent = False
        self._draws = 0

    async def play(self) -> str:
        """Play; return the session's outcome, or why the seat was refused."""
        async with self.link:
            await self._over.wait()
            for one in self._doing:
                one.cancel()
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
                self._sent = True
            case Asking(stage=stage, problems=problems, refusal=refusal) if self._sent and (
                problems or refusal
            ):
                # what it drew does not do: it draws again
                self._sent = False
                self._draws += 1
                if self._draws < _DRAWS:
                    asyncio.get_running_loop().call_later(self._pause(), self._answer, stage)
            case Asking(stage=stage, notice=Notice(note=Note.UNWRITTEN)):
                if not self._tries_again:
                    self._tries_again = True
                    asyncio.get_running_loop().call_later(_DISK, self._answer, stage)
            case Asking(stage=stage):
                if not same_generation(stage, self._thinks_of):
                    self._thinks_of, self._draws = stage, 0
                    asyncio.get_running_loop().call_later(self._pause(), self._answer, stage)
            case _:
                pass
        if link.refused:
            self._over.set()

    def _answer(self, stage: Stage) -> None:
        if not same_generation(stage, self._thinks_of):
            return  # the session went on while it was thinking
        screen = self.link.state.screen
        if isinstance(screen, Asking):
            # what it shows may be something else by now
            decided = self._decide(screen.stage)
            if isinstance(decided, Do | Wait):
                self._do(screen.stage, decided)
            else:
                self.link.submit(decided, stage=stage)
        else:
            # answered for or left out, for now: it thinks again when there is something to answer
            self._thinks_of = None

    def _do(self, stage: Stage, decided: Do | Wait) -> None:
        task = asyncio.get_running_loop().create_task(self._act(stage, decided))
        self._doing.add(task)
        task.add_done_callback(self._doing.discard)

    async def _act(self, stage: Stage, decided: Do | Wait) -> None:
        """Do something in a live stage, and think again a little later."""
        if isinstance(decided, Do):
            # what is refused belongs to the play
            with suppress(Rejected):
                await self.link.act(stage, decided.action, decided.body)
        await asyncio.sleep(max(self._pause(), _AGAIN))
        self._answer(stage)
