"""Words that sentences about a session are made of."""

from __future__ import annotations

from collections.abc import Collection

from palier.schemas.names import OPERATOR
from palier.schemas.replies import LogEntry

#: Names that are told one by one; of more, how many there are.
_NAMED = 8

#: Letters of a text that is not ours.
_LONG = 60

#: What becomes of who is missing at a deadline, by the stage's declaration.
POLICIES = {
    "wait": "whoever is missing is waited for all the same",
    "default": "the declared answer is taken for whoever is missing",
    "exclude": "the others go on without whoever is missing",
    "bot": "bots stand in for whoever is missing",
}


def author(entry: LogEntry) -> str:
    """Return who did it, as a sentence begins."""
    return "The operator" if entry.author == OPERATOR else entry.author


def reason(entry: LogEntry) -> str:
    """Return the reason that was given, in brackets."""
    return bracketed(str(entry.body.get("reason", "")))


def names(given: Collection[str]) -> str:
    """Return names as they stand in a sentence; of many, the first and how many more."""
    listed = list(given)
    if len(listed) > _NAMED:
        return f"{', '.join(listed[:_NAMED])} and {len(listed) - _NAMED} more"
    *first, last = listed or [""]
    return f"{', '.join(first)} and {last}" if first else last


def counted(count: int, what: str) -> str:
    """Return a number of things."""
    return f"{count} {what}{'' if count == 1 else 's'}"


def span(seconds: float) -> str:
    """Return how long something took, as minutes and seconds."""
    whole = max(0, round(seconds))
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def short(text: str) -> str:
    """Return the first line of a text, cut where it is long."""
    line = text.strip().partition("\n")[0]
    return line if len(line) <= _LONG else f"{line[: _LONG - 1]}…"


def bracketed(text: str) -> str:
    """Return a text behind others, in brackets; nothing where there is none."""
    return f" ({text})" if text else ""
