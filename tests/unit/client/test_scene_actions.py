"""Controllers at work: what their actions do to an open screen. A tree of items, no display."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime
from time import monotonic
from typing import Any, cast

import dearpygui.dearpygui as dpg
import pytest
from pydantic import JsonValue

from palier.client.screens.desk import Desk
from palier.client.screens.kit import Kit, press
from palier.client.screens.sample_errands import NotedErrands
from palier.client.screens.samples import sample_views
from palier.client.screens.screen_page import ScreenPage
from palier.client.screens.window import context
from palier.client.state import Asking, View
from palier.client.view import Shown
from palier.controller import Controller, ControllerError, action
from palier.schemas.events import Stage
from palier.schemas.forms import FormSpec, IntegerField
from palier.schemas.screens.screen import Local, ScreenSpec
from palier.schemas.screens.widgets import Button, Card, Heading, Image, Number, Slider

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


class Errands(NotedErrands):
    """Errands whose posts a test answers."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Future[int]] = []

    def post(self, stage: Stage, stream: str, value: str | float) -> Future[int]:
        super().post(stage, stream, value)
        self.waiting.append(Future())
        return self.waiting[-1]


class Decision(Controller):
    """Notes what happens to it."""

    heard: list[str] = []  # noqa: RUF012 - emptied before each test

    def opened(self) -> None:
        self.heard.append("opened")

    @action
    def double(self) -> None:
        self.answer["amount"] = 2 * (self.answer.amount or 0)

    @action
    def changed(self, value: JsonValue) -> None:
        self.heard.append(f"changed {value}")
        self.local.last = value

    @action
    async def offer(self) -> None:
        try:
            number = await self.surface.post("offers", 3.5)
            self.local["said"] = f"number {number}"
        except asyncio.CancelledError:
            self.heard.append("cancelled")
            raise

    @action
    async def slow(self) -> None:
        await self.surface.sleep(0.05)
        self.local["said"] = "slept"

    @action
    async def look(self) -> None:
        data = await self.surface.ask()
        self.local["said"] = f"{data['tokens']} tokens"

    @action
    def fail(self) -> None:
        raise RuntimeError("no good")

    @action
    def finish(self) -> None:
        self.heard.append(f"submitted {self.surface.submit()}")

    @action
    def astray(self) -> None:
        self.surface.put("local.nowhere", 1)


class Shelf:
    """The controllers of a test."""

    def __init__(self, **known: type[Controller]) -> None:
        self.known = known

    def find(self, name: str) -> type[Controller] | None:
        return self.known.get(name.partition(".")[2])


BUTTONS = ("double", "offer", "slow", "look", "fail", "finish", "astray", "submit")


def screen(*, title: str = "Offers", controller: str = "game.Decision", **more: Any) -> ScreenSpec:
    buttons = tuple(Button(id=one, text=one, on_click=one) for one in BUTTONS)
    amount = Slider(bind="answer.amount", on_change="changed")
    body = (Card(children=(Heading(id="title", text=title), amount, *buttons)),)
    return ScreenSpec(
        name="decision",
        controller=controller,
        locals=(Local(name="said", value=""), Local(name="last")),
        body=body,
        **more,
    )


FORM = FormSpec(fields=(IntegerField(name="amount", title="Amount", minimum=0, maximum=20),))


def view(spec: ScreenSpec | None = None, *, generation: int = 5, **more: Any) -> View:
    before = sample_views()["form"]
    assert isinstance(before.screen, Asking)
    stage = before.screen.stage.model_copy(
        update={"form": FORM, "generation": generation, "data": {"tokens": 20}}
    )
    shown = Shown(spec=spec or screen())
    return replace(before, screen=Asking(stage=stage), shown=shown, **more)


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.0, language="en") as made:
        yield made


@pytest.fixture
def errands() -> Errands:
    Decision.heard.clear()
    return Errands()


@pytest.fixture
def desk(kit: Kit, errands: Errands) -> Iterator[Desk]:
    made = Desk(kit, title="Palier", errands=errands, controllers=Shelf(Decision=Decision))
    yield made
    made.close()


def tick(desk: Desk) -> None:
    desk.tick(NOW, 1280, 800)


def until(desk: Desk, condition: Callable[[], bool]) -> None:
    """Draw no frames, and let everything else happen, until something has."""
    deadline = monotonic() + 5
    while not condition():
        assert monotonic() < deadline
        tick(desk)


def local(desk: Desk) -> Mapping[str, Any]:
    assert isinstance(desk._page, ScreenPage)
    found: Mapping[str, Any] = desk._page.scene.names["local"]
    return found


