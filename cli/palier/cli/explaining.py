"""A session's log in plain sentences: what happened, by whom, for what reason.

Pure: entries in, sentences out. Times are shown in the zone that is given, and nowhere else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, tzinfo
from itertools import groupby
from typing import Any

from palier.cli.course import Course, Key, Opening, within
from palier.cli.words import POLICIES, author, bracketed, counted, names, reason, short, span
from palier.schemas.replies import LogEntry

_HOW = {
    "default": "its deadline had come, and this is what the stage declares",
    "bot": "a bot stands in",
    "operator": "the operator advanced it",
}

#: Kinds of entries that concern a session as a whole.
_WIDE = frozenset(
    {
        "session-opened",
        "started",
        "status-changed",
        "program-failed",
        "retried",
        "rewound",
        "session-finished",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One entry in a sentence, and what it is about."""

    version: int
    kind: str
    at: datetime
    text: str
    openings: frozenset[Key] = frozenset()
    seats: frozenset[str] = frozenset()

    @property
    def wide(self) -> bool:
        """Whether it concerns the session as a whole."""
        return self.kind in _WIDE


@dataclass(frozen=True, slots=True)
class _Said:
    """A sentence without its point, the openings it is about, and the seats."""

    text: str
    openings: Collection[Key] = ()
    seats: Collection[str] = ()


def gathered(lines: Iterable[Line]) -> list[Line]:
    """Return sentences with those that say the same of many seats at once put together."""
    found = []
    for _, alike in groupby(lines, key=_said_of_a_seat):
        first, *more = alike
        if more:
            seats = [seat for one in (first, *more) for seat in one.seats]
            rest = first.text.removeprefix(seats[0]).replace(" was ", " were ", 1)
            first = replace(first, text=f"{names(seats)}{rest}", seats=frozenset(seats))
        found.append(first)
    return found


def _said_of_a_seat(line: Line) -> tuple[object, ...]:
    """Return what is equal for sentences that differ in the seat alone."""
    if line.kind != "answered-for":
        return (line.version,)
    (seat,) = line.seats
    return line.at, line.text.removeprefix(seat)


