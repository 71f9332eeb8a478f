"""How a session stands, in sentences: who is waited for, how many are where. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from palier.client.screens.onsets import span, spreads
from palier.client.screens.orders import What
from palier.client.screens.remaining import Reading, clock_text, read
from palier.client.screens.words import Words
from palier.client.state import Countdown
from palier.schemas.events import Clock
from palier.schemas.replies import Overview, SeatRow

#: More seats than this are counted, not named.
_NAMED = 6

_DONE = frozenset({"submitted", "waiting", "finished"})

#: Which seats an order does something to.
_MAY: dict[What, Callable[[SeatRow], bool]] = {
    "advance": lambda row: row.state == "working",
    "exclude": lambda row: row.standing != "excluded",
    "stand-in": lambda row: row.standing == "active",
    "readmit": lambda row: row.standing != "active",
}


def sentence(overview: Overview, words: Words) -> str:
    """Say who keeps the others waiting, or who is not here yet."""
    if overview.status == "lobby":
        absent = [row.seat for row in overview.seats if not row.present]
        return (
            words.lobby_missing.format(seats=listed(absent, words))
            if absent
            else (words.lobby_complete)
        )
    if overview.status in words.on_hold:
        return words.on_hold[overview.status]
    if overview.status != "running":
        return words.ended[overview.status][1]
    return _waiting(overview, words)


def counts(overview: Overview, words: Words) -> str:
    """Say how many work, how many are done and how evenly it was shown, stage by stage."""
    within = spreads(overview.seats)
    working = Counter(row.title for row in overview.seats if row.state == "working")
    done = Counter(row.title for row in overview.seats if row.state in _DONE)
    return "    ".join(
        words.counts.format(title=title, working=working[title], done=done[title])
        + _shown_within(within.get(title), words)
        for title in dict.fromkeys(row.title for row in overview.seats if row.title)
    )


def _shown_within(seconds: float | None, words: Words) -> str:
    if seconds is None:
        return ""
    return f", {words.shown_within.format(time=span(seconds, words))}"


def state(
    row: SeatRow, words: Words, *, away: timedelta | None = None, late: float | None = None
) -> str:
    """Say what a seat does, by whom if not by itself, and whether nobody is there, for how long.

    ``late`` are the seconds by which its desk showed the stage later than others.
    """
    said = [words.states[row.state]]
    if row.state == "submitted" and row.how not in {None, "submitted"}:
        said = [words.seat_how[row.how]]
    if row.standing == "bot" and row.how != "bot":
        said.append(words.stands_in)
    if not row.present:
        gone = clock_text(away // timedelta(seconds=1)) if away is not None else ""
        said.append(words.away_for.format(time=gone) if gone else words.away)
    if late is not None:
        said = [words.shown_late.format(state=", ".join(said), time=span(late, words))]
    return ", ".join(said)


def time_left(row: SeatRow, now: datetime) -> Reading | None:
    """Return how much time a seat has still that works, by the worker's time; None: no limit."""
    if row.state != "working" or row.clock is None:
        return None
    match row.clock:
        case Clock(deadline_at=datetime() as deadline):
            reading = read(Countdown(deadline=deadline.timestamp()), now.timestamp())
            return replace(reading, text=reading.text or clock_text(0))
        case Clock(left=left):
            return read(Countdown(left=left or 0.0), 0.0)


def applicable(what: What, rows: Iterable[SeatRow]) -> tuple[str, ...]:
    """Return the seats among some to which an order would do something."""
    return tuple(row.seat for row in rows if _MAY[what](row))


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
    return form.format(n=len(waiting), seats=listed([row.seat for row in late], words))


def listed(seats: Sequence[str], words: Words) -> str:
    """Return names in a sentence; of many, some names and how many more. Nobody is empty."""
    if len(seats) > _NAMED:
        named = ", ".join(seats[: _NAMED - 1])
        return words.and_more.format(seats=named, n=len(seats) - _NAMED + 1)
    *first, last = seats or ("",)
    return words.and_last.format(seats=", ".join(first), last=last) if first else last
