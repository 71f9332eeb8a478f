"""Which commands a worker listens to: the checks that RabbitMQ leaves to it.

The broker keeps a seat to its own routing keys, but lets these through (3.10.8): a message without
a sender, copies to other keys (CC, before 4.0.3), and an address for the reply that belongs to
somebody else. A worker that answered the last would lend its rights to whoever asked.
"""

from __future__ import annotations

from palier.broker.errors import Inadmissible
from palier.broker.letters import sender_of
from palier.broker.transport import UNREADABLE_HEADERS, Delivery
from palier.schemas.addresses import COMMANDS, CommandKey, commands_queue
from palier.schemas.envelope import DIRECT_REPLY, MAX_BODY
from palier.schemas.errors import InvalidName
from palier.schemas.names import WORKER, check_name

_COPIES = ("CC", "BCC")


def admit(delivery: Delivery, *, account: str = "") -> CommandKey:
    """Return the key of a command that may be handled; raises `Inadmissible`. Pure.

    Afterwards the key's seat is who sent it: the broker has validated ``user_id``, and both agree.
    The seat `WORKER` is the workers' own ``account``, whatever it is called, and nobody else. What
    that account sends for another seat is a replay, and names the seat.
    """
    if delivery.exchange != COMMANDS:
        raise Inadmissible(
            "foreign-exchange", reason=f"It came through {delivery.exchange!r}, not {COMMANDS!r}."
        )
    key = _key(delivery.routing_key)
    # RabbitMQ takes the header BCC off; what gives such a copy away is where it came out
    if delivery.queue != commands_queue(key.partition):
        raise Inadmissible(
            "misrouted",
            reason=f"{delivery.routing_key!r} does not belong in {delivery.queue!r}.",
        )
    properties = delivery.properties
    sender = sender_of(properties, account=account)
    if not sender:
        raise Inadmissible("no-sender", reason="It does not say who sent it (user_id).")
    if sender != (account if key.seat == WORKER else key.seat):
        raise Inadmissible(
            "foreign-sender", reason=f"{sender!r} sent it, its key says {key.seat!r}."
        )
    if UNREADABLE_HEADERS in properties.headers:
        raise Inadmissible("unreadable-headers", reason="Its headers cannot be read.")
    if any(str(name).upper() in _COPIES for name in properties.headers):
        raise Inadmissible("copies", reason="It was sent to other keys as well (CC or BCC).")
    if not _is_direct(properties.reply_to):
        raise Inadmissible(
            "foreign-reply",
            reason=f"Its answer would go to {properties.reply_to!r}, which is no direct reply-to.",
        )
    if len(delivery.body) > MAX_BODY:
        raise Inadmissible("oversize", reason=f"Its body has {len(delivery.body)} bytes.")
    return key


def _key(text: str) -> CommandKey:
    key = CommandKey.parse(text)
    # a key in another spelling (leading zeros, digits of other scripts) is not ours
    if key is None or str(key) != text:
        raise Inadmissible("malformed-key", reason=f"{text!r} is no key of a command.")
    try:
        for name in (key.session, key.seat, key.verb):
            check_name(name)
    except InvalidName as error:
        raise Inadmissible("malformed-key", reason=str(error)) from None
    return key


def _is_direct(reply_to: str | None) -> bool:
    return not reply_to or reply_to.startswith(DIRECT_REPLY)
