"""Past facts, told to whoever listens.

Every change of a scope (`StageOpened`, `Released`, `ClockChanged`; `StatusChanged` and
`SessionFinished` for everyone's) carries the scope's
``version``, which rises by one from change to change: a gap means that a hint was lost, and the
client asks for a snapshot.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import JsonValue

from palier.schemas.forms import FormSpec
from palier.schemas.live import ActionSpec, Change
from palier.schemas.message import Event, Value
from palier.schemas.names import Name
from palier.schemas.screens.screen import Digest
from palier.schemas.screens.widgets import StreamName

#: What becomes of a participant: takes part; the others go on without; a bot stands in.
Standing = Literal["active", "excluded", "bot"]

#: What happens to who is missing at a stage's deadline: nothing, they are waited for; the declared
#: answer is taken for theirs; the others go on without them; a bot stands in from then on.
Missing = Literal["wait", "default", "exclude", "bot"]


class Clock(Value):
    """The time that a stage gives, by the worker's clock.

    ``deadline_at`` while it runs; ``left`` seconds while it stands still.
    """

    deadline_at: datetime | None = None
    left: float | None = None


class Stage(Value):
    """What a participant needs to show one generation of a stage."""

    scope: Name
    generation: int
    name: Name
    visit: int
    title: str
    text: str = ""
    form: FormSpec | None = None
    data: dict[str, JsonValue] = {}
    #: More data follow for each seat alone; a client that lacks them asks for a snapshot.
    private: bool = False
    parties: int
    opened_at: datetime
    clock: Clock | None = None
    missing: Missing = "wait"
    #: Its questions have right answers: who has them wrong may answer again.
    quiz: bool = False
    #: The screen that shows it, by hash; without one a desk makes one from the form.
    screen: Digest | None = None
    #: What can be done in it while it is open: it is live where there is any.
    actions: tuple[ActionSpec, ...] = ()
    #: The period that it is part of; 0 outside of any.
    period: int = 0


class PostedValue(Value):
    """What a seat has posted: ``number`` counts the posts of a generation without a gap."""

    number: int
    stream: StreamName
    seat: Name
    at: datetime
    value: str | float


class StageOpened(Event):
    """A stage opened that no release announced: the first of a scope, or after a scope ended.

    With ``hold`` it only brings a seat's own data ahead of the release of the barrier before it.
    """

    kind: ClassVar[str] = "stage-opened.v1"
    session: Name
    version: int
    stage: Stage
    hold: bool = False


class Released(Event):
    """The barrier of a generation opened: all go on to ``next``, or wait for other scopes.

    It acknowledges every submit that the barrier waited for: they are committed. Those that
    arrived last have no `palier.schemas.replies.Submitted` of their own.
    """

    kind: ClassVar[str] = "released.v1"
    session: Name
    scope: Name
    generation: int
    version: int
    stage: Name
    next: Stage | None = None


class Arrived(Event):
    """How many have arrived at a barrier; a hint, at most some a second. Names go to staff only."""

    kind: ClassVar[str] = "arrived.v1"
    session: Name
    scope: Name
    generation: int
    arrived: int
    expected: int
    missing: tuple[Name, ...] = ()


class PresenceChanged(Event):
    """A seat's client came or went, by the broker's own account; told to staff."""

    kind: ClassVar[str] = "presence-changed.v1"
    session: Name
    seat: Name
    present: bool
    at: datetime


class SessionAssigned(Event):
    """A seat was given to a session: the client asks for its snapshot."""

    kind: ClassVar[str] = "session-assigned.v1"
    session: Name
    partition: int
    seat: Name


class SeatChanged(Event):
    """Something changed for a seat alone: it was excluded or let in again, its stage was answered.

    The client asks for its snapshot.
    """

    kind: ClassVar[str] = "seat-changed.v1"
    session: Name
    seat: Name


class ClockChanged(Event):
    """The clock of an open stage was extended, stopped or started again."""

    kind: ClassVar[str] = "clock-changed.v1"
    session: Name
    scope: Name
    generation: int
    version: int
    clock: Clock


class StatusChanged(Event):
    """The session is held, or goes on; ``reason`` is the operator's word to all."""

    kind: ClassVar[str] = "status-changed.v1"
    session: Name
    version: int
    status: Literal["running", "paused", "stopped"]
    reason: str = ""


class Intervened(Event):
    """An operator, or a deadline, changed the course of a session; told to staff."""

    kind: ClassVar[str] = "intervened.v1"
    session: Name
    what: str
    author: Name
    reason: str
    at: datetime
    body: dict[str, JsonValue] = {}


class Posted(Event):
    """A seat has posted something in an open stage; told to all of its scope."""

    kind: ClassVar[str] = "posted.v1"
    session: Name
    scope: Name
    generation: int
    post: PostedValue


class LiveChanged(Event):
    """What a live stage shows is different, after something was done in it.

    Told to all of its scope, and with ``own`` to one seat of what it alone is shown; ``version``
    counts each of the two without a gap: where one lacks, the client asks for a snapshot.
    """

    kind: ClassVar[str] = "live-changed.v1"
    session: Name
    scope: Name
    generation: int
    version: int
    own: bool = False
    change: Change


class HelpCalled(Event):
    """A participant asks the operator to come; told to staff."""

    kind: ClassVar[str] = "help-called.v1"
    session: Name
    seat: Name
    at: datetime
    text: str = ""


class ScreenChanged(Event):
    """The author has saved a screen while the session runs: ``before`` is now ``after``.

    Where the file has mistakes, ``problem`` tells them and ``after`` is None: what is shown stays.
    """

    kind: ClassVar[str] = "screen-changed.v1"
    session: Name
    before: Digest
    after: Digest | None = None
    problem: str = ""


class SeatRefused(Event):
    """A seat's messages were refused, so many in all since the worker began; told to staff."""

    kind: ClassVar[str] = "seat-refused.v1"
    session: Name
    seat: Name
    code: str
    count: int


class ProgramFailed(Event):
    """Code of the program raised; decisions are kept. Told to staff."""

    kind: ClassVar[str] = "program-failed.v1"
    session: Name
    reason: str
    traceback: str


class SessionFinished(Event):
    """The session is over: its program ended, or it was closed by an operator."""

    kind: ClassVar[str] = "session-finished.v1"
    session: Name
    version: int
    outcome: Literal["finished", "closed"]
    reason: str = ""
