"""A queue: what is ready, what is out, and who consumes."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING

from palier.schemas.envelope import Properties

if TYPE_CHECKING:
    from palier.broker.memory.connection import MemoryConnection
    from palier.broker.transport import OnDelivery


@dataclass(frozen=True, slots=True)
class Content:
    """A message as it was published."""

    exchange: str
    routing_key: str
    properties: Properties
    body: bytes


class Drop(Enum):
    """Why a queue let a message go."""

    REJECTED = "rejected"
    LENGTH = "maxlen"
    DELIVERIES = "delivery_limit"


@dataclass(slots=True, eq=False)
class Held:
    """A message in a queue; ``number`` is its place."""

    number: int
    content: Content
    returns: int = 0
    redelivered: bool = False


@dataclass(slots=True, eq=False)
class Out:
    """A message on its way or unacknowledged; without ``held`` when its queue was deleted."""

    held: Held | None
    consumer: Consumer


@dataclass(slots=True, eq=False)
class Channel:
    """What one connection holds unacknowledged of one queue; it outlives a cancelled consumer."""

    connection: MemoryConnection
    queue: str
    tag: int = 0
    held: dict[int, Out] = field(default_factory=dict)


@dataclass(slots=True, eq=False)
class Consumer:
    """Who takes deliveries of a queue."""

    channel: Channel
    on_delivery: OnDelivery
    on_cancel: Callable[[str], None] | None
    prefetch: int
    exclusive: bool
    out: int = 0

    @property
    def has_room(self) -> bool:
        """Whether it may hold one more."""
        return not self.prefetch or self.out < self.prefetch


class MemoryQueue:
    """A durable queue; all its methods are called under the server's lock."""

    def __init__(self, name: str, arguments: Mapping[str, object]) -> None:
        self.name = name
        self.arguments = arguments
        self.ready: deque[Held] = deque()
        self.consumers: deque[Consumer] = deque()
        self.quorum = arguments.get("x-queue-type") == "quorum"
        self.rejects = arguments.get("x-overflow") == "reject-publish"
        self._max_length = _number(arguments.get("x-max-length"))
        limit = _number(arguments.get("x-delivery-limit"))
        self._limit = limit if self.quorum else None
        self._single = bool(arguments.get("x-single-active-consumer"))
        self._numbers = 0

    @property
    def full(self) -> bool:
        """Whether it holds as many ready messages as it may."""
        return self._max_length is not None and len(self.ready) >= self._max_length

    def put(self, content: Content) -> Content | None:
        """Add a message at the end; returns the one that had to go for it from the head."""
        gone = None
        if self.full:
            if not self.ready:
                return content  # a length of nothing
            gone = self.ready.popleft().content
        self._numbers += 1
        self.ready.append(Held(self._numbers, content))
        return gone

    def next_for(self) -> tuple[Consumer, Held] | None:
        """Take out the next message and say who gets it, in turn; None if nobody can."""
        if not self.ready:
            return None
        candidates = 1 if self._single else len(self.consumers)
        for _ in range(min(candidates, len(self.consumers))):
            consumer = self.consumers[0]
            if not self._single:
                self.consumers.rotate(-1)
            if consumer.has_room:
                return consumer, self.ready.popleft()
        return None

    def give_back(self, returned: list[Held]) -> list[Content]:
        """Put messages back in their places; returns those that came back too often."""
        too_often = []
        back = []
        for one in returned:
            one.returns += 1
            one.redelivered = True
            if self._limit is not None and one.returns > self._limit:
                too_often.append(one.content)
            else:
                back.append(one)
        if back:
            self.ready = deque(sorted([*back, *self.ready], key=lambda one: one.number))
        return too_often

    def forget_transient(self) -> None:
        """Lose what a restart of the broker loses; a quorum queue keeps everything."""
        if not self.quorum:
            self.ready = deque(one for one in self.ready if one.content.properties.persistent)


def _number(value: object) -> int | None:
    return value if isinstance(value, int) else None