def push(kit: Kit, name: str) -> None:
    press(button(kit, name))


def button(kit: Kit, name: str) -> int | str:
    """Return the button within a widget."""
    waiting = [kit.named[f"widget.{name}"]]
    while waiting:
        item = waiting.pop()
        if dpg.get_item_type(item) == "mvAppItemType::mvButton":
            return item
        waiting += [one for group in dpg.get_item_children(item).values() for one in group]
    raise AssertionError(name)


def enabled(kit: Kit, name: str) -> bool:
    return bool(dpg.get_item_configuration(button(kit, name))["enabled"])


def slide(kit: Kit, value: int) -> None:
    slider = kit.named["field.amount.slider"]
    dpg.get_item_callback(slider)(slider, value, None)


def test_a_controller_is_opened_with_its_screen_once(kit: Kit, desk: Desk) -> None:
    desk.show(view())
    desk.show(view(round_trip=9.0))
    assert Decision.heard == ["opened"]
    desk.show(view(generation=6))
    assert Decision.heard == ["opened", "opened"]


def test_an_action_writes_into_the_form(kit: Kit, desk: Desk, errands: Errands) -> None:
    desk.show(view())
    slide(kit, 4)
    push(kit, "double")
    tick(desk)
    push(kit, "submit")
    assert errands.submitted[0][1] == {"amount": 8}


def test_a_changed_input_gives_its_new_value(desk: Desk, kit: Kit) -> None:
    desk.show(view())
    slide(kit, 7)
    assert Decision.heard == ["opened", "changed 7"]
    assert local(desk)["last"] == 7


def test_an_action_that_waits_holds_nothing_up_and_cannot_be_run_twice(
    kit: Kit, desk: Desk, errands: Errands
) -> None:
    desk.show(view())
    push(kit, "offer")
    tick(desk)
    assert not enabled(kit, "offer")
    push(kit, "offer")
    tick(desk)
    assert len(errands.waiting) == 1
    slide(kit, 3)
    assert local(desk)["last"] == 3, "the window goes on"
    errands.waiting[0].set_result(17)
    until(desk, lambda: local(desk)["said"] == "number 17")
    tick(desk)
    assert enabled(kit, "offer")


def test_what_another_thread_answers_wakes_the_window(
    kit: Kit, desk: Desk, errands: Errands
) -> None:
    woken: list[bool] = []
    desk.openings.nudge = lambda: woken.append(True)
    desk.show(view())
    push(kit, "offer")
    tick(desk)
    assert desk.until_next() is None
    woken.clear()
    errands.waiting[0].set_result(1)
    assert woken


def test_a_sleeping_action_says_when_it_goes_on(kit: Kit, desk: Desk) -> None:
    desk.show(view())
    push(kit, "slow")
    tick(desk)
    due = desk.until_next()
    assert due is not None
    assert 0 < due <= 0.06
    until(desk, lambda: local(desk)["said"] == "slept")
    assert desk.until_next() is None


def test_an_action_may_ask_how_things_are(kit: Kit, desk: Desk, errands: Errands) -> None:
    desk.show(view())
    push(kit, "look")
    until(desk, lambda: local(desk)["said"] == "20 tokens")
    assert errands.asked == 1


def test_leaving_the_stage_cancels_its_actions(kit: Kit, desk: Desk, errands: Errands) -> None:
    desk.show(view())
    push(kit, "offer")
    tick(desk)
    desk.show(sample_views()["waiting"])
    assert Decision.heard == ["opened", "cancelled"]
    errands.waiting[0].set_result(1)  # too late, and to nobody's harm
    tick(desk)
    assert desk.until_next() is None


def test_an_action_that_fails_is_told_logged_and_ends_nothing(
    kit: Kit, desk: Desk, errands: Errands, caplog: pytest.LogCaptureFixture
) -> None:
    desk.show(view())
    push(kit, "fail")
    assert dpg.get_value(kit.named["toast"]) == kit.words.mishap
    assert "no good" in caplog.text
    assert "Traceback" in caplog.text
    slide(kit, 3)
    push(kit, "submit")
    assert errands.submitted[0][1] == {"amount": 3}


