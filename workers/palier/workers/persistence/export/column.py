"""A column of an exported table: its type, and what the codebook says of it."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Literal

if TYPE_CHECKING:
    from palier.workers.persistence.export.asked import Question

#: What values of a column are. Rows hold them as Python has them: int, float, Decimal, bool, str,
#: a day as ``2026-11-22``, an aware datetime; None where there is none. JSON stands as its text, as
#: the database has it (`Picture.text`): what nobody looks into is not taken apart.
ColumnType = Literal[
    "integer", "number", "decimal", "flag", "category", "text", "date", "instant", "json"
]

#: What 64 bits hold: a larger whole number is a text to those who read tables.
_WHOLE = 2**63


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column. ``about`` says in a sentence what it holds, ``unit`` what its numbers count.

    ``questions`` are the fields of forms that it holds the answers to, each with the visits at
    which it was asked; columns that are not answers have none. ``more_questions`` are not told.
    """

    name: str
    type: ColumnType
    about: str
    unit: str = ""
    questions: Sequence[tuple[Question, Collection[int]]] = ()
    more_questions: int = 0


def cell(value: Any) -> str:
    """Return a value as text, the same in CSV files and wherever else text stands for it.

    Nothing is empty; TRUE and FALSE are flags; decimals are exact; moments are ISO 8601 in UTC, all
    of the same length; what has parts is JSON.
    """
    match value:
        case None:
            return ""
        case str():
            return value
        case bool():
            return "TRUE" if value else "FALSE"
        case Decimal():
            return f"{value:f}"
        case datetime():
            moment = value if value.tzinfo is UTC else value.astimezone(UTC)
            # without its "+00:00"
            return f"{moment.isoformat(timespec='microseconds')[:-6]}Z"
        case date():
            return value.isoformat()
        case dict() | list() | tuple():
            return json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)


def fits(value: Any, kind: ColumnType | None) -> bool:
    """Tell whether a value from an answer can stand in a column of this type."""
    match kind:
        case "integer":
            return isinstance(value, int) and not isinstance(value, bool) and _small(value)
        case "number":
            return not isinstance(value, bool) and (
                (isinstance(value, float) and math.isfinite(value))
                or (isinstance(value, int) and _small(value))
            )
        case "flag":
            return isinstance(value, bool)
        case "category" | "text":
            return isinstance(value, str)
        case "date":
            return isinstance(value, str) and _is_day(value)
        case "json":
            return isinstance(value, dict | list)
        case _:
            return False


def type_of(value: Any) -> ColumnType:
    """Return the type of a value that no form describes."""
    kinds: tuple[ColumnType, ...] = ("flag", "integer", "number", "json")
    return next((one for one in kinds if fits(value, one)), "text")


def both(one: ColumnType | None, other: ColumnType) -> ColumnType:
    """Return the type of a column that holds values of two: text, if there is no narrower one."""
    if one is None or one == other:
        return other
    return "number" if {one, other} == {"integer", "number"} else "text"


def _small(value: int) -> bool:
    return -_WHOLE <= value < _WHOLE


def _is_day(value: str) -> bool:
    try:
        return date.fromisoformat(value).isoformat() == value
    except ValueError:
        return False
