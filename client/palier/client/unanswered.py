"""What a seat has asked of the worker and has no reply to: sent, and sent again until it comes.

Unlike an answer to a stage (`palier.client.unsettled`) it is on no disk: it ends with its link.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from palier.client.errors import Rejected
from palier.client.voice import Spawn, Voice, publication
from palier.schemas.commands import Act
from palier.schemas.envelope import DIRECT_REPLY, Envelope
from palier.schemas.errors import PalierError
from palier.schemas.message import Command, Message, Query, Reply
from palier.schemas.replies import LATER, Refused

#: Seconds after which what was not answered is sent again.
_AGAIN = 5.0

#: Seconds after which what the worker does not take for now is sent again: the first time, and
#: at most.
_LATER, _LATEST = 2.0, 15.0


@dataclass(slots=True)
class _Question:
    envelope: Envelope[Message]
    partition: int
    reply: asyncio.Future[Message]
    due: float = 0.0
    put_off: int = 0


class Unanswered:
    """One seat's questions; in one event loop. The message id stays: what is repeated counts once.

    ``partition`` tells where its session is conducted. Whoever has lost interest in a reply cancels
    its future.
    """

    def __init__(
        self, seat: str, *, voice: Voice, spawn: Spawn, partition: Callable[[], int]
    ) -> None:
        self._seat = seat
        self._voice = voice
        self._spawn = spawn
        self._partition = partition
        self._questions: dict[str, _Question] = {}

    def ask(self, message: Command | Query) -> asyncio.Future[Message]:
        """Ask; the future has the reply, or `Rejected`, or what `give_up` was told."""
        reply: asyncio.Future[Message] = asyncio.get_running_loop().create_future()
        envelope: Envelope[Message] = Envelope(
            message=message, user_id=self._seat, reply_to=DIRECT_REPLY
        )
        self._questions[envelope.message_id] = _Question(envelope, self._partition(), reply)
        reply.add_done_callback(lambda _: self._questions.pop(envelope.message_id, None))
        self.send()
        return reply

    def send(self) -> None:
        """Send what is due, if it can be sent now."""
        if not self._voice.ready:
            return
        now = time.monotonic()
        for one in self._questions.values():
            if one.due <= now:
                one.due = now + _AGAIN
                said = publication(one.envelope, seat=self._seat, partition=one.partition)
                self._spawn(self._voice.say(said))

    def hurry(self) -> None:
        """Let everything be due: replies over an earlier connection cannot arrive any more."""
        for one in self._questions.values():
            one.due = 0.0

    def answer(self, cause: str | None, reply: Message) -> bool:
        """Take a reply; False if it is not one to any of these."""
        question = self._questions.get(cause or "")
        # what a command led to may be heard ahead of its result, and has the same cause
        if question is None or not isinstance(reply, Reply):
            return False
        # what is done in a live stage counts now or not at all
        puts_off = not isinstance(question.envelope.message, Act)
        if puts_off and isinstance(reply, Refused) and reply.code in LATER:
            pause = min(_LATER * 2.0 ** min(question.put_off, 8), _LATEST)
            question.due = time.monotonic() + pause
            question.put_off += 1
        elif question.reply.done():
            pass
        elif isinstance(reply, Refused):
            question.reply.set_exception(Rejected(reply.code, reply.reason, reply.fields))
        else:
            question.reply.set_result(reply)
        return True

    def give_up(
        self, error: PalierError, *, which: Callable[[Message], bool] = lambda _: True
    ) -> None:
        """Let questions end with an error: there is nothing to hope for any more."""
        for one in list(self._questions.values()):
            if which(one.envelope.message) and not one.reply.done():
                one.reply.set_exception(error)
