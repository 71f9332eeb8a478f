"""Forms: described for any client, checked alike at both ends."""

from __future__ import annotations

import random
from enum import Enum
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from palier.program import Field, Form
from palier.schemas.forms import (
    ChoiceField,
    FlagField,
    IntegerField,
    NumberField,
    TextField,
    UnsupportedField,
    describe,
)


class Colour(Enum):
    RED = "red"
    DARK_BLUE = "dark-blue"


class Everything(Form):
    whole: int = Field(ge=0, lt=21, title="How many?", description="Up to twenty.")
    real: float = Field(gt=0, le=1)
    flag: bool
    colour: Colour
    side: Literal["left", "right"]
    word: str = Field(min_length=1, max_length=10)
    note: str | None = None
    more: int = 3


def test_each_type_becomes_its_field() -> None:
    fields = {one.name: one for one in describe(Everything).fields}

    assert [type(one) for one in fields.values()] == [
        IntegerField,
        NumberField,
        FlagField,
        ChoiceField,
        ChoiceField,
        TextField,
        TextField,
        IntegerField,
    ]
    whole = fields["whole"]
    assert isinstance(whole, IntegerField)
    assert (whole.title, whole.help) == ("How many?", "Up to twenty.")
    assert (whole.minimum, whole.maximum) == (0, 20)
    colour = fields["colour"]
    assert isinstance(colour, ChoiceField)
    assert [(one.value, one.title) for one in colour.options] == [
        ("red", "Red"),
        ("dark-blue", "Dark blue"),
    ]
    assert not fields["note"].required
    assert fields["more"].default == 3


def test_a_description_travels_and_comes_back_the_same() -> None:
    described = describe(Everything)

    assert type(described).model_validate_json(described.model_dump_json()) == described


GOOD: dict[str, Any] = {
    "whole": 20,
    "real": 0.5,
    "flag": True,
    "colour": "red",
    "side": "left",
    "word": "œuvre",
}


def test_what_fits_passes_at_both_ends() -> None:
    assert describe(Everything).check(GOOD) == {}
    Everything.model_validate(GOOD)


@pytest.mark.parametrize(
    ("field", "value", "problem"),
    [
        ("whole", 21, "out-of-range"),
        ("whole", -1, "out-of-range"),
        ("whole", 1.5, "whole-number"),
        ("whole", True, "whole-number"),
        ("whole", None, "required"),
        ("real", 0, "out-of-range"),
        ("real", float("nan"), "number"),
        ("real", "much", "number"),
        ("flag", "yes", "flag"),
        ("colour", "green", "choice"),
        ("side", 1, "choice"),
        ("word", "", "required"),
        ("word", "x" * 11, "too-long"),
        ("word", 3, "text"),
    ],
)
def test_what_does_not_fit_is_named(field: str, value: Any, problem: str) -> None:
    assert describe(Everything).check({**GOOD, field: value}) == {field: problem}


@given(st.integers())
def test_whatever_a_bot_draws_passes_at_both_ends(seed: int) -> None:
    drawn = describe(Everything).draw(random.Random(seed))

    assert describe(Everything).check(drawn) == {}
    Everything.model_validate(drawn)


def test_a_field_that_no_screen_can_show_is_refused_by_name() -> None:
    class Odd(Form):
        when: list[int]

    with pytest.raises(UnsupportedField, match=r"Odd\.when"):
        describe(Odd)


def test_a_form_takes_no_field_it_does_not_have() -> None:
    with pytest.raises(ValidationError):
        Everything.model_validate({**GOOD, "extra": 1})
