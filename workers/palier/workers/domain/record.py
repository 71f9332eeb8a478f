"""What is on the record of a session, as it is read back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal

from pydantic import JsonValue

from palier.program.payment import Settlement
from palier.schemas.events import Stage, Standing
from palier.schemas.forms import Answer
from palier.schemas.replies import How, SessionStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Opening:
    """With what a session was opened."""

    name: str
    program: str
    seats: tuple[str, ...]
    settings: Mapping[str, JsonValue]
    partition: int
    seed: int
    auto_start: bool
    author: str
    at: datetime
    #: By which files and versions it was opened: for whoever reads its data later.
    origin: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedScope:
    """A scope as the record has it."""

    seats: tuple[str, ...]
    version: int
    lasting: bool
    roles: Mapping[str, str]
    group: str
    treatment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A generation as the record has it. ``opened_by`` is the step that opened it."""

    stage: Stage
    private: Mapping[str, Mapping[str, JsonValue]]
    parties: frozenset[str]
    arrived_at: Mapping[str, datetime]
    how: Mapping[str, How]
    answers: Mapping[str, Answer | None]
    opened_by: int
    released_at: datetime | None = None
    clock_paused: bool = False
    due_at: datetime | None = None
    #: Parties that left it while it was open.
    withdrawn: frozenset[str] = frozenset()
    void: bool = False
    screen: str = ""
    #: When each desk had painted it, and how many posts it has.
    painted_at: Mapping[str, datetime] = field(default_factory=dict)
    posts: int = 0
    #: How often each seat has tried, where it is a quiz.
    attempts: Mapping[str, int] = field(default_factory=dict)

    @property
    def key(self) -> tuple[str, int]:
        """Return scope and number."""
        return self.stage.scope, self.stage.generation


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that moved the program on, at its place (``version``) in the session's log.

    ``released`` gives the answers of a generation; ``rewound`` does an earlier step, ``again``,
    once more and sets aside all from ``since`` on, that step included.
    """

    version: int
    kind: Literal["started", "released", "abandoned", "excluded", "readmitted", "rewound"]
    at: datetime
    scope: str = ""
    generation: int = 0
    seat: str = ""
    excluded: tuple[str, ...] = ()
    since: int = 0
    again: str = ""

    @property
    def does(self) -> str:
        """Return what it does to the program: its kind, or that of the step it does again."""
        return self.again if self.kind == "rewound" else self.kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Effect:
    """The result of a side effect, at its place in the log."""

    version: int
    scope: str
    name: str
    visit: int
    value: JsonValue


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """Something that was done in a live stage, the ``number``-th in the session.

    It came ``after`` this version of the log. ``results`` are those of its side effects, by name,
    in order; ``changed`` the seats that are shown something else of their own since; ``seen`` is
    the digest of all that was shown then.
    """

    number: int
    after: int
    scope: str
    generation: int
    seat: str
    action: str
    body: Answer | None
    results: tuple[tuple[str, JsonValue], ...]
    changed: tuple[str, ...]
    seen: str
    at: datetime

    @property
    def key(self) -> tuple[str, int]:
        """Return scope and generation."""
        return self.scope, self.generation


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A participant's call for help, which nobody has answered yet."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """Everything that the database knows of one session."""

    opening: Opening
    status: SessionStatus
    reason: str = ""
    traceback: str = ""
    version: int = 0
    stamp: int = 0
    releases: int = 0
    present: frozenset[str] = frozenset()
    standings: Mapping[str, Standing] = field(default_factory=dict)
    payoffs: Mapping[str, Decimal] = field(default_factory=dict)
    #: Who calls for help, since when and with which words.
    calls: Mapping[str, Call] = field(default_factory=dict)
    scopes: Mapping[str, RecordedScope] = field(default_factory=dict)
    generations: Sequence[Recorded] = ()
    steps: Sequence[Step] = ()
    effects: Sequence[Effect] = ()
    #: What was done in live stages, in order, and how much was tried in all.
    deeds: Sequence[Deed] = ()
    acted: int = 0
    #: Who is a bot, and what was paid once the session was over.
    bots: frozenset[str] = frozenset()
    settlements: Mapping[str, Settlement] = field(default_factory=dict)
