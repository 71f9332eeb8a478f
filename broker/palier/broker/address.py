"""Where a RabbitMQ is, as people write it: ``amqp://user:password@host:5672/vhost``.

``amqps`` is encrypted, and checks the server's certificate.
"""

from __future__ import annotations

import socket
import ssl
from dataclasses import dataclass, field, replace
from urllib.parse import quote, unquote, urlsplit

from palier.broker.amqp import HEARTBEAT, AmqpTransport
from palier.broker.errors import InvalidAddress, Unreachable
from palier.schemas.addresses import VHOST

#: Seconds that a server is given to take a connection.
_ANSWER = 5.0

_PORTS = {"amqp": 5672, "amqps": 5671}


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A RabbitMQ's address; user and password may be absent."""

    host: str
    port: int = _PORTS["amqp"]
    vhost: str = VHOST
    user: str = ""
    password: str = field(default="", repr=False)
    tls: bool = False

    @classmethod
    def parse(cls, url: str) -> Address:
        """Return the parts of a URL; raises `InvalidAddress`."""
        try:
            parts = urlsplit(url if "://" in url else f"amqp://{url}")
            port = parts.port
        except ValueError:
            raise InvalidAddress(_shown(url)) from None
        if parts.scheme not in _PORTS or not parts.hostname:
            raise InvalidAddress(_shown(url))
        return cls(
            host=parts.hostname,
            port=port or _PORTS[parts.scheme],
            vhost=unquote(parts.path.removeprefix("/")) or VHOST,
            user=unquote(parts.username or ""),
            password=unquote(parts.password or ""),
            tls=parts.scheme == "amqps",
        )

    def __str__(self) -> str:
        """Return the URL without the password, fit to be shown."""
        user = f"{quote(self.user, safe='')}@" if self.user else ""
        host = f"[{self.host}]" if ":" in self.host else self.host
        scheme = "amqps" if self.tls else "amqp"
        return f"{scheme}://{user}{host}:{self.port}/{quote(self.vhost, safe='')}"

    @property
    def bare(self) -> Address:
        """The address alone, without whoever connects there."""
        return replace(self, user="", password="")

    def url(self) -> str:
        """Return the whole URL, password included."""
        secret = f":{quote(self.password, safe='')}@"
        return str(self).replace("@", secret, 1) if self.user else str(self)

    def need_answer(self) -> None:
        """Raise `Unreachable` when nothing listens there: sooner, and clearer, than no reply.

        Blocking, for some seconds at most.
        """
        try:
            socket.create_connection((self.host, self.port), timeout=_ANSWER).close()
        except OSError as error:
            reason = error.strerror or str(error)
            raise Unreachable(str(self.bare), reason=reason) from None

    def transport(self, *, heartbeat: int = HEARTBEAT) -> AmqpTransport:
        """Return where connections to it come from; see `AmqpTransport` for ``heartbeat``."""
        context = ssl.create_default_context() if self.tls else None
        return AmqpTransport(
            self.host, self.port, vhost=self.vhost, tls=context, heartbeat=heartbeat
        )


def _shown(url: str) -> str:
    """Return what can be shown of a line that is no address: not what stands before the ``@``."""
    scheme, _, rest = url.rpartition("://")
    return f"{scheme or 'amqp'}://{rest.rpartition('@')[2]}"
