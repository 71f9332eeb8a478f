"""Looking at a RabbitMQ through its management API: what it has, beside what is declared."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from base64 import b64encode
from typing import Any
from urllib.parse import quote

from palier.broker import topology
from palier.broker.errors import ManagementFailed
from palier.broker.topology import Binding, Exchange, Queue
from palier.schemas.addresses import VHOST

_TIMEOUT = 10.0


def differences(url: str, *, user: str, password: str, partitions: int) -> list[str]:
    """Return a sentence for each thing that is missing or other than declared; changes nothing.

    Blocking. Raises `ManagementFailed`.
    """
    credentials = b64encode(f"{user}:{password}".encode()).decode()

    def get(path: str) -> list[dict[str, Any]]:
        request = urllib.request.Request(  # noqa: S310 - the operator's own address
            f"{url.rstrip('/')}/api/{path}/{quote(VHOST, safe='')}",
            headers={"Authorization": f"Basic {credentials}"},
        )
        try:
            with urllib.request.urlopen(request, timeout=_TIMEOUT) as answer:  # noqa: S310
                found: list[dict[str, Any]] = json.load(answer)
                return found
        except urllib.error.HTTPError as error:
            raise ManagementFailed(
                f"The management API refused {path!r} ({error.code}).", status=error.code
            ) from None
        except OSError as error:
            raise ManagementFailed(f"No management API answers at {url}: {error}") from None

    exchanges = {one["name"]: one for one in get("exchanges")}
    queues = {one["name"]: one for one in get("queues")}
    bindings = {(one["source"], one["destination"], one["routing_key"]) for one in get("bindings")}
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
