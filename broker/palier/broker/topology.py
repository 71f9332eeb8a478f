"""Exchanges, queues and bindings as values.

Declaring them is idempotent, and they are alike on RabbitMQ 3.10 and 4.x: every queue says its
type, every quorum queue its delivery limit and dead-letter exchange, none is transient.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Literal, TypeAlias

from palier.schemas.addresses import (
    COMMANDS,
    DEAD_LETTERS,
    EVENTS,
    UNROUTABLE,
    barrier_exchange,
    commands_queue,
    seat_queue,
)
from palier.schemas.names import ALL

#: Where RabbitMQ's event exchange plugin tells of consumers; it exists in one vhost only.
BROKER_EVENTS = "amq.rabbitmq.event"

PRESENCE = "presence"

#: The event that some connection has ended; it does not say which consumers it had.
CONNECTION_CLOSED = "connection.closed"

#: The events that an account has opened something: a connection, or a channel. It opens another
#: channel for each message that the broker refuses it, since that closes the one it had.
OPENED = ("connection.created", "channel.created")

#: A seat's queue ends after this long without a consumer, in milliseconds: one day.
_SEAT_EXPIRES = 86_400_000

_NOTHING: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Exchange:
    """A durable exchange."""

    name: str
    type: Literal["topic", "fanout"]
    arguments: Mapping[str, object] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable queue."""

    name: str
    arguments: Mapping[str, object] = field(default_factory=lambda: _NOTHING)


@dataclass(frozen=True, slots=True)
class Binding:
    """What an exchange sends to a queue."""

    exchange: str
    queue: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Unbinding:
    """A binding that is no more; taking away what is not there is no error."""

    exchange: str
    queue: str
    key: str = ""


@dataclass(frozen=True, slots=True)
class Removal:
    """An exchange that is no more; removing what is not there is no error."""

    exchange: str


#: What can be declared, in the order given.
Declaration: TypeAlias = Exchange | Queue | Binding | Unbinding | Removal


def base(*, partitions: int) -> tuple[Declaration, ...]:
    """Return what every server has."""
    return (
        Exchange(DEAD_LETTERS, "fanout"),
        Exchange(UNROUTABLE, "fanout"),
        Exchange(COMMANDS, "topic", {"alternate-exchange": UNROUTABLE}),
        Exchange(EVENTS, "topic"),
        Queue("dead-letters", _kept(100_000)),
        Binding(DEAD_LETTERS, "dead-letters"),
        Queue("unroutable", _kept(10_000)),
        Binding(UNROUTABLE, "unroutable"),
        Queue(PRESENCE, {**_kept(10_000), "x-single-active-consumer": True}),
        Binding(BROKER_EVENTS, PRESENCE, "consumer.created"),
        Binding(BROKER_EVENTS, PRESENCE, "consumer.deleted"),
        # since 3.12.5 a consumer that goes with its connection is not told of on its own
        Binding(BROKER_EVENTS, PRESENCE, CONNECTION_CLOSED),
        # whoever tries what the broker refuses is known by the channels that it costs them
        *(Binding(BROKER_EVENTS, PRESENCE, one) for one in OPENED),
        *(one for partition in range(partitions) for one in _partition(partition)),
    )


def _partition(partition: int) -> tuple[Declaration, ...]:
    queue = commands_queue(partition)
    return (
        Queue(
            queue,
            {
                "x-queue-type": "quorum",
                "x-single-active-consumer": True,
                "x-delivery-limit": 20,
                "x-dead-letter-exchange": DEAD_LETTERS,
                "x-dead-letter-strategy": "at-least-once",
                "x-overflow": "reject-publish",
                "x-max-length": 100_000,
            },
        ),
        Binding(COMMANDS, queue, f"cmd.{partition}.#"),
    )


def seat(name: str) -> Queue:
    """Return the queue of a seat; it outlives its client by a day."""
    return Queue(
        seat_queue(name),
        {
            "x-queue-type": "classic",
            "x-expires": _SEAT_EXPIRES,
            "x-max-length": 10_000,
            "x-overflow": "drop-head",
        },
    )


def member(session: str, seat_name: str) -> tuple[Binding, ...]:
    """Return the bindings that make a seat hear its session."""
    queue = seat_queue(seat_name)
    return (
        Binding(EVENTS, queue, f"evt.{session}.all.#"),
        Binding(EVENTS, queue, f"evt.{session}.seat.{seat_name}.#"),
        Binding(barrier_exchange(session, ALL), queue),
    )


def scope(session: str, name: str, seats: tuple[str, ...]) -> tuple[Declaration, ...]:
    """Return the fanout of a lasting scope, bound to its parties."""
    exchange = barrier_exchange(session, name)
    return (
        Exchange(exchange, "fanout"),
        *(Binding(exchange, seat_queue(one)) for one in seats),
    )


def staff(operator: str) -> tuple[Declaration, ...]:
    """Return an operator's queue, which hears the staff events of every session."""
    queue = seat(operator)
    return (
        queue,
        Binding(EVENTS, queue.name, "evt.*.staff.#"),
        Binding(EVENTS, queue.name, "evt.*.all.#"),
        Binding(EVENTS, queue.name, f"evt.*.seat.{operator}.#"),
    )


def _kept(length: int) -> dict[str, object]:
    return {"x-queue-type": "classic", "x-max-length": length, "x-overflow": "drop-head"}
