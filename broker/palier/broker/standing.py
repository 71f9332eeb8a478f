"""A connection that comes back.

::

    DOWN -> CONNECTING -> SETTING_UP -> UP
      ^          |             |         |
      +----------+-------------+---------+      or REFUSED, for good

The user says what a connection needs (declare, consume, ask for a snapshot) in one coroutine, and
it is done for each new connection before anybody else gets it.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from types import TracebackType
from typing import Any, Self, TypeAlias

from palier.broker.errors import (
    AlreadyInUse,
    ConnectionLost,
    DeadlinePassed,
    LoginRefused,
    TooManyConnections,
)
from palier.broker.transport import Account, Connection, Transport
from palier.schemas.errors import PalierError


class StandingState(Enum):
    """Where a standing connection is; closed is `DOWN` for good."""

    DOWN = "down"
    CONNECTING = "connecting"
    SETTING_UP = "setting-up"
    UP = "up"
    #: The broker does not know us: trying again would not help, and it has stopped.
    REFUSED = "refused"


#: Called in the event loop at each change, with a reason for people; must not block or raise.
OnState: TypeAlias = Callable[[StandingState, str], None]

SetUp: TypeAlias = Callable[[Connection], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long to wait before the next attempt, in seconds.

    Each wait is a random part of a limit that doubles from ``first`` to ``longest`` ("full
    jitter": two hundred clients that lost one broker do not come back in step). It starts anew
    once a connection was up for ``proven``. What needs a person or another client to act first is
    tried every ``slow``.
    """

    first: float = 0.2
    longest: float = 5.0
    proven: float = 30.0
    slow: float = 5.0

    def limit(self, failures: int) -> float:
        """Return the limit of the wait after so many failures in a row, 0 for the first."""
        # 2 to the power of some hundred failures would be no float any more
        return min(self.longest, self.first * 2.0 ** min(failures, 32))


class StandingConnection:
    """Keeps one connection up, from `start` to `close`; an async context manager does both.

    Lives in the event loop that starts it and has no thread of its own. ``epoch`` counts the
    connections made so far: what belongs to an older one is void.
    """

    def __init__(
        self,
        transport: Transport,
        account: Account,
        *,
        set_up: SetUp,
        on_state: OnState | None = None,
        patience: Patience | None = None,
        deadline: float = 10.0,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._transport = transport
        self._account = account
        self._set_up = set_up
        self._on_state = on_state
        self._patience = patience or Patience()
        self._deadline = deadline
        self._chance = chance
        self._failures = 0
        self._connection: Connection | None = None
        self._task: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()
        self._refusal: LoginRefused | None = None
        self._closed = False
        self.state = StandingState.DOWN
        self.reason = "not started"
        self.epoch = 0

    async def __aenter__(self) -> Self:
        self.start()
        return self

    async def __aexit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        await self.close()

    def start(self) -> None:
        """Begin to connect; returns at once. Idempotent; does nothing once closed."""
        if self._task is None and not self._closed:
            self._task = asyncio.get_running_loop().create_task(self._stand())

    def current(self) -> Connection | None:
        """Return the connection if it is up."""
        return self._connection if self.state is StandingState.UP else None

    async def up(self, *, deadline: float | None = None) -> Connection:
        """Wait until a connection is up and return it.

        Raises `LoginRefused` when it never will be, `ConnectionLost` when it was closed,
        `DeadlinePassed` after ``deadline`` seconds.
        """
        try:
            async with asyncio.timeout(deadline):
                while (connection := self.current()) is None:
                    if self._refusal is not None:
                        raise self._refusal
                    if self._closed:
                        raise ConnectionLost("The connection was closed by its owner.")
                    self._changed.clear()
                    await self._changed.wait()
                return connection
        except TimeoutError:
            raise DeadlinePassed(
                f"No connection came up within {deadline:g} s: {self.reason}"
            ) from None

    async def close(self) -> None:
        """Close for good; returns when nothing of it runs any more. Idempotent, never raises."""
        task, self._task = self._task, None
        if task is not None:
            task.cancel()
            await asyncio.wait({task})
        if not self._closed:
            self._closed = True
            self._become(StandingState.DOWN, "closed")

    def _become(self, state: StandingState, reason: str) -> None:
        self.state = state
        self.reason = reason
        self._changed.set()
        if self._on_state is not None:
            self._on_state(state, reason)

    async def _stand(self) -> None:
        while True:
            wait, reason = await self._once()
            if wait is None:
                self._become(StandingState.REFUSED, reason)
                return
            self._become(StandingState.DOWN, reason)
            await asyncio.sleep(wait)

    async def _once(self) -> tuple[float | None, str]:
        """Live through one connection; returns how long to wait for the next, and why it ended."""
        loop = asyncio.get_running_loop()
        connection: Connection | None = None
        try:
            self._become(StandingState.CONNECTING, f"connecting as {self._account.user}")
            connection = await self._transport.connect(self._account, deadline=self._deadline)
            self.epoch += 1
            self._become(StandingState.SETTING_UP, "connected")
            await self._prepare(connection)
            self._connection = connection
            begun = loop.time()
            self._become(StandingState.UP, "up")
            reason = await asyncio.shield(connection.lost)
            if loop.time() - begun >= self._patience.proven:
                self._failures = 0
        except LoginRefused as error:
            self._refusal = error
            return None, str(error)
        except (AlreadyInUse, TooManyConnections) as error:
            return self._patience.slow, str(error)
        except PalierError as error:  # of the transport, or whatever else the set-up needs
            reason = str(error)
        except Exception as error:  # noqa: BLE001 - a mistake in set_up must not end the standing
            reason = f"the set-up failed: {error!r}"
            loop.call_exception_handler(
                {"message": "setting up a connection failed", "exception": error}
            )
        finally:
            self._connection = None
            if connection is not None:
                await connection.close()
        wait = self._chance() * self._patience.limit(self._failures)
        self._failures += 1
        return wait, reason

    async def _prepare(self, connection: Connection) -> None:
        """Run the set-up, but no longer than the connection lives."""
        task = asyncio.ensure_future(self._set_up(connection))
        try:
            either: set[asyncio.Future[Any]] = {task, connection.lost}
            await asyncio.wait(either, return_when=asyncio.FIRST_COMPLETED)
            if not task.done():
                raise ConnectionLost(connection.lost.result())
            task.result()
        finally:
            if not task.done():
                task.cancel()
                with suppress(asyncio.CancelledError, Exception):
                    await task
