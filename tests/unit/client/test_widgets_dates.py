"""Days: how languages write them, how they are read, how a form asks for one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import dearpygui.dearpygui as dpg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from palier.client.screens.dates import Dates, read_iso
from palier.client.screens.draft import Draft, explain, read
from palier.client.screens.english import ENGLISH
from palier.client.screens.form import FormFace
from palier.client.screens.french import FRENCH
from palier.client.screens.kit import Kit
from palier.client.screens.window import context
from palier.schemas.forms import DateField, FormSpec

DAY = date(2026, 11, 22)
BORN = DateField(name="born", title="Born", minimum=date(1900, 1, 1), maximum=DAY)
FORM = FormSpec(fields=(BORN,))


@pytest.mark.parametrize(
    "typed",
    ["22/11/2026", "22.11.2026", "22-11-2026", " 22 novembre 2026 ", "22 NOV. 2026", "2026-11-22"],
)
def test_a_french_day_is_read_however_it_is_typed(typed: str) -> None:
    assert FRENCH.dates.read(typed) == DAY


@pytest.mark.parametrize(
    "typed",
    ["22 Nov 2026", "22 november 2026", "November 22, 2026", "22nd Nov 2026", "2026-11-22",
     "22/11/2026", "11/22/2026"],
)  # fmt: skip
def test_an_english_day_is_read_however_it_is_typed(typed: str) -> None:
    assert ENGLISH.dates.read(typed) == DAY


def test_accents_and_the_first_of_a_month_are_read() -> None:
    assert FRENCH.dates.read("1er aout 2026") == FRENCH.dates.read("1 août 2026")
    assert FRENCH.dates.read("3\u00a0févr.\u202f2026") == date(2026, 2, 3)


@pytest.mark.parametrize(
    "typed",
    ["", "12", "22/11/26", "31/02/2026", "2026-2-3", "22 jui 2026", "20261122", "2026-W47-7",
     "22/11/2026 10:00", "le mois prochain", "0/0/0000"],
)  # fmt: skip
def test_what_is_no_day_for_sure_is_none(typed: str) -> None:
    assert FRENCH.dates.read(typed) is None


def test_what_could_be_two_days_is_none_in_english_and_one_in_french() -> None:
    assert ENGLISH.dates.read("1/2/2026") is None
    assert ENGLISH.dates.read("2/2/2026") == date(2026, 2, 2)
    assert FRENCH.dates.read("1/2/2026") == date(2026, 2, 1)


@pytest.mark.parametrize("dates", [ENGLISH.dates, FRENCH.dates])
@given(day=st.dates(min_value=date(1000, 1, 1)))
def test_what_is_said_is_read_as_the_same_day(dates: Dates, day: date) -> None:
    assert dates.read(dates.say(day)) == day == dates.read(day.isoformat())


def test_only_one_way_to_write_a_day_is_kept() -> None:
    assert read_iso("2026-11-22") == DAY
    assert read_iso("20261122") is None
    assert read_iso("2026-13-01") is None


def test_a_day_in_a_draft_is_an_answer_and_anything_else_a_problem() -> None:
    numerals = FRENCH.numerals

    assert read(FORM, {"born": "2000-02-29"}, numerals).answer == {"born": "2000-02-29"}
    assert read(FORM, {"born": "29/2/19"}, numerals).problems == {"born": "date"}
    assert read(FORM, {"born": ""}, numerals).problems == {"born": "required"}
    assert read(FORM, {"born": "2030-01-01"}, numerals).problems == {"born": "out-of-range"}


def test_a_day_out_of_bounds_is_told_which_bounds() -> None:
    since = BORN.model_copy(update={"maximum": None})
    until = BORN.model_copy(update={"minimum": None})

    assert explain(BORN, "out-of-range", FRENCH) == (
        "Entrez une date entre le 01/01/1900 et le 22/11/2026."
    )
    assert explain(since, "out-of-range", ENGLISH) == "Enter 1 Jan 1900 or a later day."
    assert explain(until, "out-of-range", ENGLISH) == "Enter 22 Nov 2026 or an earlier day."
    assert explain(BORN, "date", FRENCH) == "Entrez une date, par exemple 22/11/2026."


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.0, language="fr") as made:
        yield made


def _form(kit: Kit, draft: Draft) -> FormFace:
    face = FormFace(kit, FORM, draft, enter=lambda: None)
    with dpg.window():
        face.build()
    return face


def _type(kit: Kit, name: str, text: str) -> None:
    item = kit.named[name]
    dpg.set_value(item, text)
    registry = dpg.get_item_info(item)["handlers"]
    (handler,) = next(one for one in dpg.get_item_children(registry).values() if one)
    dpg.get_item_callback(handler)(handler, item, None)


def test_a_form_asks_for_a_day_and_keeps_it_in_one_way(kit: Kit) -> None:
    draft: Draft = {"born": None}
    face = _form(kit, draft)

    _type(kit, "field.born", "3/4/1990")

    assert draft == {"born": "1990-04-03"}
    assert dpg.get_value(kit.named["field.born"]) == "3/4/1990", "what is typed stays"
    assert face.answer() == {"born": "1990-04-03"}


def test_a_day_that_was_kept_is_shown_as_the_language_writes_it(kit: Kit) -> None:
    _form(kit, {"born": "1990-04-03"})

    assert dpg.get_value(kit.named["field.born"]) == "03/04/1990"


def test_what_is_no_day_is_a_problem_in_words(kit: Kit) -> None:
    face = _form(kit, {"born": None})

    _type(kit, "field.born", "3/4/90")

    assert face.answer() is None
    said = dpg.get_value(kit.named["problem.born"])
    assert said == "Entrez une date, par exemple 22/11/2026."
