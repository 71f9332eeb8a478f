"""The porter: sees that every seat has its account, and keeps out for a while whoever floods.

An account that is shut out stays what it is: its client is told that it has too many connections,
tries again by itself, and goes on where it was. Should the worker that shut it out not live to let
it in, another one does, once it has been out for longer than anybody is kept out.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from palier.broker.errors import ManagementFailed
from palier.broker.seats import Accounts
from palier.workers.errors import DatabaseUnavailable
from palier.workers.runtime.pace import Pace
from palier.workers.runtime.register import Held

_log = logging.getLogger(__name__)

#: Seconds to let everybody in when the worker stops.
_LEAVING = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pauses:
    """How long an account is kept out, in seconds.

    ``first``, and twice as long each time up to ``longest``, until it has been in for so long as
    to be ``forgotten``. ``look`` is the time between two looks at all accounts; ``again`` that
    until the management API or the database is asked again for what it did not do.
    """

    first: float = 30.0
    longest: float = 300.0
    forgotten: float = 600.0
    look: float = 60.0
    again: float = 2.0


@dataclass(slots=True)
class _Absence:
    """That an account is kept out: set ``over`` to end it."""

    over: asyncio.Event
    task: asyncio.Task[None]


@dataclass(slots=True)
class _Past:
    """How often an account was kept out in a row, and since when it is in again."""

    times: int = 0
    back_at: float = 0.0


class Porter:
    """Minds the accounts, beside everything else. Lives in one event loop.

    ``held`` returns the seats that somebody has, of all sessions that are not over; it may raise
    `DatabaseUnavailable`. ``standing`` are the accounts that do not hang on a session, each with
    what makes it. Both are called again until it succeeds.
    """

    def __init__(
        self,
        *,
        accounts: Accounts,
        pace: Pace,
        held: Callable[[], Awaitable[Sequence[Held]]],
        standing: Mapping[str, Callable[[], None]],
        pauses: Pauses | None = None,
    ) -> None:
        self._accounts = accounts
        self._pace = pace
        self._held = held
        self._standing = standing
        self._pauses = pauses or Pauses()
        self._out: dict[str, _Absence] = {}
        self._past: dict[str, _Past] = {}
        #: Accounts that others keep out, and since when we know it.
        self._others: dict[str, float] = {}
        self._look_now = asyncio.Event()
        self._afresh = False

    def shut_out(self, account: str) -> None:
        """Keep an account out for a while; returns at once."""
        if account not in self._out:
            over = asyncio.Event()
            task = asyncio.get_running_loop().create_task(self._keep_out(account, over))
            self._out[account] = _Absence(over, task)

    def admitted(self, account: str) -> None:
        """Note that an account was given to somebody new: what was is forgotten."""
        if (absence := self._out.get(account)) is not None:
            absence.over.set()
        self._past.pop(account, None)
        self._pace.forgive(account)

    def look(self) -> None:
        """Look after all accounts soon: the broker may have lost them. Returns at once."""
        self._afresh = True
        self._look_now.set()

    async def run(self) -> None:
        """Look after the accounts until cancelled; then those who were kept out are let in."""
        try:
            while True:
                wait = await self._attempt()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self._look_now.wait()
        finally:
            await self._leave()

    async def _attempt(self) -> float:
        self._look_now.clear()
        afresh, self._afresh = self._afresh, False
        try:
            await self._restore()
            await self._release(afresh=afresh)
        except (ManagementFailed, DatabaseUnavailable) as error:
            _log.warning("Looking after the accounts again: %s", error)
            self._afresh |= afresh
            return self._pauses.again
        return self._pauses.look

    async def _restore(self) -> None:
        """Make the accounts that the broker has lost."""
        known = await asyncio.to_thread(self._accounts.known)
        for name, make in self._standing.items():
            if name not in known:
                await asyncio.to_thread(make)
                _log.warning("The broker had no account %s any more: it is made again.", name)
        lost = [one for one in await self._held() if one.seat not in known]
        for one in lost:
            await asyncio.to_thread(self._accounts.restore_seat, one.seat, one.password)
        if lost:
            _log.warning("The broker had lost the accounts of %d seats: made again.", len(lost))

    async def _release(self, *, afresh: bool) -> None:
        """Let in whom a worker has shut out that did not live to let them in."""
        now = asyncio.get_running_loop().time()
        shut = await asyncio.to_thread(self._accounts.shut)
        others = shut - self._out.keys()
        self._others = {one: self._others.get(one, now) for one in others}
        for account, since in list(self._others.items()):
            if afresh or now - since > self._pauses.longest:
                await asyncio.to_thread(self._accounts.let_in, account)
                del self._others[account]
                _log.warning("%s was shut out by a worker that is gone, and is let in.", account)

    async def _keep_out(self, account: str, over: asyncio.Event) -> None:
        past = self._past.setdefault(account, _Past())
        now = asyncio.get_running_loop().time
        if now() - past.back_at > self._pauses.forgotten:
            past.times = 0
        pause = min(self._pauses.longest, self._pauses.first * 2.0 ** min(past.times, 32))
        past.times += 1
        _log.warning("%s floods: it is shut out for %g s.", account, pause)
        try:
            await self._persistently(self._accounts.shut_out, account)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await over.wait()
            await self._persistently(self._accounts.let_in, account)
        finally:
            del self._out[account]
        past.back_at = now()
        self._pace.forgive(account)
        _log.warning("%s is let in again.", account)

    async def _persistently(self, call: Callable[[str], None], account: str) -> None:
        while True:
            try:
                await asyncio.to_thread(call, account)
            except ManagementFailed as error:
                _log.warning("Trying again to change the account %s: %s", account, error)
                await asyncio.sleep(self._pauses.again)
            else:
                return

    async def _leave(self) -> None:
        out = dict(self._out)
        for absence in out.values():
            absence.over.set()
        if out:
            await asyncio.wait([one.task for one in out.values()], timeout=_LEAVING)
        for account in self._out:
            _log.warning("%s stays shut out until a worker begins.", account)
        for absence in out.values():
            absence.task.cancel()
        await asyncio.gather(*(one.task for one in out.values()), return_exceptions=True)
