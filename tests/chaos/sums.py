"""What participants have earned and were to read, reckoned anew from what they decided."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from fractions import Fraction
from typing import Any

#: Answers of one generation, by seat.
Answers = Mapping[str, Mapping[str, Any]]

_ENDOWMENT = 20


def public_goods(settings: Mapping[str, Any], answers: Answers) -> dict[str, Fraction]:
    """Return what each of a group earns in a round: what was kept, and a share of the pot."""
    pot = sum(Fraction(one["amount"]) for one in answers.values())
    share = pot * Fraction(str(settings["multiplier"])) / len(answers)
    return {seat: _ENDOWMENT - one["amount"] + share for seat, one in answers.items()}


def letters(_: Mapping[str, Any], answers: Answers) -> dict[str, Fraction]:
    """Return what each of a group earns in a round: the stamps on the letter to them."""
    return {seat: Fraction(one["stamps"]) for seat, one in _delivered(answers).items()}


def _delivered(answers: Answers) -> dict[str, Mapping[str, Any]]:
    """Return the letter that each gets: that of the seat before, in alphabetical order."""
    seats = sorted(answers)
    return {seat: answers[seats[place - 1]] for place, seat in enumerate(seats)}


def letters_shown(answers: Answers) -> dict[str, dict[str, Any]]:
    """Return what each, and nobody else, is shown once all letters are written."""
    return {
        seat: {"text": one["text"], "stamps": one["stamps"]}
        for seat, one in _delivered(answers).items()
    }


def hurry(_: Mapping[str, Any], answers: Answers) -> dict[str, Fraction]:
    """Return what each earns in a round: the number, which is 0 for who was late."""
    return {seat: Fraction(one["value"]) for seat, one in answers.items()}


#: By program: the answer that counts for who is late.
DEFAULTS: dict[str, dict[str, Any]] = {"hurry": {"value": 0}}

#: By program: from its settings and the answers of one generation to what each earns in it.
EARNED: dict[str, Callable[[Mapping[str, Any], Answers], dict[str, Fraction]]] = {
    "public-goods": public_goods,
    "letters": letters,
    "hurry": hurry,
}

#: By program: from the answers of one generation to what each is shown in the next.
SHOWN: dict[str, Callable[[Answers], dict[str, dict[str, Any]]]] = {"letters": letters_shown}

#: Differences below this come from binary fractions.
TOLERANCE = Decimal("1e-6")
