"""The register: who has which seat, asked of the database from the event loop."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Collection, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import partial

from palier.workers.errors import DatabaseUnavailable
from palier.workers.runtime.batch import BatchHandler
from palier.workers.runtime.passwords import seat_password

_log = logging.getLogger(__name__)

#: Seconds until a question that the database did not answer is asked again.
_AGAIN = 0.5


@dataclass(frozen=True, slots=True)
class Held:
    """A seat that somebody has, and the password that they were told."""

    seat: str
    password: str


class Register:
    """Asks in the thread of the database. ``secret`` is what passwords are made from."""

    def __init__(self, handler: BatchHandler, executor: Executor, *, secret: str) -> None:
        self._handler = handler
        self._executor = executor
        self._secret = secret

    async def held(self) -> list[Held]:
        """Return the seats that somebody has, of all sessions that are not over.

        Raises `DatabaseUnavailable`.
        """
        loop = asyncio.get_running_loop()
        seats = await loop.run_in_executor(self._executor, self._handler.seated)
        return [
            Held(one.name, seat_password(self._secret, seat=one.name, joined_with=one.joined_with))
            for one in seats
            if one.joined_with is not None
        ]

    async def joined_with(self, seats: Collection[str]) -> Mapping[str, str | None]:
        """Return by which message each of these seats was joined last; asks until it is told."""
        loop = asyncio.get_running_loop()
        ask = partial(self._handler.joined_with, seats)
        while True:
            try:
                return await loop.run_in_executor(self._executor, ask)
            except DatabaseUnavailable as error:
                _log.warning("Who joined is asked again: %s", error)
                await asyncio.sleep(_AGAIN)
