"""What one can ask of a session's course, and which sentences answer it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from palier.cli.course import Course, Opening
from palier.cli.errors import CommandError
from palier.cli.explaining import Line
from palier.cli.words import names

#: From when, and until before when.
Window = tuple[datetime, datetime]

_SECOND, _MINUTE = timedelta(seconds=1), timedelta(minutes=1)
_TIME = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?")

#: Kinds of entries that are told only to those who ask for a seat, or for the whole log.
_ASIDE = frozenset({"presence-changed", "side-effect"})


@dataclass(frozen=True, slots=True)
class TimeOfDay:
    """A minute of the day, or a second of it."""

    hour: int
    minute: int
    second: int | None = None

    @classmethod
    def parse(cls, text: str) -> TimeOfDay:
        """Return the time that ``14:03`` or ``14:03:22`` stands for; raises `CommandError`."""
        found = _TIME.fullmatch(text.strip())
        if found is None:
            raise CommandError(f"--at {text}: write the time as 14:03 or 14:03:22.")
        hour, minute, second = found.groups()
        return cls(int(hour), int(minute), None if second is None else int(second))

    def __str__(self) -> str:
        seconds = "" if self.second is None else f":{self.second:02}"
        return f"{self.hour:02}:{self.minute:02}{seconds}"

    def window(self, first: datetime, last: datetime, zone: tzinfo | None) -> Window:
        """Return when that was: on the day of ``last``, or the day before if ``first`` was then."""
        start = last.astimezone(zone).replace(
            hour=self.hour, minute=self.minute, second=self.second or 0, microsecond=0
        )
        if start > last and start - timedelta(days=1) >= first - _MINUTE:
            start -= timedelta(days=1)
        return start, start + (_MINUTE if self.second is None else _SECOND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked about; what is None is not asked for. Without any, where the session stands."""

    stage: str | None = None
    generation: int | None = None
    scope: str | None = None
    seat: str | None = None
    at: TimeOfDay | None = None

    @property
    def open(self) -> bool:
        """Whether nothing in particular was asked, but perhaps a scope."""
        return {self.stage, self.generation, self.seat, self.at} == {None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """The sentences on what was asked, oldest first.

    ``note`` says it first when nothing fits exactly; ``pending`` that the question is about what is
    not over, so that where the session stands belongs to the answer.
    """

    lines: tuple[Line, ...] = ()
    note: str = ""
    pending: bool = False


def answer(
    question: Question,
    lines: Sequence[Line],
    course: Course,
    *,
    steps: Iterable[str] = (),
    zone: tzinfo | None = None,
) -> Answer:
    """Return the sentences that answer a question; ``steps`` are stages that are known to come.

    Raises `CommandError` when it is about what the session does not have.
    """
    _check(question, course, steps)
    window = question.at.window(lines[0].at, lines[-1].at, zone) if question.at else None
    found = [one for one in course.openings.values() if _asked_for(one, question, course, window)]
    if question.open:
        return Answer(lines=_about(found or course.valid()[-1:], lines, course), pending=True)
    if window is not None:
        return _at(window, question, lines, course, found)
    if question.stage is None and question.generation is None:
        assert question.seat is not None
        kept = [one for one in lines if _concerns(question, one, course)]
        return Answer(lines=tuple(kept), pending=course.ended is None)
    if not found:
        what = (
            f"Stage {question.stage}"
            if question.stage is not None
            else f"Generation {question.generation}"
        )
        return Answer(note=f"{what} has not opened yet.", pending=True)
    return Answer(
        lines=_about(found, lines, course),
        pending=course.ended is None and any(one.over_at is None for one in found),
    )


def _check(question: Question, course: Course, steps: Iterable[str]) -> None:
    known = list(dict.fromkeys([*steps, *(one.stage for one in course.openings.values())]))
    if question.stage is not None and steps and question.stage not in known:
        raise CommandError(f"No stage {question.stage}: there are {names(known)}.")
    if question.seat is not None and question.seat not in course.seats:
        raise CommandError(f"No seat {question.seat}: there are {names(course.seats)}.")
    if question.scope is not None and question.scope not in course.scopes:
        raise CommandError(f"No scope {question.scope}: there are {names(list(course.scopes))}.")


def _asked_for(one: Opening, asked: Question, course: Course, window: Window | None) -> bool:
    return (
        asked.stage in {None, one.stage}
        and asked.generation in {None, one.generation}
        and asked.scope in {None, one.scope}
        and (asked.seat is None or asked.seat in course.scopes.get(one.scope, ()))
        and (window is None or window[0] <= one.at < window[1])
        and (not asked.open or one in course.open())
    )


def _concerns(asked: Question, line: Line, course: Course) -> bool:
    """Return whether a line is about the scope and the seat that were asked for, if any were."""
    scopes = {
        name
        for name, seats in course.scopes.items()
        if asked.scope in {None, name} and (asked.seat is None or asked.seat in seats)
    }
    among = {asked.seat} if asked.seat else set(course.scopes.get(asked.scope or "", ()))
    return (
        line.wide
        or (asked.scope is None and asked.seat is None)
        or bool(among & line.seats)
        or any(scope in scopes for scope, _ in line.openings)
    )


def _at(
    window: Window,
    question: Question,
    lines: Sequence[Line],
    course: Course,
    found: list[Opening],
) -> Answer:
    """Return what happened at a time and what led to it; else the last that happened before."""
    start, end = window
    fitting = [one for one in lines if one.at < end and _concerns(question, one, course)]
    if then := [one for one in fitting if one.at >= start]:
        # what led to it, and not what followed
        led = [one for one in _about(found, lines, course) if one.at < end]
        kept = {one.version: one for one in [*then, *led]}
        return Answer(lines=tuple(kept[one] for one in sorted(kept)))
    if not fitting:
        return Answer(note=f"Nothing had happened by {question.at}.")
    return Answer(
        lines=(fitting[-1],), note=f"Nothing happened at {question.at}; the last before it:"
    )


def _about(openings: Iterable[Opening], lines: Sequence[Line], course: Course) -> tuple[Line, ...]:
    """Return what led to openings, and what happened while they were open."""
    kept: dict[int, Line] = {}
    for opening in openings:
        before = course.openings[opening.after] if opening.after is not None else None
        keys = {opening.key} if before is None else {opening.key, before.key}
        begin = opening.by if before is None else before.by
        for one in lines:
            if one.version == opening.led or (
                one.kind not in _ASIDE
                and (keys & one.openings or (one.wide and _within(one, begin, opening)))
            ):
                kept[one.version] = one
    return tuple(kept[one] for one in sorted(kept))


def _within(line: Line, begin: int, opening: Opening) -> bool:
    return begin < line.version and (opening.over_at is None or line.version <= opening.over_by)
