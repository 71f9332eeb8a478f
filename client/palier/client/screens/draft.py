"""What a participant has put in so far, and what it means: pure, so it survives any window."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from pydantic import JsonValue

from palier.client.screens.dates import read_iso
from palier.client.screens.numerals import Numerals
from palier.client.screens.words import Words
from palier.schemas.forms import (
    DateField,
    FieldSpec,
    FormSpec,
    IntegerField,
    NumberField,
    TextField,
)

#: What a field holds: typed text, the value of an option, a flag, or nothing yet.
Raw: TypeAlias = str | bool | None
Draft: TypeAlias = dict[str, Raw]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An answer, and the problem of each field that has one."""

    answer: dict[str, JsonValue]
    problems: dict[str, str]


def begin(spec: FormSpec, numerals: Numerals) -> Draft:
    """Return the draft of an untouched form: its defaults."""
    return {field.name: show_raw(field.default, numerals) for field in spec.fields}


def read(spec: FormSpec, draft: Mapping[str, Raw], numerals: Numerals) -> Reading:
    """Return what the draft means."""
    answer: dict[str, JsonValue] = {}
    problems: dict[str, str] = {}
    for field in spec.fields:
        raw = draft.get(field.name)
        value = answer[field.name] = value_of(field, raw, numerals)
        if problem := problem_of(field, raw, value):
            problems[field.name] = problem
    return Reading(answer=answer, problems=problems)


def problem_of(field: FieldSpec, raw: Raw, value: JsonValue) -> str:
    """Return what is wrong with what is put into a field, which means ``value``; empty: nothing."""
    if value is not None:
        return field.check(value) or ""
    if isinstance(raw, str) and raw.strip():
        return _unreadable(field)
    return "required" if field.required else ""


def _unreadable(field: FieldSpec) -> str:
    match field:
        case IntegerField():
            return "whole-number"
        case DateField():
            return "date"
        case _:
            return "number"


def show_raw(default: JsonValue, numerals: Numerals) -> Raw:
    """Return what a field holds when it has this value."""
    if default is None or isinstance(default, bool | str):
        return default
    if isinstance(default, int | float):
        return numerals.say(default, decimals=6)
    return None


def value_of(field: FieldSpec, raw: Raw, numerals: Numerals) -> JsonValue:
    """Return what is put into a field as a value; None where it is nothing, or unreadable."""
    if not isinstance(raw, str):
        return raw
    match field:
        case IntegerField():
            return numerals.read_whole(raw)
        case NumberField():
            return numerals.read(raw)
        case TextField():
            # blank is an answer only where the author's default says so
            return raw.strip() or (None if field.default is None else "")
        case DateField():
            # whoever types a day puts it here as soon as it can be read
            day = read_iso(raw)
            return None if day is None else day.isoformat()
        case _:
            return raw or None


def explain(field: FieldSpec, problem: str, words: Words) -> str:
    """Return a problem as a sentence; what is no known problem is the worker's own sentence."""
    say = words.numerals.say
    match problem, field:
        case "out-of-range", DateField(minimum=early, maximum=late):
            how = "above" if late is None else "below" if early is None else "between"
            said = {
                "low": early and words.dates.say(early),
                "high": late and words.dates.say(late),
            }
            return words.days[how].format(**said)
        case "out-of-range", IntegerField() | NumberField():
            low, high = field.minimum, field.maximum
            if low is None:
                return words.below.format(high=say(high or 0))
            if high is None:
                return words.above.format(low=say(low))
            return words.problems[problem].format(low=say(low), high=say(high))
        case "too-short" | "too-long", TextField(min_length=shortest, max_length=longest):
            return words.problems[problem].format(shortest=shortest, longest=longest)
        case _:
            return words.problems.get(problem, problem)
