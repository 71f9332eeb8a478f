"""What a face shows: the screen, how the connection is, what a person is told. Pure values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Literal, TypeAlias

from palier.schemas.events import PostedValue, Stage
from palier.schemas.forms import Answer
from palier.schemas.replies import How
from palier.schemas.screens.screen import ScreenSpec


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
    #: A bot answers for this seat.
    STOOD_IN = "stood-in"
    #: The worker takes no answers for now: this one is kept, and sent by itself.
    LATER = "later"
    #: A quiz was answered wrongly as often as it may be: the operator is called.
    ATTEMPTS_USED = "attempts-used"
    #: This computer's disk did not take the answer; ``detail`` says why.
    UNWRITTEN = "unwritten"
    #: This client is too old for a screen of the session.
    OUTDATED = "outdated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A note, and what fills the gap in its sentence."""

    note: Note
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Countdown:
    """How much time a stage gives still, by a clock of this computer that is never set.

    ``deadline`` is its reading when the time is up; ``left`` the seconds that are left while the
    clock of the stage stands still. One of them is given.
    """

    deadline: float | None = None
    left: float | None = None

    def remaining(self, now: float) -> float:
        """Return the seconds that are left, 0 once the time is up."""
        left = self.left if self.deadline is None else self.deadline - now
        return max(left or 0.0, 0.0)

    @property
    def stands(self) -> bool:
        """Whether it stands still."""
        return self.deadline is None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lobby:
    """The session has not begun: ``present`` of ``expected`` seats are there; 0 of 0: none yet."""

    present: int = 0
    expected: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What shows a stage: its screen, its pictures by name, what has been posted there.

    Without ``spec`` the stage has no screen of its own, unless it is ``awaited``: then it has, and
    it is on its way. ``problem`` is what an author has to mend in the file that they edit; what is
    shown is the screen as it was before.
    """

    spec: ScreenSpec | None = None
    awaited: bool = False
    images: Mapping[str, Path] = field(default_factory=dict)
    posts: tuple[PostedValue, ...] = ()
    problem: str = ""
    #: The author's signed controllers, as they came; None where none are wanted, or there are none.
    bundle: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asking:
    """A stage is open and this participant works on it.

    ``sending``: the answer is on its way and must not change. ``locked``: what is typed stays, and
    cannot be handed in for now. ``problems`` are the fields that the worker refused, by name;
    ``refusal`` is a sentence for what concerns no single field; ``notice`` is what became of the
    answer on its way.
    """

    stage: Stage
    sending: bool = False
    locked: bool = False
    problems: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""
    notice: Notice | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The answer is committed, others are not there yet.

    ``how`` it came about, if not by this participant. ``released``: the barrier has opened and the
    next stage is for others, or on its way.
    """

    stage: Stage
    answer: Answer | None
    arrived: int
    expected: int
    how: How | None = None
    released: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Excluded:
    """The others go on without this seat, until it is let in again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """The session is over; ``stage`` is the last one seen, with its data."""

    outcome: str
    reason: str = ""
    stage: Stage | None = None


Screen: TypeAlias = Lobby | Asking | Waiting | Excluded | Ended

#: A session that does not go on for now: the operator has paused it, or its program has stopped.
Held: TypeAlias = Literal["paused", "stopped"]


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
    #: The session does not go on for now, and what the operator says about it.
    held: Held | None = None
    reason: str = ""
    #: How much time the open stage gives still.
    countdown: Countdown | None = None
    #: What shows the open stage, and how many have handed it in, of how many.
    shown: Shown = field(default_factory=Shown)
    arrived: int = 0
    expected: int = 0
    #: Whether this seat has called for help, and nobody has come.
    called: bool = False
    #: Commands sent and not yet answered.
    pending: int = 0
    #: The last command's way to its result, in milliseconds.
    round_trip: float | None = None
    #: What was typed into the open stage's form before this client was started, by field.
    draft: Mapping[str, str | bool | None] = field(default_factory=dict)
