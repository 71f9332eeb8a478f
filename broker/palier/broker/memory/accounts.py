"""Accounts of the broker in memory, with the permissions of the real one."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
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
    #: Whether no connection is let in for now.
    shut: bool = False

    def may_configure(self, resource: str) -> bool:
        """Tell whether it may declare or delete this exchange or queue."""
        return self.permissions is None or _allows(self.permissions.configure, resource)

    def may_write(self, resource: str) -> bool:
        """Tell whether it may publish to this exchange, or bind this queue."""
        return self.permissions is None or _allows(self.permissions.write, resource)

    def may_read(self, resource: str) -> bool:
        """Tell whether it may consume this queue, or bind to this exchange."""
        return self.permissions is None or _allows(self.permissions.read, resource)

    def has_room(self, connections: int) -> bool:
        """Tell whether it may have one connection more than so many."""
        if self.permissions is None:
            return True
        return not self.shut and connections < self.permissions.max_connections

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

    def hand_over(self, seat: str, password: str) -> None:
        """See `Accounts`."""
        user = self._server.users().get(seat)
        if user is None or user.password != password:
            self.revoke(seat)
            self.grant_seat(seat, password)

    def restore_seat(self, seat: str, password: str) -> bool:
        """See `Accounts`."""
        if seat in self._server.users():
            return False
        self.grant_seat(seat, password)
        return True

    def grant_room(self, password: str) -> None:
        """See `Accounts`."""
        self._server.set_user(User(ROOM, password, room_permissions()))

    def grant_operator(self, operator: str, password: str) -> None:
        """See `Accounts`."""
        self._server.set_user(User(operator, password, operator_permissions(operator)))

    def revoke(self, user: str) -> None:
        """See `Accounts`."""
        self._server.remove_user(check_name(user))

    def shut_out(self, user: str) -> None:
        """See `Accounts`."""
        self._shut(user, shut=True)
        self._server.drop_connections(check_name(user))

    def let_in(self, user: str) -> None:
        """See `Accounts`."""
        self._shut(user, shut=False)

    def known(self) -> frozenset[str]:
        """See `Accounts`."""
        return frozenset(self._server.users())

    def shut(self) -> frozenset[str]:
        """See `Accounts`."""
        return frozenset(one.name for one in self._server.users().values() if one.shut)

    def _shut(self, name: str, *, shut: bool) -> None:
        user = self._server.users().get(check_name(name))
        if user is not None:
            self._server.set_user(replace(user, shut=shut))
