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


class Queues(ABC):
    """Looks after queues. Blocking; any thread."""

    @abstractmethod
    def drop_leaderless(self, queue: str) -> bool:
        """Delete a queue that has no leader and will not get one; tell whether it was such a one.

        To be asked of a queue that has not answered, `TELLS` seconds after RabbitMQ was there. It
        can be declared again then. A queue with several members may be waiting for one of them, and
        stays.
        """


class ManagementQueues(Queues):
    """Queues by RabbitMQ's management API; raises `ManagementFailed`."""

    def __init__(self, url: str, user: str, password: str) -> None:
        self._management = Management(url, user, password)

    def drop_leaderless(self, queue: str) -> bool:
        """See `Queues`."""
        path = f"queues/{self._management.vhost}/{quote(queue, safe='')}"
        found = self._management.found(path)
        if found is None or not _is_leaderless(found):
            return False
        self._management.ask("DELETE", path, missing_is_fine=True)
        return True


def _is_leaderless(found: dict[str, Any]) -> bool:
    # whom it names as leader is who was it once; how many messages there are, a leader alone tells
    return len(found.get("members", ())) == 1 and "messages" not in found
