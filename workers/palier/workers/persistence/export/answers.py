"""Answers, in three shapes: a row for each, a row for each value, a row for each participant."""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from palier.workers.persistence import tables
from palier.workers.persistence.export.asked import Answered
from palier.workers.persistence.export.column import Column, cell, fits
from palier.workers.persistence.export.picture import Picture
from palier.workers.persistence.export.record import PAYOFFS, payoffs_row
from palier.workers.persistence.export.table import ExportTable, Values
from palier.workers.persistence.export.visits import (
    HOW,
    OPENED_AT,
    PLACE,
    SET_ASIDE,
    place,
    visits,
)

_RUN, _ARRIVAL, _ANSWER = tables.stage_run, tables.arrival, tables.answer

#: What is read of an answer.
_GIVEN = (_ARRIVAL.c.at, _ARRIVAL.c.how, _ANSWER.c.value)

#: Words that are no names in R.
_WORDS_OF_R = {
    *("if", "else", "repeat", "while", "function", "for", "next", "break", "in"),
    *("TRUE", "FALSE", "NULL", "NA", "Inf", "NaN", "T", "F"),
}

_ARRIVED_AT = Column(name="arrived_at", type="instant", about="When the answer was taken.")

_FIXED = (
    *PLACE,
    *(OPENED_AT, _ARRIVED_AT, HOW, SET_ASIDE),
)


def _columns(picture: Picture) -> tuple[Column, ...]:
    fields = picture.asked.fields
    names = field_names(fields, taken=[one.name for one in _FIXED])
    return (
        *_FIXED,
        *(
            _column(names[field], answered, f"The field `{field}` of the forms that have one.")
            for field, answered in fields.items()
        ),
    )


def _rows(picture: Picture) -> Iterator[Values]:
    shapes = {field: one.type for field, one in picture.asked.fields.items()}
    for one, visit in visits(picture, _RUN.c.opened_at, *_GIVEN):
        if one.at is None:
            continue
        given = one.value or {}
        yield (
            *place(picture, one, visit),
            *(one.opened_at, one.at, one.how, one.void),
            *(_shaped(given.get(field), kind) for field, kind in shapes.items()),
        )


ANSWERS = ExportTable(
    name="answers",
    about="A row for each arrival of a seat at a stage, with a column for each field of any form.",
    columns=_columns,
    rows=_rows,
    key=("session", "scope", "generation", "seat"),
    of=("payoffs", "stages"),
)

_LONG = (
    *(*PLACE, HOW, SET_ASIDE),
    Column(name="field", type="category", about="The field of the form."),
    Column(name="value", type="text", about="What was answered, as text."),
    Column(
        name="number",
        type="number",
        about="What was answered, where it is a number; 1 and 0 for yes and no.",
    ),
)


def _long(picture: Picture) -> Iterator[Values]:
    for one, visit in visits(picture, *_GIVEN):
        row = (*place(picture, one, visit), one.how, one.void)
        for field, value in (one.value or {}).items():
            if value is not None:
                number = float(value) if fits(value, "number") or fits(value, "flag") else None
                yield *row, field, cell(value), number


LONG = ExportTable(
    name="answers_long",
    about="A row for each value of each answer.",
    columns=_LONG,
    rows=_long,
    key=("session", "scope", "generation", "seat", "field"),
    of=("payoffs", "stages"),
)


# -- wide


def _wide_columns(picture: Picture) -> tuple[Column, ...]:
    columns = [*PAYOFFS.columns_of(picture)]
    for (stage, visit), fields in picture.asked.places.items():
        place = f"{_variable(stage)}.{visit}"
        names = field_names(fields, taken=["how"], words=())
        columns.append(
            Column(
                name=f"{place}.how",
                type="category",
                about=f"How the answer to {stage}, the seat's visit {visit}, came about: "
                "`submitted` by the seat itself, or `default`, `bot`, `operator`.",
            )
        )
        columns += [
            _column(
                f"{place}.{names[field]}",
                answered,
                f"The field `{field}` of {stage}, the seat's visit {visit}.",
            )
            for field, answered in fields.items()
        ]
    return tuple(columns)


def _wide(picture: Picture) -> Iterator[Values]:
    places = picture.asked.places
    of_seat = groupby(visits(picture, *_GIVEN, by_seat=True), key=lambda one: one[0].seat)
    came = next(of_seat, None)
    for seat, facts in picture.seats.items():
        given: dict[tuple[str, int], Any] = {}
        if came is not None and came[0] == seat:
            given = {
                (one.stage, visit): (one.how, one.value or {})
                for one, visit in came[1]
                if visit is not None and one.at is not None
            }
            came = next(of_seat, None)
        row = [*payoffs_row(picture, seat, facts)]
        for key, fields in places.items():
            how, values = given.get(key, (None, {}))
            row.append(how)
            row += [_shaped(values.get(field), one.type) for field, one in fields.items()]
        yield row


WIDE = ExportTable(
    name="wide",
    about="A row for each seat, with a column for each field at each of its visits of each stage; "
    "what was set aside is not in it.",
    columns=_wide_columns,
    rows=_wide,
    key=("session", "seat"),
    # a table of SQLite has 2000 columns at most, and a database makes its own wide ones
    formats=("csv", "parquet"),
)


# -- names and values


def field_names(
    fields: Iterable[str], *, taken: Iterable[str], words: Iterable[str] = _WORDS_OF_R
) -> dict[str, str]:
    """Return how the column of each field is called: by its name, unless that means trouble.

    One that is called like a column of ours, like a word of R, or like another but for capitals
    (SQLite does not tell them apart) is called ``answer.`` and its name, and a number if need be.
    """
    used = {one.casefold() for one in taken}
    words = {*words, *keyword.kwlist} if words else set()
    names: dict[str, str] = {}
    for field in fields:
        name = f"answer.{field}" if field in words or field.casefold() in used else field
        number = 2
        while name.casefold() in used:
            name, number = f"answer.{field}.{number}", number + 1
        used.add(name.casefold())
        names[field] = name
    return names


def _variable(stage: str) -> str:
    """Return a stage's name as the first part of a variable's, in R and elsewhere."""
    # no stage has a capital or a low line in its name, so that two stay two
    plain = stage.replace("-", "_")
    return plain if plain[0].isalpha() else f"X{plain}"


def _column(name: str, answered: Answered, about: str) -> Column:
    questions = tuple(answered.questions.items())
    return Column(
        name=name,
        type=answered.type or "text",
        about=about,
        questions=questions,
        more_questions=answered.more,
    )


def _shaped(value: Any, kind: Any) -> Any:
    """Return a value as its column has it: one of several types has text."""
    return cell(value) if kind == "text" and value is not None else value
