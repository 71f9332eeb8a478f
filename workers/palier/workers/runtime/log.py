"""A session's log: what each fact is called there, by whom it came about, and its particulars.

What moved the program on must be told completely: a replay goes by it. The rest is for people who
ask why something happened.
"""

from __future__ import annotations

from typing import Any, TypeAlias, assert_never

from palier.schemas.events import Stage
from palier.workers.domain.facts import (
    Abandoned,
    Acted,
    Arrived,
    Attempted,
    Attended,
    BotSeated,
    Cause,
    ClockChanged,
    Due,
    Ended,
    Fact,
    Failed,
    HelpCalled,
    Intervened,
    Opened,
    Paid,
    Painted,
    Performed,
    Posted,
    PresenceChanged,
    Released,
    Rewound,
    ScopeFormed,
    Settled,
    StandingChanged,
    Started,
    StatusChanged,
)

#: Kind, author and body.
Entry: TypeAlias = tuple[str, str, dict[str, Any]]

#: Kinds of the entries that move a program on.
STEPS = frozenset({"started", "released", "abandoned", "excluded", "readmitted", "rewound"})

_STANDINGS = {"excluded": "excluded", "active": "readmitted", "bot": "bot-stands-in"}


def entry(fact: Fact) -> Entry | None:  # noqa: C901, PLR0911, PLR0912 - a table
    """Return a fact's entry in the log; None for those that have tables of their own."""
    match fact:
        case Opened(stage=stage):
            return "stage-opened", "palier", {"scope": stage.scope, **_opening(stage)}
        case Released(cause=cause):
            return "released", cause.author, {**_released(fact), **_because(cause)}
        case Arrived(how="submitted"):
            return None
        case Arrived(scope=scope, generation=generation, seat=seat, how=how, cause=cause):
            body = {"scope": scope, "generation": generation, **_because(cause)}
            body |= {"seat": seat, "how": how, "answer": fact.answer}
            return "answered-for", cause.author, body
        case ScopeFormed():
            return "scope-formed", "palier", _formed(fact)
        case Performed(scope=scope, name=name, visit=visit, value=value):
            body = {"scope": scope, "name": name, "visit": visit, "value": value}
            return "side-effect", "palier", body
        case Started(author=author):
            return "started", author, {}
        case PresenceChanged(seat=seat, present=present):
            return "presence-changed", "palier", {"seat": seat, "present": present}
        case StatusChanged(status=status, cause=cause):
            return "status-changed", cause.author, {"status": status, **_because(cause)}
        case StandingChanged(seat=seat, standing=standing, withdrawn=withdrawn, cause=cause):
            body = {**_because(cause), "seat": seat}
            body["withdrawn"] = [[one.scope, one.generation] for one in withdrawn]
            return _STANDINGS[standing], cause.author, body
        case Abandoned(scope=scope, generation=generation, cause=cause):
            body = {"scope": scope, "generation": generation, **_because(cause)}
            return "abandoned", cause.author, body
        case Intervened(what=what, cause=cause, body=particulars):
            return what, cause.author, {**particulars, **_because(cause)}
        case Rewound(cause=cause):
            return "rewound", cause.author, {**_rewound(fact), **_because(cause)}
        case Failed(reason=reason, traceback=traceback):
            return "program-failed", "palier", {"reason": reason, "traceback": traceback}
        case Ended(outcome=outcome, reason=reason, author=author):
            return "session-finished", author, {"outcome": outcome, "reason": reason}
        case ClockChanged(scope=scope, generation=generation, clock=clock):
            body = {"scope": scope, "generation": generation}
            return "clock-changed", "palier", {**body, "clock": clock.model_dump(mode="json")}
        case HelpCalled(seat=seat, text=text):
            return "help-called", seat, {"seat": seat, "text": text}
        case Attended(seat=seat, cause=cause):
            return "attended", cause.author, {"seat": seat, **_because(cause)}
        case (
            Due() | Paid() | Settled() | Attempted() | BotSeated() | Painted() | Posted() | Acted()
        ):
            return None
        case _:
            assert_never(fact)


def _formed(fact: ScopeFormed) -> dict[str, Any]:
    formed: dict[str, Any] = {"scope": fact.scope, "seats": list(fact.seats)}
    told = {"group": fact.group, "roles": dict(fact.roles), "treatment": fact.treatment}
    return {**formed, **{key: one for key, one in told.items() if one}}


def _opening(stage: Stage) -> dict[str, Any]:
    deadline = stage.clock.deadline_at if stage.clock else None
    return {
        "generation": stage.generation,
        "stage": stage.name,
        "visit": stage.visit,
        "parties": stage.parties,
        "asks": stage.form is not None,
        "deadline_at": deadline.isoformat() if deadline else None,
        "missing": stage.missing,
    }


def _released(fact: Released) -> dict[str, Any]:
    return {
        "scope": fact.scope,
        "generation": fact.generation,
        "stage": fact.stage,
        "arrived": len(fact.barrier.arrived),
        "latest": [[seat, at.isoformat()] for seat, at in fact.latest],
        "next": _opening(fact.then.stage) if fact.then else None,
    }


def _because(cause: Cause) -> dict[str, Any]:
    """Return the parts of a cause that say something."""
    told = {"because": cause.what, "of": cause.seat, "reason": cause.reason}
    return {key: one for key, one in told.items() if one}


def _rewound(fact: Rewound) -> dict[str, Any]:
    return {
        "since": fact.since,
        "again": fact.again,
        "scope": fact.scope,
        "generation": fact.generation,
        "stage": fact.stage,
        "void": [list(one) for one in fact.void],
        "reopened": [list(one) for one in fact.reopened],
        "excluded": list(fact.excluded),
    }
