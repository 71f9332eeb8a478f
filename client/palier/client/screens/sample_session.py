"""The public goods session of the samples as its operator sees it, for pictures and tests."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from palier.client.screens.stories import STORIES, Story
from palier.client.screens.texts import Language
from palier.schemas.events import Clock, HelpCalled, SeatRefused
from palier.schemas.names import OPERATOR
from palier.schemas.replies import LogEntry, Overview, SeatRow, SessionLog

_SESSION = "tuesday-1"
_OPENED = datetime(2026, 5, 12, 14, 30, tzinfo=UTC)
_NOW = _OPENED + timedelta(minutes=13)

#: These seats still work, and one of them is away; the others have submitted, but for these.
_WORKING, _AWAY = frozenset({4, 9, 16}), 16
_SPECIAL: dict[int, dict[str, Any]] = {
    12: {"how": "operator"},
    20: {"how": "bot", "standing": "bot"},
    23: {"state": "excluded", "standing": "excluded"},
}

_TRACEBACK = """\
Traceback (most recent call last):
  File "/home/ada/programs/public_goods/program.py", line 41, in play
    share = total * self.settings.multiplier / missing
            ~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~^~~~~~~~~
ZeroDivisionError: float division by zero
"""


def sample_overview(language: Language = "en") -> Overview:
    """Return a session of 24 seats in the middle of a stage that has a deadline."""
    story = STORIES[language]
    title = dict(story.steps)["contribute"]
    clock = Clock(deadline_at=_NOW + timedelta(seconds=84))
    return Overview(
        session=_SESSION,
        program=story.program,
        steps=story.steps,
        status="running",
        opened_at=_OPENED,
        now=_NOW,
        seats=tuple(_seat(number, title, clock) for number in range(1, 25)),
    )


def sample_overviews(language: Language = "en") -> dict[str, Overview]:
    """Return the session at each of its turns, by name."""
    running = sample_overview(language)
    stands = tuple(row.model_copy(update={"clock": Clock(left=84.0)}) for row in running.seats)
    held = running.model_copy(update={"seats": stands})
    story = STORIES[language]
    return {
        "lobby": running.model_copy(update={"status": "lobby"}),
        "running": running,
        "paused": held.model_copy(update={"status": "paused", "reason": story.drill}),
        "stopped": held.model_copy(
            update={
                "status": "stopped",
                "reason": "ZeroDivisionError: float division by zero",
                "traceback": _TRACEBACK,
            }
        ),
        "help": running.model_copy(update={"seats": tuple(map(_helpless(story), running.seats))}),
        "closed": running.model_copy(update={"status": "closed", "reason": story.drill}),
    }


def _helpless(story: Story) -> Callable[[SeatRow], SeatRow]:
    """Let some seats call for help, and one desk be late."""
    changes: dict[str, dict[str, Any]] = {
        "s04": {"called_at": _NOW - timedelta(seconds=131), "call": story.call},
        "s11": {"called_at": _NOW - timedelta(seconds=20)},
        "s09": {"painted": 0.64},
    }
    return lambda row: row.model_copy(update=changes.get(row.seat, {}))


def sample_call(language: Language = "en") -> HelpCalled:
    """Return what the staff is told when a seat calls for help."""
    at = _NOW - timedelta(seconds=131)
    return HelpCalled(session=_SESSION, seat="s04", at=at, text=STORIES[language].call)


def sample_log(language: Language = "en", *, stopped: bool = False) -> SessionLog:
    """Return what the session's log has of it."""
    entries = _entries(STORIES[language])
    shown = entries if stopped else entries[:-1]
    return SessionLog(
        session=_SESSION,
        entries=tuple(
            LogEntry(
                version=number,
                kind=kind,
                author=author,
                at=_OPENED + timedelta(seconds=seconds),
                body=body,
            )
            for number, (seconds, kind, author, body) in enumerate(shown, start=1)
        ),
    )


def sample_refusal() -> SeatRefused:
    """Return what is told of a seat whose messages were refused."""
    return SeatRefused(session=_SESSION, seat="s11", code="too-fast", count=37)


def _entries(story: Story) -> list[tuple[float, str, str, dict[str, Any]]]:
    slow, left, froze = story.reasons
    late = {"because": "deadline"}
    return [
        (0, "started", OPERATOR, {}),
        (301, "answered-for", "palier", {"seat": "s16", "how": "default", **late}),
        (301, "answered-for", "palier", {"seat": "s20", "how": "default", **late}),
        (412, "excluded", OPERATOR, {"seat": "s23", "reason": left}),
        (590, "bot-stands-in", "palier", {"seat": "s20", **late}),
        (655, "clock-extend", OPERATOR, {"seconds": 60.0, "reason": slow}),
        (683, "presence-changed", "palier", {"seat": "s16", "present": False}),
        (731, "advanced", OPERATOR, {"seats": ["s12"], "reason": froze}),
        (772, "program-failed", "palier", {"reason": "ZeroDivisionError: float division by zero"}),
    ]


def _seat(number: int, title: str, clock: Clock) -> SeatRow:
    given: dict[str, Any] = {
        "seat": f"s{number:02}",
        "present": number != _AWAY,
        "scope": f"group-{(number - 1) // 4 + 1}",
        "stage": "contribute",
        "title": title,
        "generation": 5,
        "visit": 3,
        "state": "working" if number in _WORKING else "submitted",
        "since": _OPENED + timedelta(minutes=12, seconds=number * 7 % 50),
        "payoff": f"{40 + number * 13 % 17}.{number % 10}0",
        "clock": clock,
        "painted": 0.02 + number * 7 % 13 / 1000 if number != _AWAY else None,
    }
    return SeatRow.model_validate({**given, **_SPECIAL.get(number, {})})
