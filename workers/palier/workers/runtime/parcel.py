"""What a transaction tells once it is committed: declarations, grants and messages, in order.

A parcel is one row of the outbox, so that two hundred results cost one insert and not two hundred.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, TypeAlias

from pydantic_core import to_json

from palier.broker.topology import Binding, Declaration, Exchange, Queue, Removal, Unbinding
from palier.broker.transport import Publication
from palier.schemas.envelope import Properties


@dataclass(frozen=True, slots=True, kw_only=True)
class Grant:
    """Give a seat its account and tell the password to whoever asked to join.

    The password follows from the request when it is told, and is kept nowhere.
    """

    seat: str
    session: str
    partition: int
    reply_to: str
    causation_id: str
    correlation_id: str


#: One thing to do after a commit.
Item: TypeAlias = Declaration | Publication | Grant

_KINDS: dict[str, type[Any]] = {
    one.__name__: one for one in (Binding, Exchange, Queue, Removal, Unbinding, Grant)
}


def encode(items: Sequence[Item]) -> bytes:
    """Return a parcel's bytes: JSON, one list an item."""
    return to_json([_encoded(one) for one in items])


def _encoded(item: Item) -> list[Any]:
    if isinstance(item, Publication):
        properties = item.properties
        # by hand: this is the path of every result
        return [
            "Publication",
            item.exchange,
            item.routing_key,
            item.body.decode(),
            properties.message_id,
            properties.kind,
            properties.user_id,
            properties.correlation_id,
            properties.timestamp,
            properties.content_type,
            properties.persistent,
            dict(properties.headers),
        ]
    return [type(item).__name__, _plain(item)]


def _plain(item: Declaration | Grant) -> dict[str, Any]:
    if isinstance(item, Exchange | Queue):
        # asdict would copy the mapping's proxy, which it cannot
        plain = {"name": item.name, "arguments": dict(item.arguments)}
        return {**plain, "type": item.type} if isinstance(item, Exchange) else plain
    return asdict(item)


def decode(parcel: bytes) -> list[Item]:
    """Return the items of a parcel."""
    return [_decoded(one) for one in json.loads(parcel)]


def _decoded(fields: list[Any]) -> Item:
    kind, *rest = fields
    if kind == "Publication":
        exchange, routing_key, body, *properties, headers = rest
        names = (
            "message_id",
            "kind",
            "user_id",
            "correlation_id",
            "timestamp",
            "content_type",
            "persistent",
        )
        return Publication(
            exchange=exchange,
            routing_key=routing_key,
            body=body.encode(),
            properties=Properties(**dict(zip(names, properties, strict=True)), headers=headers),
        )
    item: Item = _KINDS[kind](**rest[0])
    return item
