"""Accounts of RabbitMQ: who may do what.

A seat declares and binds nothing; it writes its own commands, reads its own queue.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import dataclass, replace
from http.client import HTTPException
from typing import Any
from urllib.parse import quote

from palier.broker.errors import ManagementFailed
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
        if not url.startswith(("http://", "https://")):
            raise ManagementFailed(f"{url!r} is no address of a management API: use http(s)://…")
        self._url = url.rstrip("/")
        self._vhost = quote(vhost, safe="")
        self._timeout = timeout
        self._authorization = f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"
        # no proxy of the environment stands between a worker and its broker
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def __repr__(self) -> str:
        return f"ManagementAccounts({self._url!r})"

    def grant_seat(self, seat: str, password: str) -> None:
        """See `Accounts`."""
        self._grant(seat, password, seat_permissions(seat))

    def hand_over(self, seat: str, password: str) -> None:
        """See `Accounts`."""
        found = self._found(f"users/{check_name(seat)}")
        if found is not None:
            if _is_of(password, found):
                return  # the password comes last: all else is as it should be
            # RabbitMQ closes the connections of an account that goes, in the order of its events:
            # never one that is made with the account of the same name that comes after it
            self.revoke(seat)
        self.grant_seat(seat, password)

    def restore_seat(self, seat: str, password: str) -> bool:
        """See `Accounts`."""
        if self._found(f"users/{check_name(seat)}") is not None:
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
        self._ask("DELETE", f"users/{user}", missing_is_fine=True)

    def shut_out(self, user: str) -> None:
        """See `Accounts`."""
        # RabbitMQ would take a limit for a user that there is not, and keep it for later
        if self._found(f"users/{check_name(user)}") is None:
            return
        self._limit(user, _CONNECTIONS, 0)
        self._ask("DELETE", f"connections/username/{user}", missing_is_fine=True)

    def let_in(self, user: str) -> None:
        """See `Accounts`."""
        if self._found(f"users/{check_name(user)}") is not None:
            self._limit(user, _CONNECTIONS, max_connections(user))

    def known(self) -> frozenset[str]:
        """See `Accounts`."""
        return frozenset(one["name"] for one in self._found("users") or ())

    def shut(self) -> frozenset[str]:
        """See `Accounts`."""
        limits = self._found("user-limits") or ()
        return frozenset(one["user"] for one in limits if one["value"].get(_CONNECTIONS) == 0)

    def listed(self, what: str) -> list[dict[str, Any]]:
        """Return all ``exchanges``, ``queues`` or ``bindings`` of the virtual host."""
        found: list[dict[str, Any]] = self._read(f"{what}/{self._vhost}")
        return found

    def _grant(self, user: str, password: str, permissions: Permissions) -> None:
        # the password last: until then nobody can enter with permissions half made
        if self._found(f"users/{user}") is None:
            self._ask("PUT", f"users/{user}", {"password_hash": "", "tags": ""})
        self._ask(
            "PUT",
            f"permissions/{self._vhost}/{user}",
            {
                "configure": permissions.configure,
                "write": permissions.write,
                "read": permissions.read,
            },
        )
        self._ask(
            "PUT",
            f"topic-permissions/{self._vhost}/{user}",
            {
                "exchange": COMMANDS,
                "write": permissions.topic_write,
                "read": permissions.topic_read,
            },
        )
        self._limit(user, _CONNECTIONS, permissions.max_connections)
        self._limit(user, "max-channels", permissions.max_channels)
        self._ask("PUT", f"users/{user}", {"password": password, "tags": ""})

    def _limit(self, user: str, name: str, value: int) -> None:
        self._ask("PUT", f"user-limits/{user}/{name}", {"value": value})

    def _ask(
        self, method: str, path: str, body: object = None, *, missing_is_fine: bool = False
    ) -> None:
        try:
            self._request(method, path, body)
        except ManagementFailed as error:
            if not (missing_is_fine and error.status == _MISSING):
                raise

    def _found(self, path: str) -> Any:
        """Return what is there, or None if nothing is."""
        try:
            return self._read(path)
        except ManagementFailed as error:
            if error.status != _MISSING:
                raise
            return None

    def _read(self, path: str) -> Any:
        try:
            return json.loads(self._request("GET", path, None))
        except ValueError:
            raise ManagementFailed(
                f"What answers at {self._url} is no management API of RabbitMQ: check its address."
            ) from None

    def _request(self, method: str, path: str, body: object) -> bytes:
        request = urllib.request.Request(  # noqa: S310 - the scheme was checked
            f"{self._url}/api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": self._authorization, "Content-Type": "application/json"},
        )
        try:
            with self._opener.open(request, timeout=self._timeout) as answer:
                found: bytes = answer.read()
                return found
        except urllib.error.HTTPError as error:
            sentence = _sentence(error.code, _said(error), path)
            raise ManagementFailed(sentence, status=error.code) from None
        except (OSError, HTTPException) as error:
            raise ManagementFailed(
                f"No management API answers at {self._url}: is the plugin rabbitmq_management "
                f"enabled there? ({getattr(error, 'reason', error)})"
            ) from None


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


def _said(error: urllib.error.HTTPError) -> str:
    """Return what came with a refusal, as far as it came."""
    with error, suppress(OSError, HTTPException):
        return error.read().decode(errors="replace")
    return ""


def _sentence(status: int, said: str, path: str) -> str:
    if status == 401:  # noqa: PLR2004 - HTTP's
        return (
            "The management API refuses our account: check its user and password, and that it "
            "has the tag administrator."
        )
    return f"The management API refused {path!r} ({status}): {said[:300]}"
