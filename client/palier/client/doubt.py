"""Doubt: whether what a client knows may be old, and the snapshot that it asks for then."""

from __future__ import annotations

import asyncio
import time

from palier.broker.transport import Publication
from palier.client.errors import NoAnswer
from palier.client.voice import publication
from palier.schemas.commands import GetSnapshot
from palier.schemas.envelope import DIRECT_REPLY, Envelope
from palier.schemas.errors import PalierError
from palier.schemas.message import Message

#: Seconds of silence after which a participant who waits asks how things are.
_SILENCE = 5.0
#: Seconds after which a snapshot that did not come is asked for again.
_AGAIN = 5.0
#: Seconds after which who asked by themselves are told that nobody answers.
_GIVEN_UP = 15.0


class Doubt:
    """One seat's doubt; in one event loop. Times are monotonic seconds."""

    def __init__(self, seat: str) -> None:
        self._seat = seat
        #: Whether this seat may have been answered for, or left out, until a snapshot tells.
        self.doubtful = True
        self.asked_at = 0.0
        self.heard_at = time.monotonic()
        self._underway: str | None = None
        self._waiting: list[asyncio.Future[None]] = []

    def hear(self) -> None:
        """Note that the worker has said something, just now."""
        self.heard_at = time.monotonic()

    def begin(self) -> None:
        """Begin to doubt: a snapshot that is on its way may be older than what is doubted."""
        self.doubtful = True
        self.forget()

    def forget(self) -> None:
        """Forget a question that is on its way: its answer may be older than what is asked now."""
        self._underway = None

    def question(self, session: str, partition: int) -> Publication | None:
        """Return the question for a snapshot; None while one is on its way."""
        now = time.monotonic()
        if self._underway is not None and now - self.asked_at < _AGAIN:
            return None
        envelope: Envelope[Message] = Envelope(
            message=GetSnapshot(session=session), user_id=self._seat, reply_to=DIRECT_REPLY
        )
        self._underway, self.asked_at = envelope.message_id, now
        return publication(envelope, seat=self._seat, partition=partition)

    def answers(self, cause: str | None) -> bool:
        """Tell whether this is the reply to the last question; then none is on its way any more."""
        if cause is None or cause != self._underway:
            return False
        self._underway = None
        return True

    def silence(self, *, waits: bool) -> bool:
        """Tell whether it is time to ask; one who ``waits`` for nothing asks only once more."""
        due = time.monotonic() - max(self.heard_at, self.asked_at) > _SILENCE
        return due and (waits or self._underway is not None)

    # -- who wants to know ------------------------------------------------------------------------

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for a snapshot."""
        return bool(self._waiting)

    async def resolved(self) -> None:
        """Wait for the next snapshot; raises `NoAnswer`, or what `settle` was given."""
        waiting: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        try:
            async with asyncio.timeout(_GIVEN_UP):
                await waiting
        except TimeoutError:
            raise NoAnswer(GetSnapshot.verb(), deadline=_GIVEN_UP) from None
        finally:
            if waiting in self._waiting:
                self._waiting.remove(waiting)

    def settle(self, error: PalierError | None = None) -> None:
        """Let whoever waits go on, or tell them why no snapshot comes."""
        waiting, self._waiting = self._waiting, []
        for one in waiting:
            if one.done():
                continue
            if error is None:
                one.set_result(None)
            else:
                one.set_exception(error)
