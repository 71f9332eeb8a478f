"""The questionnaire asks in two languages and keeps the same."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from palier.program.testing import BadAnswer, load, load_bots, play
from palier.schemas.forms import ChoiceField, Ends, IntegerField

FOLDER = Path(__file__).parents[3] / "programs" / "questionnaire"
Questionnaire = load(FOLDER)
BOTS = load_bots(FOLDER)
STATEMENTS = ("trust", "careful", "fair", "risks", "avoids")


def fields(stage: str, language: str) -> dict[str, Any]:
    """Return the fields of a stage, by name."""
    result = play(Questionnaire, seats=1, settings={"language": language})
    (shown,) = (one for one in result.stages if one.name == stage)
    assert shown.stage.form is not None
    return {one.name: one for one in shown.stage.form.fields}


def test_statements_are_scales_with_words_at_their_ends() -> None:
    for one in fields("attitudes", "en").values():
        assert isinstance(one, IntegerField)
        assert (one.minimum, one.maximum) == (1, 7)
        assert one.scale == Ends(low="Not at all", high="Completely")


@pytest.mark.parametrize("stage", ["attitudes", "about-you", "remarks"])
def test_both_languages_ask_the_same_and_in_other_words(stage: str) -> None:
    english, french = fields(stage, "en"), fields(stage, "fr")
    assert list(english) == list(french)
    for name, one in english.items():
        assert one.title != french[name].title
        if isinstance(one, ChoiceField):
            options = [option.value for option in one.options]
            assert options == [option.value for option in french[name].options]


def test_what_is_asked_of_a_person_may_be_left_out_and_is_checked_where_not() -> None:
    empty = dict.fromkeys(("age", "gender", "studies", "level", "taken_part"))
    assert play(Questionnaire, seats=2, answers={"about-you": {}}).answers("about-you")
    with pytest.raises(BadAnswer, match="age"):
        play(Questionnaire, seats=1, answers={"about-you": {**empty, "age": 3}})


def test_who_comes_is_paid_for_coming() -> None:
    result = play(Questionnaire, seats=3)
    assert {one.amount for one in result.payments.values()} == {Decimal(5)}


def test_items_that_count_the_other_way_round_are_turned() -> None:
    score = Questionnaire.run.__globals__["score"]
    assert score({"trust": 7, "careful": 1, "fair": 7, "risks": 4, "avoids": 4}) == {
        "trust": 7,
        "risk": 4,
    }


@pytest.mark.parametrize("language", ["en", "fr"])
def test_a_consistent_person_has_one_view_on_trust_and_one_on_risk(language: str) -> None:
    score = Questionnaire.run.__globals__["score"]
    result = play(Questionnaire, seats=30, settings={"language": language}, bots=BOTS["consistent"])

    rows = result.answers("attitudes")
    assert len(rows) == 30
    for row in rows:
        # an answer, turned where it counts the other way round, is the mean of its scale
        assert row["trust"] == row["fair"] == 8 - row["careful"]
        assert row["risks"] == 8 - row["avoids"]
        means = {"trust": row["trust"], "risk": row["risks"]}
        assert score({one: row[one] for one in STATEMENTS}) == means
    assert {row["trust"] for row in rows} == set(range(1, 8))


def test_what_a_consistent_person_says_of_themselves_hangs_together() -> None:
    youngest = {"secondary": 18, "bachelor": 21, "master": 23, "doctorate": 27}

    rows = play(Questionnaire, seats=60, bots=BOTS["consistent"]).answers("about-you")

    assert {row["level"] for row in rows} == set(youngest)
    for row in rows:
        assert row["age"] >= youngest[row["level"]]
        assert row["studies"] != "none" or row["level"] == "secondary"


def test_who_agrees_with_everything_has_no_view_on_what_is_asked_both_ways() -> None:
    score = Questionnaire.run.__globals__["score"]
    (row,) = play(Questionnaire, seats=1, bots=BOTS["agreeing"]).answers("attitudes")

    # (7 + 1 + 7) / 3 where two of three affirm it, (7 + 1) / 2 where one of two does
    assert score({one: row[one] for one in STATEMENTS}) == {"trust": 5, "risk": 4}
