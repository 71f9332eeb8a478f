"""The codebook: what every column of every table holds, for people and for programs."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from palier.workers.persistence.export.asked import Question
from palier.workers.persistence.export.column import Column, cell
from palier.workers.persistence.export.table import ExportTable

#: What stands where there is no value.
_MISSING = "empty"

#: The columns of the codebook as a table: a row for each column, or for each question of one.
HEADS = (
    *("table", "column", "type", "unit", "about", "missing", "source", "stage", "visits"),
    *("question", "help", "required", "default", "minimum", "maximum", "options", "besides"),
    "changed",
)

#: ``contribute.12.amount``: stage, visit, field.
_PLACE = re.compile(r"^([^.]+)\.(\d+)\.(.+)$")

_TYPES = {
    "integer": "a whole number",
    "number": "a number",
    "decimal": "an exact decimal",
    "flag": "TRUE or FALSE",
    "category": "one of some words",
    "text": "text",
    "date": "a day, as 2026-11-22",
    "instant": "a moment in UTC, as 2026-11-22T14:03:22.123456Z",
    "json": "JSON",
}


class Codebook:
    """Grows by a table at a time, and is written in the end."""

    def __init__(self, *, session: str, program: str) -> None:
        self._session, self._program = session, program
        self._tables: list[tuple[ExportTable, tuple[Column, ...]]] = []

    def add(self, table: ExportTable, columns: tuple[Column, ...]) -> None:
        """Describe a table."""
        self._tables.append((table, columns))

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield the codebook's rows, as `HEADS` says."""
        for table, columns in self._tables:
            for column in columns:
                for told in _told(column):
                    yield {"table": table.name, **told}

    def flat_rows(self) -> Iterator[list[str]]:
        """Yield them as text."""
        for row in self.rows():
            yield [_flat(row.get(head)) for head in HEADS]

    def write(self, folder: Path) -> None:
        """Write it thrice: as a table, as JSON, to be read; raises `OSError`."""
        with (folder / "codebook.csv").open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(HEADS)
            writer.writerows(self.flat_rows())
        whole = json.dumps(self._described(), ensure_ascii=False, indent=1, default=cell)
        (folder / "codebook.json").write_text(f"{whole}\n", encoding="utf-8", newline="\n")
        page = "\n".join(self._page())
        (folder / "codebook.md").write_text(f"{page}\n", encoding="utf-8", newline="\n")

    # -- for programs

    def _described(self) -> dict[str, Any]:
        return {
            "session": self._session,
            "program": self._program,
            "tables": {
                table.name: {
                    "about": table.about,
                    "key": list(table.key),
                    "of": [one for one in table.of if self._has(one)],
                    "columns": {one.name: _as_json(one) for one in columns},
                }
                for table, columns in self._tables
            },
        }

    def _has(self, name: str) -> bool:
        return any(table.name == name for table, _ in self._tables)

    # -- for people

    def _page(self) -> Iterator[str]:
        yield f"# Codebook of session {self._session}"
        yield ""
        yield (
            f"Program {self._program}. Nothing stands where there is no value. `codebook.csv` and "
            "`codebook.json` say the same to programs."
        )
        for table, columns in self._tables:
            yield from ("", f"## {table.name}", "", table.about, "")
            yield from ("| column | what it holds | type |", "|---|---|---|")
            for name, column in _gathered(columns):
                yield f"| `{name}` | {_words(column)} | {_kind(column)} |"
            for name, column in _gathered(columns):
                yield from _questions(name, column)


def _told(column: Column) -> Iterator[dict[str, Any]]:
    plain = {
        "column": column.name,
        "type": column.type,
        "unit": column.unit,
        "about": column.about,
        "missing": _MISSING,
        "source": _source(column),
    }
    before: list[Question] = []
    for question, visits in column.questions:
        yield {**plain, **_asked(question, visits), "changed": _changed(question, before)}
        before.append(question)
    if not column.questions:
        yield plain


def _as_json(column: Column) -> dict[str, Any]:
    rows = list(_told(column))
    kept = {"type", "unit", "about", "missing", "source"}
    described: dict[str, Any] = {key: one for key, one in rows[0].items() if key in kept and one}
    if column.questions:
        described["questions"] = [
            {key: one for key, one in row.items() if key not in {*kept, "column"}} for row in rows
        ]
    if column.more_questions:
        described["more_questions"] = column.more_questions
    return described


