"""What happened to a session lately, in sentences: interventions, deadlines, failures. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from palier.client.screens.words import Words
from palier.schemas.events import HelpCalled, SeatRefused
from palier.schemas.replies import LogEntry, SessionLog

#: So many are kept, and what happened to seats within so long of each other is said together.
_KEPT, _TOGETHER = 100, timedelta(seconds=2)

_INKS = {
    "failed": "bad",
    "not-done": "bad",
    "at-a-loss": "bad",
    "refused": "warn",
    "called": "warn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """One thing that happened: ``key`` names its sentence, ``seats`` and ``fill`` complete it."""

    at: datetime
    author: str
    key: str
    seats: tuple[str, ...] = ()
    fill: tuple[tuple[str, str], ...] = ()
    reason: str = ""

    @property
    def ink(self) -> str:
        """The colour it is written in: what needs somebody, what time did, what people did."""
        return _INKS.get(self.key, "warn" if self.key.endswith("-late") else "text")

    def say(self, words: Words) -> str:
        """Return it as a sentence, with the reason that was given."""
        told = words.happened[self.key].format(seats=", ".join(self.seats), **dict(self.fill))
        return words.because.format(told=told, reason=self.reason) if self.reason else told


class Happenings:
    """Gathers what a session's log and its staff's events tell, newest first."""

    def __init__(self) -> None:
        self.lines: tuple[Happening, ...] = ()
        #: Since when seats are away that have been here, by the worker's clock.
        self.away: dict[str, datetime] = {}
        self._version = 0

    def take(self, log: SessionLog) -> None:
        """Take the next entries of the log; those that are known change nothing."""
        for entry in log.entries:
            if entry.version <= self._version:
                continue
            self._version = entry.version
            if entry.kind == "presence-changed":
                self._note_presence(entry)
            elif (happening := _happening(entry)) is not None:
                add = self._add_call if happening.key == "called" else self._add
                add(happening)

    def take_refused(self, refused: SeatRefused, *, at: datetime) -> None:
        """Take how many messages of a seat were refused; the newest count replaces the last."""
        fill = (("n", str(refused.count)), ("code", refused.code))
        told = Happening(at=at, author="palier", key="refused", seats=(refused.seat,), fill=fill)
        others = (one for one in self.lines if not _same_refusal(one, told))
        self.lines = (told, *others)[:_KEPT]

    def take_call(self, called: HelpCalled) -> None:
        """Take that a seat calls for help; told again, it is the same call."""
        self._add_call(
            Happening(
                at=called.at,
                author=called.seat,
                key="called",
                seats=(called.seat,),
                reason=called.text,
            )
        )

    def _add_call(self, told: Happening) -> None:
        """Add a call in its place: the log tells it too, before the staff's event or after it."""
        if not any(_same_call(one, told) for one in self.lines):
            newer = tuple(one for one in self.lines if one.at > told.at)
            self.lines = (*newer, told, *self.lines[len(newer) :])[:_KEPT]

    def _note_presence(self, entry: LogEntry) -> None:
        seat = str(entry.body["seat"])
        if entry.body["present"]:
            self.away.pop(seat, None)
        else:
            self.away[seat] = entry.at

    def _add(self, happening: Happening) -> None:
        if self.lines and _together(self.lines[0], happening):
            first, *rest = self.lines
            seats = (*first.seats, *(one for one in happening.seats if one not in first.seats))
            self.lines = (replace(first, seats=seats), *rest)
        else:
            self.lines = (happening, *self.lines)[:_KEPT]


def _together(one: Happening, other: Happening) -> bool:
    alike = replace(other, at=one.at, seats=one.seats) == one
    return alike and bool(one.seats) and other.at - one.at < _TOGETHER


def _same_call(one: Happening, other: Happening) -> bool:
    return (one.key, one.seats) == ("called", other.seats) and abs(one.at - other.at) < _TOGETHER


def _same_refusal(one: Happening, other: Happening) -> bool:
    same = (one.key, one.seats, one.fill[1:]) == (other.key, other.seats, other.fill[1:])
    return same and one.key == "refused"


def _happening(entry: LogEntry) -> Happening | None:  # noqa: C901, PLR0911, PLR0912 - a table
    """Return what an entry tells an operator who watches; None for what they see anyway."""
    body: Mapping[str, Any] = entry.body
    seats = tuple(body.get("seats", ())) or ((body["seat"],) if "seat" in body else ())
    told = Happening(
        at=entry.at,
        author=entry.author,
        key=entry.kind,
        seats=seats,
        reason=str(body.get("reason") or ""),
    )
    late = body.get("because") == "deadline"
    match entry.kind:
        case (
            "started"
            | "retried"
            | "clock-pause"
            | "clock-resume"
            | "advanced"
            | "readmitted"
            | "attended"
        ):
            return told
        case "status-changed" if body["status"] != "stopped":
            return replace(told, key=body["status"])
        case "program-failed":
            return replace(told, key="failed", reason=str(body["reason"]))
        case "rewound":
            return replace(told, fill=(("stage", str(body["stage"])),))
        case "clock-extend":
            return replace(told, fill=(("seconds", f"{float(body['seconds']):+g}"),))
        case "excluded" | "bot-stands-in":
            return replace(told, key=f"{entry.kind}-late" if late else entry.kind)
        case "answered-for" if body.get("because") == "ended":
            return None
        case "answered-for" if body["how"] == "default":
            return replace(told, key="answered-late")
        case "help-called":
            return replace(told, key="called", reason=str(body["text"]))
        case "seat-replaced":
            return replace(told, key="replaced")
        case "bot-at-a-loss":
            return replace(told, key="at-a-loss")
        case "action-failed":
            fill = (("action", str(body["action"])), ("stage", str(body["stage"])))
            return replace(told, key="not-done", fill=fill)
        case "session-finished":
            return replace(told, key=body["outcome"])
        case _:
            return None
