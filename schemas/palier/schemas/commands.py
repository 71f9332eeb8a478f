"""What can be asked of the worker, and questions to it."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import AwareDatetime, Field, JsonValue

from palier.schemas.live import ActionName
from palier.schemas.message import Command, Query
from palier.schemas.names import Name
from palier.schemas.screens.screen import Digest
from palier.schemas.screens.widgets import StreamName

#: A session of more seats than this is refused: see docs/limits in the README.
MAX_SEATS = 1000


class OpenSession(Command):
    """An operator opens a session of a program for a set of seats.

    ``settings`` are the program's; ``auto_start`` starts it once every seat is present, else the
    operator does; ``seed`` makes the program's chance repeatable.
    """

    kind: ClassVar[str] = "open-session.v1"
    session: Name
    program: Name
    seats: Annotated[tuple[Name, ...], Field(min_length=1, max_length=MAX_SEATS)]
    settings: dict[str, JsonValue] = {}
    auto_start: bool = False
    seed: Annotated[int, Field(ge=0, lt=2**63)] | None = None


class IssueCodes(Command):
    """An operator asks for new one-time join codes; older codes of these seats end.

    ``bots``: the seats are given to bots, which are not asked twice in a quiz.
    """

    kind: ClassVar[str] = "issue-codes.v1"
    session: Name
    seats: tuple[Name, ...]
    bots: bool = False


class Start(Command):
    """An operator starts a session whose seats are not all present, or that waits for a word."""

    kind: ClassVar[str] = "start.v1"
    session: Name


class Close(Command):
    """An operator ends a session; what was decided stays."""

    kind: ClassVar[str] = "close.v1"
    session: Name
    reason: Annotated[str, Field(max_length=1000)] = ""


#: Why an operator intervenes, in a sentence; it is kept.
Reason = Annotated[str, Field(max_length=1000)]


class Intervention(Command):
    """A command by which an operator changes a session's course: recorded with its reason."""

    session: Name
    reason: Reason = ""


class Advance(Intervention):
    """An operator lets seats arrive that have not: ``seats``, or all who are missing if empty.

    ``answer`` stands for theirs; without one the stage's declared default is taken, or what the
    form gives when nothing is filled in. ``scope`` says in which scope, else where each seat is.
    """

    kind: ClassVar[str] = "advance.v1"
    seats: tuple[Name, ...] = ()
    scope: Name | None = None
    answer: dict[str, JsonValue] | None = None


class ChangeClock(Intervention):
    """An operator gives more time (``seconds``, less if below zero), stops or starts the clock.

    Of every open stage, or of one ``scope``.
    """

    kind: ClassVar[str] = "change-clock.v1"
    change: Literal["extend", "pause", "resume"]
    seconds: Annotated[float, Field(ge=-86400, le=86400, allow_inf_nan=False)] = 0
    scope: Name | None = None


class Pause(Intervention):
    """An operator holds a session: what arrives is kept, no barrier opens, clocks stand still."""

    kind: ClassVar[str] = "pause.v1"


class Resume(Intervention):
    """An operator lets a paused session go on."""

    kind: ClassVar[str] = "resume.v1"


class Exclude(Intervention):
    """An operator lets the others go on without some seats."""

    kind: ClassVar[str] = "exclude.v1"
    seats: Annotated[tuple[Name, ...], Field(min_length=1)]


class StandIn(Intervention):
    """An operator lets bots answer for some seats, until they are readmitted."""

    kind: ClassVar[str] = "stand-in.v1"
    seats: Annotated[tuple[Name, ...], Field(min_length=1)]


class Readmit(Intervention):
    """An operator lets seats take part again: in the stage they left if it is still open."""

    kind: ClassVar[str] = "readmit.v1"
    seats: Annotated[tuple[Name, ...], Field(min_length=1)]


class Replace(Intervention):
    """An operator gives a seat to another person or computer: a new code, the old one ends.

    Who sits there goes on until the code is used; then their client is shut out.
    """

    kind: ClassVar[str] = "replace.v1"
    seat: Name


class Retry(Intervention):
    """An operator lets a stopped session try again, with the program read anew from its file."""

    kind: ClassVar[str] = "retry.v1"


