"""Accounts of RabbitMQ: who may do what.

A seat declares and binds nothing; it writes its own commands, reads its own queue.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from abc import ABC, abstractmethod
from base64 import b64decode
from dataclasses import dataclass, replace
from typing import Any

from palier.broker.management import Management
from palier.schemas.addresses import COMMANDS, VHOST, seat_queue
from palier.schemas.names import LOBBY, ROOM, check_name


@dataclass(frozen=True, slots=True, kw_only=True)
class Permissions:
    """What an account may do, as RabbitMQ's regular expressions.

    The topic permissions are those on `COMMANDS`; in them, and only there, RabbitMQ puts the
    user's name for ``{username}``.
    """

    configure: str
    write: str
    read: str
    topic_write: str
    topic_read: str
    max_connections: int
    max_channels: int


_NOTHING = "^$"

#: A user's limit that RabbitMQ enforces when a connection is opened: 0 lets none in.
_CONNECTIONS = "max-connections"

#: HTTP's word for what is not there.
_MISSING = 404

#: Bytes of salt before the digest of a password.
_SALT = 4

_WRITE_COMMANDS = f"^{re.escape(COMMANDS)}$"


def seat_permissions(seat: str) -> Permissions:
    """Return what a seat may do: its own commands, its own queue; raises `InvalidName`."""
    check_name(seat)
    return Permissions(
        configure=_NOTHING,
        write=_WRITE_COMMANDS,
        read=f"^{re.escape(seat_queue(seat))}$",
        topic_write=r"^cmd\.[0-9]+\.[a-z0-9-]+\.{username}\.[a-z-]+$",
        topic_read=_NOTHING,
        max_connections=2,
        max_channels=8,
    )


def operator_permissions(operator: str) -> Permissions:
    """Return what an operator may do: a seat's, from several windows and commands at a time."""
    return replace(seat_permissions(operator), max_connections=50)


def room_permissions() -> Permissions:
    """Return what the account of the room may do: ask to join."""
    return Permissions(
        configure=_NOTHING,
        write=_WRITE_COMMANDS,
        read=_NOTHING,
        topic_write=rf"^cmd\.[0-9]+\.{LOBBY}\.{ROOM}\.join$",
        topic_read=_NOTHING,
        max_connections=500,
        max_channels=1000,
    )


class Accounts(ABC):
    """Makes and removes the accounts of seats. Blocking; idempotent; any thread."""

    @abstractmethod
    def grant_seat(self, seat: str, password: str) -> None:
        """Make the account of a seat, or give it a new password; ends nobody's connection."""

    @abstractmethod
    def hand_over(self, seat: str, password: str) -> None:
        """Make the account of a seat for whoever knows this password, and end everybody else's.

        When the password is another than before, the connections made with that one are closed
        first. Done again with the same password, it changes nothing.
        """

    @abstractmethod
    def restore_seat(self, seat: str, password: str) -> bool:
        """Make the account of a seat unless there is one, and tell whether there was none."""

    @abstractmethod
    def grant_room(self, password: str) -> None:
        """Make the account that may only ask to join."""

    @abstractmethod
    def grant_operator(self, operator: str, password: str) -> None:
        """Make the account of an operator: a seat's, since what it may ask is the worker's say."""

    @abstractmethod
    def revoke(self, user: str) -> None:
        """Remove an account; the broker closes its connections."""

    @abstractmethod
    def shut_out(self, user: str) -> None:
        """Close an account's connections and let none in until `let_in`, or until it is granted.

        The account stays, and its password: a client is told that it has too many connections, and
        tries again later by itself. An account that does not exist is left so.
        """

    @abstractmethod
    def let_in(self, user: str) -> None:
        """Let an account connect again; one that does not exist is left so."""

    @abstractmethod
    def known(self) -> frozenset[str]:
        """Return the names of all accounts."""

    @abstractmethod
    def shut(self) -> frozenset[str]:
        """Return the names of the accounts that are shut out."""


def max_connections(user: str) -> int:
    """Return how many connections an account may have that is not an operator's."""
    permissions = room_permissions() if user == ROOM else seat_permissions(user)
    return permissions.max_connections


