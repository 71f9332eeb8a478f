"""The names that a screen may use, as far as they are known; and what is said of any other."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import NamedTuple

from pydantic import JsonValue

from palier.schemas.screens.screen import Datum
from palier.schemas.screens.suggestions import nearest, suggestion
from palier.schemas.screens.surroundings import NAMES

#: How like a name of every screen another must be to be taken for it: before a dot, and alone,
#: where a stage's own data are more likely.
_LIKE_BEFORE_A_DOT, _LIKE_ALONE = 0.8, 0.85

#: What each type of data is called, and what it is in JSON.
TYPES: Mapping[str, tuple[str, tuple[type, ...]]] = {
    "number": ("a number", (int, float)),
    "text": ("a text", (str,)),
    "flag": ("true or false", (bool,)),
    "list": ("a list", (list,)),
    "record": ("a record", (dict,)),
}


class Refusal(NamedTuple):
    """Why a name cannot stand somewhere, and what to do."""

    reason: str
    hint: str


def type_of(datum: Datum) -> str | None:
    """Return the type that a name is declared with; None when it is not said."""
    return datum.type if "type" in datum.model_fields_set else None


def is_of(value: JsonValue, type_: str) -> bool:
    """Tell whether a value is of a type of data; None is of all."""
    if value is None:
        return True
    if isinstance(value, bool):
        return type_ == "flag"
    return isinstance(value, TYPES[type_][1])


@dataclass(frozen=True, slots=True, kw_only=True)
class Vocabulary:
    """The names of one screen in one stage."""

    #: Of the form; None where it is not known.
    fields: frozenset[str] | None
    #: What the screen's own questions and buttons put answers into.
    bound: frozenset[str]
    #: ``local.<name>``: declared, bound to, or set.
    locals: frozenset[str]
    declared: Mapping[str, Datum]
    #: The data of the stage; None where they are not known.
    shown: Mapping[str, JsonValue] | None

    def refusal(self, path: tuple[str, ...]) -> Refusal | None:
        """Return what is wrong with a name in an expression; None when nothing is."""
        head, *rest = path
        if head == "stream":
            return Refusal(
                "What is posted in a stream cannot be computed with.",
                "Show it with <table>, <plot> or <log>.",
            )
        if head not in NAMES:
            return self._data(path)
        if head == "answer" or head == "local" or NAMES[head]:  # noqa: PLR1714 - as they stand
            if not rest:
                return Refusal(f"A dot and a name follow {head}.", self._there(head))
            if len(rest) > 1:
                return Refusal(f"Nothing follows {head}.{rest[0]}.", f"Write {head}.{rest[0]}.")
            return self._own(head, rest[0])
        if rest:
            return Refusal(f"{head} stands alone, without a dot.", f"Write {head}.")
        return None

    def source(self, source: str) -> Refusal | None:
        """Return what is wrong with the name of a list; None when nothing is."""
        path = tuple(source.split("."))
        if path[0] == "stream":
            if len(path) != 2 or "_" in path[1] or path[1] != path[1].lower():  # noqa: PLR2004
                return Refusal(
                    f"{source} is no stream: stream. is followed by small letters, digits and "
                    "hyphens.",
                    "As in stream.prices.",
                )
            return None
        if path[0] in NAMES and path[0] != "local":
            return Refusal(f"{source} is no list.", "Name a list among the data, or stream.<name>.")
        if refused := self.refusal(path):
            return refused
        datum = self.declared.get(path[0])
        type_ = type_of(datum) if datum is not None else None
        if type_ is not None and type_ != "list" and not (type_ == "record" and len(path) > 1):
            return Refusal(
                f"{path[0]} is declared as {TYPES[type_][0]}, and a list is needed.",
                'Declare it with type="list", or name another.',
            )
        value = self._value(path)
        if value is not None and not isinstance(value, list):
            return Refusal(
                f"{source} is no list: it is {value!r:.40}.", "Name a list among the data."
            )
        return None

    def keys(self, source: str) -> frozenset[str] | None:
        """Return the keys that the records of a list have; None where they are not known."""
        path = tuple(source.split("."))
        datum = self.declared.get(path[0])
        if datum is not None and datum.keys and len(path) == 1:
            return frozenset(datum.keys)
        value = self._value(path) if path[0] != "stream" else None
        if isinstance(value, list) and value and all(isinstance(one, dict) for one in value):
            return frozenset(key for one in value if isinstance(one, dict) for key in one)
        return None

    # -- names that every screen has ------------------------------------------------------------

    def _own(self, head: str, name: str) -> Refusal | None:
        if head == "answer":
            return self._field(name)
        known = self.locals if head == "local" else frozenset(NAMES[head] or ())
        if name in known:
            return None
        if head == "local":
            hint = suggestion(name, known, written="local.{}")
            return Refusal(
                f"The screen has no local.{name}.",
                hint or f'Declare it: <local name="{name}" value="…"/>.',
            )
        return Refusal(
            f"There is no {head}.{name}.", suggestion(name, known, written=f"{head}.{{}}")
        )

    def _field(self, name: str) -> Refusal | None:
        if self.fields is None:
            if name in self.bound or not (like := _like(name, self.bound, _LIKE_BEFORE_A_DOT)):
                return None
            return Refusal(f"No question is bound to answer.{name}.", f"Do you mean answer.{like}?")
        if name in self.fields:
            return None
        if not self.fields:
            return Refusal(
                f"There is no answer.{name}: the stage has no form.",
                "Give it one, or use local.",
            )
        return Refusal(
            f"The form has no field {name}.",
            suggestion(name, self.fields, written="answer.{}"),
        )

    def _there(self, head: str) -> str:
        names = {"answer": self.fields or self.bound, "local": self.locals}.get(head)
        found = sorted(names if names is not None else NAMES[head] or ())
        return f"As in {head}.{found[0]}." if found else f"As in {head}.name."

    # -- names of the stage's data --------------------------------------------------------------

    def _data(self, path: tuple[str, ...]) -> Refusal | None:
        head, *rest = path
        if self.declared:
            datum = self.declared.get(head)
            if datum is None:
                return self._undeclared(head)
            if rest and (refused := _within(datum, rest[0])):
                return refused
        elif self.shown is None:
            return _misspelt(path)
        if self.shown is None:
            return None
        if head not in self.shown:
            # what is declared is missed where it is declared
            return None if self.declared else self._not_shown(head)
        return self._in_record(path)

    def _undeclared(self, name: str) -> Refusal:
        if self.shown is not None and name in self.shown:
            return Refusal(
                f"The data {name} are not declared, and others are.",
                f'Declare them: <data name="{name}"/>.',
            )
        meant = _meant(name, self.declared)
        declare = f'declare it: <data name="{name}"/>.'
        return Refusal(
            f"There is no {name} among the declared data.",
            f"{meant} Or {declare}" if meant else f"D{declare[1:]}",
        )

    def _not_shown(self, name: str) -> Refusal:
        hint = _meant(name, self.shown or ())
        return Refusal(f"The stage shows no {name}.", hint or f"Give it: data={{'{name}': …}}.")

    def _in_record(self, path: tuple[str, ...]) -> Refusal | None:
        value: JsonValue = dict(self.shown or {})
        for at, name in enumerate(path):
            if value is None:
                return None
            if not isinstance(value, dict):
                before = ".".join(path[:at])
                return Refusal(f"{before} is no record: it has no {name}.", f"Write {before}.")
            if name not in value:
                return Refusal(
                    f"{'.'.join(path[:at])} has no {name}.",
                    suggestion(name, value, written="{}"),
                )
            value = value[name]
        return None

    def _value(self, path: tuple[str, ...]) -> JsonValue:
        value: JsonValue = dict(self.shown or {})
        for name in path:
            value = value.get(name) if isinstance(value, dict) else None
        return value


def _meant(name: str, data: Iterable[str]) -> str:
    """Return a hint among the data, or among the names that every screen has."""
    near = nearest(name, data) or _like(name, NAMES, _LIKE_BEFORE_A_DOT)
    return f"Do you mean {near}?" if near in NAMES else suggestion(name, data)


def _within(datum: Datum, key: str) -> Refusal | None:
    type_ = type_of(datum)
    if type_ is not None and type_ != "record":
        return Refusal(
            f"{datum.name} is declared as {TYPES[type_][0]}: no dot follows it.",
            'Declare it with type="record", or leave the dot out.',
        )
    if datum.keys and key not in datum.keys:
        return Refusal(
            f"{datum.name} is declared without {key}.",
            suggestion(key, datum.keys, written=f"{datum.name}.{{}}"),
        )
    return None


def _misspelt(path: tuple[str, ...]) -> Refusal | None:
    """Look, where the data are not known, whether a name is one of every screen's, misspelt."""
    head, *rest = path
    like = _like(head, NAMES, _LIKE_BEFORE_A_DOT if rest else _LIKE_ALONE)
    if like is None or (not rest and head == f"{like}s"):
        return None
    # what follows the dot must be as likely; of an answer nobody knows
    members = NAMES[like]
    if rest and members is not None and nearest(rest[0], members) is None:
        return None
    return Refusal(
        f"There is no {head}.",
        f'Do you mean {".".join((like, *rest))}? If not, declare it: <data name="{head}"/>.',
    )


def _like(name: str, known: Iterable[str], least: float) -> str | None:
    likeness = {one: SequenceMatcher(None, name, one).ratio() for one in known}
    best = max(likeness, key=likeness.__getitem__, default=None)
    return best if best is not None and likeness[best] >= least else None
