"""What a face asks of the link. Every method returns at once and can be called in any thread."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future
from typing import Protocol

from pydantic import JsonValue

from palier.client.entries import Put
from palier.schemas.events import Stage


class Errands(Protocol):
    """One seat's errands; what comes of them is seen in the next view, or by the future."""

    def submit(self, stage: Stage, answer: dict[str, JsonValue] | None) -> None:
        """Hand in the answer to a stage."""

    def draft(self, stage: Stage, fields: Mapping[str, Put]) -> None:
        """Keep what is typed."""

    def painted(self, stage: Stage) -> None:
        """Report that a generation's screen has been painted, just now."""

    def call_for_help(self, text: str) -> None:
        """Ask the operator to come."""

    def post(self, stage: Stage, stream: str, value: str | float) -> Future[int]:
        """Post in a stage; the future has the post's number, or a `PalierError`."""

    def act(self, stage: Stage, action: str, body: Mapping[str, JsonValue] | None) -> Future[int]:
        """Do something in a live stage; the future has its number, or a `PalierError`."""

    def ask(self) -> Future[None]:
        """Ask for a snapshot; the future is done when it has come, or has a `PalierError`."""
