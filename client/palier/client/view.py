"""What a face shows: the screen, how the connection is, what a person is told. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeAlias

from palier.schemas.events import Stage
from palier.schemas.forms import Answer


class Connectivity(Enum):
    """How the link to RabbitMQ is."""

    CONNECTING = "connecting"
    ONLINE = "online"
    RECONNECTING = "reconnecting"
    #: The broker is short of memory or disk: inputs are kept, nothing is sent.
    BLOCKED = "blocked"
    #: The account is not let in, or the seat is open elsewhere: ``View.note`` says which.
    REFUSED = "refused"


class Note(Enum):
    """What a person is told besides the screen: each has a sentence in each language."""

    #: The seat was let in before, and is no more: it is open on another computer.
    MOVED = "moved"
    #: The seat is open elsewhere; trying goes on, or has ended.
    ELSEWHERE = "elsewhere"
    TAKEN = "taken"
    #: The seat was ours a moment ago, and the broker has not noticed that it is free.
    LINGERING = "lingering"
    #: An answer came too late, or after another one, or when the session was over.
    GONE_ON = "gone-on"
    NOT_FIRST = "not-first"
    TOO_LATE = "too-late"
    #: An answer that was kept belongs to an earlier session of the same name.
    EARLIER_SESSION = "earlier-session"
    #: The session does not go on for now; answers are taken.
    PAUSED = "paused"
    STOPPED = "stopped"
    #: The others go on without this seat; a bot answers for it; this stage was answered for it.
    EXCLUDED = "excluded"
    STOOD_IN = "stood-in"
    ANSWERED_FOR = "answered-for"
    #: The worker takes no answers for now: this one is kept, and sent by itself.
    LATER = "later"
    #: This computer's disk did not take the answer; ``detail`` says why.
    UNWRITTEN = "unwritten"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A note, and what fills the gap in its sentence."""

    note: Note
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Lobby:
    """The session has not begun: ``present`` of ``expected`` seats are there; 0 of 0: none yet."""

    present: int = 0
    expected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A stage is open and this participant works on it.

    ``sending``: the answer is on its way and must not change. ``problems`` are the fields that the
    worker refused, by name; ``refusal`` is a sentence for what concerns no single field; ``notice``
    is what became of the answer on its way.
    """

    stage: Stage
    sending: bool = False
    problems: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""
    notice: Notice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The answer is committed, others are not there yet.

    ``released``: the barrier has opened and the next stage is for others, or on its way.
    """

    stage: Stage
    answer: Answer | None
    arrived: int
    expected: int
    released: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The session is over; ``stage`` is the last one seen, with its data."""

    outcome: str
    reason: str = ""
    stage: Stage | None = None


Screen: TypeAlias = Lobby | Asking | Waiting | Ended


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """All that a face shows. The last one wins: a face may skip any that it was too slow for."""

    seat: str
    session: str = ""
    program: str = ""
    #: The program's stages in order, name and title, for the stepper; may be empty.
    steps: tuple[tuple[str, str], ...] = ()
    screen: Screen = field(default_factory=Lobby)
    connectivity: Connectivity = Connectivity.CONNECTING
    #: Why the connection is as it is, for logs and for what has no sentence of its own.
    note: str = ""
    notice: Notice | None = None
    #: Commands sent and not yet answered.
    pending: int = 0
    #: The last command's way to its result, in milliseconds.
    round_trip: float | None = None
    #: What was typed into the open stage's form before this client was started, by field.
    draft: Mapping[str, str | bool | None] = field(default_factory=dict)
