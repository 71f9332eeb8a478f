"""What the inputs of a screen ask: the form's rule, and never less."""

from __future__ import annotations

from datetime import date

from palier.client.screens.questions import placed, question
from palier.schemas.forms import (
    ChoiceField,
    DateField,
    FieldSpec,
    FormSpec,
    IntegerField,
    NumberField,
    Option,
    TextField,
)
from palier.schemas.screens import widgets
from palier.schemas.screens.widgets import Input


def asked(widget: Input, *fields: FieldSpec, **amounts: float) -> FieldSpec:
    def number(amount: float | str | None) -> float | None:
        return amounts[amount.strip("{}")] if isinstance(amount, str) else amount

    return question(widget, FormSpec(fields=fields), say=lambda text: text, number=number)


AMOUNT = IntegerField(name="amount", title="Amount", minimum=0, maximum=20)


def test_a_field_is_asked_in_the_words_of_the_screen_by_the_rule_of_the_form() -> None:
    widget = widgets.Number(bind="answer.amount", label="Tokens", help="As you like")
    field = asked(widget, AMOUNT)
    assert field == AMOUNT.model_copy(update={"title": "Tokens", "help": "As you like"})


def test_a_widget_can_draw_bounds_narrower_and_never_wider() -> None:
    narrow = asked(widgets.Slider(bind="answer.amount", min=2.5, max="{left}"), AMOUNT, left=9.5)
    assert isinstance(narrow, IntegerField)
    assert (narrow.minimum, narrow.maximum) == (3, 9)
    wide = asked(widgets.Number(bind="answer.amount", min=-5, max=100), AMOUNT)
    assert isinstance(wide, IntegerField)
    assert (wide.minimum, wide.maximum) == (0, 20)
    price = NumberField(name="price", title="Price", minimum=0.5)
    real = asked(widgets.Number(bind="answer.price", max=2.5), price)
    assert isinstance(real, NumberField)
    assert (real.minimum, real.maximum) == (0.5, 2.5)
    day = DateField(name="day", title="Day", minimum=date(2026, 1, 1))
    days = asked(widgets.Date(bind="answer.day", min="2025-01-01", max="2026-12-31"), day)
    assert isinstance(days, DateField)
    assert (days.minimum, days.maximum) == (date(2026, 1, 1), date(2026, 12, 31))
    text = asked(
        widgets.TextField(bind="answer.why", max_length=40), TextField(name="why", title="Why")
    )
    assert isinstance(text, TextField)
    assert text.max_length == 40
    assert asked(widgets.TextArea(bind="answer.why"), TextField(name="why", title="Why")) == (
        TextField(name="why", title="Why")
    )


def test_what_the_form_requires_a_widget_cannot_waive() -> None:
    optional = TextField(name="why", title="Why", required=False)
    assert asked(widgets.TextField(bind="answer.why", required=True), optional).required
    assert asked(widgets.Number(bind="answer.amount", required=False), AMOUNT).required
    assert not asked(widgets.TextField(bind="answer.why"), optional).required


def test_a_local_place_is_asked_by_what_its_widget_says() -> None:
    page = asked(widgets.Slider(bind="local.page", min=1, max=3, required=True))
    assert page == IntegerField(name="local.page", title="", minimum=1, maximum=3)
    free = asked(widgets.Choice(bind="local.whom", source="partners"))
    assert isinstance(free, TextField), "what can be chosen is among the data"


def test_options_are_those_of_the_form_in_the_words_of_the_screen() -> None:
    options = (Option(value="a", title="A"), Option(value="b", title="B"))
    field = ChoiceField(name="mood", title="Mood", options=options)
    better = (widgets.Option(value="b", text="Better"),)
    said = asked(widgets.Choice(bind="answer.mood", children=better), field)
    assert isinstance(said, ChoiceField)
    assert [one.title for one in said.options] == ["A", "Better"]


def test_widgets_stand_under_the_conditions_of_all_that_they_are_in() -> None:
    amount = widgets.Number(bind="answer.amount", show_if="local.page == 2")
    go = widgets.Button(text="Go", on_click="submit")
    tab = widgets.Tab(title="One", show_if="arrived", children=(amount, go))
    body = (widgets.Card(show_if="expected", children=(widgets.Tabs(children=(tab,)),)),)
    assert [(one.widget, one.conditions) for one in placed(body)[0]] == [
        (amount, ("expected", "arrived", "local.page == 2"))
    ]
    assert [one.conditions for one in placed(body)[1]] == [("expected", "arrived")]
