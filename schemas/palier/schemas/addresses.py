"""Exchanges, queues and routing keys, by name: where each message goes."""

from __future__ import annotations

import zlib
from dataclasses import dataclass

VHOST = "palier"

COMMANDS = "palier.commands"
EVENTS = "palier.events"
DEAD_LETTERS = "palier.dead-letters"
UNROUTABLE = "palier.unroutable"

_PARTS = 5


@dataclass(frozen=True, slots=True)
class CommandKey:
    """The routing key of a command: ``cmd.<partition>.<session>.<seat>.<verb>``."""

    partition: int
    session: str
    seat: str
    verb: str

    def __str__(self) -> str:
        return f"cmd.{self.partition}.{self.session}.{self.seat}.{self.verb}"

    @classmethod
    def parse(cls, key: str) -> CommandKey | None:
        """Return the parts of a key, or None if it is not one of a command."""
        parts = key.split(".")
        if len(parts) != _PARTS or parts[0] != "cmd" or not parts[1].isdecimal():
            return None
        return cls(int(parts[1]), parts[2], parts[3], parts[4])


def partition_of(session: str, *, partitions: int) -> int:
    """Return the partition on which a session is conducted; the lobby's is always the first."""
    return zlib.crc32(session.encode()) % partitions


def to_all(session: str, verb: str) -> str:
    """Return the key of an event for every seat of a session, staff included."""
    return f"evt.{session}.all.{verb}"


def to_seat(session: str, seat: str, verb: str) -> str:
    """Return the key of an event for one seat alone."""
    return f"evt.{session}.seat.{seat}.{verb}"


def to_staff(session: str, verb: str) -> str:
    """Return the key of an event for operators."""
    return f"evt.{session}.staff.{verb}"


def barrier_exchange(session: str, scope: str) -> str:
    """Return the fanout of a lasting scope: its releases go to its parties and nobody else."""
    return f"palier.barrier.{session}" if scope == "all" else f"palier.barrier.{session}.{scope}"


def commands_queue(partition: int) -> str:
    """Return the queue of one partition's commands."""
    return f"commands.{partition}"


def seat_queue(seat: str) -> str:
    """Return the queue that one seat alone consumes."""
    return f"seat.{seat}"
