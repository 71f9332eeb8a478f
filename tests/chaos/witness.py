"""A witness on the wire: writes down what goes out and comes in, by its bytes alone.

It stands at the seam between Palier's client and RabbitMQ and reads properties and JSON itself.
While it is `bad` it is a bad link too: what goes out goes twice, out of order and again later, and
what comes in comes twice and out of order.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections.abc import Sequence
from typing import Any

from palier.broker.transport import (
    Account,
    Connection,
    Delivery,
    OnDelivery,
    Outcome,
    Publication,
    Transport,
)
from tests.chaos.ledger import Ledger
from tests.chaos.passing import Passing

#: Seconds that a bad link holds a message back, at most.
_HELD = 0.4

#: Of the submits that were sent, how many a bad link sends once more.
_OLD = 5


class Witness(Transport):
    """One seat's way to RabbitMQ."""

    def __init__(
        self, inner: Transport, ledger: Ledger, *, seat: str, chance: random.Random
    ) -> None:
        self._inner = inner
        self._ledger = ledger
        self._seat = seat
        self._chance = chance
        self._sent: list[Publication] = []
        self.bad = False

    async def connect(self, account: Account, *, deadline: float = 10.0) -> Connection:
        return _Watched(await self._inner.connect(account, deadline=deadline), self)

    # -- what goes out

    def going_out(self, publications: Sequence[Publication]) -> list[Publication]:
        """Write submits down; return what really goes out, which is more on a bad link."""
        for one in publications:
            if one.properties.kind == "submit.v1":
                body = json.loads(one.body)
                self._ledger.write(
                    "sent",
                    seat=self._seat,
                    message=one.properties.message_id,
                    session=body["session"],
                    scope=body["scope"],
                    generation=body["generation"],
                    answer=body["answer"],
                )
                self._sent.append(one)
        if not self.bad:
            return list(publications)
        more = [*publications, *publications, *self._sent[-_OLD:]]
        self._chance.shuffle(more)
        return more

    # -- what comes in

    def coming_in(self, on_delivery: OnDelivery) -> OnDelivery:
        """Return what takes deliveries: it writes them down before Palier's client has them."""

        def take(delivery: Delivery) -> None:
            self._note(delivery)
            if not self.bad:
                on_delivery(delivery)
                return
            loop = asyncio.get_running_loop()
            for _ in range(2):
                loop.call_later(self._chance.uniform(0, _HELD), on_delivery, delivery)

        return take

    def _note(self, delivery: Delivery) -> None:
        match delivery.properties.kind:
            case "submitted.v1":
                self._write("accepted", delivery, "session", "scope", "generation")
            case "refused.v1":
                self._write("refused", delivery, "session", "code")
            case "released.v1":
                self._write("released", delivery, "session", "scope", "generation")
            case "snapshot.v1":
                body = json.loads(delivery.body)
                if body["submitted"] and (stage := body["stage"]) is not None:
                    self._ledger.write(
                        "kept",
                        seat=self._seat,
                        session=body["session"],
                        scope=stage["scope"],
                        generation=stage["generation"],
                        answer=body["answer"],
                    )
            case _:
                pass

    def _write(self, what: str, delivery: Delivery, *fields: str) -> None:
        body = json.loads(delivery.body)
        self._ledger.write(
            what,
            seat=self._seat,
            message=delivery.properties.headers.get("causation_id"),
            **{one: body[one] for one in fields},
        )


class _Watched(Passing):
    def __init__(self, inner: Connection, witness: Witness) -> None:
        super().__init__(inner)
        self._witness = witness
        #: The last delivery settled, by queue.
        self._settled: dict[str, int] = {}

    async def publish(
        self, publications: Sequence[Publication], *, deadline: float = 10.0
    ) -> list[Outcome]:
        going = self._witness.going_out(publications)
        outcomes = await super().publish(going, deadline=deadline)
        of = {one.properties.message_id: how for one, how in zip(going, outcomes, strict=True)}
        return [of[one.properties.message_id] for one in publications]

    async def consume(self, queue: str, on_delivery: OnDelivery, **given: Any) -> None:
        await super().consume(queue, self._witness.coming_in(on_delivery), **given)

    async def replies(self, on_delivery: OnDelivery, *, deadline: float = 10.0) -> None:
        await super().replies(self._witness.coming_in(on_delivery), deadline=deadline)

    def ack(self, delivery: Delivery, *, multiple: bool = False) -> None:
        # what came twice and out of order is settled once: RabbitMQ closes the channel otherwise
        if delivery.tag > self._settled.get(delivery.queue, 0):
            self._settled[delivery.queue] = delivery.tag
            super().ack(delivery, multiple=multiple)
