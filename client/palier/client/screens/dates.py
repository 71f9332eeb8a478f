"""Days as people read and type them. A companion to `numerals`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from typing import Literal

_ISO = re.compile(r"(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})")
_FIGURES = re.compile(r"(?P<one>\d{1,2})[./-](?P<two>\d{1,2})[./-](?P<year>\d{4})")
#: Such as ``22 nov. 2026``, ``1er mars 2026``, ``22nd November, 2026``.
_DAY_FIRST = re.compile(
    r"(?P<day>\d{1,2})(?:er|st|nd|rd|th)? +(?:of +)?(?P<name>[a-z]+)\.?,? +(?P<year>\d{4})"
)
#: Such as ``November 22, 2026``.
_MONTH_FIRST = re.compile(
    r"(?P<name>[a-z]+)\.? +(?P<day>\d{1,2})(?:st|nd|rd|th)?,? +(?P<year>\d{4})"
)
#: Letters that can name a month; ``jui`` could be two in French, and names none.
_FEWEST = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Dates:
    """How one language writes days.

    ``form`` has ``{day}``, ``{month}`` (its short name), ``{number}`` and ``{year}``. ``order``
    says which comes first in ``1/2/2026``, or that it could be either.
    """

    form: str
    order: Literal["day", "either"]
    months: tuple[str, ...]
    short: tuple[str, ...]

    def say(self, day: date) -> str:
        """Return the day as the language writes it."""
        return self.form.format(
            day=day.day, month=self.short[day.month - 1], number=day.month, year=day.year
        )

    def read(self, typed: str) -> date | None:
        """Return the day that was typed, or None.

        ``2026-11-22`` is read in every language, the names of months in this one. A year has four
        figures. What could mean two days means none.
        """
        text = _plain(typed)
        if found := _ISO.fullmatch(text):
            return _day(int(found["year"]), int(found["month"]), int(found["day"]))
        if found := _FIGURES.fullmatch(text):
            return self._figures(int(found["one"]), int(found["two"]), int(found["year"]))
        found = _DAY_FIRST.fullmatch(text) or _MONTH_FIRST.fullmatch(text)
        month = self._month(found["name"]) if found else None
        return _day(int(found["year"]), month, int(found["day"])) if found and month else None

    def _figures(self, one: int, two: int, year: int) -> date | None:
        day_first = _day(year, two, one)
        if self.order == "day":
            return day_first
        month_first = _day(year, one, two)
        if day_first and month_first and day_first != month_first:
            return None
        return day_first or month_first

    def _month(self, name: str) -> int | None:
        known = [
            number
            for number, month in enumerate(self.months, start=1)
            if _plain(month).startswith(name) or name == _plain(self.short[number - 1]).rstrip(".")
        ]
        return known[0] if len(known) == 1 and len(name) >= _FEWEST else None


def read_iso(text: str) -> date | None:
    """Return the day that a text names as ``2026-11-22``, and in no other way; else None."""
    found = _ISO.fullmatch(text)
    return _day(int(found["year"]), int(found["month"]), int(found["day"])) if found else None


def _plain(text: str) -> str:
    """Return a text in small letters, without accents, its spaces as plain ones."""
    apart = unicodedata.normalize("NFKD", text.strip().lower())
    return " ".join("".join(one for one in apart if not unicodedata.combining(one)).split())


def _day(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
