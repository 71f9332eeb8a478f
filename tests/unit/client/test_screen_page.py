"""A screen that is filled in: what is shown, what is wrong, where the keyboard goes. No display."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from time import perf_counter

import dearpygui.dearpygui as dpg
import pytest

from palier.client.screens.kit import Kit
from palier.client.screens.screen_page import ScreenPage
from palier.client.screens.window import context
from palier.client.view import Asking, Countdown
from palier.schemas.forms import IntegerField, TextField
from palier.schemas.screens import widgets
from palier.schemas.screens.widgets import Widget
from tests.unit.client.opened import Opened, open_screen

AMOUNT = IntegerField(name="amount", title="Amount", minimum=0, maximum=20)
WHY = TextField(name="why", title="Why", required=False, max_length=100)
SUBMIT = widgets.Button(text="Go", on_click="submit")


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.0, language="en") as made:
        yield made


def amount(**more: object) -> widgets.Number:
    return widgets.Number.model_validate({"bind": "answer.amount", **more})


def why(**more: object) -> widgets.TextField:
    return widgets.TextField.model_validate({"bind": "answer.why", **more})


def said(opened: Opened, name: str) -> str:
    return str(opened.value(f"problem.{name}")) if opened.seen(f"problem.{name}") else ""


def answers(opened: Opened) -> list[object]:
    return [answer for _, answer in opened.errands.submitted]


def test_what_passes_is_handed_in_once_and_locked(kit: Kit) -> None:
    opened = open_screen(kit, amount(), why(), SUBMIT, fields=(AMOUNT, WHY))
    opened.type("amount", "7")
    opened.press("submit")
    opened.press("submit")
    assert answers(opened) == [{"amount": 7, "why": None}]
    assert not opened.enabled("submit")
    assert opened.page.scene.sending


def test_what_is_on_its_way_is_not_changed_any_more(kit: Kit) -> None:
    opened = open_screen(kit, amount(), SUBMIT, fields=(AMOUNT,))
    opened.type("amount", "7")
    opened.press("submit")
    opened.put("answer.amount", 3)
    opened.page.scene.edit("answer.amount", "4")
    assert opened.draft["amount"] == "7"


def test_all_that_is_wrong_is_said_beside_its_field_until_it_is_mended(kit: Kit) -> None:
    opened = open_screen(
        kit,
        amount(error="Between {low} and 20, please."),
        why(required=True),
        SUBMIT,
        fields=(AMOUNT, WHY),
        data={"low": 0},
    )
    opened.type("amount", "21")
    opened.press("submit")
    assert answers(opened) == []
    assert said(opened, "amount") == "Between 0 and 20, please."
    assert said(opened, "why") == "Please answer this question."
    opened.put("answer.why", "So")
    opened.page.tick()
    assert said(opened, "why") == "", "whoever mended it"
    assert said(opened, "amount")


def test_bounds_of_a_widget_count_as_they_are_now(kit: Kit) -> None:
    opened = open_screen(
        kit, amount(max="{20 - spent}"), SUBMIT, fields=(AMOUNT,), data={"spent": 5}
    )
    opened.type("amount", "18")
    opened.press("submit")
    assert said(opened, "amount")
    opened.follow(data={"spent": 0})
    opened.press("submit")
    assert answers(opened) == [{"amount": 18}]


def test_what_the_worker_refuses_is_said_at_the_same_place(kit: Kit) -> None:
    opened = open_screen(kit, amount(), SUBMIT, fields=(AMOUNT,))
    opened.follow(problems={"amount": "The pot is full."})
    assert said(opened, "amount") == "The pot is full."
    opened.follow(refusal="Too late.")
    assert opened.seen("refusal")
    assert opened.value("refusal") == "Too late."


def test_a_hidden_input_keeps_its_value_and_is_asked_for_only_by_the_form(kit: Kit) -> None:
    opened = open_screen(
        kit,
        amount(),
        why(show_if="answer.amount == 0", required=True),
        SUBMIT,
        fields=(AMOUNT, WHY),
    )
    opened.type("amount", "0")
    opened.type("why", "Because")
    opened.type("amount", "5")
    assert not opened.seen("field.why")
    opened.press("submit")
    assert answers(opened) == [{"amount": 5, "why": "Because"}]


def test_a_field_that_nobody_sees_is_named_beside_the_button(kit: Kit) -> None:
    opened = open_screen(kit, amount(show_if="local.page == 2"), SUBMIT, fields=(AMOUNT,))
    opened.press("submit")
    assert answers(opened) == []
    assert opened.value("refusal") == "Amount: Please answer this question."
    assert opened.seen("refusal")
    opened.put("answer.amount", 3)
    opened.page.tick()
    assert not opened.seen("refusal")


def test_whether_the_form_passes_can_be_read_by_the_screen(kit: Kit) -> None:
    go = widgets.Button(text="Go", on_click="submit", enable_if="form.valid")
    opened = open_screen(kit, amount(max=10), go, fields=(AMOUNT,))
    assert not opened.enabled("submit")
    opened.type("amount", "15")
    assert not opened.enabled("submit"), "the widget is stricter"
    opened.type("amount", "5")
    assert opened.enabled("submit")


def test_local_questions_can_be_required(kit: Kit) -> None:
    consent = widgets.Number(bind="local.consent", label="Sure?", required=True)
    opened = open_screen(kit, amount(), consent, SUBMIT, fields=(AMOUNT,), local={"consent": None})
    opened.type("amount", "5")
    opened.press("submit")
    assert answers(opened) == []
    assert said(opened, "local.consent")
    opened.type("local.consent", "1")
    opened.press("submit")
    assert answers(opened) == [{"amount": 5}]


def test_set_and_reset_and_help_need_no_controller(kit: Kit) -> None:
    buttons = (
        widgets.Button(
            id="more", text="More", on_click="set", target="local.page", value="local.page + 1"
        ),
        widgets.Button(id="fill", text="Fill", on_click="set", target="answer.amount", value="9"),
        widgets.Button(id="again", text="Again", on_click="reset"),
        widgets.Button(id="call", text="Help", on_click="help"),
    )
    opened = open_screen(
        kit, amount(), widgets.Actions(children=buttons), fields=(AMOUNT,), local={"page": 1}
    )
    scene = opened.page.scene
    for button in (buttons[0], buttons[0], buttons[1]):
        scene.press(button)
    assert scene.names["local"]["page"] == 3
    assert scene.names["answer"]["amount"] == 9
    scene.press(buttons[2])
    assert scene.names["local"]["page"] == 1
    assert scene.names["answer"]["amount"] is None
    told: list[str] = []
    scene.toast = told.append
    scene.press(buttons[3])
    assert opened.errands.calls == [""]
    assert told == [kit.words.help_sent]


def test_local_values_are_kept_with_what_is_typed(kit: Kit) -> None:
    opened = open_screen(kit, amount(), SUBMIT, fields=(AMOUNT,), local={"seen": []})
    opened.put("local.seen", ["a", 2])
    assert opened.draft["local.seen"] == '["a", 2]'
    again = open_screen(
        kit, amount(), SUBMIT, fields=(AMOUNT,), local={"seen": []}, draft=dict(opened.draft)
    )
    assert again.page.scene.names["local"]["seen"] == ["a", 2]


def test_enter_hands_in_where_that_can_be_done_and_else_goes_on(kit: Kit) -> None:
    go = widgets.Button(text="Go", on_click="submit", enable_if="local.read")
    opened = open_screen(kit, amount(), why(), go, fields=(AMOUNT, WHY), local={"read": False})
    opened.type("amount", "5")
    opened.page.scene.enter("answer.amount")
    assert answers(opened) == [], "the button cannot be pressed"
    opened.put("local.read", True)
    opened.page.scene.enter("answer.amount")
    assert answers(opened) == [{"amount": 5, "why": None}]


def test_enter_goes_on_from_a_screen_that_asks_nothing(kit: Kit) -> None:
    go = widgets.Button(text="Go on", on_click="next")
    opened = open_screen(kit, widgets.Heading(text="Results"), go)
    opened.page.enter()
    assert answers(opened) == [None]
    chat = widgets.Chat(stream="talk")
    talking = open_screen(kit, chat, go)
    talking.page.enter()
    assert answers(talking) == [], "Enter is for what is said"


def test_a_problem_in_another_tab_opens_that_tab(kit: Kit) -> None:
    tabs = widgets.Tabs(
        children=(
            widgets.Tab(title="First", children=(why(),)),
            widgets.Tab(title="Second", children=(widgets.Card(children=(amount(),)),)),
        )
    )
    opened = open_screen(kit, tabs, SUBMIT, fields=(AMOUNT, WHY))
    assert not opened.seen("field.amount")
    opened.press("submit")
    assert opened.seen("field.amount")
    assert said(opened, "amount")
    assert not opened.seen("refusal"), "what is in another tab can be seen"


def test_what_a_screen_says_of_the_time_changes_by_itself(kit: Kit) -> None:
    clock = [0.0]
    opened = open_screen(kit, widgets.Heading(id="left", text="{remaining} s"), SUBMIT)
    scene = opened.page.scene
    scene.clock = lambda: clock[0]
    scene.update(replace(scene.view, countdown=Countdown(deadline=10.0)))
    opened.page.tick()
    assert scene.say("{remaining}") == "10"
    clock[0] = 3.2
    assert opened.page.tick()
    assert scene.say("{remaining}") == "7"
    assert not opened.page.tick(), "and only then"


def test_a_view_that_changes_nothing_of_the_screen_is_not_shown_anew(kit: Kit) -> None:
    opened = open_screen(kit, amount(), SUBMIT, fields=(AMOUNT,))
    before = opened.page.scene.version
    opened.page.follow(replace(opened.view, round_trip=99.0, pending=3))
    assert opened.page.scene.version == before
    assert isinstance(opened.view.screen, Asking)
    opened.page.follow(replace(opened.view, arrived=4))
    assert opened.page.scene.version > before


def sixty() -> tuple[Widget, ...]:
    """Return a screen of sixty widgets of the usual kinds."""
    cards = (
        widgets.Card(
            title=f"Part {number}",
            children=(
                widgets.Heading(text="You have {tokens} tokens", level="section"),
                widgets.Text(text="Period **{period}** of {periods}.\n\n- one\n- two"),
                widgets.Figure(value="{tokens:.2f}", label="tokens"),
                widgets.Number(bind=f"local.n{number}", label="How many?", min=0, max=100),
                widgets.Text(text="{local.n0} of {tokens}", show_if="local.n0 > 3"),
                widgets.Notice(text="{tokens - local.n0} left", show_if="tokens > local.n0"),
                widgets.Text(text="Seat {seat}", tone="muted", size="small"),
                widgets.Actions(
                    children=(
                        widgets.Button(
                            text="Set {tokens}",
                            on_click="set",
                            target="local.n0",
                            value="1",
                            enable_if="local.n0 != 1",
                        ),
                    )
                ),
            ),
        )
        for number in range(6)
    )
    return (*cards, SUBMIT)


def fastest(work: Callable[[], object], *, times: int) -> float:
    """Return the shortest of several times, in milliseconds: the machine is shared."""
    taken = []
    for _ in range(times):
        began = perf_counter()
        work()
        taken.append((perf_counter() - began) * 1000)
    return min(taken)


def test_a_screen_of_sixty_widgets_is_built_and_brought_up_to_date_at_once(
    kit: Kit, record_property: Callable[[str, object], None]
) -> None:
    local = dict.fromkeys((f"n{number}" for number in range(6)), 2)
    around = {"tokens": 20, "period": 3, "periods": 10}

    opened = open_screen(kit, *sixty(), local=local, data=around)
    scene = opened.page.scene

    def build() -> None:
        page = ScreenPage(kit, opened.view, draft={}, errands=opened.errands)
        with dpg.window() as window:
            page.build()
        page.lay_out(1280)
        kit.forget(window)

    values = iter(range(10_000))

    def change() -> None:
        scene.put("local.n0", next(values) % 50)
        opened.page.tick()

    built, changed = fastest(build, times=15), fastest(change, times=50)
    idle = fastest(opened.page.tick, times=50)
    record_property("built_ms", built)
    record_property("changed_ms", changed)
    sys.stdout.write(f"built {built:.2f} ms, changed {changed:.2f} ms, idle {idle:.3f} ms\n")
    # generous: what is meant is that no frame is missed, the figures are in the report
    assert built < 60
    assert changed < 16
    assert idle < 2
