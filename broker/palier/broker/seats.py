"""Accounts of RabbitMQ: who may do what.

A seat declares and binds nothing; it writes its own commands, reads its own queue.
"""

from __future__ import annotations

from abc import ABC, abstractmethod


class Accounts(ABC):
    """Makes and removes the accounts of seats. Blocking; idempotent; any thread."""

    @abstractmethod
    def grant_seat(self, seat: str, password: str) -> None:
        """Make the account of a seat, or give it a new password; ends nobody's connection."""

    @abstractmethod
    def grant_room(self, password: str) -> None:
        """Make the account that may only ask to join."""

    @abstractmethod
    def revoke(self, user: str) -> None:
        """Remove an account; the broker closes its connections."""
