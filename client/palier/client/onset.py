"""The onset of a stage: when this desk had painted its screen, reported once."""

from __future__ import annotations

from palier.client.clocks import Moment
from palier.client.state import same_generation
from palier.client.voice import Spawn, Voice, publication
from palier.schemas.commands import Painted
from palier.schemas.envelope import Envelope
from palier.schemas.events import Stage
from palier.schemas.message import Message


class Onset:
    """Says once for each generation when it was painted; in one event loop.

    What the broker has not confirmed is said again, over another connection if need be, as long as
    the generation is open: after that it would tell nothing that anybody waits for.
    """

    def __init__(self, seat: str, *, voice: Voice, spawn: Spawn) -> None:
        self._seat = seat
        self._voice = voice
        self._spawn = spawn
        self._last: tuple[str, Stage] | None = None
        self._unsaid: tuple[Envelope[Message], int] | None = None
        self._saying = False

    def note(self, session: str, stage: Stage, moment: Moment, *, partition: int) -> None:
        """Say when a stage was painted; again changes nothing."""
        if self._last is not None:
            last_session, last = self._last
            if session == last_session and same_generation(stage, last):
                return
        self._last = (session, stage)
        painted = Painted(
            session=session,
            scope=stage.scope,
            generation=stage.generation,
            at=moment.at,
            off_by=moment.off_by,
        )
        self._unsaid = (Envelope(message=painted, user_id=self._seat), partition)
        self.send()

    def leave(self, session: str, stage: Stage | None) -> None:
        """Give up what is not said of another stage than the open one."""
        if self._last is None:
            return
        last_session, last = self._last
        if session != last_session or not same_generation(stage, last):
            self._unsaid = None

    def send(self) -> None:
        """Say what is not said yet, if it can be said now."""
        if self._unsaid is not None and not self._saying and self._voice.ready:
            self._saying = True
            self._spawn(self._say(*self._unsaid))

    async def _say(self, envelope: Envelope[Message], partition: int) -> None:
        try:
            said = publication(envelope, seat=self._seat, partition=partition)
            if await self._voice.say(said) and self._unsaid == (envelope, partition):
                self._unsaid = None
        finally:
            self._saying = False
