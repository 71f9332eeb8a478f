"""A live stage in a window: a bid is typed and clicked, and everybody's screen follows."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import select

from palier.client.credentials import Credentials
from palier.client.state import Asking
from palier.workers.persistence import tables
from tests import brokers
from tests.e2e.desktops import DEADLINE, DeskProcess, until
from tests.e2e.sittings import Sitting

pytestmark = [pytest.mark.gui, pytest.mark.rabbitmq]


def goes_on(sitting: Sitting, credentials: Credentials) -> None:
    """Let the other one of two go on from a stage that asks for nothing, without a window."""

    async def submitted() -> None:
        async with sitting.laboratory.link(credentials) as link:
            await brokers.until(lambda: isinstance(link.state.screen, Asking))
            assert link.submit(None)
            await brokers.until(lambda: not isinstance(link.state.screen, Asking))

    sitting.loop.run(submitted()).result(timeout=DEADLINE)


def test_a_bid_is_clicked_and_met(
    sit: Callable[[str], Sitting], open_linked: Callable[[Sitting], DeskProcess]
) -> None:
    sitting = sit("double-auction")
    desk = open_linked(sitting)
    desk.expect("screen", reply="screen")
    goes_on(sitting, sitting.other)
    desk.click("submit")
    until(lambda: _is_there(desk, "field.local.price"), what="the market is open")
    laboratory = sitting.laboratory
    (mine,) = [
        one.data
        for one in laboratory.database.ask(
            select(tables.party).where(tables.party.c.seat == sitting.mine.seat)
        )
        if "mine" in (one.data or {})
    ]
    buys, worth = mine["buys"], mine["worth"]
    button = "button.bid" if buys else "button.ask"

    # a price at which one would lose is refused, in the author's words
    desk.take_keyboard()
    desk.click("field.local.price")
    desk.writes("field.local.price", str(worth + 1 if buys else worth - 1))
    desk.click(button)
    until(lambda: "You would lose" in desk.ask("value", "toast"), what="it is refused")

    desk.click("field.local.price")
    desk.keys("ctrl+a")
    desk.writes("field.local.price", str(worth))
    desk.click(button)
    until(lambda: _done(sitting, "taken"), what="the order stands in the book")
    # what was typed is there still
    assert desk.ask("value", "field.local.price") == str(worth)
    outcomes = laboratory.database.ask(select(tables.action.c.outcome, tables.action.c.seat))
    assert [tuple(one) for one in outcomes] == [
        ("refused", sitting.mine.seat),
        ("taken", sitting.mine.seat),
    ]


def _is_there(desk: DeskProcess, name: str) -> bool:
    try:
        return bool(desk.ask("rect", name))
    except AssertionError:
        return False


def _done(sitting: Sitting, outcome: str) -> bool:
    table = tables.action
    return bool(
        sitting.laboratory.database.ask(select(table.c.number).where(table.c.outcome == outcome))
    )
