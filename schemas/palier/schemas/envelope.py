"""A message and what is known about it, to and from the properties of AMQP.

The metadata ride in properties and headers, not in the body, so that RabbitMQ's management
console shows them.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Generic, TypeVar

from pydantic import ValidationError

from palier.schemas.errors import MalformedBody, MissingProperty, OversizedMessage
from palier.schemas.identifiers import message_id
from palier.schemas.message import Message
from palier.schemas.registry import message_type

#: Bytes a body may have; the broker refuses more.
MAX_BODY = 1024 * 1024

CONTENT_TYPE = "application/json"

#: The only address a reply may be sent to besides the sender's own queue.
DIRECT_REPLY = "amq.rabbitmq.reply-to"

_NO_HEADERS: Mapping[str, object] = MappingProxyType({})

M_co = TypeVar("M_co", bound=Message, covariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Properties:
    """The properties of AMQP 0-9-1 that Palier uses; ``timestamp`` is in whole seconds (UTC)."""

    message_id: str | None = None
    kind: str | None = None
    user_id: str | None = None
    correlation_id: str | None = None
    reply_to: str | None = None
    timestamp: int | None = None
    content_type: str | None = None
    persistent: bool = True
    headers: Mapping[str, object] = field(default_factory=lambda: _NO_HEADERS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope(Generic[M_co]):
    """A message with its identity and descent.

    ``correlation_id`` names the message that began the conversation, ``causation_id`` the one
    that led to this one; ``user_id`` is the sender's account, validated by the broker.
    """

    message: M_co
    message_id: str = field(default_factory=message_id)
    user_id: str | None = None
    correlation_id: str | None = None
    causation_id: str | None = None
    reply_to: str | None = None
    timestamp: int | None = None
    traceparent: str | None = None

    def pack(self, *, persistent: bool = True) -> tuple[Properties, bytes]:
        """Return properties and body; raises `OversizedMessage`."""
        body = self.message.encode()
        if len(body) > MAX_BODY:
            raise OversizedMessage(len(body), limit=MAX_BODY)
        headers: dict[str, object] = {}
        if self.causation_id is not None:
            headers["causation_id"] = self.causation_id
        if self.traceparent is not None:
            headers["traceparent"] = self.traceparent
        properties = Properties(
            message_id=self.message_id,
            kind=self.message.kind,
            user_id=self.user_id,
            correlation_id=self.correlation_id or self.message_id,
            reply_to=self.reply_to,
            timestamp=int(time.time()) if self.timestamp is None else self.timestamp,
            content_type=CONTENT_TYPE,
            persistent=persistent,
            headers=headers,
        )
        return properties, body


def unpack(properties: Properties, body: bytes) -> Envelope[Message]:
    """Return the envelope; raises an `UnreadableMessage` that says what is wrong."""
    if len(body) > MAX_BODY:
        raise OversizedMessage(len(body), limit=MAX_BODY)
    if not properties.message_id:
        raise MissingProperty("message_id")
    if not properties.kind:
        raise MissingProperty("type")
    kind = message_type(properties.kind)
    try:
        message = kind.decode(body)
    except ValidationError as error:
        raise MalformedBody(kind.kind, reason=_in_words(error)) from None
    headers = properties.headers
    return Envelope(
        message=message,
        message_id=properties.message_id,
        user_id=properties.user_id,
        correlation_id=properties.correlation_id,
        causation_id=_text(headers.get("causation_id")),
        reply_to=properties.reply_to,
        timestamp=properties.timestamp,
        traceparent=_text(headers.get("traceparent")),
    )


def _text(header: object) -> str | None:
    return header if isinstance(header, str) else None


def _in_words(error: ValidationError) -> str:
    shown = [
        f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}"
        for one in error.errors(include_url=False, include_input=False, include_context=False)[:5]
    ]
    return "; ".join(shown)
