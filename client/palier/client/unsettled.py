"""What a seat has commanded and has no result for: kept, sent, sent again, struck off."""

from __future__ import annotations

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from palier.broker.transport import Publication
from palier.client.entries import Entry, Key
from palier.client.scribe import Scribe
from palier.client.state import same_opening
from palier.schemas.addresses import COMMANDS, CommandKey
from palier.schemas.commands import Submit
from palier.schemas.envelope import DIRECT_REPLY, Envelope
from palier.schemas.events import Stage
from palier.schemas.forms import Answer
from palier.schemas.identifiers import message_id

_log = logging.getLogger(__name__)

#: Seconds after which what was not answered is sent again.
_AGAIN = 5.0

#: Seconds after which what the worker does not take for now is sent again: the first time, and
#: at most.
_LATER, _LATEST = 2.0, 15.0


@dataclass(slots=True)
class Pending:
    """A command on its way; times are monotonic seconds.

    It is sent once it is ``kept``, on disk, and ``known`` to belong to the session that is there.
    One that is ``doubtful`` may not be what its barrier waited for: this seat may have been
    answered for, or left out. Then a release proves nothing, and only its own result settles it.
    """

    entry: Entry
    began: float
    kept: bool
    known: bool
    doubtful: bool
    due: float = 0.0
    put_off: int = 0

    @property
    def command(self) -> Submit:
        """What it says."""
        return self.entry.command


class Unsettled:
    """One seat's commands without a result; in one event loop. Without a scribe, in memory only.

    A message id never changes: whatever is sent again, the worker does it once.
    """

    def __init__(self, seat: str, *, scribe: Scribe | None) -> None:
        self._seat = seat
        self._scribe = scribe
        kept = scribe.journal.pending() if scribe is not None else ()
        self._pending = {
            one.message_id: Pending(
                one, began=time.monotonic(), kept=True, known=False, doubtful=True
            )
            for one in kept
        }

    def __len__(self) -> int:
        return len(self._pending)

    def __iter__(self) -> Iterator[Pending]:
        return iter(list(self._pending.values()))

    def answering(self, key: Key) -> Pending | None:
        """Return the command that answers this generation."""
        return next((one for one in self._pending.values() if one.entry.key == key), None)

    def answering_stage(self, session: str, stage: Stage | None) -> Pending | None:
        """Return the command that answers this opening of a stage."""
        if stage is None:
            return None
        pending = self.answering((session, stage.scope, stage.generation))
        return pending if pending is not None and _answers(pending, stage) else None

    def add(self, session: str, stage: Stage, answer: Answer | None, partition: int) -> Pending:
        """Take an answer to a stage; raises `OversizedMessage`, and then nothing has happened."""
        entry = Entry(
            message_id=message_id(),
            command=Submit(
                session=session,
                scope=stage.scope,
                generation=stage.generation,
                answer=None if answer is None else dict(answer),
            ),
            partition=partition,
            opened_at=stage.opened_at.isoformat(),
            at=time.time(),
        )
        pending = Pending(entry, began=time.monotonic(), kept=False, known=True, doubtful=False)
        self.publication(pending, back=False)
        self._pending[entry.message_id] = pending
        return pending

    async def keep(self, pending: Pending) -> None:
        """Bring a command to disk: it may be sent when this returns.

        Raises `JournalFailed`, and then it is forgotten.
        """
        if self._scribe is not None:
            try:
                await self._scribe.keep(pending.entry)
            except BaseException:
                self._pending.pop(pending.entry.message_id, None)
                raise
        pending.kept = True

    def publication(self, pending: Pending, *, back: bool) -> Publication:
        """Return a command as it is sent; ``back`` has its result sent straight back."""
        entry = pending.entry
        properties, body = Envelope(
            message=entry.command,
            message_id=entry.message_id,
            user_id=self._seat,
            reply_to=DIRECT_REPLY if back else None,
            timestamp=int(entry.at),
        ).pack()
        key = CommandKey(entry.partition, entry.command.session, self._seat, Submit.verb())
        return Publication(
            exchange=COMMANDS, routing_key=str(key), properties=properties, body=body
        )

    def due(self) -> Iterator[Pending]:
        """Yield what is to be sent now, and expect each to be answered soon."""
        now = time.monotonic()
        for one in self:
            if one.kept and one.known and one.due <= now:
                one.due = now + _AGAIN
                yield one

    def hurry(self, *, within: float = 0.0) -> None:
        """Let everything be due within so many seconds: there is reason to hope for an answer."""
        soon = time.monotonic() + within
        for one in self:
            one.due = min(one.due, soon)

    def doubt(self) -> None:
        """Let no release settle what is on its way: something may have come ahead of it."""
        for one in self:
            one.doubtful = True

    def put_off(self, cause: str) -> Pending | None:
        """Note that the worker does not take a command for now; return it."""
        pending = self._pending.get(cause)
        if pending is not None:
            pending.due = time.monotonic() + min(_LATER * 2.0 ** min(pending.put_off, 8), _LATEST)
            pending.put_off += 1
        return pending

    def settle(self, cause: str) -> Pending | None:
        """Strike a command off; return it, or None if it is not known (any more)."""
        pending = self._pending.pop(cause, None)
        if pending is not None and self._scribe is not None:
            self._scribe.strike(cause)
        return pending

    def check(self, session: str, stage: Stage | None) -> bool:
        """Compare what is on its way with where the session is; strike off what is not its own.

        Tells whether there was any: an answer to another opening of this stage.
        """
        strange = False
        for one in self:
            one.known = True
            if stage is None or one.entry.key != (session, stage.scope, stage.generation):
                continue
            if not _answers(one, stage):
                strange = True
                _log.error("An answer to another opening of its stage is not sent: %r", one.entry)
                self.settle(one.entry.message_id)
        return strange


def _answers(one: Pending, stage: Stage) -> bool:
    return same_opening(datetime.fromisoformat(one.entry.opened_at), stage.opened_at)
