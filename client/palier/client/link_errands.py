"""The errands of a seat, run by its link in another thread."""

from __future__ import annotations

import time
from collections.abc import Mapping
from concurrent.futures import Future
from functools import partial

from pydantic import JsonValue

from palier.client.entries import Put
from palier.client.errands import Errands
from palier.client.link import Link
from palier.client.thread import LoopThread
from palier.schemas.events import Stage


class LinkErrands(Errands):
    """What a face asks of a link that lives in a thread of its own; see `Errands`."""

    def __init__(self, loop: LoopThread, link: Link) -> None:
        self._loop = loop
        self._link = link

    def submit(self, stage: Stage, answer: dict[str, JsonValue] | None) -> None:
        """Hand in the answer to a stage."""
        self._loop.call(partial(self._link.submit, answer, stage=stage))

    def draft(self, stage: Stage, fields: Mapping[str, Put]) -> None:
        """Keep what is typed; a copy of it, for the face goes on typing."""
        self._loop.call(self._link.draft, stage, dict(fields))

    def painted(self, stage: Stage) -> None:
        """Report that a generation's screen has been painted, just now."""
        # the clock is read here: the other thread may have to wait for its turn
        self._loop.call(self._link.painted, stage, time.monotonic())

    def call_for_help(self, text: str) -> None:
        """Ask the operator to come."""
        self._loop.call(self._link.call_for_help, text)

    def post(self, stage: Stage, stream: str, value: str | float) -> Future[int]:
        """Post in a stage; the future has the post's number, or a `PalierError`."""
        return self._loop.run(self._link.post(stage, stream, value))

    def act(self, stage: Stage, action: str, body: Mapping[str, JsonValue] | None) -> Future[int]:
        """Do something in a live stage; the future has its number, or a `PalierError`."""
        return self._loop.run(self._link.act(stage, action, body))

    def ask(self) -> Future[None]:
        """Ask for a snapshot; the future is done when it has come, or has a `PalierError`."""
        return self._loop.run(self._link.ask())
