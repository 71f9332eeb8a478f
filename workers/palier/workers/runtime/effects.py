"""What an intervention did, in a sentence for the operator who asked for it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from palier.workers.domain.facts import (
    Abandoned,
    Arrived,
    ClockChanged,
    Ended,
    Fact,
    Opened,
    Released,
    Rewound,
    StandingChanged,
    StatusChanged,
)

_STANDINGS = {
    "active": "{} takes part again",
    "excluded": "the others go on without {}",
    "bot": "a bot stands in for {}",
}


def effect_of(facts: Iterable[Fact]) -> str:
    """Return a sentence that says what changed."""
    changed = list(facts)
    said = list(dict.fromkeys(one for fact in changed for one in _said(fact)))
    if not said:
        return "Noted."
    words = "; ".join(said)
    seats = {one.seat for one in changed if isinstance(one, Arrived)}
    if words.split()[0] not in seats:  # whose names have no capitals
        words = f"{words[0].upper()}{words[1:]}"
    return f"{words}."


def _said(fact: Fact) -> Iterator[str]:  # noqa: C901 - a table
    match fact:
        case Arrived(seat=seat, answer=answer) if fact.how != "submitted":
            shown = "" if answer is None else f" ({_shown(answer)})"
            yield f"{seat} was answered for{shown}"
        case StandingChanged(seat=seat, standing=standing):
            yield _STANDINGS[standing].format(seat)
        case StatusChanged(status=status):
            yield f"the session is {status}"
        case ClockChanged(scope=scope, clock=clock):
            if clock.deadline_at is not None:
                yield f"the deadline in {scope} is {clock.deadline_at:%H:%M:%S} UTC"
            else:
                yield f"the clock in {scope} stands, with {clock.left or 0:.0f} s left"
        case Released(stage=stage, scope=scope, then=then):
            follows = f", stage {then.stage.name} opened" if then else ""
            yield f"stage {stage} in {scope} was released{follows}"
        case Opened(stage=stage):
            yield f"stage {stage.name} in {stage.scope} opened"
        case Abandoned(scope=scope):
            yield f"nobody is left in {scope}"
        case Rewound(void=void):
            yield f"{len(void)} opening{'s' if len(void) != 1 else ''} set aside"
        case Ended(outcome=outcome):
            yield f"the session is {outcome}"
        case _:
            return


def _shown(answer: object) -> str:
    if isinstance(answer, dict):
        return ", ".join(f"{key}={value}" for key, value in answer.items())
    return str(answer)
