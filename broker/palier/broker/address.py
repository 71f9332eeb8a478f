"""Where a RabbitMQ is, as people write it: ``amqp://user:password@host:5672/vhost``."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import quote, unquote, urlsplit

from palier.broker.amqp import AmqpTransport
from palier.broker.errors import InvalidAddress
from palier.schemas.addresses import VHOST

_PORT = 5672


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A RabbitMQ's address; user and password may be absent."""

    host: str
    port: int = _PORT
    vhost: str = VHOST
    user: str = ""
    password: str = ""

    @classmethod
    def parse(cls, url: str) -> Address:
        """Return the parts of a URL; raises `InvalidAddress`."""
        try:
            parts = urlsplit(url if "://" in url else f"amqp://{url}")
            port = parts.port or _PORT
        except ValueError:
            raise InvalidAddress(url) from None
        if parts.scheme != "amqp" or not parts.hostname:
            raise InvalidAddress(url)
        return cls(
            host=parts.hostname,
            port=port,
            vhost=unquote(parts.path.removeprefix("/")) or VHOST,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
        )

    def __str__(self) -> str:
        """Return the URL without the password, fit to be shown."""
        user = f"{quote(self.user, safe='')}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"amqp://{user}{host}:{self.port}/{quote(self.vhost, safe='')}"

    def url(self) -> str:
        """Return the whole URL, password included."""
        secret = f":{quote(self.password, safe='')}@"
        return str(self).replace("@", secret, 1) if self.user else str(self)

    def transport(self) -> AmqpTransport:
        """Return where connections to it come from."""
        return AmqpTransport(self.host, self.port, vhost=self.vhost)
