"""What can be asked of the worker, and questions to it."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field, JsonValue

from palier.schemas.message import Command, Query
from palier.schemas.names import Name

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
    """An operator asks for new one-time join codes; older codes of these seats end."""

    kind: ClassVar[str] = "issue-codes.v1"
    session: Name
    seats: tuple[Name, ...]


class Start(Command):
    """An operator starts a session whose seats are not all present, or that waits for a word."""

    kind: ClassVar[str] = "start.v1"
    session: Name


class Close(Command):
    """An operator ends a session; what was decided stays."""

    kind: ClassVar[str] = "close.v1"
    session: Name
    reason: Annotated[str, Field(max_length=1000)] = ""


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


class GetSnapshot(Query):
    """A participant asks where the session is for its seat: on each connect and on any doubt."""

    kind: ClassVar[str] = "get-snapshot.v1"
    session: Name


class GetOverview(Query):
    """An operator asks for the seats and stages of a session."""

    kind: ClassVar[str] = "get-overview.v1"
    session: Name


class ListSessions(Query):
    """An operator asks which sessions there are; sent to the lobby."""

    kind: ClassVar[str] = "list-sessions.v1"
    session: Name
