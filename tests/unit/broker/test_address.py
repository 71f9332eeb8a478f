"""Where a RabbitMQ is, in one line."""

from __future__ import annotations

from typing import Any

import pytest

from palier.broker.address import Address
from palier.broker.amqp import HEARTBEAT, AmqpTransport
from palier.broker.errors import InvalidAddress
from palier.broker.transport import Account


def test_an_address_is_read_with_all_its_parts() -> None:
    address = Address.parse("amqp://p%40lier:s%2Fcret@rabbit.example:5673/my%2Fhost")
    assert address == Address(
        host="rabbit.example", port=5673, user="p@lier", password="s/cret", vhost="my/host"
    )


@pytest.mark.parametrize(
    ("url", "port", "tls"),
    [("amqp://host", 5672, False), ("amqps://host", 5671, True), ("host", 5672, False)],
)
def test_what_is_left_out_is_palier_s_own(url: str, port: int, *, tls: bool) -> None:
    address = Address.parse(url)
    assert (address.port, address.tls, address.vhost) == (port, tls, "palier")


@pytest.mark.parametrize("url", ["http://u:topsecret@host", "amqp://u:topsecret@host:x", "amqp://"])
def test_what_is_no_address_is_refused_without_telling_the_password(url: str) -> None:
    with pytest.raises(InvalidAddress) as refusal:
        Address.parse(url)
    assert "topsecret" not in f"{refusal.value!r}"


def test_an_address_is_shown_without_its_password_and_kept_with_it() -> None:
    address = Address.parse("amqps://u:top%20secret@host:1/v")
    assert str(address) == "amqps://u@host:1/v"
    assert "secret" not in repr(address)
    assert Address.parse(address.url()) == address


def test_whoever_connects_says_how_soon_silence_is_noticed() -> None:
    address = Address(host="host")
    assert parameters(address.transport()).heartbeat == HEARTBEAT
    assert parameters(address.transport(heartbeat=3)).heartbeat == 3


def test_a_broker_that_is_short_of_room_is_not_lost_however_long_it_is() -> None:
    assert parameters(Address(host="host").transport()).blocked_connection_timeout is None


def parameters(transport: AmqpTransport) -> Any:
    """Return what pika is told."""
    account = Account(user="u", password="p", connection_name="test")
    return transport._parameters(account, 5.0)