class ResumeFrom(Intervention):
    """An operator has a session go on from the opening of a stage, by the program as it is now.

    What was decided in that stage and after stays in the database, set aside. ``visit`` says which
    opening of the stage, else the last; ``scope`` in which scope, else the first that has it.
    """

    kind: ClassVar[str] = "resume-from.v1"
    stage: Name
    visit: Annotated[int, Field(ge=1)] | None = None
    scope: Name | None = None


class Attend(Intervention):
    """An operator has answered the calls for help of some seats."""

    kind: ClassVar[str] = "attend.v1"
    seats: Annotated[tuple[Name, ...], Field(min_length=1)]


class Tick(Command):
    """A worker tells whoever conducts a session that one of its deadlines has come."""

    kind: ClassVar[str] = "tick.v1"
    session: Name


class Join(Command):
    """A client without a seat asks for the one that a one-time code stands for.

    Sent by the room account to the lobby; sent again with the same message id it is answered again.
    """

    kind: ClassVar[str] = "join.v1"
    session: Name
    code: Annotated[str, Field(min_length=4, max_length=32)]


class Submit(Command):
    """A participant has finished a stage: the answer and the arrival in one message."""

    kind: ClassVar[str] = "submit.v1"
    session: Name
    scope: Name
    generation: Annotated[int, Field(ge=1)]
    answer: dict[str, JsonValue] | None = None


class Painted(Command):
    """A desk has shown the screen of a generation; it has no reply, the first report counts.

    ``at`` is by the worker's clock as this desk knows it, which may be off by ``off_by`` seconds.
    """

    kind: ClassVar[str] = "painted.v1"
    session: Name
    scope: Name
    generation: Annotated[int, Field(ge=1)]
    at: AwareDatetime
    off_by: Annotated[float, Field(ge=0, allow_inf_nan=False)]


class CallForHelp(Command):
    """A participant asks the operator to come; called again, it is the same call."""

    kind: ClassVar[str] = "call-for-help.v1"
    session: Name
    text: Annotated[str, Field(max_length=1000)] = ""


class Post(Command):
    """A participant says something to all of an open stage, on a stream that its screen has.

    ``value`` is a text of at most 1,000 characters, or a number.
    """

    kind: ClassVar[str] = "post.v1"
    session: Name
    scope: Name
    generation: Annotated[int, Field(ge=1)]
    stream: StreamName
    value: (
        Annotated[str, Field(min_length=1, max_length=1000)]
        | Annotated[float, Field(allow_inf_nan=False)]
    )


class Act(Command):
    """A participant does something in a live stage, with what its form asks for."""

    kind: ClassVar[str] = "act.v1"
    session: Name
    scope: Name
    generation: Annotated[int, Field(ge=1)]
    action: ActionName
    body: dict[str, JsonValue] | None = None


class GetContent(Query):
    """A client asks for what it knows only by hash: a screen, a picture, a bundle."""

    kind: ClassVar[str] = "get-content.v1"
    session: Name
    digest: Digest


class GetPosts(Query):
    """A participant asks what was posted in a stage, after a number."""

    kind: ClassVar[str] = "get-posts.v1"
    session: Name
    scope: Name
    generation: Annotated[int, Field(ge=1)]
    after: Annotated[int, Field(ge=0)] = 0


class GetSnapshot(Query):
    """A participant asks where the session is for its seat: on each connect and on any doubt."""

    kind: ClassVar[str] = "get-snapshot.v1"
    session: Name


class GetOverview(Query):
    """An operator asks for the seats and stages of a session."""

    kind: ClassVar[str] = "get-overview.v1"
    session: Name


class GetLog(Query):
    """An operator asks what happened in a session, after an entry of its log."""

    kind: ClassVar[str] = "get-log.v1"
    session: Name
    after: Annotated[int, Field(ge=0)] = 0
    limit: Annotated[int, Field(ge=1, le=1000)] = 200


class ListSessions(Query):
    """An operator asks which sessions there are; sent to the lobby."""

    kind: ClassVar[str] = "list-sessions.v1"
    session: Name
