"""The seam: what Palier asks of RabbitMQ, and nothing of how.

Two implementations answer alike, and one suite of contracts runs on both: `palier.broker.amqp`
(pika) and `palier.broker.memory`.

A `Connection` lives once: when it is lost it stays lost, with every future, delivery tag and
confirm that belongs to it. That is its epoch; a late acknowledgement of a lost connection does
nothing. `palier.broker.standing` makes a new one.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import Enum

from palier.broker.topology import Declaration
from palier.schemas.envelope import Properties

#: Stands alone among the headers of a message whose real headers nobody can read.
UNREADABLE_HEADERS = "palier-unreadable-headers"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who connects: a RabbitMQ user, and the name that the management console shows."""

    user: str
    password: str
    connection_name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A message on its way out."""

    exchange: str
    routing_key: str
    properties: Properties
    body: bytes


class Outcome(Enum):
    """What became of a publication."""

    CONFIRMED = "confirmed"
    #: Nobody's queue took it: for an event that is success, nobody listens.
    UNROUTABLE = "unroutable"
    #: The broker said no (reject-publish): wait and send it again.
    REFUSED = "refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """A message that came in, to be settled on the connection that brought it."""

    queue: str
    exchange: str
    routing_key: str
    properties: Properties
    body: bytes
    redelivered: bool
    tag: int


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueStatus:
    """What a passive look at a queue tells."""

    messages: int
    consumers: int


#: Called in the event loop, in order of delivery; must not block.
OnDelivery = Callable[[Delivery], None]


class Connection(ABC):
    """One connection's life. All methods are called from its event loop.

    Every await but `unblocked` has a deadline, in seconds, and raises `DeadlinePassed` after it,
    `ConnectionLost` when the connection goes first.
    """

    #: Resolves, with the reason, when the connection is lost or closed; never raises.
    lost: asyncio.Future[str]

    @property
    @abstractmethod
    def blocked(self) -> bool:
        """Whether the broker is short of memory or disk and takes no messages."""

    @abstractmethod
    async def unblocked(self) -> None:
        """Wait until the broker takes messages; as long as that takes, for it is alive.

        Raises `ConnectionLost`.
        """

    @abstractmethod
    async def declare(self, *declarations: Declaration, deadline: float = 30.0) -> None:
        """Make the declarations, in order; idempotent.

        Raises `AccessRefused`, `Mismatch`, `NotThere`.
        """

    @abstractmethod
    async def status(self, queue: str, *, deadline: float = 5.0) -> QueueStatus:
        """Look at a queue without changing it; raises `NotThere`, `AccessRefused`."""

    @abstractmethod
    async def publish(
        self, publications: Sequence[Publication], *, deadline: float = 10.0
    ) -> list[Outcome]:
        """Publish in order and wait for every confirm; the outcomes stand in the same order.

        Waits while the connection is blocked and while too many confirms are outstanding. Raises
        `PublishRefused` when the broker closed the channel on one of them: it says why, and what
        was not confirmed by then is unknown. The connection stays usable.
        """

    @abstractmethod
    async def consume(
        self,
        queue: str,
        on_delivery: OnDelivery,
        *,
        prefetch: int,
        exclusive: bool = False,
        on_cancel: Callable[[str], None] | None = None,
        deadline: float = 10.0,
    ) -> None:
        """Have deliveries of a queue, to be acknowledged by hand.

        ``on_cancel`` is called with the reason when the broker ends this consumer, and the
        connection then stays up. Raises `AlreadyInUse`, `AccessRefused`, `NotThere`.
        """

    @abstractmethod
    async def replies(self, on_delivery: OnDelivery, *, deadline: float = 10.0) -> None:
        """Have direct replies: then a publication's ``reply_to`` may be `DIRECT_REPLY`.

        They need no acknowledgement.
        """

    @abstractmethod
    def ack(self, delivery: Delivery, *, multiple: bool = False) -> None:
        """Settle a delivery (with ``multiple``, and all of its queue before it).

        Does nothing on a lost connection.
        """

    @abstractmethod
    def reject(self, delivery: Delivery, *, requeue: bool) -> None:
        """Give a delivery back, or to the queue's dead-letter exchange."""

    @abstractmethod
    async def cancel(self, queue: str, *, deadline: float = 5.0) -> None:
        """End a consumer; what it holds unacknowledged it may still settle."""

    @abstractmethod
    async def close(self, *, deadline: float = 5.0) -> None:
        """Close; what is unacknowledged goes back to its queue. Idempotent, never raises."""


class Transport(ABC):
    """Where connections come from: one RabbitMQ, or the memory of this process."""

    @abstractmethod
    async def connect(self, account: Account, *, deadline: float = 10.0) -> Connection:
        """Open one connection; raises `ConnectionFailed` or one of its kinds."""
