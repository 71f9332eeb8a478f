"""A session as its log tells it: entries by hand, and one example that has a bit of everything."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from palier.cli.explaining import Explainer, Line
from palier.schemas.replies import LogEntry, Overview, SeatRow

#: When every example begins.
START = datetime(2026, 5, 4, 14, tzinfo=UTC)

SEATS = ("p1", "p2", "p3", "p4")

Told = tuple[float, str, str, dict[str, Any]]


def at(seconds: float) -> datetime:
    """Return a time after the start."""
    return START + timedelta(seconds=seconds)


def entries(*told: Told) -> list[LogEntry]:
    """Return entries of a log: seconds, kind, author, body."""
    return [
        LogEntry(version=number, kind=kind, author=author, at=at(seconds), body=body)
        for number, (seconds, kind, author, body) in enumerate(told, start=1)
    ]


def explained(log: Iterable[LogEntry]) -> tuple[Explainer, list[Line]]:
    """Return who explained a log, and the sentences; times in UTC."""
    explainer = Explainer(UTC)
    return explainer, [explainer.tell(one) for one in log]


def opening(generation: int, stage: str, **more: Any) -> dict[str, Any]:
    """Return what the log tells of an opening."""
    return {
        "generation": generation,
        "stage": stage,
        "visit": 1,
        "parties": 4,
        "asks": True,
        "deadline_at": None,
        "missing": "wait",
        **more,
    }


def released(
    scope: str, generation: int, stage: str, then: dict[str, Any] | None, **more: Any
) -> dict[str, Any]:
    """Return what the log tells of a release."""
    return {
        "scope": scope,
        "generation": generation,
        "stage": stage,
        "arrived": 4,
        "latest": [],
        "next": then,
        **more,
    }


def arrived(*arrivals: tuple[str, float]) -> dict[str, Any]:
    """Return who arrived when, the last one as the reason."""
    return {
        "because": "arrival",
        "of": arrivals[-1][0],
        "latest": [[seat, at(seconds).isoformat()] for seat, seconds in arrivals],
    }


def overview(*seats: SeatRow, status: Any = "running", now: float, **more: Any) -> Overview:
    """Return what the worker says of it so many seconds after the start."""
    return Overview(
        session="s1",
        program="Public goods",
        steps=(("welcome", "Welcome"), ("ask", "Ask"), ("end", "The end")),
        status=status,
        opened_at=START,
        now=at(now),
        seats=seats,
        **more,
    )


def row(seat: str, **more: Any) -> SeatRow:
    """Return a seat as the worker sees it."""
    return SeatRow(**{"seat": seat, "present": True, "state": "working", "scope": "all", **more})


OPENED: Told = (0, "session-opened", "operator", {"program": "game", "seats": list(SEATS)})
STARTED: Told = (10, "started", "palier", {})
WELCOME: Told = (10, "stage-opened", "palier", {"scope": "all", **opening(1, "welcome")})

#: A welcome, two visits of a stage that asks, the second with a deadline.
GAME: tuple[Told, ...] = (
    OPENED,
    (5, "presence-changed", "palier", {"seat": "p3", "present": True}),
    STARTED,
    WELCOME,
    (
        62.4,
        "released",
        "p3",
        released(
            "all",
            1,
            "welcome",
            opening(2, "ask"),
            **arrived(("p1", 20), ("p2", 31), ("p4", 33), ("p3", 62.4)),
        ),
    ),
    (70, "status-changed", "operator", {"status": "paused", "reason": "a fire drill"}),
    (130, "status-changed", "operator", {"status": "running", "because": "operator"}),
    (
        140,
        "released",
        "p1",
        released(
            "all",
            2,
            "ask",
            opening(3, "ask", visit=2, deadline_at=at(200).isoformat(), missing="default"),
            **arrived(("p2", 135), ("p1", 140)),
        ),
    ),
    (
        200,
        "answered-for",
        "palier",
        {
            "scope": "all",
            "generation": 3,
            "because": "deadline",
            "seat": "p4",
            "how": "default",
            "answer": {"amount": 0},
        },
    ),
    (
        200,
        "released",
        "palier",
        released(
            "all",
            3,
            "ask",
            opening(4, "end", asks=False),
            because="deadline",
            latest=[["p1", at(150).isoformat()], ["p4", at(200).isoformat()]],
        ),
    ),
)
