"""Buttons that do something in a live stage: what they send, and what is said of it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from typing import Any

import pytest
from pydantic import JsonValue

from palier.client.errors import Rejected
from palier.client.screens.kit import Kit
from palier.client.screens.sample_errands import NotedErrands
from palier.client.screens.scene_surface import SceneSurface
from palier.client.screens.window import context
from palier.controller import Controller
from palier.schemas.events import Stage
from palier.schemas.forms import FormSpec, IntegerField, TextField
from palier.schemas.live import ActionSpec
from palier.schemas.screens.widgets import Button, Number, Widget
from palier.schemas.screens.widgets import TextField as Line
from tests.unit.client.opened import Opened, open_screen, texts

PRICE = IntegerField(name="price", title="Your price", minimum=1, maximum=200)
BID = ActionSpec(name="bid", title="Bid", form=FormSpec(fields=(PRICE,)))
ASK = ActionSpec(name="ask", title="Ask", form=FormSpec(fields=(PRICE,)))
TAKE = ActionSpec(name="take", title="Take it")


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.0, language="en") as made:
        yield made


class Market(NotedErrands):
    """Errands that a test answers."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Future[int]] = []

    def act(self, stage: Stage, action: str, body: Mapping[str, JsonValue] | None) -> Future[int]:
        super().act(stage, action, body)
        self.waiting.append(Future())
        return self.waiting[-1]


def live(kit: Kit, *body: Widget, **around: Any) -> tuple[Opened, Market, list[str]]:
    """Open the screen of a market; return it, what it asks for, and what is said in the corner."""
    opened = open_screen(kit, *body, actions=(BID, ASK, TAKE), **around)
    market, said = Market(), list[str]()
    opened.page.scene.errands = market
    opened.page.scene.toast = said.append
    return opened, market, said


def one_price(kit: Kit) -> tuple[Opened, Market, list[str]]:
    return live(
        kit,
        Number(bind="local.price"),
        Button(text="Bid", on_click="act:bid", id="bid"),
        Button(text="Take", on_click="act:take", id="take"),
        Button(text="I am done", on_click="next", id="done"),
    )


def test_a_button_sends_what_is_put_in_and_waits_for_the_word(kit: Kit) -> None:
    opened, market, said = one_price(kit)
    opened.type("local.price", "12")
    opened.press("button.bid")

    assert market.acted == [("bid", {"price": 12})]
    assert not opened.enabled("button.bid")
    assert opened.enabled("button.take")
    market.waiting[0].set_result(1)
    opened.page.tick()
    assert opened.enabled("button.bid")
    # what was typed stays: the next bid is one more
    assert opened.value("field.local.price") == "12"
    assert (said, market.submitted) == ([], [])


def test_an_action_that_asks_for_nothing_is_sent_at_once(kit: Kit) -> None:
    opened, market, _ = one_price(kit)
    opened.press("button.take")

    assert market.acted == [("take", None)]


def test_what_is_wrong_is_said_beside_its_field_and_nothing_is_sent(kit: Kit) -> None:
    opened, market, said = one_price(kit)
    opened.type("local.price", "999")
    opened.press("button.bid")

    assert market.acted == []
    wrong = kit.words.problems["out-of-range"].format(low="1", high="200")
    assert wrong in texts()
    opened.type("local.price", "99")
    opened.page.tick()
    assert wrong not in texts()
    assert said == []


def test_what_an_action_asks_for_keeps_nobody_from_going_on(kit: Kit) -> None:
    opened, market, _ = one_price(kit)
    opened.press("button.done")

    assert market.submitted == [(opened.page.scene.asking.stage, None)]


def test_the_authors_sentence_is_shown_and_others_are_in_the_windows_words(kit: Kit) -> None:
    opened, market, said = one_price(kit)
    for code, reason in (("not-allowed", "You have only 5."), ("paused", "in the worker's words")):
        opened.press("button.take")
        market.waiting[-1].set_exception(Rejected(code, reason))
        opened.page.tick()

    assert said == ["You have only 5.", kit.words.not_done["paused"]]
    assert opened.enabled("button.take")


def test_a_problem_that_the_worker_finds_stands_beside_its_field(kit: Kit) -> None:
    opened, market, said = one_price(kit)
    opened.type("local.price", "12")
    opened.press("button.bid")
    market.waiting[0].set_exception(Rejected("invalid", "price: odd", {"price": "An odd price."}))
    opened.page.tick()

    assert "An odd price." in texts()
    assert said == []


def test_two_actions_that_ask_for_the_same_can_have_an_input_each(kit: Kit) -> None:
    opened, market, _ = live(
        kit,
        Number(bind="local.bid_price"),
        Number(bind="local.ask_price"),
        Button(text="Bid", on_click="act:bid", id="bid"),
        Button(text="Ask", on_click="act:ask", id="ask"),
    )
    opened.type("local.bid_price", "3")
    opened.type("local.ask_price", "9")
    opened.press("button.bid")
    opened.press("button.ask")

    assert market.acted == [("bid", {"price": 3}), ("ask", {"price": 9})]


def test_enter_in_the_input_of_one_action_does_it(kit: Kit) -> None:
    opened, market, _ = one_price(kit)
    opened.type("local.price", "7")
    opened.page.scene.enter("local.price")

    assert market.acted == [("bid", {"price": 7})]


def test_what_is_typed_stays_when_what_is_shown_changes(kit: Kit) -> None:
    opened, _, _ = live(
        kit,
        Line(bind="local.note"),
        Number(bind="local.price"),
        Button(text="Bid {best}", on_click="act:bid", id="bid"),
        data={"best": 1},
    )
    opened.type("local.price", "1")
    opened.follow(data={"best": 2})

    assert opened.value("field.local.price") == "1"


def test_while_the_session_is_paused_nothing_can_be_pressed(kit: Kit) -> None:
    opened, market, _ = one_price(kit)
    opened.follow(locked=True)

    assert not opened.enabled("button.take")
    assert market.acted == []


def test_an_input_is_called_as_its_form_has_it(kit: Kit) -> None:
    one_price(kit)

    assert PRICE.title in texts()
    assert TextField(name="x", title="y").title not in texts()


class Trader(Controller):
    """Bids by itself."""


def test_a_controller_does_it_too(kit: Kit) -> None:
    opened, market, _ = one_price(kit)
    trader = Trader(SceneSurface(opened.page.scene))

    async def bid() -> int:
        doing = asyncio.ensure_future(trader.act("bid", price=4))
        await asyncio.sleep(0)
        market.waiting[0].set_result(5)
        return await doing

    assert asyncio.run(bid()) == 5
    assert market.acted == [("bid", {"price": 4})]
