"""Settings as an operator gives them: by a file, with the lines of all that is in it, and by name.

What they mean is the worker's business, which has the program; where something stands is known here
alone, so what the worker finds wrong is told with file and line.
"""

from __future__ import annotations

import csv
import json
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_core import to_jsonable_python

from palier.cli.errors import CommandError
from palier.cli.operating import values

if TYPE_CHECKING:  # who opens a session need not have what programs are made of
    from palier.program import Program

#: Where something stands in the settings: ``("treatments", "low", "rate")``, rows from 1.
Place = tuple[str, ...]

#: Columns of a CSV file that say which treatment and period a row is for.
_TREATMENT, _PERIOD = "treatment", "period"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """Settings and where they stand."""

    values: Mapping[str, Any]
    file: Path | None = None
    lines: Mapping[Place, int] = field(default_factory=dict)
    #: Those that were given by name.
    named: frozenset[str] = frozenset()

    def check(self, played: type[Program]) -> None:
        """Raise `CommandError` where they do not fit a program that is here."""
        from palier.program.settings import BadSettings

        try:
            played.planned(self.values)
        except BadSettings as error:
            raise self.told({".".join(at): one for at, one in error.problems.items()}) from None

    def told(self, problems: Mapping[str, str]) -> CommandError:
        """Return what is wrong, by the dotted places that the worker names, each with its line."""
        return CommandError(
            "\n".join(self._line(tuple(place.split(".")), one) for place, one in problems.items())
        )

    def _line(self, place: Place, words: str) -> str:
        said = f"{'.'.join(place)}: {words}"
        if place[0] in self.named:
            return f"--set {said}"
        if self.file is None:
            return f"Setting {said}"
        known = (self.lines.get(place[:depth]) for depth in range(len(place), 0, -1))
        line = next((one for one in known if one is not None), None)
        return f"{self.file}:{line}: {said}" if line is not None else f"{self.file}: {said}"


def settings_of(played: type[Program], file: Path | None, named: Iterable[str]) -> dict[str, Any]:
    """Return the settings for a program that is here, checked; raises `CommandError`."""
    given = given_settings(file, named)
    given.check(played)
    return dict(given.values)


def given_settings(file: Path | None, named: Iterable[str] = ()) -> Given:
    """Return the settings of a file (TOML, or CSV by its name) with those given by name above them.

    Raises `CommandError`.
    """
    above = values("--set", named)
    if file is None:
        return Given(values=above, named=frozenset(above))
    try:
        text = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise CommandError(f"{file} cannot be read: {reason}.") from None
    read = _from_csv if file.suffix.lower() == ".csv" else _from_toml
    found, lines = read(text, file)
    return Given(values={**found, **above}, file=file, lines=lines, named=frozenset(above))


def _from_toml(text: str, file: Path) -> tuple[dict[str, Any], dict[Place, int]]:
    try:
        found: dict[str, Any] = to_jsonable_python(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise CommandError(f"{file}: {error}.") from None
    return found, _lines(text)


def _lines(text: str) -> dict[Place, int]:
    """Return the line on which each part of a TOML text begins.

    A part is there from the first line on with which all before it can be read as TOML and has it:
    so no second reader of TOML is needed. A value over several lines begins after the last end.
    """
    lines: dict[Place, int] = {}
    rows = text.splitlines()
    begins = 1
    for number in range(1, len(rows) + 1):
        row = rows[number - 1].strip()
        if begins == number and (not row or row.startswith("#")):
            begins = number + 1
            continue
        try:
            read = tomllib.loads("\n".join(rows[:number]))
        except tomllib.TOMLDecodeError:
            continue
        for place in _places(read, ()):
            lines.setdefault(place, begins)
        begins = number + 1
    return lines


def _places(value: Any, place: Place) -> Iterator[Place]:
    if place:
        yield place
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _places(one, (*place, key))
    elif isinstance(value, list):
        for number, one in enumerate(value, start=1):
            yield from _places(one, (*place, str(number)))


def _from_csv(text: str, file: Path) -> tuple[dict[str, Any], dict[Place, int]]:
    """Read one row for each period and treatment; cells are JSON, or text that needs no quotes."""
    reader = csv.DictReader(text.splitlines(), skipinitialspace=True, restkey="")
    found: dict[str, Any] = {}
    lines: dict[Place, int] = {}
    for row in reader:
        if "" in row:
            raise CommandError(f"{file}:{reader.line_num}: the row has more cells than columns.")
        cells = {key: _cell(one) for key, one in row.items() if one is not None and one.strip()}
        period, treatment = cells.pop(_PERIOD, None), cells.pop(_TREATMENT, None)
        if period is not None:
            rows = found.setdefault("periods", [])
            rows.append({**cells, _PERIOD: period})
            if treatment is not None:
                rows[-1][_TREATMENT] = str(treatment)
            place: Place = ("periods", str(len(rows)))
            lines[place] = reader.line_num
            continue
        table, place = found, ()
        if treatment is not None:
            place = ("treatments", str(treatment))
            table = found.setdefault("treatments", {}).setdefault(str(treatment), {})
            lines.setdefault(place, reader.line_num)
        for key, one in cells.items():
            if key in table:
                raise CommandError(
                    f"{file}:{reader.line_num}: {key} is there already, on line "
                    f"{lines[*place, key]}."
                )
            table[key] = one
            lines[*place, key] = reader.line_num
    return found, lines


def _cell(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text.strip()
