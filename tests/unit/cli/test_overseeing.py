"""Whatever an operator orders in the overview becomes one command, with seats and reason."""

from __future__ import annotations

import asyncio
from typing import Any, get_args

import pytest

from palier.cli.overseeing import carry_out
from palier.client.asking import Operator
from palier.client.screens.orders import EXTENSION, Order, What
from palier.schemas.commands import (
    Advance,
    Attend,
    ChangeClock,
    Close,
    Exclude,
    Pause,
    Readmit,
    Resume,
    Retry,
    StandIn,
    Start,
)
from palier.schemas.message import Command, Query
from palier.schemas.replies import Done

GIVEN: dict[str, Any] = {"session": "s", "seats": ("p1", "p2"), "reason": "left"}
OF_SESSION = {"session": "s", "reason": "left"}

COMMANDS: dict[What, Command] = {
    "start": Start(session="s"),
    "close": Close(**OF_SESSION),
    "pause": Pause(**OF_SESSION),
    "resume": Resume(session="s"),
    "extend": ChangeClock(session="s", change="extend", seconds=EXTENSION),
    "retry": Retry(session="s"),
    "advance": Advance(**GIVEN),
    "exclude": Exclude(**GIVEN),
    "stand-in": StandIn(**GIVEN),
    "readmit": Readmit(**GIVEN),
    "attend": Attend(**GIVEN),
}


class Noting(Operator):
    """Notes what it would ask."""

    def __init__(self) -> None:
        self.asked: list[Command | Query] = []

    async def _ask(
        self, message: Command | Query, expected: type[Any], *, deadline: float = 15.0
    ) -> Any:
        assert issubclass(Done, expected)
        assert deadline > 0
        self.asked.append(message)
        return Done(session="s", effect="It is done.")


@pytest.mark.parametrize("what", get_args(What))
def test_each_order_is_one_command(what: What) -> None:
    operator = Noting()
    order = Order(what=what, seats=("p1", "p2"), reason="left")

    effect = asyncio.run(carry_out(operator, "s", order))

    assert operator.asked == [COMMANDS[what]]
    assert effect == ("" if what in {"start", "close"} else "It is done.")
