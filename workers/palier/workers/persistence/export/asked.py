"""What forms asked, as it was asked: read from the stages, whatever the program says today."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from palier.workers.persistence import tables
from palier.workers.persistence.export.column import ColumnType, both, cell, fits, type_of
from palier.workers.persistence.export.visits import visits

if TYPE_CHECKING:
    from palier.workers.persistence.export.picture import Picture

#: How the types of fields are called in a form, and in an export.
_TYPES: Mapping[str, ColumnType] = {
    "integer": "integer",
    "number": "number",
    "flag": "flag",
    "choice": "category",
    "text": "text",
    "date": "date",
}

_BOUNDS = ("minimum", "maximum", "min_length", "max_length")

#: Different questions that are told of one column. A field whose bound is each one's own budget has
#: as many as there are budgets.
_MOST = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """A field as a form asked it. ``options`` are values with what was read of them."""

    stage: str
    field: str
    type: ColumnType | None
    title: str
    help: str = ""
    required: bool = True
    default: Any = None
    minimum: Any = None
    maximum: Any = None
    options: tuple[tuple[str, str], ...] = ()
    #: Whatever else the form says of it, such as the ends of a scale.
    besides: tuple[tuple[str, str], ...] = ()

    def differs(self, other: Question) -> tuple[str, ...]:
        """Return in what it is another question than one before it."""
        names = (one.name for one in fields(self) if one.name not in {"stage", "field"})
        return tuple(one for one in names if getattr(self, one) != getattr(other, one))


@dataclass(slots=True)
class Answered:
    """A column of answers: its type, and its questions with the visits at which each was asked."""

    type: ColumnType | None = None
    questions: dict[Question, set[int]] = field(default_factory=dict)
    #: Questions beyond those that are told.
    more: int = 0

    def note(self, question: Question, visit: int | None) -> None:
        """Take note that it was asked."""
        known = self.questions.get(question)
        if known is None:
            if question.type is not None:
                self.type = both(self.type, question.type)
            if len(self.questions) == _MOST:
                self.more += 1
                return
            known = self.questions[question] = set()
        if visit is not None:
            known.add(visit)

    def took(self, value: Any) -> None:
        """Widen the type to what was answered: what stands in the record is exported."""
        if value is not None and not fits(value, self.type):
            self.type = both(self.type, type_of(value))


@dataclass(frozen=True, slots=True)
class Asked:
    """All fields of all forms, in the order in which they first appeared.

    ``fields`` by name, over all stages; ``places`` by stage and ``seat_visit``, then by name.
    """

    fields: dict[str, Answered] = field(default_factory=dict)
    places: dict[tuple[str, int], dict[str, Answered]] = field(default_factory=dict)


def read_asked(picture: Picture) -> Asked:
    """Read every form, and of every answer whether it is what its form announced."""
    asked = Asked()
    for row, visit in visits(picture, tables.answer.c.value, picture.text(tables.stage_run.c.form)):
        questions = _questions(row.stage, row.form)
        _note(asked.fields, questions, row.value, visit)
        if visit is not None and (questions or row.value):
            _note(asked.places.setdefault((row.stage, visit), {}), questions, row.value, visit)
    return asked


def _note(
    into: dict[str, Answered],
    questions: Iterable[Question],
    value: Mapping[str, Any] | None,
    visit: int | None,
) -> None:
    for one in questions:
        into.setdefault(one.field, Answered()).note(one, visit)
    for name, given in (value or {}).items():
        into.setdefault(name, Answered()).took(given)


@lru_cache(maxsize=256)
def _questions(stage: str, form: str | None) -> tuple[Question, ...]:
    """Return what a stored form asks; a field of a kind that is not known here keeps its words."""
    described = None if form is None else from_json(form)
    if not isinstance(described, dict):
        return ()
    return tuple(_question(stage, one) for one in described["fields"])


def _question(stage: str, told: Mapping[str, Any]) -> Question:
    given = told.get("default")
    known = {"name", "type", "title", "help", "required", "default", "options", *_BOUNDS}
    return Question(
        stage=stage,
        field=told["name"],
        type=_TYPES.get(told.get("type", "")),
        title=told.get("title") or "",
        help=told.get("help") or "",
        required=told.get("required", True),
        default=cell(given) if isinstance(given, dict | list) else given,
        minimum=told.get("minimum", told.get("min_length")),
        maximum=told.get("maximum", told.get("max_length")),
        options=tuple(_option(one) for one in told.get("options") or ()),
        besides=tuple(
            (key, cell(one)) for key, one in told.items() if key not in known and one is not None
        ),
    )


def _option(told: Any) -> tuple[str, str]:
    if isinstance(told, dict):
        return cell(told.get("value")), cell(told.get("title", told.get("value")))
    return cell(told), cell(told)
