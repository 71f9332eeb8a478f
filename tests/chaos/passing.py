"""A connection that passes everything on to another one, to be overridden in places."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from palier.broker.topology import Declaration
from palier.broker.transport import (
    Connection,
    Delivery,
    OnDelivery,
    Outcome,
    Publication,
    QueueStatus,
)


class Passing(Connection):
    """Does what the connection inside does."""

    def __init__(self, inner: Connection) -> None:
        self._inner = inner
        self.lost = inner.lost

    @property
    def blocked(self) -> bool:
        return self._inner.blocked

    async def unblocked(self) -> None:
        await self._inner.unblocked()

    async def declare(self, *declarations: Declaration, deadline: float = 30.0) -> None:
        await self._inner.declare(*declarations, deadline=deadline)

    async def status(self, queue: str, *, deadline: float = 5.0) -> QueueStatus:
        return await self._inner.status(queue, deadline=deadline)

    async def publish(
        self, publications: Sequence[Publication], *, deadline: float = 10.0
    ) -> list[Outcome]:
        return await self._inner.publish(publications, deadline=deadline)

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
        await self._inner.consume(
            queue,
            on_delivery,
            prefetch=prefetch,
            exclusive=exclusive,
            on_cancel=on_cancel,
            deadline=deadline,
        )

    async def replies(self, on_delivery: OnDelivery, *, deadline: float = 10.0) -> None:
        await self._inner.replies(on_delivery, deadline=deadline)

    def ack(self, delivery: Delivery, *, multiple: bool = False) -> None:
        self._inner.ack(delivery, multiple=multiple)

    def reject(self, delivery: Delivery, *, requeue: bool) -> None:
        self._inner.reject(delivery, requeue=requeue)

    async def cancel(self, queue: str, *, deadline: float = 5.0) -> None:
        await self._inner.cancel(queue, deadline=deadline)

    async def close(self, *, deadline: float = 5.0) -> None:
        await self._inner.close(deadline=deadline)
