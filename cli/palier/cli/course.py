"""The course of a session, read from its log: what opened when and by what, and what was set aside.

Pure: entries in, in order; nothing is asked of anybody.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from palier.schemas.names import ALL
from palier.schemas.replies import LogEntry

#: Scope and generation.
Key = tuple[str, int]


@dataclass(slots=True, kw_only=True)
class Opening:
    """One opening of a stage in a scope.

    ``by`` is the version of the entry that tells of it, ``led`` that of the one by which the
    program came to it, ``after`` the opening whose end that was, if it was one's end.
    """

    scope: str
    generation: int
    stage: str
    visit: int
    at: datetime
    by: int
    led: int
    after: Key | None
    parties: int = 0
    asks: bool = False
    missing: str = "wait"
    deadline_at: datetime | None = None
    #: When it was released or left, and the version of the entry that says so.
    over_at: datetime | None = None
    over_by: int = 0
    #: How many had arrived when it was released.
    arrived: int = 0
    #: What changed last in who is missing: the entry, where it was no arrival of a seat's own.
    turn: LogEntry | None = None
    #: It was set aside: the session went on from before it.
    void: bool = False

    @property
    def key(self) -> Key:
        """Return scope and generation."""
        return self.scope, self.generation

    @property
    def name(self) -> str:
        """Return what it is called in a sentence."""
        visit = f" (visit {self.visit})" if self.visit > 1 else ""
        return f"{self.stage}{visit}{within(self.scope)}"


def within(scope: str) -> str:
    """Return the words that say in which scope something is."""
    return "" if scope == ALL else f" in {scope}"


class Course:
    """What a session's log tells until now, as far as it was taken."""

    def __init__(self) -> None:
        self.version = 0
        self.seats: tuple[str, ...] = ()
        self.scopes: dict[str, tuple[str, ...]] = {}
        self.openings: dict[Key, Opening] = {}
        #: The entry since which the session is paused or stopped.
        self.held: LogEntry | None = None
        #: The entry by which a seat is excluded, or played by a bot.
        self.standings: dict[str, LogEntry] = {}
        #: Who is there, or not, since when; only those who ever came.
        self.presences: dict[str, tuple[bool, datetime]] = {}
        self.ended: LogEntry | None = None
        self._step = 0
        self._ended_last: Key | None = None

    def take(self, entry: LogEntry) -> None:  # noqa: C901, PLR0912 - a table
        """Take the next entry."""
        self.version = entry.version
        body: Mapping[str, Any] = entry.body
        match entry.kind:
            case "session-opened":
                self.seats = tuple(body["seats"])
                self.scopes[ALL] = self.seats
            case "scope-formed":
                self.scopes[body["scope"]] = tuple(body["seats"])
            case "started":
                self._moved_on(entry, None)
            case "stage-opened":
                self._opened(body["scope"], body, entry)
            case "released" | "abandoned":
                self._over(entry)
            case "answered-for":
                self.openings[body["scope"], body["generation"]].turn = entry
            case "excluded" | "readmitted" | "bot-stands-in":
                self._stands(entry)
            case "status-changed":
                self.held = None if body["status"] == "running" else entry
                if self.held is None:
                    for one in self.open():
                        one.turn = entry
            case "rewound":
                again = (body["scope"], body["generation"])
                self._moved_on(entry, again if again in self.openings else None)
                for scope, generation in body["void"]:
                    self.openings[scope, generation].void = True
                for scope, generation in body.get("reopened", ()):
                    self.openings[scope, generation].over_at = None
            case "presence-changed":
                self.presences[body["seat"]] = (bool(body["present"]), entry.at)
            case "session-finished":
                self.ended = entry
                self.held = None
            case _:
                pass

    def open(self) -> list[Opening]:
        """Return the openings whose barriers are closed yet, in the order in which they opened."""
        if self.ended is not None:
            return []
        return [one for one in self.valid() if one.over_at is None]

    def valid(self) -> list[Opening]:
        """Return all openings that were not set aside, in order."""
        return [one for one in self.openings.values() if not one.void]

    def target(self, stage: str, *, visit: int | None, scope: str | None) -> Opening | None:
        """Return the opening from which a session resumes: the last visit unless one is named."""
        found = [
            one
            for one in self.valid()
            if one.stage == stage and visit in {None, one.visit} and scope in {None, one.scope}
        ]
        last = max((one.visit for one in found), default=0)
        return min(
            (one for one in found if one.visit == last), key=lambda one: one.led, default=None
        )

    def set_aside_from(self, target: Opening) -> list[Opening]:
        """Return what is set aside when the session resumes from an opening, itself included."""
        return [one for one in self.valid() if one.led >= target.led]

    def reopened_by(self, target: Opening) -> list[Opening]:
        """Return what is waited for once more then: it was open, and was released later."""
        return [
            one
            for one in self.valid()
            if one.led < target.led and one.over_at is not None and one.over_by > target.led
        ]

    # -- taking -----------------------------------------------------------------------------------

    def _moved_on(self, entry: LogEntry, over: Key | None) -> None:
        self._step = entry.version
        self._ended_last = over

    def _opened(self, scope: str, body: Mapping[str, Any], entry: LogEntry) -> None:
        deadline = body.get("deadline_at")
        stage = body["stage"]
        visits = [one for one in self.valid() if (one.scope, one.stage) == (scope, stage)]
        opening = Opening(
            scope=scope,
            generation=body["generation"],
            stage=stage,
            visit=body.get("visit", len(visits) + 1),
            at=entry.at,
            by=entry.version,
            led=self._step,
            after=self._ended_last,
            parties=body.get("parties", 0),
            asks=body.get("asks", False),
            missing=body.get("missing", "wait"),
            deadline_at=datetime.fromisoformat(deadline) if deadline else None,
        )
        self.openings[opening.key] = opening

    def _over(self, entry: LogEntry) -> None:
        body: Mapping[str, Any] = entry.body
        key = (body["scope"], body["generation"])
        over = self.openings[key]
        over.over_at, over.over_by = entry.at, entry.version
        over.arrived = body.get("arrived", 0)
        self._moved_on(entry, key)
        if following := body.get("next"):
            if isinstance(following, str):
                # of a session that is older than these particulars
                following = {"stage": following, "generation": over.generation + 1}
            self._opened(over.scope, following, entry)

    def _stands(self, entry: LogEntry) -> None:
        body: Mapping[str, Any] = entry.body
        seat = body["seat"]
        if entry.kind == "readmitted":
            self.standings.pop(seat, None)
            return
        self.standings[seat] = entry
        for scope, generation in body["withdrawn"]:
            self.openings[scope, generation].turn = entry
