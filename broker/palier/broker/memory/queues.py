"""Queues of the broker in memory: it loses none."""

from __future__ import annotations

from palier.broker.queues import Queues


class MemoryQueues(Queues):
    """Queues of a `MemoryServer`."""

    def drop_leaderless(self, queue: str) -> bool:  # noqa: ARG002 - none of them is
        """See `Queues`."""
        return False
