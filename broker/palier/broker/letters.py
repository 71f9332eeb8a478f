"""Dead letters: what a worker writes when it cannot handle a message, and how one is read again.

Who sent a message is what the broker has validated, its ``user_id``. A letter, and a replay of one,
is published by the workers' own account, so it names the sender in a header, and that header
counts in what this very account has published and nowhere else. No seat can publish as another.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from palier.broker.transport import UNREADABLE_HEADERS, Delivery, Publication
from palier.schemas.addresses import COMMANDS, DEAD_LETTERS, CommandKey
from palier.schemas.envelope import Properties

#: Headers of a dead letter: why it is one, since when (seconds since 1970), and how it was sent.
CODE = "palier-code"
REASON = "palier-reason"
AT = "palier-at"
EXCHANGE = "palier-exchange"
ROUTING_KEY = "palier-routing-key"
#: Headers of a letter and of its replay: whose it is, and how often it was replayed.
SENDER = "palier-sender"
REPLAYS = "palier-replays"

#: Headers that say what led to a message: a replay has them again.
_DESCENT = ("causation_id", "traceparent")

#: Bytes of the texts in a message's properties; what the broker passed may be no UTF-8 at all, and
#: grows when it is read.
_SHORT = 255

#: Digits of a letter's id: even in a full queue no two have the same, but once in 50,000 queues.
_DIGITS = 12

#: Code and reason of what RabbitMQ put aside by itself, by the words that it has for them.
_DEATHS = {
    "delivery_limit": (
        "delivery-limit",
        "It came back too often: whoever took it lost its connection or died.",
    ),
    "rejected": ("rejected", "Whoever took it would not have it."),
    "expired": ("expired", "Nobody took it in time."),
    "maxlen": ("maxlen", "Its queue was full."),
}
_UNKNOWN = ("unknown", "Nobody said why.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message that nobody handled, and why.

    ``digest`` is the message's: copies of it, and its replays that failed again, have the same.
    ``at`` says when it became a letter, or when it was sent where nobody noted that. ``writer`` is
    the worker's account that wrote it, empty if RabbitMQ put it aside by itself.
    """

    digest: str
    at: datetime | None
    code: str
    reason: str
    sender: str
    exchange: str
    routing_key: str
    kind: str
    message_id: str
    size: int
    replays: int
    writer: str

    @property
    def id(self) -> str:
        """What people call it by."""
        return self.digest[:_DIGITS]

    @property
    def session(self) -> str:
        """The session that it names, or nothing."""
        key = CommandKey.parse(self.routing_key)
        return key.session if key else ""

    @property
    def replayable(self) -> bool:
        """Whether it was sent as commands are; anything else can only be dropped."""
        return self.exchange == COMMANDS


def sender_of(properties: Properties, *, account: str) -> str:
    """Return who sent a message, or nothing when nobody says so.

    ``account`` is the workers': it makes and removes every other one, so that it may also
    say whom it replays gives it no right that it did not have.
    """
    named = properties.headers.get(SENDER)
    if _trusted(properties, account) and isinstance(named, str):
        return named
    return properties.user_id or ""


def replays_of(properties: Properties, *, account: str) -> int:
    """Return how often a message was replayed: 0 for one that comes from its sender."""
    return _number(properties.headers.get(REPLAYS)) if _trusted(properties, account) else 0


def bury(delivery: Delivery, *, code: str, reason: str, account: str) -> Publication:
    """Return the dead letter of a message, with the body as it came."""
    properties = delivery.properties
    headers = {
        **_descent(properties.headers),
        CODE: code,
        REASON: reason,
        AT: int(time.time()),
        EXCHANGE: delivery.exchange,
        ROUTING_KEY: delivery.routing_key,
        SENDER: sender_of(properties, account=account),
        REPLAYS: replays_of(properties, account=account),
    }
    return Publication(
        exchange=DEAD_LETTERS,
        routing_key="",
        # its own headers stay behind: CC and BCC would route, and ours must not be forged
        properties=_fitting(
            replace(properties, user_id=account, reply_to=None, headers=headers, persistent=True)
        ),
        body=delivery.body,
    )


def read(delivery: Delivery, *, account: str) -> Letter:
    """Return what a delivery of ``dead-letters`` or ``unroutable`` says; never raises.

    ``account`` is the one that reads, the workers' own if their letters are to be replayed.
    """
    properties = delivery.properties
    headers = properties.headers
    # only a worker publishes there by itself; what RabbitMQ puts there says how it died
    written = (
        delivery.exchange == DEAD_LETTERS
        and "x-death" not in headers
        and UNREADABLE_HEADERS not in headers
    )
    letter = _written(delivery) if written else _put_aside(delivery, account=account)
    return replace(letter, digest=_digest(letter, delivery.body))


