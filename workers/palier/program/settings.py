"""The settings of a session: its own, those of its treatments, and those of single periods.

As they are given when a session is opened, in one mapping: the session's own settings by name;
``treatments``, a table of overrides for each name; ``periods``, rows of overrides, each with its
``period`` and, if it is for one treatment alone, a ``treatment``; ``assign``, who gets which.
All of it is checked at once.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from types import MappingProxyType
from typing import Any, TypeAlias

from pydantic import BaseModel, JsonValue, ValidationError

from palier.program.errors import ProgramError
from palier.schemas.names import is_name

#: What is no setting but says of which treatment or period settings are, and who gets them.
RESERVED = ("treatments", "periods", "assign")

#: Where something stands: ``("treatments", "low", "rate")``, ``("periods", "2", "rate")``.
Place: TypeAlias = tuple[str, ...]

#: Words for ``assign`` that are no names of treatments.
GROUPS, SESSION = "groups", "session"

_NO_MODELS: Mapping[Any, BaseModel] = MappingProxyType({})


class BadSettings(ProgramError):
    """Settings do not fit their program: what is wrong, by where it stands."""

    def __init__(self, program: str, problems: Mapping[Place, str]) -> None:
        self.problems = dict(problems)
        super().__init__(
            "\n".join(
                f"Setting {'.'.join(place)!r} of {program}: {words}"
                for place, words in problems.items()
            )
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The settings of a session as a program sees them.

    ``settings`` are the session's own, `of` gives those of a treatment and period.
    """

    settings: BaseModel
    treatments: Mapping[str, BaseModel] = field(default_factory=lambda: _NO_MODELS)
    #: What a period has otherwise, by treatment (empty without) and number.
    periods: Mapping[tuple[str, int], BaseModel] = field(default_factory=lambda: _NO_MODELS)
    #: ``groups``: drawn for each group; ``session``: drawn for all; or names, in turn.
    assign: str | tuple[str, ...] = GROUPS
    #: All of it as it is kept.
    given: Mapping[str, JsonValue] = field(default_factory=dict)

    def of(self, treatment: str = "", period: int | None = None) -> BaseModel:
        """Return the settings that hold in a treatment, and in one of its periods."""
        if period is not None and (found := self.periods.get((treatment, period))) is not None:
            return found
        return self.treatments[treatment] if treatment else self.settings

    @classmethod
    def plain(cls, settings: BaseModel) -> Plan:
        """Return the plan of a session that is alike for all."""
        return cls(settings=settings, given=settings.model_dump(mode="json"))

    @classmethod
    def read(cls, model: type[BaseModel], given: Mapping[str, JsonValue], *, program: str) -> Plan:
        """Return what is given, checked; raises `BadSettings` with all that is wrong."""
        return _Reading(model, given, program).plan()


