"""The one answer to each command or query."""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar, Literal

from pydantic import JsonValue

from palier.schemas.events import Clock, PostedValue, Stage, Standing
from palier.schemas.live import LiveMark
from palier.schemas.message import Reply, Value
from palier.schemas.names import Name
from palier.schemas.screens.screen import Digest

#: The life of a session: lobby → running → finished or closed. While it is held (paused by the
#: operator, or stopped because the program's code raised) arrivals are kept and no barrier opens.
SessionStatus = Literal["lobby", "running", "paused", "stopped", "finished", "closed"]

#: How an answer came about: from the participant, by the stage's default at its deadline, from a
#: bot that stands in, or by the operator.
How = Literal["submitted", "default", "bot", "operator"]

#: What a content can be.
Media = Literal[
    "application/vnd.palier.screen+json",
    "application/vnd.palier.bundle+json",
    "image/png",
    "image/jpeg",
]

#: Codes of refusals that settle nothing: the command was not handled, its result is not stored, and
#: who sent it keeps it and sends it again later, with the same message id.
LATER = frozenset({"held", "too-fast"})

#: The code of what an author's rules do not allow: it belongs to the play, and nobody is cut off
#: for it.
NOT_ALLOWED = "not-allowed"


class Refused(Reply):
    """The command changed nothing, and why: ``code`` for programs, ``reason`` for people."""

    kind: ClassVar[str] = "refused.v1"
    session: Name
    code: str
    reason: str
    #: Problems by field, where an answer did not pass the form.
    fields: dict[str, str] = {}


class Submitted(Reply):
    """The answer and the arrival are committed."""

    kind: ClassVar[str] = "submitted.v1"
    session: Name
    scope: Name
    generation: int


class SessionOpened(Reply):
    """The session is open; its seats have their queues."""

    kind: ClassVar[str] = "session-opened.v1"
    session: Name
    program: Name
    seats: tuple[Name, ...]


class CodesIssued(Reply):
    """One-time join codes, by seat."""

    kind: ClassVar[str] = "codes-issued.v1"
    session: Name
    codes: dict[Name, str]


class SessionStarted(Reply):
    """The program runs."""

    kind: ClassVar[str] = "session-started.v1"
    session: Name


class SessionClosed(Reply):
    """The session is closed."""

    kind: ClassVar[str] = "session-closed.v1"
    session: Name


class Done(Reply):
    """An operator's intervention is committed; ``effect`` says in a sentence what it did."""

    kind: ClassVar[str] = "done.v1"
    session: Name
    effect: str


class HelpNoted(Reply):
    """The operator has been told that help is wanted."""

    kind: ClassVar[str] = "help-noted.v1"
    session: Name


class PostTaken(Reply):
    """A post is committed, and told to all of its stage."""

    kind: ClassVar[str] = "post-taken.v1"
    session: Name
    number: int


class Acted(Reply):
    """What was done in a live stage is committed; ``number`` is its place in the session."""

    kind: ClassVar[str] = "acted.v1"
    session: Name
    number: int


class Posts(Reply):
    """What was posted in a stage, in order; ``more`` follow."""

    kind: ClassVar[str] = "posts.v1"
    session: Name
    scope: Name
    generation: int
    posts: tuple[PostedValue, ...]
    more: bool = False


class Content(Reply):
    """A content: ``data`` are its bytes in base64, of which ``digest`` is the SHA-256."""

    kind: ClassVar[str] = "content.v1"
    session: Name
    digest: Digest
    media: Media
    data: str


class LogEntry(Value):
    """One entry of a session's log: what happened, by whom, when, and the particulars."""

    version: int
    kind: str
    author: Name
    at: datetime
    body: dict[str, JsonValue]


class SessionLog(Reply):
    """Part of a session's log, in order; ``more`` entries follow."""

    kind: ClassVar[str] = "session-log.v1"
    session: Name
    entries: tuple[LogEntry, ...]
    more: bool = False


class Joined(Reply):
    """A seat, and the password of its RabbitMQ user."""

    kind: ClassVar[str] = "joined.v1"
    seat: Name
    password: str
    session: Name
    partition: int


class Snapshot(Reply):
    """Where a session is for one seat.

    ``versions`` are those of the seat's scopes, ``stage`` the last one that opened for it, with
    its own data merged in; ``submitted`` says that it has arrived there, ``answer`` with what.
    """

    kind: ClassVar[str] = "snapshot.v1"
    session: Name
    seat: Name
    partition: int
    program: str
    steps: tuple[tuple[Name, str], ...] = ()
    status: SessionStatus
    versions: dict[Name, int]
    #: The worker's clock, by which deadlines are meant.
    now: datetime
    stage: Stage | None = None
    #: The barrier of ``stage`` has opened and no later stage is open for this seat.
    released: bool = False
    submitted: bool = False
    answer: dict[str, JsonValue] | None = None
    how: How | None = None
    #: The others go on without this seat, or a bot stands in for it.
    standing: Standing = "active"
    arrived: int = 0
    present: int = 0
    expected: int = 0
    reason: str = ""
    #: What the program's stages show, by hash: a client fetches them before they are wanted.
    contents: tuple[Digest, ...] = ()
    #: The author's signed controllers, by hash.
    bundle: Digest | None = None
    #: How many posts the open stage has; what a client lacks it asks for.
    posts: int = 0
    #: Up to where the data of ``stage`` are, if it is live.
    live: LiveMark | None = None
    #: Whether this seat has called for help and nobody has come.
    called: bool = False


class SeatRow(Value):
    """One seat, as the operator sees it."""

    seat: Name
    present: bool
    scope: Name | None = None
    stage: Name | None = None
    title: str = ""
    generation: int = 0
    visit: int = 0
    #: The period, the group and the role in it, where the program has such.
    period: int = 0
    group: str = ""
    role: str = ""
    state: Literal["lobby", "working", "submitted", "waiting", "excluded", "finished"]
    since: datetime | None = None
    payoff: str = "0"
    #: What it is paid, or would be so far: ``12.50 EUR``; empty where that is not known.
    payment: str = ""
    #: The treatment of its group, or of the session.
    treatment: str = ""
    standing: Standing = "active"
    how: How | None = None
    clock: Clock | None = None
    #: Seconds from the opening of its stage until its desk had painted it.
    painted: float | None = None
    #: Since when it calls for help, and with which words.
    called_at: datetime | None = None
    call: str = ""


class Overview(Reply):
    """A session, as the operator sees it."""

    kind: ClassVar[str] = "overview.v1"
    session: Name
    program: str
    steps: tuple[tuple[Name, str], ...] = ()
    status: SessionStatus
    opened_at: datetime
    reason: str = ""
    seats: tuple[SeatRow, ...]
    #: The worker's clock, by which deadlines are meant.
    now: datetime
    #: Where the program's code raised, while the session is stopped.
    traceback: str = ""


class SessionRow(Value):
    """One line of the list of sessions."""

    session: Name
    program: Name
    status: SessionStatus
    seats: int
    partition: int
    opened_at: datetime


class Sessions(Reply):
    """The sessions of a server, newest first."""

    kind: ClassVar[str] = "sessions.v1"
    #: How many partitions the server's commands have: `palier.schemas.addresses.partition_of`.
    partitions: int
    sessions: tuple[SessionRow, ...]
