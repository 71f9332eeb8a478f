"""A desk that is minimised while its session goes on: a real worker, a real link, a real desktop.

On Linux a minimised window holds Dear PyGui's lock and draws nothing until it is restored: whatever
the link would wait for there, it would wait for as long.
"""

from __future__ import annotations

from collections.abc import Callable
from time import monotonic

import pytest

from palier.schemas.replies import LogEntry, SeatRow
from tests.e2e.desktops import DEADLINE, DeskProcess, until
from tests.e2e.sittings import Sitting
from tests.laboratory import answers

pytestmark = [pytest.mark.gui, pytest.mark.rabbitmq]

#: Seconds of the link's heartbeat; RabbitMQ gives up who is silent for three of them.
BEAT = 2


def row(sitting: Sitting) -> SeatRow:
    """Return how the operator sees the seat of the desk."""

    async def seen() -> SeatRow:
        async with sitting.laboratory.operator() as operator:
            overview = await operator.overview(sitting.laboratory.session)
        return next(one for one in overview.seats if one.seat == sitting.mine.seat)

    return sitting.loop.run(seen()).result(timeout=DEADLINE)


def absences(sitting: Sitting) -> list[LogEntry]:
    """Return when the seat of the desk was missed."""

    async def told() -> list[LogEntry]:
        async with sitting.laboratory.operator() as operator:
            name = sitting.laboratory.session
            return [one async for one in operator.entries(name) if one.kind == "presence-changed"]

    entries = sitting.loop.run(told()).result(timeout=DEADLINE)
    return [
        one for one in entries if one.body["seat"] == sitting.mine.seat and not one.body["present"]
    ]


def advance(sitting: Sitting, value: int) -> None:
    """Answer for the seat of the desk, as the operator does."""

    async def advanced() -> None:
        async with sitting.laboratory.operator() as operator:
            seat, name = sitting.mine.seat, sitting.laboratory.session
            await operator.advance(name, seat, answer={"value": value}, reason="away")

    sitting.loop.run(advanced()).result(timeout=DEADLINE)


def typed(desk: DeskProcess, figure: str) -> None:
    desk.expect("focus", reply="field.value")
    desk.keys(figure)
    desk.expect("value", "field.value", reply=figure)


@pytest.fixture
def sitting(desktop: None, sit: Callable[[str], Sitting]) -> Sitting:
    return sit("steps")


def test_a_desk_is_minimised_while_its_barrier_opens_and_shows_the_right_stage(
    sitting: Sitting, open_linked: Callable[..., DeskProcess]
) -> None:
    desk = open_linked(sitting)
    desk.expect("screen", reply="asking")
    window = desk.window()
    desk.tool("windowactivate", "--sync", window)
    typed(desk, "7")
    desk.click("submit")
    desk.expect("screen", reply="waiting")
    desk.tool("windowminimize", "--sync", window)

    sitting.submit(sitting.other, 3)
    until(lambda: row(sitting).stage == "second", what="the barrier has opened")
    assert row(sitting).present

    desk.tool("windowactivate", "--sync", window)
    desk.expect("screen", reply="asking")
    desk.shows("field.value")
    assert desk.ask("value", "field.value") == "", "what was typed into the former stage is gone"
    typed(desk, "4")
    desk.keys("Return")
    desk.expect("screen", reply="waiting")
    laboratory = sitting.laboratory
    given = answers(laboratory.database, laboratory.session)
    mine = sitting.mine.seat
    assert (given["all", 1][mine], given["all", 2][mine]) == ({"value": 7}, {"value": 4})
    assert absences(sitting) == []


def test_a_draft_of_a_stage_that_went_on_without_it_is_not_shown_in_the_next(
    sitting: Sitting, open_linked: Callable[..., DeskProcess]
) -> None:
    desk = open_linked(sitting)
    desk.expect("screen", reply="asking")
    window = desk.window()
    desk.tool("windowactivate", "--sync", window)
    typed(desk, "7")
    desk.tool("windowminimize", "--sync", window)

    sitting.submit(sitting.other, 3)
    advance(sitting, 5)
    until(lambda: row(sitting).stage == "second", what="the barrier has opened")

    desk.tool("windowactivate", "--sync", window)
    until(lambda: desk.ask("value", "field.value") == "", what="the next stage is shown, empty")
    desk.expect("screen", reply="asking")
    laboratory = sitting.laboratory
    given = answers(laboratory.database, laboratory.session)
    assert given["all", 1][sitting.mine.seat] == {"value": 5}


@pytest.mark.slow
def test_a_desk_that_is_minimised_for_longer_than_its_heartbeat_stays_connected(
    sitting: Sitting, open_linked: Callable[..., DeskProcess]
) -> None:
    desk = open_linked(sitting, heartbeat=BEAT)
    desk.expect("screen", reply="asking")
    window = desk.window()
    desk.tool("windowactivate", "--sync", window)
    typed(desk, "7")
    desk.tool("windowminimize", "--sync", window)
    began = monotonic()
    sitting.submit(sitting.other, 3)

    def waited() -> bool:
        assert row(sitting).present, "its link answers heartbeats though nothing is drawn"
        return monotonic() - began > 4 * BEAT

    until(waited, what="RabbitMQ would have given it up by now")
    desk.tool("windowactivate", "--sync", window)
    desk.expect("value", "field.value", reply="7")
    desk.expect("value", "connectivity", reply="Connected")
    desk.keys("Return")
    desk.expect("value", "field.value", reply="")
    laboratory = sitting.laboratory
    given = answers(laboratory.database, laboratory.session)
    assert given["all", 1][sitting.mine.seat] == {"value": 7}
    assert absences(sitting) == []
