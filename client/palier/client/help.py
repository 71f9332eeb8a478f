"""A call for help: a participant asks the operator to come."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from palier.client.errors import Rejected
from palier.client.unanswered import Unanswered
from palier.client.voice import Spawn
from palier.schemas.commands import CallForHelp
from palier.schemas.message import Message

_log = logging.getLogger(__name__)

#: Letters that a call may have.
_LONGEST = 1000


class Help:
    """One seat's calls; in one event loop. ``changed`` is called once a call is noted, or refused.

    ``noted`` is whether this seat has called and nobody has come, as far as the worker has said.
    """

    def __init__(
        self, unanswered: Unanswered, *, spawn: Spawn, changed: Callable[[], None]
    ) -> None:
        self._unanswered = unanswered
        self._spawn = spawn
        self._changed = changed
        self._call: asyncio.Future[Message] | None = None
        self.noted = False

    @property
    def called(self) -> bool:
        """Whether this seat calls for help: noted, or on its way."""
        return self.noted or self._call is not None

    def call(self, session: str, text: str) -> None:
        """Call, unless a call is on its way; it is sent until the worker has noted it."""
        if self._call is None and session:
            self._call = self._unanswered.ask(CallForHelp(session=session, text=text[:_LONGEST]))
            self._spawn(self._wait(self._call))
            self._changed()

    async def _wait(self, call: asyncio.Future[Message]) -> None:
        try:
            await call
        except Rejected as error:
            _log.error("A call for help was refused: %s", error)
        else:
            self.noted = True
        finally:
            self._call = None
        self._changed()
