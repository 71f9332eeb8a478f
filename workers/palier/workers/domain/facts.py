"""What happened to a session: the facts that are kept, and told.

A decision of `palier.workers.domain.session` returns facts; `persistence` writes them as rows,
`runtime` tells them as messages. Neither decides anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Literal, NamedTuple, TypeAlias

from pydantic import JsonValue

from palier.program.payment import Settlement
from palier.schemas.events import Clock, PostedValue, Stage, Standing
from palier.schemas.forms import Answer
from palier.schemas.replies import How
from palier.workers.domain.barrier import Barrier
from palier.workers.domain.live import Done

Closing = Literal["finished", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why something happened: by whose doing, and in which words.

    ``what`` is one of ``arrival``, ``deadline``, ``ended``, ``bot``, ``operator``, ``exclusion``,
    ``resumed``, ``retried``, ``rewound``, ``started``; ``message_id`` is the message behind it.
    """

    what: str
    author: str = "palier"
    reason: str = ""
    seat: str = ""
    message_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrived:
    """A seat arrived at a barrier, with its answer; kept in tables of its own, not in the log."""

    scope: str
    generation: int
    seat: str
    answer: Answer | None
    how: How
    #: How many have arrived now, this one included.
    count: int
    cause: Cause
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
    #: When the worker is to look at it, whatever comes until then.
    due_at: datetime | None
    #: The name of the screen that shows it, empty if it is made from the form.
    screen: str = ""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """A barrier opened. ``then`` follows at once in the same scope, or nothing does.

    ``latest`` are the last who arrived, in order, each with the time.
    """

    scope: str
    generation: int
    stage: str
    version: int
    barrier: Barrier
    latest: tuple[tuple[str, datetime], ...]
    then: Opened | None
    cause: Cause
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ScopeFormed:
    """Some seats became a scope; ``left`` are those who were in it until now.

    A ``lasting`` one gets a fanout of its own. ``group`` is the group that it is, or is a part of.
    """

    scope: str
    seats: tuple[str, ...]
    lasting: bool = True
    roles: Mapping[str, str] = field(default_factory=dict)
    group: str = ""
    left: tuple[str, ...] = ()
    treatment: str = ""
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """The program runs."""

    author: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    """A side effect gave a result, which a replay is given again."""

    scope: str
    name: str
    visit: int
    value: JsonValue
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusChanged:
    """The session is held, or goes on."""

    status: Literal["running", "paused", "stopped"]
    cause: Cause
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ClockChanged:
    """The clock of an open stage was set; ``paused`` by itself, other than with its session."""

    scope: str
    generation: int
    clock: Clock
    paused: bool
    due_at: datetime | None
    version: int
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The worker is to look at an open stage then; nobody is told."""

    scope: str
    generation: int
    due_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Withdrawn:
    """A party left the barrier of an open stage, or is ``back``; so many are ``expected`` now."""

    scope: str
    generation: int
    expected: int
    back: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingChanged:
    """A seat is excluded, played by a bot, or takes part again."""

    seat: str
    standing: Standing
    withdrawn: tuple[Withdrawn, ...]
    cause: Cause
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Abandoned:
    """Nobody is left in a scope: what the program did there has ended."""

    scope: str
    generation: int
    cause: Cause
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Intervened:
    """An operator changed the course; what it changed has facts of its own."""

    what: str
    cause: Cause
    body: Mapping[str, JsonValue]
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewound:
    """The session goes on from an earlier opening; what came after is set aside, not lost.

    ``since`` is the log's version of the step that is done once more, ``again`` what it was: the
    start, or the release or abandonment of ``scope`` and ``generation``. ``reopened`` are those
    that were open then and were released later: they wait for what they waited for.
    """

    since: int
    again: str
    scope: str
    generation: int
    stage: str
    void: tuple[tuple[str, int], ...]
    reopened: tuple[tuple[str, int], ...]
    excluded: tuple[str, ...]
    cause: Cause
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Painted:
    """A seat's desk has shown a generation's screen; only the first report counts."""

    scope: str
    generation: int
    seat: str
    painted_at: datetime
    off_by: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """A seat said something to all of an open stage; kept in a table of its own, not in the log."""

    scope: str
    generation: int
    post: PostedValue
    message_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """A seat did something in a live stage, or tried to; in a table of its own, not in the log.

    ``refusal`` is why it was not taken, in the author's words, or what the author's code raised
    (``failed``). If it was taken, ``done`` is what it changed, ``version`` the stage's now, and
    ``own`` how often what each seat alone is shown has changed.
    """

    number: int
    scope: str
    generation: int
    seat: str
    action: str
    body: Answer | None
    message_id: str
    done: Done | None = None
    version: int = 0
    own: Mapping[str, int] = field(default_factory=dict)
    refusal: str = ""
    failed: bool = False
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpCalled:
    """A participant asks the operator to come."""

    seat: str
    text: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attended:
    """The operator has answered a seat's call for help."""

    seat: str
    cause: Cause
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Paid:
    """A payoff is now this much."""

    seat: str
    payoff: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Settled:
    """What a seat is paid was reckoned: the session is over."""

    settlement: Settlement
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempted:
    """A seat has answered a quiz; ``wrong`` are the fields that are not right."""

    scope: str
    generation: int
    seat: str
    number: int
    answer: Answer | None
    wrong: tuple[str, ...]
    message_id: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class BotSeated:
    """A seat is given to a bot from now on, or to a person again."""

    seat: str
    bot: bool


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
    """How far a barrier is; no fact, but a hint. Generation 0 is the lobby: who is present.

    ``seats`` are those that are told one by one, in a scope that does not last.
    """

    session: str
    scope: str
    generation: int
    arrived: int
    expected: int
    seats: tuple[str, ...] = ()


Fact: TypeAlias = (
    Arrived
    | Opened
    | Released
    | ScopeFormed
    | Performed
    | Started
    | StatusChanged
    | ClockChanged
    | Due
    | StandingChanged
    | Abandoned
    | Intervened
    | Rewound
    | Painted
    | Posted
    | Acted
    | HelpCalled
    | Attended
    | Paid
    | Settled
    | Attempted
    | BotSeated
    | PresenceChanged
    | Failed
    | Ended
)
