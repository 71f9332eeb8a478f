"""Looking at a RabbitMQ through its management API: what it has, beside what is declared."""

from __future__ import annotations

from typing import Any

from palier.broker import topology
from palier.broker.management import Management
from palier.broker.topology import Binding, Exchange, Queue


def differences(url: str, *, user: str, password: str, partitions: int) -> list[str]:
    """Return a sentence for each thing that is missing or other than declared; changes nothing.

    Blocking. Raises `ManagementFailed`.
    """
    management = Management(url, user, password)
    exchanges = {one["name"]: one for one in management.listed("exchanges")}
    queues = {one["name"]: one for one in management.listed("queues")}
    bindings = {
        (one["source"], one["destination"], one["routing_key"])
        for one in management.listed("bindings")
    }
    wrong: list[str] = []
    for one in topology.base(partitions=partitions):
        match one:
            case Exchange(name=name):
                wrong += _compared(
                    "exchange", name, exchanges.get(name), {"type": one.type}, one.arguments
                )
            case Queue(name=name):
                wrong += _compared(
                    "queue", name, queues.get(name), {"durable": True}, one.arguments
                )
            case Binding(exchange=exchange, queue=queue, key=key):
                if (exchange, queue, key) not in bindings:
                    wrong.append(f"{exchange} is not bound to {queue} with key {key!r}.")
            case _:
                pass
    return wrong


def _compared(
    kind: str, name: str, found: dict[str, Any] | None, fields: dict[str, object], arguments: Any
) -> list[str]:
    if found is None:
        return [f"There is no {kind} {name}."]
    there = {**{field: found[field] for field in fields}, **found["arguments"]}
    return [
        f"The {kind} {name} has {key} {there.get(key)!r} instead of {value!r}."
        for key, value in {**fields, **arguments}.items()
        if there.get(key) != value
    ]
