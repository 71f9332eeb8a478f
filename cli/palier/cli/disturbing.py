"""Trouble on purpose, in the middle of a demo: what kills, when, and how long until it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from palier.cli.keeping import KeptServer
from palier.schemas.replies import Overview, SeatRow


@dataclass(frozen=True, slots=True)
class Blow:
    """What is killed, once the session is this far (0 to 1)."""

    what: str
    when: float
    kill: Callable[[], None]


class Disturbance:
    """Kills the worker a third on the way and RabbitMQ at two thirds; says so in sentences.

    ``rounds`` is how often the stage ``stage`` is visited in all.
    """

    def __init__(self, server: KeptServer, *, stage: str, rounds: int) -> None:
        self._stage = stage
        self._rounds = rounds
        self._blows = [
            Blow("the worker", 1 / 3, server.worker.kill),
            Blow("RabbitMQ", 2 / 3, server.node.kill),
        ]
        self._struck: tuple[Blow, float, int] | None = None
        #: Seconds from each blow until somebody went on, by what was killed.
        self.recoveries: dict[str, float] = {}

    def look(self, overview: Overview) -> str | None:
        """Strike if it is time, or see that the session has gone on; return a sentence about it."""
        far = sum(one.generation for one in overview.seats)
        if self._struck is not None:
            blow, at, before = self._struck
            if far == before and overview.status == "running":
                return None
            self._struck = None
            self.recoveries[blow.what] = time.monotonic() - at
            return f"Somebody went on {self.recoveries[blow.what]:.1f} s after {blow.what} died."
        if not self._blows or self._progress(overview) < self._blows[0].when:
            return None
        blow = self._blows.pop(0)
        blow.kill()
        self._struck = (blow, time.monotonic(), far)
        return f"{blow.what[0].upper()}{blow.what[1:]} is killed, without a warning."

    @property
    def done(self) -> bool:
        """Whether all was killed that was to be, and the session went on each time."""
        return not self._blows and self._struck is None

    def _progress(self, overview: Overview) -> float:
        return max((self._visit(one) for one in overview.seats), default=0) / self._rounds

    def _visit(self, row: SeatRow) -> int:
        return row.visit if row.stage == self._stage else 0
