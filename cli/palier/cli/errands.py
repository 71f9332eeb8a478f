"""The errands of a window, run by a link in another thread."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from concurrent.futures import Future
from functools import partial

from pydantic import JsonValue

from palier.client.entries import Put
from palier.client.errors import ClientError
from palier.client.link import Link
from palier.client.thread import LoopThread
from palier.schemas.events import Stage

_log = logging.getLogger(__name__)


class LinkErrands:
    """One seat's errands: what a face says in its thread, the link hears in its own."""

    def __init__(self, loop: LoopThread, link: Link) -> None:
        self._loop = loop
        self._link = link

    def submit(self, stage: Stage, answer: dict[str, JsonValue] | None) -> None:
        """Hand in the answer to a stage."""
        self._loop.call(partial(self._link.submit, answer, stage=stage))

    def draft(self, stage: Stage, fields: Mapping[str, Put]) -> None:
        """Keep what is typed."""
        self._loop.call(self._link.draft, stage, fields)

    def painted(self, stage: Stage) -> None:
        """Note that a generation's screen has been painted."""
        _log.debug("Painted: %s, generation %d", stage.name, stage.generation)

    def call_for_help(self, text: str) -> None:
        """Ask the operator to come."""
        raise ClientError(f"This link cannot call the operator: {text}")

    def post(self, stage: Stage, stream: str, value: str | float) -> Future[int]:  # noqa: ARG002
        """Post in a stage."""
        failed: Future[int] = Future()
        failed.set_exception(ClientError(f"This link cannot post to {stream} in {stage.name}."))
        return failed

    def ask(self) -> Future[None]:
        """Ask for a snapshot."""
        failed: Future[None] = Future()
        failed.set_exception(ClientError("This link asks for snapshots by itself only."))
        return failed
