"""Why somebody has no seat is said in words, beside the field that it is about."""

from __future__ import annotations

import pytest

from palier.broker.errors import DeadlinePassed, InvalidAddress, LoginRefused, Unreachable
from palier.client.errors import BadOption, NoAnswer, NotSeated, Rejected
from palier.client.screens.join_page import EXAMPLE, problem, said_of
from palier.client.screens.texts import WORDS
from palier.schemas.errors import PalierError


@pytest.mark.parametrize(
    ("error", "field", "name"),
    [
        (InvalidAddress("http://host"), "server", "address"),
        (BadOption("a desk joins as room, not as guest"), "server", "address"),
        (LoginRefused("no"), "server", "password"),
        (NotSeated("no", what="password"), "server", "password"),
        (Unreachable("amqp://host", reason="refused"), "server", "unreachable"),
        (NoAnswer("join", deadline=15), "server", "no-answer"),
        (NotSeated("no", what="code"), "code", "code"),
        (Rejected("unknown-code", "no"), "code", "unknown-code"),
        (Rejected("used-code", "no"), "code", "used-code"),
    ],
)
def test_each_reason_has_its_words_and_its_field(error: PalierError, field: str, name: str) -> None:
    assert problem(error) == (field, name)
    for words in WORDS.values():
        assert said_of(error, words) == words.join_problems[name].format(example=EXAMPLE)


def test_a_reason_without_words_of_its_own_says_itself() -> None:
    for error in (DeadlinePassed("It took too long."), Rejected("new", "It is something new.")):
        assert said_of(error, WORDS["fr"]) == str(error)


def test_no_words_are_for_nothing() -> None:
    assert set(WORDS["en"].join_problems) == set(WORDS["fr"].join_problems)
