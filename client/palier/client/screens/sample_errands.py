"""Errands without a link: what is asked for is noted, for pictures, previews and tests."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import Future

from pydantic import JsonValue

from palier.client.entries import Put
from palier.schemas.events import Stage


class NotedErrands:
    """Notes what a face asks for, in order. All of it succeeds at once."""

    def __init__(self) -> None:
        self.submitted: list[tuple[Stage, dict[str, JsonValue] | None]] = []
        self.drafts: list[tuple[Stage, dict[str, Put]]] = []
        self.onsets: list[Stage] = []
        self.calls: list[str] = []
        self.posted: list[tuple[str, str | float]] = []
        self.acted: list[tuple[str, dict[str, JsonValue] | None]] = []
        self.asked = 0

    def submit(self, stage: Stage, answer: dict[str, JsonValue] | None) -> None:
        """Note an answer."""
        self.submitted.append((stage, answer))

    def draft(self, stage: Stage, fields: Mapping[str, Put]) -> None:
        """Note what is typed."""
        self.drafts.append((stage, dict(fields)))

    def painted(self, stage: Stage) -> None:
        """Note an onset."""
        self.onsets.append(stage)

    def call_for_help(self, text: str) -> None:
        """Note a call."""
        self.calls.append(text)

    def post(self, stage: Stage, stream: str, value: str | float) -> Future[int]:  # noqa: ARG002
        """Note a post, and number it."""
        self.posted.append((stream, value))
        done: Future[int] = Future()
        done.set_result(len(self.posted))
        return done

    def act(
        self,
        stage: Stage,  # noqa: ARG002
        action: str,
        body: Mapping[str, JsonValue] | None,
    ) -> Future[int]:
        """Note what is done, and number it."""
        self.acted.append((action, None if body is None else dict(body)))
        done: Future[int] = Future()
        done.set_result(len(self.acted))
        return done

    def ask(self) -> Future[None]:
        """Note that a snapshot was asked for; it has come."""
        self.asked += 1
        done: Future[None] = Future()
        done.set_result(None)
        return done
