"""Values and templates in the words of a language. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from palier.client.screens import facts
from palier.client.screens.words import Words
from palier.schemas.screens.errors import EvaluationFailed
from palier.schemas.screens.templates import Template


def fill(template: Template, names: Mapping[str, Any], words: Words) -> str:
    """Return a text with its values filled in; what cannot be computed is a dash."""
    return "".join(
        one if isinstance(one, str) else _filled(one.expression, one.format, names, words)
        for one in template
    )


def _filled(expression: Any, form: str, names: Mapping[str, Any], words: Words) -> str:
    try:
        value = expression.value(names)
    except EvaluationFailed:
        return facts.NOTHING
    return format_value(value, form, words)


def format_value(value: Any, form: str, words: Words) -> str:
    """Return a value as the language writes it, in a template's format; empty: its usual way."""
    number = isinstance(value, int | float) and not isinstance(value, bool)
    if form == "d" and number:
        return words.numerals.say(round(value))
    if form.endswith("f") and number:
        return words.numerals.fixed(value, decimals=int(form[1:-1]))
    if form.endswith("%") and number:
        decimals = int(form[1:-1] or 0)
        return words.percent.format(number=words.numerals.fixed(value * 100, decimals=decimals))
    if form.isupper() and number:
        return facts.say_money(f"{value:.2f}", form, words)
    return facts.say(value, words)
