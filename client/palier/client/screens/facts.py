"""The data of a stage, arranged for the eye: figures, rows, tables. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation

from pydantic import JsonValue

from palier.client.screens.words import Words

#: How currencies are written that have a sign.
_SIGNS = {"EUR": "€", "GBP": "£", "USD": "$"}

#: What stands where there is nothing to say.
NOTHING = "\N{EN DASH}"

#: Up to so many numbers alone are shown large.
MOST_FIGURES = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """A name and what is said of it."""

    label: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Grid:
    """A table: a title, names of columns, rows of cells."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a stage tells; falsy when it tells nothing."""

    figures: tuple[Fact, ...] = ()
    rows: tuple[Fact, ...] = ()
    grids: tuple[Grid, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.figures or self.rows or self.grids)


def arrange(data: Mapping[str, JsonValue], words: Words) -> Facts:
    """Return the data as facts: one or two numbers alone as figures, lists of records as grids."""
    plain = {key: one for key, one in data.items() if not _is_nested(one)}
    grids = tuple(_grid(key, one, words) for key, one in data.items() if _is_nested(one))
    facts = tuple(Fact(label=humanise(key), text=say(one, words)) for key, one in plain.items())
    large = 0 < len(plain) <= MOST_FIGURES and all(
        _is_number(one) or _is_money(one) for one in plain.values()
    )
    return Facts(figures=facts, grids=grids) if large else Facts(rows=facts, grids=grids)


def humanise(key: str) -> str:
    """Return a Python name as people read it: ``group_total`` becomes ``Group total``."""
    text = key.replace("_", " ").strip()
    return text[:1].upper() + text[1:]


def say(value: JsonValue, words: Words) -> str:
    """Return one value in words and figures."""
    match value:
        case None:
            return NOTHING
        case bool():
            return words.yes if value else words.no
        case int() | float():
            return words.numerals.say(value)
        case str():
            return value
        case {"amount": str(amount), "currency": str(currency), **rest} if not rest:
            return say_money(amount, currency, words)
        case list():
            return ", ".join(say(one, words) for one in value) or NOTHING
        case dict():
            return ", ".join(f"{humanise(key)} {say(one, words)}" for key, one in value.items())


def say_money(amount: str, currency: str, words: Words) -> str:
    """Return an amount of money as a language writes it: as many decimals as it has."""
    try:
        number = Decimal(amount)
    except InvalidOperation:
        return f"{amount} {currency}"
    exponent = number.as_tuple().exponent
    decimals = -exponent if isinstance(exponent, int) and exponent < 0 else 0
    minus = words.numerals.fixed(-1, decimals=0)[0] if number < 0 else ""
    figures = words.numerals.fixed(float(abs(number)), decimals=decimals)
    if (sign := _SIGNS.get(currency)) is None:
        return f"{minus}{figures}\u00a0{currency}"
    return minus + words.money.format(amount=figures, sign=sign)


def _is_money(value: JsonValue) -> bool:
    return isinstance(value, dict) and set(value) == {"amount", "currency"}


def _is_number(value: JsonValue) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_nested(value: JsonValue) -> bool:
    return (isinstance(value, dict) and not _is_money(value)) or (
        isinstance(value, list) and bool(value) and all(isinstance(one, dict) for one in value)
    )


def _grid(key: str, value: JsonValue, words: Words) -> Grid:
    title = humanise(key)
    if isinstance(value, dict):
        pairs = tuple((humanise(name), say(one, words)) for name, one in value.items())
        return Grid(title=title, columns=(), rows=pairs)
    records = [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
    names = _columns(records)
    return Grid(
        title=title,
        columns=tuple(humanise(name) for name in names),
        rows=tuple(tuple(say(one.get(name), words) for name in names) for one in records),
    )


def _columns(records: Sequence[Mapping[str, JsonValue]]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(name for record in records for name in record))
