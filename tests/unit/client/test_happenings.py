"""What an operator is told of a session's log, in one line for what happened at once."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from palier.client.screens.english import ENGLISH
from palier.client.screens.french import FRENCH
from palier.client.screens.happenings import Happenings
from palier.client.screens.sample_session import sample_log
from palier.schemas.events import SeatRefused
from palier.schemas.replies import LogEntry, SessionLog

AT = datetime(2026, 5, 12, 14, 30, tzinfo=UTC)


def entry(version: int, kind: str, *, author: str = "operator", **body: Any) -> LogEntry:
    return LogEntry(
        version=version, kind=kind, author=author, at=AT + timedelta(minutes=version), body=body
    )


def log(*entries: LogEntry) -> SessionLog:
    return SessionLog(session="s", entries=entries)


def told(*entries: LogEntry) -> list[str]:
    happenings = Happenings()
    happenings.take(log(*entries))
    return [one.say(ENGLISH) for one in happenings.lines]


LATE = {"because": "deadline"}


@pytest.mark.parametrize(
    ("kind", "body", "said"),
    [
        ("started", {}, "The session has begun"),
        ("status-changed", {"status": "paused", "reason": "fire"}, "The session was paused (fire)"),
        ("status-changed", {"status": "running"}, "The session goes on"),
        ("program-failed", {"reason": "KeyError: 3"}, "The program failed (KeyError: 3)"),
        ("retried", {}, "The program was read anew, to be tried again"),
        ("clock-extend", {"seconds": 60.0, "scopes": ["all"]}, "+60 s on the clock"),
        ("clock-extend", {"seconds": -2.5, "scopes": ["all"]}, "-2.5 s on the clock"),
        ("clock-pause", {"scopes": ["all"]}, "The clock was stopped"),
        ("clock-resume", {"scopes": ["all"]}, "The clock runs again"),
        ("advanced", {"seats": ["p1", "p2"], "reason": "slow"}, "p1, p2: advanced (slow)"),
        ("excluded", {"seat": "p1", "reason": "left"}, "p1: excluded (left)"),
        ("excluded", {"seat": "p1", **LATE}, "p1: time was up, excluded"),
        ("bot-stands-in", {"seat": "p1"}, "p1: a bot stands in"),
        ("bot-stands-in", {"seat": "p1", **LATE}, "p1: time was up, a bot stands in"),
        ("readmitted", {"seat": "p1"}, "p1: back in the session"),
        ("seat-replaced", {"seat": "p1"}, "p1: a new code was given out"),
        (
            "answered-for",
            {"seat": "p1", "how": "default", **LATE},
            "p1: time was up, the declared answer was taken",
        ),
        (
            "action-failed",
            {"seat": "p1", "stage": "market", "action": "bid", "traceback": "…"},
            "p1: the program failed at bid in market, nothing was changed",
        ),
        (
            "rewound",
            {"stage": "ask", "void": []},
            "The session goes on from ask once more; what came after is set aside",
        ),
        ("session-finished", {"outcome": "closed", "reason": ""}, "The session was closed"),
    ],
)
def test_what_somebody_may_have_to_know_is_told(kind: str, body: dict[str, Any], said: str) -> None:
    assert told(entry(1, kind, **body)) == [said]


@pytest.mark.parametrize(
    ("kind", "body"),
    [
        ("stage-opened", {"scope": "all", "generation": 1}),
        ("released", {"scope": "all", "generation": 1}),
        ("answered-for", {"seat": "p1", "how": "bot"}),
        ("answered-for", {"seat": "p1", "how": "operator"}),
        ("answered-for", {"seat": "p1", "how": "default", "because": "ended", "of": "p2"}),
        ("status-changed", {"status": "stopped"}),
        ("side-effect", {"name": "x"}),
        ("something-new", {}),
    ],
)
def test_what_is_seen_anyway_is_not_told(kind: str, body: dict[str, Any]) -> None:
    assert told(entry(1, kind, **body)) == []


def test_the_newest_comes_first_and_what_is_known_changes_nothing() -> None:
    happenings = Happenings()
    happenings.take(log(entry(1, "started"), entry(2, "clock-pause")))
    lines = happenings.lines
    happenings.take(log(entry(1, "started"), entry(2, "clock-pause")))
    assert happenings.lines == lines
    happenings.take(log(entry(3, "clock-resume")))

    assert [one.key for one in happenings.lines] == ["clock-resume", "clock-pause", "started"]


def test_what_happened_to_many_seats_at_once_is_one_line() -> None:
    def late(version: int, seat: str, seconds: float) -> LogEntry:
        body = {"seat": seat, "how": "default", **LATE}
        at = AT + timedelta(seconds=seconds)
        return LogEntry(version=version, kind="answered-for", author="palier", at=at, body=body)

    said = told(late(1, "p1", 0), late(2, "p2", 0.1), late(3, "p3", 30), late(4, "p1", 30.1))

    assert said == [
        "p3, p1: time was up, the declared answer was taken",
        "p1, p2: time was up, the declared answer was taken",
    ]


def test_different_reasons_are_told_apart() -> None:
    at = AT + timedelta(minutes=1)
    first = entry(1, "excluded", seat="p1", reason="left")
    second = entry(2, "excluded", seat="p2", reason="ill").model_copy(update={"at": at})

    assert told(first, second) == ["p2: excluded (ill)", "p1: excluded (left)"]


def test_who_is_away_is_known_since_when() -> None:
    happenings = Happenings()
    happenings.take(
        log(
            entry(1, "presence-changed", seat="p1", present=True),
            entry(2, "presence-changed", seat="p1", present=False),
            entry(3, "presence-changed", seat="p2", present=False),
            entry(4, "presence-changed", seat="p2", present=True),
        )
    )

    assert happenings.away == {"p1": AT + timedelta(minutes=2)}
    assert happenings.lines == ()


def test_of_what_a_seat_was_refused_the_last_count_is_told() -> None:
    happenings = Happenings()
    for count, code in ((5, "too-fast"), (2, "invalid"), (900, "too-fast")):
        refused = SeatRefused(session="s", seat="p1", code=code, count=count)
        happenings.take_refused(refused, at=AT)

    assert [one.say(FRENCH) for one in happenings.lines] == [
        "p1\u00a0: refusé 900×, too-fast",
        "p1\u00a0: refusé 2×, invalid",
    ]


def test_a_failure_is_told_in_red_and_a_deadline_as_a_warning() -> None:
    happenings = Happenings()
    happenings.take(sample_log(stopped=True))

    inks = {one.key: one.ink for one in happenings.lines}
    assert inks["failed"] == "bad"
    assert inks["answered-late"] == inks["bot-stands-in-late"] == "warn"
    assert inks["excluded"] == inks["started"] == "text"


def test_a_long_session_keeps_what_is_recent() -> None:
    happenings = Happenings()
    happenings.take(log(*(entry(number, "clock-pause") for number in range(1, 500))))

    assert len(happenings.lines) == 100
    assert happenings.lines[0].at == AT + timedelta(minutes=499)