class _Reading:
    """One mapping, read table by table; what is wrong is gathered."""

    def __init__(
        self, model: type[BaseModel], given: Mapping[str, JsonValue], program: str
    ) -> None:
        self._model = model
        self._program = program
        self._given = given
        self._own = {key: one for key, one in given.items() if key not in RESERVED}
        self._problems: dict[Place, str] = {}

    def plan(self) -> Plan:
        if taken := sorted(set(RESERVED).intersection(self._model.model_fields)):
            raise ProgramError(
                f"The settings of {self._program} cannot have one that is called {taken[0]!r}: "
                "a file of settings has it for treatments and periods. Choose another name."
            )
        settings = self._made({(): self._own})
        tables = dict(self._treatments())
        treatments = {
            name: self._made({(): self._own, ("treatments", name): table})
            for name, table in tables.items()
        }
        periods = self._periods(tables)
        assign = self._assign(tuple(tables))
        if self._problems or settings is None:
            raise BadSettings(self._program, self._problems)
        kept: dict[str, Any] = settings.model_dump(mode="json")
        if tables:
            kept |= {"treatments": tables, "assign": _as_json(assign)}
        if "periods" in self._given:
            kept["periods"] = self._given["periods"]
        return Plan(
            settings=settings,
            treatments={name: one for name, one in treatments.items() if one is not None},
            periods=periods,
            assign=assign,
            given=kept,
        )

    def _treatments(self) -> Iterator[tuple[str, Mapping[str, Any]]]:
        found = self._given.get("treatments", {})
        if not isinstance(found, dict):
            self._problems["treatments",] = "Write a table for each: [treatments.NAME]."
            return
        for name, table in found.items():
            place = ("treatments", name)
            if not is_name(name) or name in {GROUPS, SESSION}:
                self._problems[place] = (
                    "A treatment is called by 1 to 32 small letters, digits and hyphens, and "
                    "neither 'groups' nor 'session'."
                )
            elif not isinstance(table, dict):
                self._problems[place] = "Write it as a table of settings."
            else:
                yield name, table

    def _periods(self, tables: Mapping[str, Mapping[str, Any]]) -> dict[tuple[str, int], BaseModel]:
        rows = self._given.get("periods", [])
        if not isinstance(rows, list):
            self._problems["periods",] = "Write a row for each: [[periods]]."
            return {}
        #: By treatment and period, the rows that hold, where each stands.
        holding: dict[tuple[str, int], dict[Place, Mapping[str, Any]]] = {}
        seen: set[tuple[str, int]] = set()
        for number, row in enumerate(rows, start=1):
            place = ("periods", str(number))
            if (key := self._row_key(place, row, tables)) is None:
                continue
            if key in seen:
                self._problems[place] = "There is a row for this period and treatment already."
                continue
            seen.add(key)
            assert isinstance(row, dict)
            values = {name: one for name, one in row.items() if name not in {"period", "treatment"}}
            for treatment in ("", *tables) if not key[0] else (key[0],):
                layers = holding.setdefault((treatment, key[1]), {})
                # one for a treatment alone goes above one for all, wherever it stands
                if key[0]:
                    layers[place] = values
                else:
                    holding[treatment, key[1]] = {place: values, **layers}
        found: dict[tuple[str, int], BaseModel] = {}
        for (treatment, period), layers in holding.items():
            below: dict[Place, Mapping[str, Any]] = {(): self._own}
            if treatment:
                below["treatments", treatment] = tables[treatment]
            if (made := self._made({**below, **layers})) is not None:
                found[treatment, period] = made
        return found

    def _row_key(
        self, place: Place, row: JsonValue, tables: Mapping[str, object]
    ) -> tuple[str, int] | None:
        """Return treatment and period of a row."""
        if not isinstance(row, dict):
            self._problems[place] = "Write it as a table with its period: period = 1."
            return None
        period, treatment = row.get("period"), row.get("treatment", "")
        if isinstance(period, bool) or not isinstance(period, int) or period < 1:
            self._problems[*place, "period"] = "Say for which period it is: period = 1, or later."
            return None
        if not isinstance(treatment, str) or (treatment and treatment not in tables):
            self._problems[*place, "treatment"] = _unknown(
                "treatment", str(treatment), tuple(tables)
            )
            return None
        return treatment, period

    def _assign(self, names: tuple[str, ...]) -> str | tuple[str, ...]:
        given = self._given.get("assign", GROUPS)
        listed = given if isinstance(given, list) else [given]
        words = (GROUPS, SESSION) if not isinstance(given, list) else ()
        for one in listed:
            if one not in (*words, *names):
                self._problems["assign",] = _unknown("treatment", str(one), (*words, *names))
                return GROUPS
        if not names and given == SESSION:
            self._problems["assign",] = "There are no treatments to assign: [treatments.NAME]."
        if isinstance(given, str) and given in names:
            return SESSION_IS + given
        return tuple(map(str, given)) if isinstance(given, list) and given else str(given or GROUPS)

    def _made(self, layers: Mapping[Place, Mapping[str, Any]]) -> BaseModel | None:
        """Return settings of several layers, the last one above; notes what is wrong where."""
        merged: dict[str, Any] = {}
        origin: dict[str, Place] = {}
        for place, table in layers.items():
            for key, one in table.items():
                if key not in self._model.model_fields:
                    self._problems[*place, key] = _unknown(
                        "setting", key, (*self._model.model_fields, *(() if place else RESERVED))
                    )
                    continue
                merged[key], origin[key] = one, place
        try:
            return self._model.model_validate(merged)
        except ValidationError as error:
            for one in error.errors(include_url=False):
                where = tuple(map(str, one["loc"]))
                key = where[0] if where else ""
                place = (*origin.get(key, ()), *where)
                self._problems.setdefault(place, f"{one['msg']}.")
            return None


#: Before the name of the treatment that a session has as a whole.
SESSION_IS = "session:"


def _as_json(assign: str | tuple[str, ...]) -> JsonValue:
    if isinstance(assign, tuple):
        return list(assign)
    return assign.removeprefix(SESSION_IS)


def _unknown(what: str, given: str, known: tuple[str, ...]) -> str:
    meant = get_close_matches(given, known, n=1)
    if meant:
        return f"There is no {what} {given!r}: did you mean {meant[0]!r}?"
    there = f"there are {', '.join(known)}" if known else "there are none"
    return f"There is no {what} {given!r}: {there}."
