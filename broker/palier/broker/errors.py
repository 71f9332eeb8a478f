"""The errors of the transport.

::

    TransportError
    ├── ConnectionFailed          no connection: nobody listens, or the handshake failed
    │   ├── LoginRefused          wrong user, password or vhost: trying again does not help
    │   └── TooManyConnections    the account's limit is reached: trying again later may help
    ├── ConnectionLost            the connection is gone; what was not confirmed is unknown
    ├── AccessRefused             the account may not do this (403); the channel is open again
    ├── AlreadyInUse              another client consumes this queue (403, 405)
    ├── NotThere                  the queue or exchange does not exist (404)
    ├── Mismatch                  it exists with other arguments (406)
    ├── PublishRefused            the broker did not take the message (nack, 403, 406)
    ├── DeadlinePassed            no answer in time; what was asked may still happen
    ├── InvalidAddress            no address of a RabbitMQ
    ├── Unreachable               nothing listens at an address
    ├── ManagementFailed          the management API did not do what accounts needed
    └── NodeFailed                the private node cannot run here

    Inadmissible                  a command that the broker passed and the worker must refuse
"""

from __future__ import annotations

from palier.schemas.errors import PalierError


class TransportError(PalierError):
    """Something between a program and RabbitMQ went wrong."""


class ConnectionFailed(TransportError):
    """No connection: nobody listens, or the handshake failed."""


class LoginRefused(ConnectionFailed):
    """Wrong user, password or vhost: trying again does not help."""


class TooManyConnections(ConnectionFailed):
    """The account's limit of connections is reached: trying again later may help."""


class ConnectionLost(TransportError):
    """The connection is gone; what was not confirmed is unknown."""


class AccessRefused(TransportError):
    """The account may not do this."""


class AlreadyInUse(TransportError):
    """Another client consumes this queue."""


class NotThere(TransportError):
    """The queue or exchange does not exist."""


class Mismatch(TransportError):
    """The queue or exchange exists with other arguments."""


class PublishRefused(TransportError):
    """The broker did not take the message."""


class DeadlinePassed(TransportError):
    """No answer in time; what was asked may still happen."""


class ManagementFailed(TransportError):
    """The management API did not do what accounts needed; ``status`` is HTTP's, 0 for none."""

    def __init__(self, sentence: str, *, status: int = 0) -> None:
        super().__init__(sentence)
        self.status = status


class NodeFailed(TransportError):
    """The private node cannot run here."""


class Inadmissible(PalierError):
    """A command that the broker passed and the worker must refuse.

    ``code`` is stable, for tables and tests; ``reason`` is for people.
    """

    def __init__(self, code: str, *, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class InvalidAddress(TransportError):
    """No address of a RabbitMQ."""

    def __init__(self, url: str) -> None:
        super().__init__(f"{url!r} is no address of RabbitMQ: write amqp://host:5672/palier.")
        self.url = url


class Unreachable(TransportError):
    """Nothing listens at the server's address."""

    def __init__(self, address: str, *, reason: str) -> None:
        super().__init__(
            f"Nothing answers at {address} ({reason}): does its RabbitMQ "
            "run, and is the address right?"
        )
        self.address = address
