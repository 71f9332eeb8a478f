"""Accounts of RabbitMQ: who may do what.

A seat declares and binds nothing; it writes its own commands, reads its own queue.
"""

from __future__ import annotations

import json
import re
import urllib.error
import urllib.request
from abc import ABC, abstractmethod
from base64 import b64encode
from dataclasses import dataclass, replace
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
    def grant_room(self, password: str) -> None:
        """Make the account that may only ask to join."""

    @abstractmethod
    def grant_operator(self, operator: str, password: str) -> None:
        """Make the account of an operator: a seat's, since what it may ask is the worker's say."""

    @abstractmethod
    def revoke(self, user: str) -> None:
        """Remove an account; the broker closes its connections."""


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

    def listed(self, what: str) -> list[dict[str, Any]]:
        """Return all ``exchanges``, ``queues`` or ``bindings`` of the virtual host."""
        found: list[dict[str, Any]] = json.loads(
            self._request("GET", f"{what}/{self._vhost}", None)
        )
        return found

    def _grant(self, user: str, password: str, permissions: Permissions) -> None:
        # the password last: until then nobody can enter with permissions half made
        self._ask("PUT", f"users/{user}", {"password_hash": "", "tags": ""}, only_if_new=True)
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
        limits = {
            "max-connections": permissions.max_connections,
            "max-channels": permissions.max_channels,
        }
        for name, value in limits.items():
            self._ask("PUT", f"user-limits/{user}/{name}", {"value": value})
        self._ask("PUT", f"users/{user}", {"password": password, "tags": ""})

    def _ask(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        missing_is_fine: bool = False,
        only_if_new: bool = False,
    ) -> None:
        if only_if_new:
            try:
                self._request("GET", path, None)
            except ManagementFailed as error:
                if error.status != 404:  # noqa: PLR2004 - HTTP's
                    raise
            else:
                return
        try:
            self._request(method, path, body)
        except ManagementFailed as error:
            if not (missing_is_fine and error.status == 404):  # noqa: PLR2004 - HTTP's
                raise

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
            with error:
                said = error.read().decode(errors="replace")
            raise ManagementFailed(_sentence(error.code, said, path), status=error.code) from None
        except OSError as error:
            raise ManagementFailed(
                f"No management API answers at {self._url}: is the plugin rabbitmq_management "
                f"enabled there? ({getattr(error, 'reason', error)})"
            ) from None


def _sentence(status: int, said: str, path: str) -> str:
    if status == 401:  # noqa: PLR2004 - HTTP's
        return (
            "The management API refuses our account: check its user and password, and that it "
            "has the tag administrator."
        )
    return f"The management API refused {path!r} ({status}): {said[:300]}"
