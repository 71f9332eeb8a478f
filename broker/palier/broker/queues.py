"""Queues that RabbitMQ has lost and does not know it: what AMQP alone can neither tell nor mend.

RabbitMQ writes down where the data of a quorum queue are half a second after it has made the queue.
Killed before that, it finds the queue again without its data, begins it anew as one that waits for
its first leader to be named, and nobody names one: whoever publishes there or consumes from there
waits for ever. So do 3.10 and 4.x (rabbitmq-server, issues 10070 and 15725).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any
from urllib.parse import quote

from palier.broker.management import Management

#: Seconds from RabbitMQ's start until it tells how many messages a queue has that has a leader.
TELLS = 10.0

#: RabbitMQ waits 5 s for a leader before it deletes a queue without.
_TIMEOUT = 30.0


class Queues(ABC):
    """Looks after queues. Blocking; any thread."""

    @abstractmethod
    def is_lost(self, queue: str) -> bool:
        """Tell whether a queue has no leader and will not get one.

        To be asked of a queue that has not answered, `TELLS` seconds after RabbitMQ was there. One
        with several members may be waiting for one of them, and is not lost.
        """

    @abstractmethod
    def drop(self, queue: str) -> None:
        """Delete a queue, so that it can be declared again; takes some seconds if it is lost."""


class ManagementQueues(Queues):
    """Queues by RabbitMQ's management API; raises `ManagementFailed`."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._management = Management(url, user, password, timeout=_TIMEOUT)

    def is_lost(self, queue: str) -> bool:
        """See `Queues`."""
        found = self._management.found(self._path(queue))
        return found is not None and _is_leaderless(found)

    def drop(self, queue: str) -> None:
        """See `Queues`."""
        self._management.ask("DELETE", self._path(queue), missing_is_fine=True)

    def _path(self, queue: str) -> str:
        return f"queues/{self._management.vhost}/{quote(queue, safe='')}"


def _is_leaderless(found: dict[str, Any]) -> bool:
    # whom it names as leader is who was it once; how many messages there are, a leader alone tells
    return len(found.get("members", ())) == 1 and "messages" not in found