class Explainer:
    """Makes sentences of a session's entries, taken in order; ``zone`` is that of times in them."""

    def __init__(self, zone: tzinfo | None = None) -> None:
        self.course = Course()
        self._zone = zone

    def tell(self, entry: LogEntry) -> Line:
        """Take the next entry and return what it says."""
        held = self.course.held
        self.course.take(entry)
        said = self._told(entry, held)
        return Line(
            version=entry.version,
            kind=entry.kind,
            at=entry.at,
            text=f"{said.text}.",
            openings=frozenset(said.openings),
            seats=frozenset(said.seats),
        )

    def clock(self, at: datetime) -> str:
        """Return a time of the day."""
        return f"{at.astimezone(self._zone):%H:%M:%S}"

    def opened(self, opening: Opening) -> str:
        """Return that a stage opened, for how many and until when."""
        words = f"{opening.name} opened, generation {opening.generation}"
        if opening.parties:
            words += f", for {counted(opening.parties, 'seat')}"
        if opening.deadline_at is not None:
            words += f", until {self.clock(opening.deadline_at)}; then {POLICIES[opening.missing]}"
        return words

    def _told(  # noqa: C901, PLR0911, PLR0912 - a table
        self, entry: LogEntry, held: LogEntry | None
    ) -> _Said:
        body: Mapping[str, Any] = entry.body
        who, why = author(entry), reason(entry)
        match entry.kind:
            case "session-opened":
                count = counted(len(body["seats"]), "seat")
                return _Said(f"{who} opened the session: {body['program']}, {count}")
            case "started" if entry.author == "palier":
                return _Said("Every seat was present, and the session started")
            case "started":
                return _Said(f"{who} started the session")
            case "scope-formed":
                words = f"{names(body['seats'])} became {body['scope']}"
                return _Said(words, seats=body["seats"])
            case "stage-opened":
                opening = self._opening(body)
                led = [opening.after] if opening.after is not None else []
                return _Said(self.opened(opening), [opening.key, *led])
            case "released":
                return self._released(entry)
            case "abandoned":
                over = self._opening(body)
                words = f"{over.name} was left: nobody takes part there any more"
                return _Said(words, [over.key])
            case "answered-for":
                return self._answered(entry)
            case "excluded" | "readmitted" | "bot-stands-in":
                return self._stands(entry)
            case "status-changed":
                return _Said(self._status(entry, held))
            case "program-failed":
                return _Said(f"The program failed: {short(body['reason'])}")
            case "retried":
                return _Said(f"{who} had the program read anew, to try again{why}")
            case "rewound":
                return self._rewound(entry)
            case "advanced":
                return _Said(f"{who} let {names(body['seats'])} arrive{why}", seats=body["seats"])
            case "clock-extend" | "clock-pause" | "clock-resume":
                return self._clock_set(entry)
            case "clock-changed":
                opening = self._opening(body)
                return _Said(self._clock_shown(opening, body["clock"]), [opening.key])
            case "seat-replaced":
                seat = body["seat"]
                return _Said(f"{who} gave {seat} a new code{why}", seats=[seat])
            case "help-called":
                seat = body["seat"]
                words = f"{seat} called for help{bracketed(short(body.get('text', '')))}"
                return _Said(words, seats=[seat])
            case "attended":
                seat = body["seat"]
                return _Said(f"{who} answered {seat}, who had called for help{why}", seats=[seat])
            case "action-failed":
                seat = body["seat"]
                words = f"The program failed when {seat} did {body['action']} in {body['stage']}"
                return _Said(f"{words}, which was not done{why}", seats=[seat])
            case "bot-at-a-loss":
                seat = body["seat"]
                words = f"The bot of {seat} found no answer that {body['stage']} takes"
                return _Said(f"{words}: {seat} is still waited for", seats=[seat])
            case "presence-changed":
                words = "was there" if body["present"] else "was gone"
                return _Said(f"{body['seat']} {words}", seats=[body["seat"]])
            case "side-effect":
                words = f"The program noted {body['name']}{within(body['scope'])}"
                return _Said(f"{words}: {short(str(body['value']))}")
            case "session-finished":
                closed = body["outcome"] == "closed"
                words = f"{who} closed the session" if closed else "The program came to its end"
                return _Said(f"{words}{why}")
            case _:
                said = ", ".join(f"{key}={one}" for key, one in body.items())
                return _Said(f"{who}: {entry.kind}{bracketed(short(said))}")

    def _opening(self, body: Mapping[str, Any]) -> Opening:
        return self.course.openings[body["scope"], body["generation"]]

    def _released(self, entry: LogEntry) -> _Said:
        over = self._opening(entry.body)
        how, seats = self._opened_by(entry, over)
        words = f"{over.name} was released {how}"
        if not entry.body.get("next"):
            return _Said(words, [over.key], seats)
        following = self.course.openings[over.scope, over.generation + 1]
        return _Said(f"{words}. {self.opened(following)}", [over.key, following.key], seats)

    def _opened_by(self, entry: LogEntry, over: Opening) -> tuple[str, list[str]]:
        """Return what opened a barrier, and on which seat it hung."""
        body: Mapping[str, Any] = entry.body
        turn = over.turn
        arrived = body.get("because") == "arrival"
        seat = str(body["of"] if arrived else turn.body.get("seat", "") if turn else "")
        earlier = [f"{one} at {self._at(at)}" for one, at in body.get("latest", ()) if one != seat]
        before = bracketed(("before: " if seat else "") + ", ".join(earlier)) if earlier else ""
        if turn is not None and turn.kind == "excluded" and not arrived:
            return f"when {seat} was excluded: nobody else was missing{before}", [seat]
        if not seat:
            return f"when the session went on: all had arrived meanwhile{before}", []
        count = f" of {over.arrived}" if over.arrived else ""
        last = f" as the last{count}{before}" if over.arrived != 1 else ""
        return f"when {seat} {'arrived' if arrived else 'was answered for'}{last}", [seat]

    def _at(self, at: object) -> str:
        return self.clock(datetime.fromisoformat(str(at)))

    def _answered(self, entry: LogEntry) -> _Said:
        body: Mapping[str, Any] = entry.body
        opening = self._opening(body)
        given = ", ".join(f"{key}={one}" for key, one in (body.get("answer") or {}).items())
        with_what = f" with {short(given)}" if given else ""
        if body.get("because") == "ended":
            words = f"{body['seat']} went on from {opening.name}{with_what}"
            ended = f"what {body.get('of', 'somebody')} did ended the stage for all"
            return _Said(f"{words}: {ended}", [opening.key], [body["seat"]])
        words = f"{body['seat']} was answered for at {opening.name}{with_what}"
        return _Said(f"{words}: {_HOW[body['how']]}{reason(entry)}", [opening.key], [body["seat"]])

    def _stands(self, entry: LogEntry) -> _Said:
        body: Mapping[str, Any] = entry.body
        seat, who = body["seat"], author(entry)
        keys = [(scope, generation) for scope, generation in body["withdrawn"]]
        where = names([self.course.openings[one].name for one in keys])
        late = body.get("because") == "deadline"
        match entry.kind:
            case "excluded" if late:
                words = f"{seat} was excluded at the deadline of {where}"
            case "excluded" if body.get("because") == "quiz":
                words = f"{seat} was excluded after the last attempt at {where}"
            case "excluded":
                words = f"{who} excluded {seat}" + (
                    f", who was missing at {where}" if where else ""
                )
            case "bot-stands-in" if late:
                words = f"A bot stands in for {seat}, who was missing at a deadline"
            case "bot-stands-in":
                words = f"{who} let a bot stand in for {seat}"
            case _ if body.get("because") == "arrival":
                words = f"{seat} was back to answer, and no bot stands in any more"
            case _:
                words = f"{who} let {seat} take part again" + (
                    f", at {where} still" if where else ""
                )
        return _Said(f"{words}{reason(entry)}", keys, [seat])

    def _status(self, entry: LogEntry, held: LogEntry | None) -> str:
        body: Mapping[str, Any] = entry.body
        match body["status"]:
            case "paused":
                words = f"{author(entry)} paused the session{reason(entry)}"
                return f"{words}: no barrier opens, clocks stand still"
            case "stopped":
                return "The session is stopped: what arrives is kept, no barrier opens"
            case _ if held is None:
                return "The session goes on"
            case _:
                spell = span((entry.at - held.at).total_seconds())
                words = f"The session goes on, it was {held.body['status']} for {spell}"
                return f"{words}{reason(entry)}"

    def _rewound(self, entry: LogEntry) -> _Said:
        body: Mapping[str, Any] = entry.body
        void = [self.course.openings[scope, generation] for scope, generation in body["void"]]
        words = f"{author(entry)} had the session go on from {body['stage']} once more"
        again = [
            self.course.openings[scope, generation]
            for scope, generation in body.get("reopened", ())
        ]
        words += f"{reason(entry)}, set aside: {names([one.name for one in void])}"
        if again:
            words += f"; open again: {names([one.name for one in again])}"
        return _Said(words, [one.key for one in (*void, *again)])

    def _clock_set(self, entry: LogEntry) -> _Said:
        body: Mapping[str, Any] = entry.body
        seconds = float(body.get("seconds", 0))
        match entry.kind.removeprefix("clock-"):
            case "extend":
                words = f"{'gave' if seconds >= 0 else 'took'} {span(abs(seconds))}"
                words += " more" if seconds >= 0 else " away"
            case "pause":
                words = "stopped the clock"
            case _:
                words = "started the clock again"
        where = f" in {names(body['scopes'])}" if any(map(within, body["scopes"])) else ""
        keys = [one.key for one in self.course.open() if one.scope in body["scopes"]]
        return _Said(f"{author(entry)} {words}{where}{reason(entry)}", keys)

    def _clock_shown(self, opening: Opening, clock: Mapping[str, Any]) -> str:
        if clock.get("deadline_at"):
            return f"{opening.name} has until {self._at(clock['deadline_at'])}"
        return f"The clock of {opening.name} stands, with {span(clock.get('left') or 0)} left"
