"""What an intervention did, in a sentence for the operator who asked for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from palier.workers.domain.facts import (
    Abandoned,
    Arrived,
    Attended,
    ClockChanged,
    Ended,
    Fact,
    Opened,
    Released,
    Rewound,
    StandingChanged,
    StatusChanged,
)

#: Before and after the name of a seat.
_STANDINGS = {
    "active": ("let ", " take part again"),
    "excluded": ("the others go on without ", ""),
    "bot": ("a bot stands in for ", ""),
}

#: Names that are told one by one; of more, how many there are.
_NAMED = 8

#: What is said before a name, the name or nothing, and what behind it.
_Part = tuple[str, str, str]


def effect_of(facts: Iterable[Fact]) -> str:
    """Return a sentence that says what changed; the same of many seats or scopes only once."""
    gathered: dict[tuple[str, str], list[str]] = {}
    for fact in facts:
        for before, name, after in _said(fact):
            named = gathered.setdefault((before, after), [])
            if name and name not in named:
                named.append(name)
    if not gathered:
        return "Noted."
    words = "; ".join(
        f"{before}{_names(names)}{after}" for (before, after), names in gathered.items()
    )
    return f"{words[0].upper()}{words[1:]}."


def _said(fact: Fact) -> Iterator[_Part]:  # noqa: C901, PLR0912 - a table
    match fact:
        case Arrived(seat=seat, answer=answer) if fact.how != "submitted":
            yield "answered for ", seat, "" if answer is None else f" ({_shown(answer)})"
        case StandingChanged(seat=seat, standing=standing):
            before, after = _STANDINGS[standing]
            yield before, seat, after
        case Attended(seat=seat):
            yield "the call of ", seat, " is answered"
        case StatusChanged(status=status):
            yield f"the session is {status}", "", ""
        case ClockChanged(scope=scope, clock=clock):
            if clock.deadline_at is not None:
                yield "the deadline in ", scope, f" is {clock.deadline_at:%H:%M:%S} UTC"
            else:
                yield "the clock in ", scope, f" stands, with {clock.left or 0:.0f} s left"
        case Released(stage=stage, scope=scope, then=then):
            follows = f", stage {then.stage.name} opened" if then else ""
            yield f"stage {stage} in ", scope, f" was released{follows}"
        case Opened(stage=stage):
            yield f"stage {stage.name} in ", stage.scope, " opened"
        case Abandoned(scope=scope):
            yield "nobody is left in ", scope, ""
        case Rewound(void=void):
            yield f"{len(void)} opening{'s' if len(void) != 1 else ''} set aside", "", ""
        case Ended(outcome=outcome):
            yield f"the session is {outcome}", "", ""
        case _:
            return


def _names(names: list[str]) -> str:
    if len(names) > _NAMED:
        return f"{', '.join(names[:_NAMED])} and {len(names) - _NAMED} more"
    *first, last = names or [""]
    return f"{', '.join(first)} and {last}" if first else last


def _shown(answer: object) -> str:
    if isinstance(answer, dict):
        return ", ".join(f"{key}={value}" for key, value in answer.items())
    return str(answer)
