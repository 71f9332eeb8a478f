"""Queues of the broker in memory: it loses none."""

from __future__ import annotations

from typing import TYPE_CHECKING

from palier.broker.queues import Queues

if TYPE_CHECKING:
    from palier.broker.memory.server import MemoryServer


class MemoryQueues(Queues):
    """Queues of a `MemoryServer`."""

    def __init__(self, server: MemoryServer) -> None:
        self._server = server

    def is_lost(self, queue: str) -> bool:  # noqa: ARG002 - none of them is
        """See `Queues`."""
        return False

    def drop(self, queue: str) -> None:
        """See `Queues`."""
        self._server.delete_queue(queue)