def test_a_post_that_is_refused_fails_the_action_alone(
    kit: Kit, desk: Desk, errands: Errands, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    desk.show(view())
    push(kit, "offer")
    tick(desk)
    errands.waiting[0].set_exception(ControllerError("no such stream"))
    until(desk, lambda: "Action offer of Decision failed" in caplog.text)
    tick(desk)
    assert enabled(kit, "offer")
    assert dpg.get_value(kit.named["toast"]) == kit.words.mishap


def test_a_place_that_is_not_there_is_named(
    kit: Kit, desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.show(view())
    push(kit, "astray")
    assert "no place local.nowhere: there are answer.amount, local.said" in caplog.text


def test_a_controller_hands_in_what_passes_and_nothing_else(
    kit: Kit, desk: Desk, errands: Errands
) -> None:
    desk.show(view())
    push(kit, "finish")
    slide(kit, 3)
    push(kit, "finish")
    assert [one for one in Decision.heard if one.startswith("submitted")] == [
        "submitted False",
        "submitted True",
    ]
    assert [answer for _, answer in errands.submitted] == [{"amount": 3}]


def test_without_its_controller_a_screen_says_so_and_the_operator_is_called_once(
    kit: Kit, errands: Errands
) -> None:
    desk = Desk(kit, title="Palier", errands=errands)
    desk.show(view())
    desk.show(view(round_trip=9.0))
    assert desk.screen == "unshown"
    (call,) = errands.calls
    assert "needs the controller game.Decision" in call
    desk.show(view(screen(controller=""), generation=6))
    assert desk.screen == "unshown"
    assert "names no controller" in errands.calls[-1]
    plain = ScreenSpec(
        name="plain", body=(Number(bind="answer.amount"), Button(text="Go", on_click="submit"))
    )
    desk.show(view(plain, generation=6))
    assert desk.screen == "screen"


def test_a_controller_that_cannot_be_made_is_told_like_one_that_is_missing(
    kit: Kit, errands: Errands
) -> None:
    class Broken(Decision):
        def __init__(self, surface: Any) -> None:
            super().__init__(surface)
            raise RuntimeError("no data")

    desk = Desk(kit, title="Palier", errands=errands, controllers=Shelf(Decision=Broken))
    desk.show(view())
    assert desk.screen == "unshown"
    assert "RuntimeError: no data" in errands.calls[0]


def test_a_screen_that_cannot_be_drawn_is_told_like_one_that_has_no_controller(
    kit: Kit, desk: Desk, errands: Errands, caplog: pytest.LogCaptureFixture
) -> None:
    broken = ScreenSpec(
        name="broken",
        body=(Image(source="pot.png", alt="Pot"), Button(text="Go", on_click="submit")),
    )
    before = view(broken)
    unreadable = cast("Any", {"pot.png": 7})
    desk.show(replace(before, shown=replace(before.shown, images=unreadable)))
    assert desk.screen == "unshown"
    assert "Screen broken cannot be shown" in errands.calls[0]
    assert "Traceback" in caplog.text
    desk.show(view(generation=6))
    assert desk.screen == "screen"


# -- a screen that is edited while it is open ---------------------------------------------------


def test_an_edited_screen_keeps_what_was_typed_its_values_and_its_controller(
    kit: Kit, desk: Desk, errands: Errands
) -> None:
    desk.show(view())
    slide(kit, 7)
    push(kit, "offer")
    tick(desk)
    desk.show(view(screen(title="New offers")))
    tick(desk)
    assert dpg.get_value(kit.named["field.amount"]) == "7"
    assert local(desk)["last"] == 7
    assert Decision.heard == ["opened", "changed 7"], "it is the same controller"
    assert not enabled(kit, "offer"), "its action goes on"
    errands.waiting[0].set_result(2)
    until(desk, lambda: local(desk)["said"] == "number 2")


def test_what_has_to_be_mended_is_said_above_the_page_until_it_is(kit: Kit, desk: Desk) -> None:
    good = view()
    wrong = "decision.xml:4:7: There is no widget buton."
    desk.show(replace(good, shown=replace(good.shown, problem=wrong)))
    assert wrong in dpg.get_value(kit.named["author"])
    desk.show(good)
    assert dpg.get_value(kit.named["author"]) == ""


def test_local_values_outlive_the_window(kit: Kit, desk: Desk, errands: Errands) -> None:
    desk.show(view())
    slide(kit, 7)
    tick(desk)
    _, kept = errands.drafts[-1]
    assert kept == {"amount": "7", "local.last": "7"}
    other = Desk(kit, title="Palier", errands=errands, controllers=Shelf(Decision=Decision))
    other.show(view(draft=kept))
    assert local(other)["last"] == 7
    assert dpg.get_value(kit.named["field.amount"]) == "7"
    other.close()
