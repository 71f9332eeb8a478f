"""What is written in an attribute, as the value that the model wants; or why it cannot be one."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import date
from types import MappingProxyType
from typing import Any

from pydantic import JsonValue

from palier.schemas.errors import PalierError
from palier.schemas.screens.document import SPACE
from palier.schemas.screens.errors import BadExpression
from palier.schemas.screens.expressions import read
from palier.schemas.screens.grammar import Kind, Rule
from palier.schemas.screens.suggestions import suggestion
from palier.schemas.screens.templates import Insert, mistakes, read_template

#: How deep a JSON literal nests.
_DEEPEST_JSON = 16

_WHOLE = re.compile(r"[+-]?\d{1,15}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_KEY = re.compile(r"[A-Za-z]([A-Za-z0-9_ -]{0,62}[A-Za-z0-9_-])?")

#: What a pattern asks for, in words that end a sentence, and an example.
PATTERNS: Mapping[str, tuple[str, str]] = MappingProxyType(
    {
        r"^[a-z][a-z0-9-]{0,31}$": (
            "a name of small letters, digits and hyphens, at most 32, a letter first",
            "first-card",
        ),
        r"^(answer|local)\.[A-Za-z][A-Za-z0-9_]{0,63}$": (
            "a place: answer. and a field of the form, or local. and a name of the screen's own",
            "answer.amount",
        ),
        r"^[A-Za-z][A-Za-z0-9_-]*(\.[A-Za-z][A-Za-z0-9_-]*){0,3}$": (
            "the name of a list among the data, or stream. and the name of a stream",
            "history",
        ),
        r"^[A-Za-z]([A-Za-z0-9_ -]{0,62}[A-Za-z0-9_-])?$": (
            "a key of letters, digits, spaces, _ and -, at most 64, a letter first",
            "amount",
        ),
        r"^(act:)?[a-z][a-z0-9_]{0,63}$": (
            "the name of an action: small letters, digits and _, a letter first",
            "submit",
        ),
        r"^[a-z0-9-]{1,32}$": (
            "a name of 1 to 32 small letters, digits and hyphens",
            "contribute",
        ),
        r"^[A-Za-z0-9_-]{1,64}\.(png|jpg|jpeg)$": (
            "the name of a PNG or JPEG file beside the screen, without a folder",
            "shares.png",
        ),
        r"^\d{4}-\d{2}-\d{2}$": ("a day", "2026-11-22"),
        r"^(d|\.\d{1,2}f|(\.\d{1,2})?%|[A-Z]{3}|date|time|datetime)?$": (
            "d, a number of decimals as .2f, %, .1%, EUR, date, time or datetime",
            ".2f",
        ),
        r"^([a-z][a-z0-9_]{0,63}\.[A-Z][A-Za-z0-9_]{0,63})?$": (
            "a module and its class, with a dot between",
            "public_goods.Decision",
        ),
        r"^([a-z]{2})?$": ("a language in two small letters", "fr"),
        r"^[a-z]{2}$": ("a language in two small letters", "fr"),
        r"^[A-Za-z][A-Za-z0-9_]{0,63}$": (
            "a name of letters, digits and _, at most 64, a letter first",
            "endowment",
        ),
    }
)


class Wrong(PalierError):
    """A value does not do; ``index`` is the letter at which that shows, ``more`` what else."""

    def __init__(
        self, reason: str, hint: str = "", *, index: int = 0, more: tuple[Wrong, ...] = ()
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.hint = hint
        self.index = index
        self.more = more


def value_of(rule: Rule, text: str) -> Any:
    """Return what an attribute means; raises `Wrong`."""
    return _READERS[rule.kind](rule, text)


def example(rule: Rule) -> str:
    """Return how the attribute may be written."""
    value = {
        "words": "…",
        "condition": "answer.amount > 0",
        "amount": "20",
        "flag": "true",
        "whole": str(rule.low or 1),
        "wholes": "56 44",
        "keys": "round, amount",
        "json": "0",
        "choice": rule.choices[0] if rule.choices else "",
        "text": PATTERNS[rule.pattern][1] if rule.pattern else "…",
    }[rule.kind]
    return f'{rule.name}="{value}"'


def _quoted(text: str) -> str:
    return f"'{text}'" if len(text) <= 40 else f"'{text[:39]}…'"  # noqa: PLR2004 - a line's worth


def _text(rule: Rule, text: str) -> str:
    _short_enough(rule, text)
    if rule.pattern is None:
        return text
    given = text.strip(SPACE)
    words, shown = PATTERNS[rule.pattern]
    if not re.fullmatch(rule.pattern, given, re.ASCII):
        raise Wrong(
            f"{rule.name} is {words}, not {_quoted(given)}.", f'As in {rule.name}="{shown}".'
        )
    if shown == PATTERNS[r"^\d{4}-\d{2}-\d{2}$"][1]:
        try:
            date.fromisoformat(given)
        except ValueError:
            raise Wrong(
                f"{rule.name} is a day, and there is no {given}.", "Write year-month-day."
            ) from None
    return given


def _short_enough(rule: Rule, text: str) -> None:
    if rule.longest is not None and len(text) > rule.longest:
        raise Wrong(
            f"{rule.name} has at most {rule.longest} characters, this has {len(text)}.",
            "Shorten it.",
            index=rule.longest,
        )


def _words(rule: Rule, text: str) -> str:
    _short_enough(rule, text)
    if found := mistakes(text):
        first, *others = (Wrong(f"{one}.", index=one.at) for one in found)
        raise Wrong(first.reason, index=first.index, more=tuple(others))
    return text


def _condition(_rule: Rule, text: str) -> str:
    try:
        return read(text).text
    except BadExpression as error:
        raise Wrong(f"{error}.", index=error.at) from None


def _amount(rule: Rule, text: str) -> float | str:
    given = text.strip(SPACE)
    if "{" in given:
        _words(rule, text)
        parts = read_template(given)
        if len(parts) == 1 and isinstance(parts[0], Insert) and not parts[0].format:
            return given
    elif _NUMBER.fullmatch(given) and math.isfinite(float(given)):
        return float(given)
    raise Wrong(
        f"{rule.name} is a number, or one value in braces, not {_quoted(given)}.",
        f'As in {rule.name}="20" or {rule.name}="{{endowment}}".',
    )


def _flag(rule: Rule, text: str) -> bool:
    given = text.strip(SPACE)
    if given not in {"true", "false"}:
        folded = given.casefold()
        meant = {
            **dict.fromkeys(("1", "yes", "on", "true"), "true"),
            **dict.fromkeys(("0", "no", "off", "false"), "false"),
        }.get(folded)
        hint = f'Write {rule.name}="{meant}".' if meant else ""
        raise Wrong(f"{rule.name} is true or false, not {_quoted(given)}.", hint)
    return given == "true"


def _whole(rule: Rule, text: str) -> int:
    given = text.strip(SPACE)
    number = int(given) if _WHOLE.fullmatch(given) else None
    low, high = rule.low, rule.high
    if number is None or (low is not None and number < low) or (high is not None and number > high):
        span = f" from {low} to {high}" if low is not None and high is not None else ""
        raise Wrong(f"{rule.name} is a whole number{span}, not {_quoted(given)}.")
    return number


def _wholes(rule: Rule, text: str) -> tuple[int, ...]:
    found = re.findall(rf"[^{SPACE},;]+", text)
    if not found:
        raise Wrong(f"{rule.name} is empty.", f"As in {example(rule)}.")
    if rule.longest is not None and len(found) > rule.longest:
        raise Wrong(f"{rule.name} has at most {rule.longest} numbers, this has {len(found)}.")
    return tuple(_whole(rule, one) for one in found)


def _keys(rule: Rule, text: str) -> tuple[str, ...]:
    """Return keys: parted by commas where there is one, else by spaces."""
    parts = text.split(",") if "," in text else text.split()
    keys = tuple(key for one in parts if (key := one.strip(SPACE)))
    if not keys:
        raise Wrong(f"{rule.name} is empty.", f"As in {example(rule)}.")
    for key in keys:
        if not _KEY.fullmatch(key):
            words, _ = PATTERNS[rf"^{_KEY.pattern}$"]
            raise Wrong(
                f"Each of {rule.name} is {words}, not {_quoted(key)}.", f"As in {example(rule)}."
            )
    return keys


def _json(rule: Rule, text: str) -> JsonValue:
    """Return a JSON literal, or the text itself where it is none."""
    try:
        value: JsonValue = json.loads(text, parse_constant=_no_number, parse_float=_finite)
    except RecursionError:
        depth = _DEEPEST_JSON + 1
        value = None
    except ValueError:
        return text
    else:
        depth = _depth(value)
    if depth > _DEEPEST_JSON:
        raise Wrong(f"{rule.name} nests at most {_DEEPEST_JSON} deep.", "Make it flatter.")
    return value


def _no_number(text: str) -> float:
    raise ValueError(f"{text} is no JSON")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"{text} is too large")
    return number


def _depth(value: JsonValue) -> int:
    depth, level = 0, [value]
    while level and depth <= _DEEPEST_JSON:
        depth += 1
        level = [
            inner
            for one in level
            if isinstance(one, list | dict)
            for inner in (one.values() if isinstance(one, dict) else one)
        ]
    return depth


def _choice(rule: Rule, text: str) -> str:
    given = text.strip(SPACE)
    if given not in rule.choices:
        meant = suggestion(given, rule.choices)
        raise Wrong(f"{rule.name} cannot be {_quoted(given)}.", meant)
    return given


_READERS: Mapping[Kind, Callable[[Rule, str], Any]] = MappingProxyType(
    {
        "text": _text,
        "words": _words,
        "condition": _condition,
        "amount": _amount,
        "flag": _flag,
        "whole": _whole,
        "wholes": _wholes,
        "keys": _keys,
        "json": _json,
        "choice": _choice,
    }
)
