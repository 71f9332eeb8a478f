"""The servers of a campaign: they can be killed, stopped, frozen and started again.

All methods block, and are called by one thread at a time.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Self


class Service(ABC):
    """A server, from its first start on; a context manager."""

    #: What the table calls it.
    name: str

    @abstractmethod
    def __enter__(self) -> Self: ...

    @abstractmethod
    def __exit__(self, *reason: object) -> None: ...

    @abstractmethod
    def kill(self) -> None:
        """Kill it (SIGKILL): it writes nothing more."""

    @abstractmethod
    def stop(self) -> None:
        """Ask it to end, and wait until it has."""

    @abstractmethod
    def start(self) -> None:
        """Start it again after `kill` or `stop`, and wait until it serves."""

    @abstractmethod
    def freeze(self, seconds: float) -> None:
        """Let it answer nobody for a while (SIGSTOP, SIGCONT)."""


class Rabbit(Service):
    """A RabbitMQ with its management API."""

    user: str
    password: str

    #: Where it is, and its management API; after a start these may be other places.
    amqp: tuple[str, int]
    management: tuple[str, int]


class Store(Service):
    """A database. ``target`` is where it listens; None for a file."""

    target: tuple[str, int] | None = None

    @abstractmethod
    def url(self, *, port: int | None = None) -> str:
        """Return its URL, by way of a proxy's port if one is given."""