class ManagementAccounts(Accounts):
    """Accounts by RabbitMQ's management API, at ``url`` and with an administrator's account.

    Raises `ManagementFailed`. A call waits at most ``timeout`` seconds for each of its requests.
    """

    def __init__(
        self, url: str, user: str, password: str, *, vhost: str = VHOST, timeout: float = 10.0
    ) -> None:
        self._management = Management(url, user, password, vhost=vhost, timeout=timeout)

    def grant_seat(self, seat: str, password: str) -> None:
        """See `Accounts`."""
        self._grant(seat, password, seat_permissions(seat))

    def hand_over(self, seat: str, password: str) -> None:
        """See `Accounts`."""
        found = self._management.found(f"users/{check_name(seat)}")
        if found is not None:
            if _is_of(password, found):
                return  # the password comes last: all else is as it should be
            # RabbitMQ closes the connections of an account that goes, in the order of its events:
            # never one that is made with the account of the same name that comes after it
            self.revoke(seat)
        self.grant_seat(seat, password)

    def restore_seat(self, seat: str, password: str) -> bool:
        """See `Accounts`."""
        if self._management.found(f"users/{check_name(seat)}") is not None:
            return False
        self.grant_seat(seat, password)
        return True

    def grant_room(self, password: str) -> None:
        """See `Accounts`."""
        self._grant(ROOM, password, room_permissions())

    def grant_operator(self, operator: str, password: str) -> None:
        """See `Accounts`."""
        self._grant(operator, password, operator_permissions(operator))

    def revoke(self, user: str) -> None:
        """See `Accounts`."""
        check_name(user)
        self._management.ask("DELETE", f"users/{user}", missing_is_fine=True)

    def shut_out(self, user: str) -> None:
        """See `Accounts`."""
        # RabbitMQ would take a limit for a user that there is not, and keep it for later
        if self._management.found(f"users/{check_name(user)}") is None:
            return
        self._limit(user, _CONNECTIONS, 0)
        self._management.ask("DELETE", f"connections/username/{user}", missing_is_fine=True)

    def let_in(self, user: str) -> None:
        """See `Accounts`."""
        if self._management.found(f"users/{check_name(user)}") is not None:
            self._limit(user, _CONNECTIONS, max_connections(user))

    def known(self) -> frozenset[str]:
        """See `Accounts`."""
        return frozenset(one["name"] for one in self._management.found("users") or ())

    def shut(self) -> frozenset[str]:
        """See `Accounts`."""
        limits = self._management.found("user-limits") or ()
        return frozenset(one["user"] for one in limits if one["value"].get(_CONNECTIONS) == 0)

    def _grant(self, user: str, password: str, permissions: Permissions) -> None:
        # the password last: until then nobody can enter with permissions half made
        if self._management.found(f"users/{user}") is None:
            self._management.ask("PUT", f"users/{user}", {"password_hash": "", "tags": ""})
        self._management.ask(
            "PUT",
            f"permissions/{self._management.vhost}/{user}",
            {
                "configure": permissions.configure,
                "write": permissions.write,
                "read": permissions.read,
            },
        )
        self._management.ask(
            "PUT",
            f"topic-permissions/{self._management.vhost}/{user}",
            {
                "exchange": COMMANDS,
                "write": permissions.topic_write,
                "read": permissions.topic_read,
            },
        )
        self._limit(user, _CONNECTIONS, permissions.max_connections)
        self._limit(user, "max-channels", permissions.max_channels)
        self._management.ask("PUT", f"users/{user}", {"password": password, "tags": ""})

    def _limit(self, user: str, name: str, value: int) -> None:
        self._management.ask("PUT", f"user-limits/{user}/{name}", {"value": value})


def _is_of(password: str, user: dict[str, Any]) -> bool:
    """Tell whether a user has this password; of what we cannot read we say no."""
    algorithm = str(user.get("hashing_algorithm", "")).removeprefix("rabbit_password_hashing_")
    if algorithm not in {"sha256", "sha512"}:
        return False
    try:
        kept = b64decode(str(user.get("password_hash", "")))
    except ValueError:
        return False
    salt, digest = kept[:_SALT], kept[_SALT:]
    made = hashlib.new(algorithm, salt + password.encode()).digest()
    return hmac.compare_digest(made, digest)
