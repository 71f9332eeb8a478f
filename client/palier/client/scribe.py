"""The scribe: writes a journal from an event loop that must not wait for a disk."""

from __future__ import annotations

import asyncio
import logging

from palier.client.entries import Changes, Entry, Key, Typed
from palier.client.errors import JournalFailed
from palier.client.journal import Journal

_log = logging.getLogger(__name__)

#: Seconds in which what is typed gathers before it is written.
_DRAFTS = 0.3

#: Seconds after which what the disk did not take is tried again.
_AGAIN = 5.0


class Scribe:
    """Writes in a thread, one commit after the other; what gathers meanwhile goes in one commit.

    Lives in one event loop, from `start` to `close`. Only `keep` waits for the disk: that a command
    is struck off, or a draft kept, may be lost in a crash without harm.
    """

    def __init__(self, journal: Journal) -> None:
        self.journal = journal
        self._changes = Changes()
        self._keeping: list[asyncio.Future[None]] = []
        self._wake = asyncio.Event()
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    def start(self) -> None:
        """Begin to write."""
        self._task = asyncio.get_running_loop().create_task(self._work())

    async def close(self) -> None:
        """Write what is left, and end; the journal stays open. A disk that hangs is given up."""
        self._closing = True
        self._ring()
        if self._task is not None:
            await asyncio.wait({self._task}, timeout=_AGAIN)

    async def keep(self, entry: Entry) -> None:
        """Keep a command; it is on disk when this returns. Raises `JournalFailed`."""
        kept = asyncio.get_running_loop().create_future()
        self._changes.entries[entry.message_id] = entry
        self._keeping.append(kept)
        self._wake.set()
        try:
            await kept
        except JournalFailed:
            # its sender was told that it is not sent: should it be on disk all the same, then not
            # for long
            self.strike(entry.message_id)
            raise

    def strike(self, message_id: str) -> None:
        """Strike a command off, soon."""
        self._changes.entries[message_id] = None
        self._wake.set()

    def draft(self, typed: Typed) -> None:
        """Keep a draft, some moments later: with those that follow it."""
        self._changes.drafts[typed.key] = typed
        self._later(_DRAFTS)

    def drop(self, key: Key) -> None:
        """Strike a draft off, some moments later."""
        self._changes.drafts[key] = None
        self._later(_DRAFTS)

    def _later(self, seconds: float) -> None:
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(seconds, self._ring)

    def _ring(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._wake.set()

    async def _work(self) -> None:
        while True:
            await self._wake.wait()
            self._wake.clear()
            closing = self._closing  # what is changed while the last is written would wait for ever
            if self._changes:
                await self._write()
            if closing:
                return

    async def _write(self) -> None:
        changes, self._changes = self._changes, Changes()
        keeping, self._keeping = self._keeping, []
        try:
            await asyncio.to_thread(self.journal.write, changes)
        except JournalFailed as error:
            _log.error("%s", error)
            self._take_back(changes)
            for one in keeping:
                if not one.done():
                    one.set_exception(error)
            return
        for one in keeping:
            if not one.done():
                one.set_result(None)

    def _take_back(self, changes: Changes) -> None:
        """Try again later what nobody waits for, unless there is something newer by then."""
        struck = {key: one for key, one in changes.entries.items() if one is None}
        self._changes.entries = {**struck, **self._changes.entries}
        self._changes.drafts = {**changes.drafts, **self._changes.drafts}
        self._later(_AGAIN)
