"""What happened to a session: the facts that are kept, and told.

A decision of `palier.workers.domain.session` returns facts; `persistence` writes them as rows,
`runtime` tells them as messages. Neither decides anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

from pydantic import JsonValue

from palier.schemas.events import Stage
from palier.schemas.forms import Answer
from palier.workers.domain.barrier import Barrier

Closing = Literal["finished", "closed", "failed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A seat arrived at a barrier, with its answer; kept in tables of its own, not in the log."""

    scope: str
    generation: int
    seat: str
    answer: Answer | None
    #: How many have arrived now, this one included.
    count: int
    message_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A stage opened: one generation of a scope, with its parties and their own data.

    ``after`` is the generation whose release opened it, or None when none did; ``version`` is the
    scope's.
    """

    stage: Stage
    private: Mapping[str, Mapping[str, JsonValue]]
    parties: tuple[str, ...]
    version: int
    after: int | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A barrier opened. ``then`` follows at once in the same scope, or nothing does."""

    scope: str
    generation: int
    stage: str
    version: int
    barrier: Barrier
    then: Opened | None
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeFormed:
    """Some seats became a lasting scope."""

    scope: str
    seats: tuple[str, ...]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The program runs."""

    author: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A payoff is now this much."""

    seat: str
    payoff: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceChanged:
    """A seat's client came or went."""

    seat: str
    present: bool
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """The author's code raised."""

    reason: str
    traceback: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The session is over."""

    outcome: Closing
    reason: str
    author: str
    version: int
    at: datetime


class Progress(NamedTuple):
    """How far a barrier is; no fact, but a hint. Generation 0 is the lobby: who is present."""

    session: str
    scope: str
    generation: int
    arrived: int
    expected: int


Fact: TypeAlias = (
    Arrived | Opened | Released | ScopeFormed | Started | Paid | PresenceChanged | Failed | Ended
)
