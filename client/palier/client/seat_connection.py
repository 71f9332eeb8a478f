"""A seat's connection: it comes back, and knows why it is kept out.

A seat can be held by another: a second window, or a connection of our own that is lost and that
the broker has not given up yet. From here both look the same, so the person is told soon, and
trying goes on as long as a lost connection can last.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Coroutine

from palier.broker.amqp import HEARTBEAT
from palier.broker.errors import AlreadyInUse
from palier.broker.standing import Patience, StandingConnection, StandingState
from palier.broker.transport import Account, Connection, Transport
from palier.client.state import Connectivity, Note, Notice

_log = logging.getLogger(__name__)

#: Seconds until a newcomer is told that the seat is open elsewhere.
_TOLD = 2.0

#: Seconds for which a lost connection can hold a seat: three heartbeats, and some for the broker.
_HELD = 3.0 * HEARTBEAT + 5.0

#: Seconds between two attempts while the seat is held.
_ATTEMPTS = 1.0

#: Seconds after which a login that worked before is tried once more: an account may be made anew.
_ONCE_MORE = 1.0


class SeatConnection:
    """Keeps a seat's connection up, from `start` to `close`; in one event loop.

    ``set_up`` is done for each new connection, `AlreadyInUse` from it means that the seat is held.
    ``on_up`` is called when a new connection is the `current` one, ``on_change`` after each change
    of ``connectivity``, ``note`` and ``notice``.
    """

    def __init__(
        self,
        transport: Transport,
        account: Account,
        *,
        set_up: Callable[[Connection], Awaitable[None]],
        on_up: Callable[[], None],
        on_change: Callable[[], None],
    ) -> None:
        self._transport = transport
        self._account = account
        self._set_up = set_up
        self._on_up = on_up
        self._on_change = on_change
        self._standing = self._stand()
        self._was_online = False
        self._once_more = True
        self._held_since: float | None = None
        self._in_use = False
        self._retry: asyncio.Task[None] | None = None
        self.connectivity = Connectivity.CONNECTING
        self.note = ""
        self.notice: Notice | None = None
        #: Whether trying has ended: the seat is refused for good.
        self.refused = False

    def start(self) -> None:
        """Begin to connect; returns at once."""
        self._standing.start()

    async def close(self) -> None:
        """Close for good."""
        if self._retry is not None:
            self._retry.cancel()
            await asyncio.gather(self._retry, return_exceptions=True)
        await self._standing.close()

    def current(self) -> Connection | None:
        """Return the connection if it is up."""
        return self._standing.current()

    def look(self) -> bool:
        """Note whether the broker takes messages; True when it does again. Called now and then."""
        connection = self.current()
        if connection is None:
            return False
        now = Connectivity.BLOCKED if connection.blocked else Connectivity.ONLINE
        if now is self.connectivity:
            return False
        self._become(now, "" if now is Connectivity.ONLINE else "The server is short of room.")
        return now is Connectivity.ONLINE

    def _stand(self) -> StandingConnection:
        return StandingConnection(
            self._transport,
            self._account,
            set_up=self._prepare,
            on_state=self._note_state,
            patience=Patience(slow=_ATTEMPTS),
        )

    async def _prepare(self, connection: Connection) -> None:
        try:
            await self._set_up(connection)
        except AlreadyInUse:
            self._in_use = True
            if self._held_since is None:
                self._held_since = time.monotonic()
            raise

    def _note_state(self, state: StandingState, reason: str) -> None:
        if state is StandingState.CONNECTING:
            self._in_use = False
        elif state is StandingState.DOWN and not self._in_use:
            self._held_since = None
        match state:
            case _ if self.refused:
                return
            case StandingState.UP:
                self._was_online = self._once_more = True
                self._held_since = None
                self._become(Connectivity.ONLINE, "")
                self._on_up()
            case StandingState.REFUSED if self._was_online and self._once_more:
                self._once_more = False
                self._become(Connectivity.RECONNECTING, reason)
                self._later(self._try_once_more())
            case StandingState.REFUSED:
                self.refused = True
                moved = Notice(note=Note.MOVED) if self._was_online else None
                self._become(Connectivity.REFUSED, reason, moved)
            case _ if self._held_since is not None:
                self._note_held(time.monotonic() - self._held_since, reason)
            case _:
                self._become(self._underway, reason)

    @property
    def _underway(self) -> Connectivity:
        return Connectivity.RECONNECTING if self._was_online else Connectivity.CONNECTING

    def _note_held(self, seconds: float, reason: str) -> None:
        if seconds > _HELD:
            self.refused = True
            self._become(Connectivity.REFUSED, reason, Notice(note=Note.TAKEN))
            self._later(self._standing.close())
        elif self._was_online:
            self._become(Connectivity.RECONNECTING, reason, Notice(note=Note.LINGERING))
        elif seconds >= _TOLD:
            self._become(Connectivity.REFUSED, reason, Notice(note=Note.ELSEWHERE))
        else:
            self._become(Connectivity.CONNECTING, reason)

    async def _try_once_more(self) -> None:
        await asyncio.sleep(_ONCE_MORE)
        await self._standing.close()
        self._standing = self._stand()
        self._standing.start()

    def _later(self, work: Coroutine[object, object, None]) -> None:
        # not from within: what stands is what calls here
        self._retry = asyncio.get_running_loop().create_task(work)

    def _become(self, connectivity: Connectivity, note: str, notice: Notice | None = None) -> None:
        changed = (connectivity, note, notice) != (self.connectivity, self.note, self.notice)
        self.connectivity, self.note, self.notice = connectivity, note, notice
        if changed:
            self._on_change()
