"""A live stage that has no screen of its own can be played all the same: as a tree of items."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from dataclasses import replace
from typing import Any

import dearpygui.dearpygui as dpg
import pytest
from pydantic import JsonValue

from palier.client.errors import Rejected
from palier.client.screens.desk import Desk
from palier.client.screens.kit import Kit, press
from palier.client.screens.sample_errands import NotedErrands
from palier.client.screens.samples import sample_views
from palier.client.screens.window import context
from palier.client.state import Asking, View
from palier.schemas.events import Stage
from palier.schemas.forms import FormSpec, IntegerField
from palier.schemas.live import ActionSpec
from tests.unit.client.test_screens_tree import enabled, put, texts, tick

PRICE = IntegerField(name="price", title="Your price", minimum=1, maximum=2000)
ACTIONS = (
    ActionSpec(name="bid", title="Bid", form=FormSpec(fields=(PRICE,))),
    ActionSpec(name="ask", title="Ask", form=FormSpec(fields=(PRICE,))),
    ActionSpec(name="take", title="Take the best ask"),
)


class Answered(NotedErrands):
    """Errands that a test answers."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[Future[int]] = []

    def act(self, stage: Stage, action: str, body: Mapping[str, JsonValue] | None) -> Future[int]:
        super().act(stage, action, body)
        self.waiting.append(Future())
        return self.waiting[-1]


@pytest.fixture
def kit() -> Iterator[Kit]:
    with context(palette="light", scale=1.0, language="en") as made:
        yield made


@pytest.fixture
def errands() -> Answered:
    return Answered()


def market(**more: Any) -> View:
    """Return the view of a live stage that asks for nothing else."""
    view = sample_views("en")["form"]
    assert isinstance(view.screen, Asking)
    shows: dict[str, Any] = {"form": None, "actions": ACTIONS, "data": {"best": 7, "bids": []}}
    stage = view.screen.stage.model_copy(update={**shows, **more})
    return replace(view, screen=Asking(stage=stage))


@pytest.fixture
def desk(kit: Kit, errands: Answered) -> Desk:
    desk = Desk(kit, title="Palier", errands=errands)
    desk.show(market())
    return desk


def test_each_action_has_its_button_and_its_own_fields(
    kit: Kit, desk: Desk, errands: Answered
) -> None:
    put(kit, "bid.price", "12")
    put(kit, "ask.price", "15")
    for name in ("bid", "ask", "take"):
        press(kit.named[f"act.{name}"])

    assert errands.acted == [("bid", {"price": 12}), ("ask", {"price": 15}), ("take", None)]
    assert not enabled(kit.named["act.bid"])
    for one in errands.waiting:
        one.set_result(1)
    tick(desk)
    assert enabled(kit.named["act.bid"])
    press(kit.named["submit"])
    assert [answer for _, answer in errands.submitted] == [None]


def test_what_is_wrong_is_said_beside_its_field(kit: Kit, desk: Desk, errands: Answered) -> None:
    press(kit.named["act.bid"])

    assert errands.acted == []
    assert dpg.get_value(kit.named["problem.bid.price"]) == kit.words.problems["required"]
    put(kit, "bid.price", "5")
    press(kit.named["act.bid"])
    errands.waiting[0].set_exception(Rejected("invalid", "", {"price": "An odd price."}))
    tick(desk)
    assert dpg.get_value(kit.named["problem.bid.price"]) == "An odd price."


def test_what_the_author_refuses_is_said_in_the_corner(
    kit: Kit, desk: Desk, errands: Answered
) -> None:
    press(kit.named["act.take"])
    errands.waiting[0].set_exception(Rejected("not-allowed", "There is nothing to take."))
    tick(desk)

    assert dpg.get_value(kit.named["toast"]) == "There is nothing to take."


def test_what_is_shown_follows_and_what_is_typed_stays(kit: Kit, desk: Desk) -> None:
    desk.tick(sample_views("en")["form"].screen.stage.opened_at, 1280, 800)  # type: ignore[union-attr]
    put(kit, "bid.price", "12")
    bids: list[JsonValue] = [{"who": n, "price": 100 + n} for n in range(40)]
    desk.show(market(data={"best": 139, "bids": bids}))

    assert dpg.get_value(kit.named["field.bid.price"]) == "12"
    # the end of a long list
    assert {"139", "125"} <= texts()
    assert "124" not in texts()


def test_while_the_session_is_paused_nothing_can_be_done(kit: Kit, desk: Desk) -> None:
    view = market()
    assert isinstance(view.screen, Asking)
    desk.show(replace(view, screen=replace(view.screen, locked=True)))

    assert not enabled(kit.named["act.take"])
