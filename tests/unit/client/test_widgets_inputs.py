"""What is filled in on a screen, as a tree of items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import dearpygui.dearpygui as dpg
import pytest

from palier.client.screens.kit import Kit
from palier.client.screens.widgets.catalogue import every
from palier.client.screens.widgets.inputs import InputFace
from palier.client.screens.window import context
from palier.schemas import forms
from palier.schemas.screens.widgets import (
    Button,
    Check,
    Choice,
    Date,
    Input,
    Number,
    Option,
    Scale,
    Slider,
    Text,
    TextArea,
    TextField,
)
from tests.unit.client.opened import Opened, open_screen, texts


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.0, language="en") as made:
        yield made


AMOUNT = forms.IntegerField(
    name="amount", title="Your contribution", help="In tokens.", minimum=0, maximum=20
)
GUESS = forms.NumberField(name="guess", title="Your guess", minimum=0, maximum=20)
TRUST = forms.IntegerField(name="trust", title="Do you trust them?", minimum=1, maximum=7)
MOOD = forms.ChoiceField(
    name="mood",
    title="How are you?",
    options=(forms.Option(value="o1", title="Well"), forms.Option(value="o2", title="Badly")),
)
BEFORE = forms.FlagField(name="before", title="Before?")
NEWS = forms.FlagField(name="news", title="Write to me", default=False)
BORN = forms.DateField(name="born", title="Born")
REMARK = forms.TextField(name="remark", title="Remarks", required=False, max_length=600)

SUBMIT = Button(text="Confirm", on_click="submit", kind="primary")

#: Every input, bound to a field; what is put in, where, and what it is then.
EVERY: dict[str, tuple[Input, forms.FieldSpec, str, str]] = {
    "slider": (Slider(bind="answer.amount"), AMOUNT, "field.amount", "12"),
    "number": (Number(bind="answer.guess"), GUESS, "field.guess", "9.5"),
    "textfield": (TextField(bind="answer.remark"), REMARK, "field.remark", "fine"),
    "textarea": (TextArea(bind="answer.remark"), REMARK, "field.remark", "fine\nand well"),
    "date": (Date(bind="answer.born"), BORN, "field.born", "2026-11-22"),
    "scale": (Scale(bind="answer.trust"), TRUST, "field.trust.4", "5"),
    "radio": (Choice(bind="answer.mood"), MOOD, "field.mood.1", "o2"),
    "combo": (Choice(bind="answer.mood", kind="combo"), MOOD, "field.mood", "o2"),
}


def _face(opened: Opened, place: str) -> InputFace:
    found = [one for one in every(opened.page.faces) if isinstance(one, InputFace)]
    return next(one for one in found if one.widget.bind == place)


def _theme(kit: Kit, name: str) -> str:
    bound = dpg.get_item_theme(kit.named[name])
    return next(name for name, theme in kit.themes._themes.items() if theme == bound)


# -- every input --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", EVERY)
def test_an_input_asks_in_the_words_of_the_form_or_its_own(kit: Kit, name: str) -> None:
    widget, field, _, _ = EVERY[name]
    open_screen(kit, widget, fields=(field.model_copy(update={"required": True}),))
    assert field.title in texts()
    dpg.delete_item(dpg.get_windows()[0])

    own = widget.model_copy(update={"label": "Round {n}: and now?", "help": "Up to {n}."})
    opened = open_screen(
        kit, own, fields=(field.model_copy(update={"required": True}),), data={"n": 3}
    )

    assert {"Round 3: and now?", "Up to 3."} <= texts()
    opened.follow(data={"n": 4})
    assert {"Round 4: and now?", "Up to 4."} <= texts()


@pytest.mark.parametrize("name", EVERY)
def test_what_is_put_in_elsewhere_is_shown_and_cleared(kit: Kit, name: str) -> None:
    widget, field, _, raw = EVERY[name]
    opened = open_screen(kit, widget, fields=(field,))
    empty = _state(kit)

    opened.put(widget.bind, raw)
    assert _state(kit) != empty
    opened.put(widget.bind, None)
    assert _state(kit) == empty


def _state(kit: Kit) -> dict[str, Any]:
    fields = [name for name in kit.named if name.startswith("field.")]
    return {name: (dpg.get_value(kit.named[name]), _theme_or_none(kit, name)) for name in fields}


def _theme_or_none(kit: Kit, name: str) -> str | None:
    return _theme(kit, name) if dpg.get_item_theme(kit.named[name]) else None


@pytest.mark.parametrize("name", EVERY)
def test_an_input_is_locked_while_its_condition_does_not_hold_or_the_answer_is_under_way(
    kit: Kit, name: str
) -> None:
    widget, field, item, _ = EVERY[name]
    guarded = widget.model_copy(update={"enable_if": "open"})
    opened = open_screen(kit, guarded, fields=(field,), data={"open": True})
    assert opened.enabled(item)

    opened.follow(data={"open": False})
    assert not opened.enabled(item)
    opened.follow(data={"open": True})
    assert opened.enabled(item)
    opened.follow(sending=True)
    assert not opened.enabled(item)


@pytest.mark.parametrize("name", EVERY)
def test_a_problem_is_said_in_words_and_goes_with_the_next_change(kit: Kit, name: str) -> None:
    widget, field, item, raw = EVERY[name]
    opened = open_screen(kit, widget, fields=(field,))
    face = _face(opened, widget.bind)

    face.say("required")
    assert opened.seen(f"problem.{field.name}")
    assert opened.value(f"problem.{field.name}") == "Please answer this question."
    assert _theme(kit, item).endswith("-bad")
    opened.put(widget.bind, raw)
    assert not opened.seen(f"problem.{field.name}")
    assert not _theme(kit, item).endswith("-bad")


@pytest.mark.parametrize("name", EVERY)
def test_a_screen_may_say_a_problem_in_its_own_words(kit: Kit, name: str) -> None:
    widget, field, _, raw = EVERY[name]
    own = widget.model_copy(update={"error": "Up to {n}, please."})
    needed = field.model_copy(update={"required": True})
    opened = open_screen(kit, own, SUBMIT, fields=(needed,), data={"n": 20})

    opened.press("submit")
    assert opened.value(f"problem.{field.name}") == "Up to 20, please."
    assert opened.errands.submitted == []
    opened.put(widget.bind, raw)
    assert not opened.seen(f"problem.{field.name}")
    opened.press("submit")
    assert len(opened.errands.submitted) == 1


@pytest.mark.parametrize("name", EVERY)
def test_a_hidden_input_is_not_seen_and_keeps_what_it_has(kit: Kit, name: str) -> None:
    widget, field, item, raw = EVERY[name]
    hidden = widget.model_copy(update={"show_if": "more"})
    opened = open_screen(kit, hidden, fields=(field,), data={"more": True})
    opened.put(widget.bind, raw)

    opened.follow(data={"more": False})
    assert not opened.seen(item)
    opened.follow(data={"more": True})
    assert opened.seen(item)
    assert opened.draft[field.name] == raw


@pytest.mark.parametrize("width", [400, 800, 2560])
@pytest.mark.parametrize("name", EVERY)
def test_an_input_fits_any_width(kit: Kit, name: str, width: int) -> None:
    widget, field, _, _ = EVERY[name]
    opened = open_screen(kit, widget, fields=(field,), width=width)
    _face(opened, widget.bind).say("required")

    room = min(width - 49, 720)
    for item in _face(opened, widget.bind).face.inputs:
        assert dpg.get_item_width(item) <= room


# -- writing ------------------------------------------------------------------------------------


def test_what_is_typed_is_in_the_draft_and_in_every_text_at_once(kit: Kit) -> None:
    opened = open_screen(
        kit,
        Slider(bind="answer.amount"),
        Text(text="You keep {20 - answer.amount}."),
        fields=(AMOUNT,),
    )

    opened.type("amount", "12")

    assert opened.draft["amount"] == "12"
    assert "You keep 8." in texts()


def test_a_local_place_has_a_field_of_its_own_and_is_not_handed_in(kit: Kit) -> None:
    opened = open_screen(
        kit,
        TextField(bind="local.code", label="Code", max_length=8),
        Text(text="Code {local.code}", show_if="local.code"),
    )

    opened.type("local.code", "abc")

    assert "Code abc" in texts()
    assert opened.draft == {"local.code": "abc"}


def test_a_line_for_a_short_text_is_short(kit: Kit) -> None:
    opened = open_screen(
        kit,
        TextField(bind="local.code", max_length=8),
        TextField(bind="local.street", max_length=200),
    )

    code, street = (dpg.get_item_width(kit.named[f"field.local.{n}"]) for n in ("code", "street"))
    assert code == 180
    assert street == 720
    assert opened.draft == {}


def test_a_long_text_may_have_one_line_and_a_short_one_several(kit: Kit) -> None:
    open_screen(
        kit, TextField(bind="answer.remark"), TextArea(bind="local.note", rows=3), fields=(REMARK,)
    )

    one, several = (
        dpg.get_item_configuration(kit.named[f"field.{name}"])["multiline"]
        for name in ("remark", "local.note")
    )
    assert (one, several) == (False, True)


# -- numbers ------------------------------------------------------------------------------------


def test_a_number_has_its_unit_and_its_range_beside_it(kit: Kit) -> None:
    opened = open_screen(
        kit,
        Number(bind="answer.guess", unit="tokens of {n}", max="{n}"),
        fields=(GUESS,),
        data={"n": 20},
    )
    assert {"tokens of 20", "Between 0 and 20"} <= texts()

    opened.follow(data={"n": 12})

    assert {"tokens of 12", "Between 0 and 12"} <= texts()


def test_bounds_of_a_screen_hold_besides_the_form_s_and_follow_the_data(kit: Kit) -> None:
    opened = open_screen(
        kit,
        Number(bind="answer.guess", min="{low}", max="{high}"),
        SUBMIT,
        fields=(GUESS,),
        data={"low": -5, "high": 12},
    )
    assert "Between 0 and 12" in texts()

    opened.type("guess", "15")
    opened.press("submit")
    assert opened.value("problem.guess") == "Enter a number between 0 and 12."
    opened.follow(data={"low": 0, "high": 6})
    assert opened.value("problem.guess") == "Enter a number between 0 and 6."
    opened.follow(data={"low": 0, "high": 16})
    assert not opened.seen("problem.guess")
    opened.press("submit")
    assert [answer for _, answer in opened.errands.submitted] == [{"guess": 15.0}]


def test_a_number_that_is_put_there_is_written_with_the_decimals_of_the_screen(kit: Kit) -> None:
    opened = open_screen(kit, Number(bind="answer.guess", decimals=2), fields=(GUESS,))

    opened.put("answer.guess", 2.5)

    assert opened.value("field.guess") == "2.50"
    opened.type("guess", "3.5")
    assert opened.value("field.guess") == "3.5", "what is typed stays as it is"


def test_a_slider_is_typed_stepped_and_slid(kit: Kit) -> None:
    opened = open_screen(kit, Slider(bind="answer.amount", unit="in"), fields=(AMOUNT,))
    assert _theme(kit, "field.amount.slider") == "slider-untouched"

    opened.press("field.amount.more")
    assert opened.draft["amount"] == "0"
    opened.type("amount", "7")
    assert opened.value("field.amount.slider") == 7
    opened.set("field.amount.slider", 19)
    opened.press("field.amount.more")
    opened.press("field.amount.more")
    assert opened.draft["amount"] == "20"
    assert _theme(kit, "field.amount.slider") == "slider"


def test_the_ends_of_a_slider_follow_the_data(kit: Kit) -> None:
    opened = open_screen(
        kit, Slider(bind="answer.amount", max="{endowment}"), fields=(AMOUNT,), data={}
    )
    slider = kit.named["field.amount.slider"]
    assert dpg.get_item_configuration(slider)["max_value"] == 20, "no endowment: the field's own"

    opened.follow(data={"endowment": 8})
    assert dpg.get_item_configuration(slider)["max_value"] == 8
    assert "8" in texts()
    opened.set("field.amount.slider", 8)
    opened.press("field.amount.more")
    assert opened.draft["amount"] == "8"


# -- choosing -----------------------------------------------------------------------------------


def test_few_options_are_in_sight_and_many_in_a_list(kit: Kit) -> None:
    many = tuple(Option(value=str(one), text=f"Number {one}") for one in range(7))
    open_screen(
        kit,
        Choice(bind="local.few", children=many[:6]),
        Choice(bind="local.many", children=many),
        Choice(bind="local.forced", children=many, kind="radio"),
    )

    assert "field.local.few.5" in kit.named
    assert "field.local.many.0" not in kit.named
    assert "field.local.forced.6" in kit.named


def test_an_option_is_chosen_instead_of_another_and_taken_back_where_nothing_is_required(
    kit: Kit,
) -> None:
    opened = open_screen(kit, Choice(bind="answer.mood"), fields=(MOOD,))
    opened.set("field.mood.0", True)
    opened.set("field.mood.1", True)
    assert opened.draft["mood"] == "o2"
    assert opened.value("field.mood.0") is False
    opened.set("field.mood.1", False)
    assert opened.draft["mood"] == "o2"
    assert opened.value("field.mood.1") is True

    dpg.delete_item(opened.window)
    optional = MOOD.model_copy(update={"required": False})
    opened = open_screen(kit, Choice(bind="answer.mood"), fields=(optional,))
    opened.set("field.mood.1", True)
    opened.set("field.mood.1", False)
    assert opened.draft["mood"] is None


def test_a_list_offers_nothing_where_nothing_is_required(kit: Kit) -> None:
    optional = MOOD.model_copy(update={"required": False})
    opened = open_screen(kit, Choice(bind="answer.mood", kind="combo"), fields=(optional,))
    combo = kit.named["field.mood"]
    assert dpg.get_item_configuration(combo)["items"] == ["–", "Well", "Badly"]

    opened.set("field.mood", "Badly")
    assert opened.draft["mood"] == "o2"
    opened.set("field.mood", "–")
    assert opened.draft["mood"] is None
    assert dpg.get_value(combo) == "Choose…"


@pytest.mark.parametrize("kind", ["radio", "combo"])
def test_options_come_from_the_data_and_follow_them(kit: Kit, kind: str) -> None:
    choice = Choice(bind="local.who", source="seats", kind=kind)
    opened = open_screen(
        kit, choice, data={"seats": ["Ada", {"value": "b", "text": "Bob"}, 12, None]}
    )
    assert _offered(kit, kind) == ["Ada", "Bob", "12"]
    opened.put("local.who", "b")

    opened.follow(data={"seats": [{"value": "b", "text": "Bobby"}, "Cy"]})

    assert _offered(kit, kind) == ["Bobby", "Cy"]
    if kind == "radio":
        assert opened.value("field.local.who.0") is True
        opened.set("field.local.who.1", True)
        assert opened.page.scene.problems() == {}
    else:
        assert opened.value("field.local.who") == "Bobby"
        opened.set("field.local.who", "Cy")
    assert opened.draft["local.who"] == "Cy"


def _offered(kit: Kit, kind: str) -> list[str]:
    if kind == "combo":
        return [one for one in dpg.get_item_configuration(kit.named["field.local.who"])["items"]
                if one != "–"]  # fmt: skip
    said = texts()
    return [one for one in ("Ada", "Bob", "Bobby", "12", "Cy") if one in said]


def test_options_that_come_while_the_answer_is_under_way_are_locked_too(kit: Kit) -> None:
    opened = open_screen(
        kit, Choice(bind="local.who", source="seats", kind="radio"), data={"seats": ["Ada"]}
    )

    opened.follow(sending=True)
    opened.follow(data={"seats": ["Ada", "Bob"]}, sending=True)

    assert not opened.enabled("field.local.who.1")


def test_yes_and_no_are_chosen_like_options(kit: Kit) -> None:
    opened = open_screen(kit, Choice(bind="answer.before"), fields=(BEFORE,))

    opened.set("field.before.1", True)

    assert opened.draft["before"] is False


def test_a_box_is_ticked_and_filled(kit: Kit) -> None:
    opened = open_screen(kit, Check(bind="answer.news"), fields=(NEWS,))
    assert opened.draft["news"] is False
    assert _theme(kit, "field.news") == "box"

    opened.set("field.news", True)
    assert opened.draft["news"] is True
    assert _theme(kit, "field.news") == "box-on"
    opened.put("answer.news", False)
    assert opened.value("field.news") is False
    assert _theme(kit, "field.news") == "box"


# -- scales -------------------------------------------------------------------------------------


def test_no_point_of_a_scale_is_chosen_at_first_and_one_at_a_time_later(kit: Kit) -> None:
    opened = open_screen(
        kit, Scale(bind="answer.trust", low="Not at all", high="Entirely"), fields=(TRUST,)
    )
    points = [f"field.trust.{one}" for one in range(7)]
    assert {_theme(kit, one) for one in points} == {"point"}
    assert dpg.get_value(kit.named["field.trust.ends"]) == "Not at all, Entirely"

    opened.press("field.trust.4")
    opened.press("field.trust.1")

    assert opened.draft["trust"] == "2"
    assert [_theme(kit, one) for one in points].count("point-on") == 1
    opened.press("field.trust.1")
    assert opened.draft["trust"] == "2", "an answer is required"


def test_a_scale_below_zero_is_numbered_and_kept_as_numbers(kit: Kit) -> None:
    opened = open_screen(
        kit, Scale(bind="local.mood", min=-2, max=2), Text(text="Mood {local.mood}")
    )
    labels = [dpg.get_item_label(kit.named[f"field.local.mood.{one}"]) for one in range(5)]
    assert labels == ["−2", "−1", "0", "1", "2"]

    opened.press("field.local.mood.0")
    assert "Mood −2" in texts()
    opened.press("field.local.mood.0")
    assert opened.draft["local.mood"] is None, "it can be taken back"


def test_a_scale_may_stand_for_the_options_of_a_choice(kit: Kit) -> None:
    opened = open_screen(kit, Scale(bind="answer.mood", min=1, max=2), fields=(MOOD,))

    opened.press("field.mood.1")

    assert opened.draft["mood"] == "o2"


# -- on a change --------------------------------------------------------------------------------


def test_a_change_is_told_to_the_controller_with_the_new_value(kit: Kit) -> None:
    told: list[tuple[str, object]] = []
    opened = open_screen(
        kit,
        Slider(bind="answer.amount", on_change="moved"),
        Check(bind="answer.news", on_change="ticked"),
        fields=(AMOUNT, NEWS),
    )
    scene = opened.page.scene
    scene.perform = lambda action, value=None: told.append((action, value))  # type: ignore[method-assign]

    opened.type("amount", "12")
    opened.type("amount", "x")
    opened.set("field.news", True)

    assert told == [("moved", 12), ("moved", None), ("ticked", True)]


def test_what_a_controller_puts_is_no_change_to_tell_it_of(kit: Kit) -> None:
    told: list[str] = []
    opened = open_screen(kit, Slider(bind="answer.amount", on_change="moved"), fields=(AMOUNT,))
    opened.page.scene.perform = lambda action, value=None: told.append(action)  # type: ignore[method-assign] # noqa: ARG005

    opened.put("answer.amount", 5)

    assert opened.value("field.amount") == "5"
    assert told == []
