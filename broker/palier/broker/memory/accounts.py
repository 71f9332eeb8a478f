"""Accounts of the broker in memory, with the permissions of the real one."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from palier.broker.seats import (
    Accounts,
    Permissions,
    operator_permissions,
    room_permissions,
    seat_permissions,
)
from palier.schemas.addresses import COMMANDS
from palier.schemas.names import ROOM, check_name

if TYPE_CHECKING:
    from palier.broker.memory.server import MemoryServer


@dataclass(slots=True)
class User:
    """An account; without permissions it may do everything."""

    name: str
    password: str
    permissions: Permissions | None = None

    def may_configure(self, resource: str) -> bool:
        """Tell whether it may declare or delete this exchange or queue."""
        return self.permissions is None or _allows(self.permissions.configure, resource)

    def may_write(self, resource: str) -> bool:
        """Tell whether it may publish to this exchange, or bind this queue."""
        return self.permissions is None or _allows(self.permissions.write, resource)

    def may_read(self, resource: str) -> bool:
        """Tell whether it may consume this queue, or bind to this exchange."""
        return self.permissions is None or _allows(self.permissions.read, resource)

    def may_write_topic(self, exchange: str, key: str) -> bool:
        """Tell whether it may publish with this key; without a rule for the exchange, yes."""
        if self.permissions is None or exchange != COMMANDS:
            return True
        # RabbitMQ puts the name in unescaped, and only here
        pattern = self.permissions.topic_write.replace("{username}", self.name)
        return _allows(pattern, key)


def _allows(pattern: str, text: str) -> bool:
    return bool(pattern) and re.search(pattern, text) is not None


class MemoryAccounts(Accounts):
    """Accounts of a `MemoryServer`."""

    def __init__(self, server: MemoryServer) -> None:
        self._server = server

    def grant_seat(self, seat: str, password: str) -> None:
        """See `Accounts`."""
        self._server.set_user(User(seat, password, seat_permissions(seat)))

    def grant_room(self, password: str) -> None:
        """See `Accounts`."""
        self._server.set_user(User(ROOM, password, room_permissions()))

    def grant_operator(self, operator: str, password: str) -> None:
        """See `Accounts`."""
        self._server.set_user(User(operator, password, operator_permissions(operator)))

    def revoke(self, user: str) -> None:
        """See `Accounts`."""
        self._server.remove_user(check_name(user))