def replay(letter: Letter, delivery: Delivery, *, account: str) -> Publication:
    """Return a letter as it was sent, now by the workers' account on behalf of its sender.

    The answer goes to the sender's queue: whoever waited for a direct reply waits no more.
    """
    properties = delivery.properties
    headers = {
        **_descent(properties.headers),
        SENDER: letter.sender,
        REPLAYS: letter.replays + 1,
    }
    return Publication(
        exchange=letter.exchange,
        routing_key=letter.routing_key,
        properties=_fitting(
            replace(properties, user_id=account, reply_to=None, headers=headers, persistent=True)
        ),
        body=delivery.body,
    )


def _written(delivery: Delivery) -> Letter:
    """Read a letter of a worker's."""
    properties = delivery.properties
    headers = properties.headers
    return Letter(
        digest="",
        at=_moment(headers.get(AT)),
        code=_text(headers.get(CODE)) or _UNKNOWN[0],
        reason=_text(headers.get(REASON)) or _UNKNOWN[1],
        sender=_text(headers.get(SENDER)),
        exchange=_text(headers.get(EXCHANGE)),
        routing_key=_text(headers.get(ROUTING_KEY)),
        kind=properties.kind or "",
        message_id=properties.message_id or "",
        size=len(delivery.body),
        replays=_number(headers.get(REPLAYS)),
        writer=properties.user_id or "",
    )


def _put_aside(delivery: Delivery, *, account: str) -> Letter:
    """Read a message that RabbitMQ put aside as it was; what it says of itself is its sender's."""
    properties = delivery.properties
    death = _death(properties.headers)
    if delivery.exchange == DEAD_LETTERS:
        code, reason = _DEATHS.get(_text(death.get("reason")), _UNKNOWN)
    else:
        code, reason = "unroutable", f"No queue takes {delivery.routing_key!r}: no worker has it."
    return Letter(
        digest="",
        at=_moment(death.get("time")) or _moment(properties.timestamp),
        code=code,
        reason=reason,
        sender=sender_of(properties, account=account),
        exchange=_text(death.get("exchange")) or delivery.exchange,
        routing_key=delivery.routing_key,
        kind=properties.kind or "",
        message_id=properties.message_id or "",
        size=len(delivery.body),
        replays=replays_of(properties, account=account),
        writer="",
    )


def _death(headers: Mapping[str, object]) -> Mapping[str, object]:
    """Return the latest of RabbitMQ's notes on how a message died."""
    deaths = headers.get("x-death")
    latest = deaths[0] if isinstance(deaths, list) and deaths else None
    return latest if isinstance(latest, dict) else {}


def _digest(letter: Letter, body: bytes) -> str:
    digest = hashlib.sha256()
    for part in (letter.sender, letter.message_id, letter.routing_key, letter.kind):
        encoded = part.encode(errors="replace")
        digest.update(len(encoded).to_bytes(4))
        digest.update(encoded)
    digest.update(body)
    return digest.hexdigest()


def _descent(headers: Mapping[str, object]) -> dict[str, object]:
    return {name: _text(headers[name])[:_SHORT] for name in _DESCENT if name in headers}


def _fitting(properties: Properties) -> Properties:
    """Return properties that can be put on the wire, whatever they were made of."""
    return replace(
        properties,
        message_id=_cut(properties.message_id),
        kind=_cut(properties.kind),
        correlation_id=_cut(properties.correlation_id),
        content_type=_cut(properties.content_type),
    )


def _cut(text: str | None) -> str | None:
    if text is None or len(text.encode()) <= _SHORT:
        return text
    return text.encode()[:_SHORT].decode(errors="ignore")


def _trusted(properties: Properties, account: str) -> bool:
    """Tell whether the workers' account sent it, by the broker's word."""
    return bool(account) and properties.user_id == account


def _number(value: object) -> int:
    return value if isinstance(value, int) else 0


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _moment(value: object) -> datetime | None:
    if isinstance(value, datetime):
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if not isinstance(value, int):
        return None
    try:
        return datetime.fromtimestamp(value, UTC)
    except (OverflowError, OSError, ValueError):  # a client may have said anything
        return None
