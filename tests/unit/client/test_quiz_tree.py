"""Scales, quizzes and money as a desk shows them, as a tree of items."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal

import dearpygui.dearpygui as dpg
import pytest
from pydantic_core import to_jsonable_python

from palier.client.screens.desk import Desk
from palier.client.screens.english import ENGLISH
from palier.client.screens.facts import arrange, say
from palier.client.screens.french import FRENCH
from palier.client.screens.kit import Kit, press
from palier.client.screens.sample_errands import NotedErrands
from palier.client.screens.samples import sample_views
from palier.client.screens.saying import format_value
from palier.client.screens.window import context
from palier.client.view import Asking, Note, Notice, View
from palier.program import Form, Money, likert
from palier.schemas.forms import describe


class Trust(Form):
    trust: int = likert("Most people can be trusted.", points=5, low="Not at all", high="Fully")
    risk: int | None = likert("I like to take risks.", points=3, default=None)


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.0, language="en") as made:
        yield made


@pytest.fixture
def errands() -> NotedErrands:
    return NotedErrands()


@pytest.fixture
def desk(kit: Kit, errands: NotedErrands) -> Desk:
    return Desk(kit, title="Palier", errands=errands)


def asking(*, quiz: bool = False, **changes: object) -> View:
    """Return a desk at a stage with scales."""
    view = sample_views()["form"]
    assert isinstance(view.screen, Asking)
    stage = view.screen.stage.model_copy(update={"form": describe(Trust), "quiz": quiz})
    return replace(view, screen=replace(view.screen, stage=stage, **changes))  # type: ignore[arg-type]


def said() -> set[str]:
    kind = "mvAppItemType::mvText"
    return {dpg.get_value(one) for one in dpg.get_all_items() if dpg.get_item_type(one) == kind}


def test_a_generated_form_shows_a_scale_as_a_row_of_points_and_hands_in_a_number(
    kit: Kit, desk: Desk, errands: NotedErrands
) -> None:
    desk.show(asking())
    assert [one for one in kit.named if one.startswith("field.trust.")] == [
        *(f"field.trust.{number}" for number in range(5)),
        "field.trust.ends",
    ]
    assert dpg.get_value(kit.named["field.trust.ends"]) == "Not at all, Fully"
    press(kit.named["field.trust.3"])
    press(kit.named["submit"])
    ((_, answer),) = errands.submitted
    assert answer == {"trust": 4, "risk": None}


def test_a_scale_that_is_required_and_not_answered_says_so(kit: Kit, desk: Desk) -> None:
    desk.show(asking())
    press(kit.named["submit"])
    assert dpg.get_value(kit.named["problem.trust"]) == ENGLISH.problems["required"]


def test_a_wrong_answer_is_told_beside_its_field_by_hint_or_by_the_desks_own_words(
    kit: Kit, desk: Desk
) -> None:
    desk.show(asking(quiz=True))
    desk.show(asking(quiz=True, problems={"trust": "Think of four.", "risk": "wrong-answer"}))
    assert dpg.get_value(kit.named["problem.trust"]) == "Think of four."
    assert dpg.get_value(kit.named["problem.risk"]) == ENGLISH.problems["wrong-answer"]


def test_a_quiz_does_not_say_that_an_answer_cannot_be_changed(desk: Desk) -> None:
    desk.show(asking(quiz=True))
    assert ENGLISH.final not in said()
    desk.show(replace(asking(), session="another"))
    assert ENGLISH.final in said()


def test_who_has_no_attempt_left_reads_that_somebody_comes(kit: Kit, desk: Desk) -> None:
    desk.show(asking(quiz=True))
    desk.show(asking(quiz=True, notice=Notice(note=Note.ATTEMPTS_USED)))
    assert "no attempts left" in dpg.get_value(kit.named["refusal"])


@pytest.mark.parametrize(
    ("money", "english", "french"),
    [
        (Money(Decimal("1234.50"), "EUR"), "€1234.50", "1234,50\u00a0€"),
        (Money(Decimal("-2.00"), "EUR"), "−€2.00", "−2,00\u00a0€"),
        (Money(Decimal("0.005"), "USD"), "$0.005", "0,005\u00a0$"),
        (Money(Decimal("12.00"), "CHF"), "12.00\u00a0CHF", "12,00\u00a0CHF"),
    ],
)
def test_money_is_written_as_the_language_has_it(money: Money, english: str, french: str) -> None:
    value = to_jsonable_python(money)
    assert say(value, ENGLISH) == english
    assert say(value, FRENCH) == french


def test_money_alone_is_shown_large_and_is_no_table() -> None:
    facts = arrange({"payment": {"amount": "5.00", "currency": "EUR"}}, ENGLISH)
    assert [one.text for one in facts.figures] == ["€5.00"]
    assert not facts.grids


def test_a_number_is_shown_as_money_by_a_format_of_its_currency() -> None:
    assert format_value(2.5, "EUR", FRENCH) == "2,50\u00a0€"
    assert format_value("–", "EUR", FRENCH) == "–"
