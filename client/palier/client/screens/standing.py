"""How a session stands, in sentences: who is waited for, how many are where. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from palier.client.screens.remaining import clock_text
from palier.client.screens.words import Words
from palier.schemas.replies import Overview, SeatRow

#: More seats than this are counted, not named.
_NAMED = 6

_DONE = frozenset({"submitted", "waiting", "finished"})


def sentence(overview: Overview, words: Words) -> str:
    """Say who keeps the others waiting, or who is not here yet."""
    if overview.status == "lobby":
        absent = [row.seat for row in overview.seats if not row.present]
        return (
            words.lobby_missing.format(seats=_listed(absent, words))
            if absent
            else (words.lobby_complete)
        )
    if overview.status in words.on_hold:
        return words.on_hold[overview.status]
    if overview.status != "running":
        return words.ended[overview.status][1]
    return _waiting(overview, words)


def counts(overview: Overview, words: Words) -> str:
    """Say how many work and how many are done, stage by stage."""
    working = Counter(row.title for row in overview.seats if row.state == "working")
    done = Counter(row.title for row in overview.seats if row.state in _DONE)
    return "    ".join(
        words.counts.format(title=title, working=working[title], done=done[title])
        for title in dict.fromkeys(row.title for row in overview.seats if row.title)
    )


def elapsed(since: datetime | None, now: datetime) -> str:
    """Return how long something has lasted, as ``m:ss`` or ``h:mm:ss``."""
    if since is None:
        return ""
    return clock_text((now - since) // timedelta(seconds=1))


def held_up(overview: Overview) -> tuple[list[SeatRow], list[SeatRow]]:
    """Return who waits, and those for whom: at the same barrier, and not done."""
    waiting = [row for row in overview.seats if row.state in {"submitted", "waiting"}]
    barriers = {(row.scope, row.generation) for row in waiting if row.state == "submitted"}
    late = [
        row
        for row in overview.seats
        if row.state == "working" and (row.scope, row.generation) in barriers
    ]
    return waiting, late


def _waiting(overview: Overview, words: Words) -> str:
    waiting, late = held_up(overview)
    if not late:
        return words.nobody_missing
    form = words.one_waits_for if len(waiting) == 1 else words.waits_for
    return form.format(n=len(waiting), seats=_listed([row.seat for row in late], words))


def _listed(seats: Sequence[str], words: Words) -> str:
    if len(seats) > _NAMED:
        named = ", ".join(seats[: _NAMED - 1])
        return words.and_more.format(seats=named, n=len(seats) - _NAMED + 1)
    *first, last = seats
    return words.and_last.format(seats=", ".join(first), last=last) if first else last
