"""What is pressed on a screen, as a tree of items."""

from __future__ import annotations

from collections.abc import Iterator

import dearpygui.dearpygui as dpg
import pytest

from palier.client.screens.kit import Kit
from palier.client.screens.widgets.buttons import ActionsFace
from palier.client.screens.window import context
from palier.schemas.forms import IntegerField
from palier.schemas.screens.widgets import Actions, Button, Card, Slider, Text
from tests.unit.client.opened import open_screen, texts


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.0, language="fr") as made:
        yield made


AMOUNT = IntegerField(name="amount", title="Mise", minimum=0, maximum=20)


def _label(kit: Kit, name: str) -> str:
    return str(dpg.get_item_label(kit.named[name]))


def test_a_button_says_what_it_does_as_the_data_are_now(kit: Kit) -> None:
    opened = open_screen(
        kit,
        Button(
            id="all", text="Tout miser ({n})", on_click="set", target="answer.amount", value="n"
        ),
        Slider(bind="answer.amount"),
        fields=(AMOUNT,),
        data={"n": 20},
    )
    assert _label(kit, "button.all") == "Tout miser (20)"

    opened.follow(data={"n": 12})
    opened.press("button.all")

    assert _label(kit, "button.all") == "Tout miser (12)"
    assert opened.draft["amount"] == "12"
    assert opened.value("field.amount") == "12"


def test_a_button_can_be_pressed_only_while_its_condition_holds(kit: Kit) -> None:
    opened = open_screen(
        kit,
        Slider(bind="answer.amount"),
        Button(id="go", text="Continuer", on_click="submit", enable_if="answer.amount > 0"),
        fields=(AMOUNT,),
    )
    assert not opened.enabled("button.go")
    opened.press("button.go")
    assert opened.errands.submitted == []

    opened.type("amount", "3")

    assert opened.enabled("button.go")
    opened.press("button.go")
    assert [answer for _, answer in opened.errands.submitted] == [{"amount": 3}]


def test_what_is_on_its_way_is_not_handed_in_again_nor_changed(kit: Kit) -> None:
    opened = open_screen(
        kit,
        Slider(bind="answer.amount"),
        Button(id="reset", text="Effacer", on_click="reset", kind="danger"),
        Button(id="help", text="Aide", on_click="help", kind="quiet"),
        Button(text="Valider", on_click="submit", kind="primary"),
        fields=(AMOUNT,),
        draft={"amount": "3"},
    )

    opened.follow(sending=True)

    assert _label(kit, "submit") == "Envoi…"
    assert not opened.enabled("submit")
    assert not opened.enabled("button.reset")
    assert opened.enabled("button.help")
    opened.press("submit")
    assert opened.errands.submitted == []


def test_reset_brings_every_face_back_to_the_beginning(kit: Kit) -> None:
    opened = open_screen(
        kit,
        Slider(bind="answer.amount"),
        Text(text="Reste {20 - answer.amount}", show_if="answer.amount > 0"),
        Button(id="reset", text="Effacer", on_click="reset"),
        fields=(AMOUNT,),
    )
    opened.type("amount", "3")
    assert "Reste 17" in texts()

    opened.press("button.reset")

    assert opened.value("field.amount") == ""
    assert "Reste 17" not in texts()


@pytest.mark.parametrize("kind", ["primary", "secondary", "danger", "quiet"])
def test_every_kind_of_button_has_its_look(kit: Kit, kind: str) -> None:
    button = Button(id="it", text="Oui", on_click="help", kind=kind)

    open_screen(kit, button)

    bound = dpg.get_item_theme(kit.named["button.it"])
    assert bound == kit.themes._themes[kind]


def test_buttons_that_do_not_fit_side_by_side_stand_in_a_column(kit: Kit) -> None:
    buttons = tuple(
        Button(text=f"Un bouton assez long {one}", on_click="help", show_if=f"n > {one}")
        for one in range(4)
    )
    opened = open_screen(kit, Card(children=(Actions(children=buttons),)), data={"n": 4})
    (face,) = opened.page.faces[0].inner
    assert isinstance(face, ActionsFace)

    def beside() -> bool:
        return bool(dpg.get_item_configuration(face._row)["horizontal"])

    assert not beside()
    opened.follow(data={"n": 2})
    assert beside()
    opened.follow(data={"n": 0})
    assert not face.visible