def _asked(question: Question, visits: Collection[int]) -> dict[str, Any]:
    return {
        "stage": question.stage,
        "visits": ranges(visits),
        "question": question.title,
        "help": question.help,
        "required": question.required,
        "default": question.default,
        "minimum": question.minimum,
        "maximum": question.maximum,
        "options": dict(question.options),
        "besides": dict(question.besides),
    }


def _changed(question: Question, before: Sequence[Question]) -> list[str]:
    """Return in what a question differs from the last one of its stage, or from the last at all."""
    if not before:
        return []
    same = [one for one in before if one.stage == question.stage] or before
    return list(question.differs(same[-1]))


def _source(column: Column) -> str:
    if column.questions:
        stages = dict.fromkeys(question.stage for question, _ in column.questions)
        return f"the forms of {', '.join(stages)}, as they were asked"
    return "Palier's record"


def _flat(value: Any) -> str:
    """Return a cell of the codebook as a table: parts stand beside each other."""
    if isinstance(value, Mapping):
        return "; ".join(f"{key} = {one}" for key, one in value.items())
    if isinstance(value, list):
        return ", ".join(value)
    return cell(value)


def ranges(numbers: Iterable[int]) -> str:
    """Return numbers in a short form: 1-10, 12."""
    parts: list[list[int]] = []
    for one in sorted(numbers):
        if parts and one == parts[-1][-1] + 1:
            parts[-1][1:] = [one]
        else:
            parts.append([one])
    return ", ".join("-".join(map(str, one)) for one in parts)


# -- the page


def _gathered(columns: Iterable[Column]) -> Iterator[tuple[str, Column]]:
    """Yield columns, those of a field at a hundred visits as one."""
    shown: dict[str, tuple[list[int], Column]] = {}
    for column in columns:
        place = _PLACE.match(column.name)
        key = f"{place[1]}.N.{place[3]}" if place else column.name
        visits, first = shown.setdefault(key, ([], column))
        visits += [int(place[2])] if place else []
        if first is not column:
            shown[key] = (visits, _merged(first, column))
    for key, (visits, column) in shown.items():
        if len(visits) == 1:
            yield key.replace(".N.", f".{visits[0]}."), column
        elif visits:
            yield f"{key} (N = {ranges(visits)})", column
        else:
            yield key, column


def _merged(one: Column, other: Column) -> Column:
    questions = {question: set(visits) for question, visits in one.questions}
    for question, visits in other.questions:
        questions.setdefault(question, set()).update(visits)
    return Column(
        name=one.name,
        type=one.type,
        about=re.sub(r"visit \d+", "visit N", one.about),
        unit=one.unit,
        questions=tuple(questions.items()),
        more_questions=one.more_questions + other.more_questions,
    )


def _words(column: Column) -> str:
    unit = f" In {column.unit}." if column.unit else ""
    return _escaped(column.about) + unit


def _kind(column: Column) -> str:
    return _TYPES[column.type]


def _questions(name: str, column: Column) -> Iterator[str]:
    """Yield what was asked, and whether it was always the same."""
    if not column.questions:
        return
    yield from ("", f"`{name}`:", "")
    before: list[Question] = []
    for question, visits in column.questions:
        when = f", visits {ranges(visits)}" if visits else ", set aside"
        parts = [f"- {question.stage}{when}: “{_escaped(question.title)}”"]
        parts += [_escaped(question.help)] if question.help else []
        parts += [_bounds(question)] if _bounds(question) else []
        parts += [_options(question)] if question.options else []
        parts += ["may be left empty"] if not question.required else []
        parts += [f"{key}: {_escaped(one)}" for key, one in question.besides if one]
        changed = _changed(question, before)
        parts += [f"**other than before:** {', '.join(changed)}"] if changed else []
        yield "; ".join(parts)
        before.append(question)
    if column.more_questions:
        yield f"- and {column.more_questions} more that differ"


def _bounds(question: Question) -> str:
    letters = " letters" if question.type == "text" else ""
    match question.minimum, question.maximum:
        case None, None:
            return ""
        case low, None:
            return f"from {low}{letters}"
        case None, high:
            return f"up to {high}{letters}"
        case low, high:
            return f"{low} to {high}{letters}"


def _options(question: Question) -> str:
    return "options " + ", ".join(
        f"`{value}` ({_escaped(title)})" for value, title in question.options
    )


def _escaped(text: str) -> str:
    """Return text that stays in its cell."""
    return " ".join(text.split()).replace("|", "\\|")
