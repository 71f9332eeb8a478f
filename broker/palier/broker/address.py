"""Where a RabbitMQ is and who we are there, in one line."""

from __future__ import annotations

import ssl
from dataclasses import dataclass, field
from urllib.parse import unquote, urlsplit

from palier.broker.amqp import AmqpTransport
from palier.broker.errors import InvalidAddress
from palier.schemas.addresses import VHOST

_PORTS = {"amqp": 5672, "amqps": 5671}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """``amqp://user:password@host:port/vhost``; ``amqps`` is encrypted, and checks the server.

    Port and virtual host may be left out, the latter then is Palier's own.
    """

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    vhost: str = VHOST
    tls: bool = False

    @classmethod
    def parse(cls, url: str) -> Address:
        """Return the address that a line stands for; raises `InvalidAddress`, never tells secrets."""
        parts = urlsplit(url)
        try:
            port = parts.port
        except ValueError:
            raise InvalidAddress("The port of RabbitMQ's address is no port.") from None
        if parts.scheme not in _PORTS:
            raise InvalidAddress("RabbitMQ's address begins with amqp:// or amqps://.")
        if not parts.hostname or not parts.username or parts.password is None:
            raise InvalidAddress(
                "RabbitMQ's address names a user, a password and a host: "
                "amqp://user:password@host:port/vhost."
            )
        return cls(
            host=parts.hostname,
            port=port or _PORTS[parts.scheme],
            user=unquote(parts.username),
            password=unquote(parts.password),
            vhost=unquote(parts.path.removeprefix("/")) or VHOST,
            tls=parts.scheme == "amqps",
        )

    def transport(self) -> AmqpTransport:
        """Return where connections to this address come from."""
        context = ssl.create_default_context() if self.tls else None
        return AmqpTransport(self.host, self.port, vhost=self.vhost, tls=context)
