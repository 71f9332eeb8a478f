"""Live stages over the broker: everyone sees what one does, and no worker's death undoes it."""

from __future__ import annotations

import asyncio
import signal
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from palier.client.bot import Bot, Wait
from palier.client.credentials import Credentials
from palier.client.errors import Rejected
from palier.client.link import Link
from palier.client.state import Asking
from palier.program import Field, Form, Live, Participant, Program, Refuse, Session, action
from palier.schemas.events import Stage
from palier.schemas.live import Do
from palier.workers.persistence import tables
from tests.brokers import Real, run, until
from tests.integration.test_worker_killed import process
from tests.laboratory import Laboratory, check_record, payoffs


class Board(Live):
    """Everybody writes numbers; an even one is paid, a multiple of five refused."""

    class Number(Form):
        value: int = Field(ge=0)

    def __init__(self) -> None:
        self.written: list[list[Any]] = []
        self.own: Counter[Participant] = Counter()

    @action
    def write(self, who: Participant, number: Number) -> None:
        """Write a number."""
        self.written.append([who.seat, number.value])
        self.own[who] += 1
        if number.value % 5 == 0:
            raise Refuse(f"{number.value} is not wanted.")
        if number.value % 2 == 0:
            who.pay(1)

    def shown(self) -> dict[str, Any]:
        """Return what all have written."""
        return {"written": self.written, "count": len(self.written)}

    def shown_to(self, who: Participant) -> dict[str, Any]:
        """Return how much one has written."""
        return {"own": self.own[who]}


class Writing(Program):
    async def run(self, session: Session) -> None:
        await session.stage("board", live=Board())
        await session.stage("end")


PROGRAM = """
from tests.integration.test_live_over_the_wire import Board
from palier.program import Program, Session


class Writing(Program):
    async def run(self, session: Session) -> None:
        await session.stage("board", live=Board())
        await session.stage("end")
"""


def shown(link: Link) -> dict[str, Any]:
    stage = link.state.stage
    return {} if stage is None else dict(stage.data)


@asynccontextmanager
async def seated(
    laboratory: Laboratory, credentials: Sequence[Credentials]
) -> AsyncIterator[list[Link]]:
    """Sit at every seat, until the first stage is open there."""
    async with AsyncExitStack() as stack:
        links = [await stack.enter_async_context(laboratory.link(one)) for one in credentials]
        await until(lambda: all(isinstance(one.state.screen, Asking) for one in links))
        yield links


async def write(link: Link, value: int) -> int | None:
    """Write a number; return its place in the session, or None if it was refused."""
    stage = link.state.stage
    assert stage is not None
    try:
        return await link.act(stage, "write", {"value": value})
    except Rejected as error:
        if error.code != "not-allowed":
            raise
        return None


async def write_all(link: Link, values: Sequence[int]) -> dict[int, int]:
    """Write numbers one after the other; return the place of each that was taken."""
    places = [(value, await write(link, value)) for value in values]
    return {value: place for value, place in places if place is not None}


def check(laboratory: Laboratory, links: list[Link], taken: list[dict[int, int]]) -> None:
    """Check that each number stands there once, where its writer was told, and all see the same."""
    rows = laboratory.database.ask(select(tables.action).order_by(tables.action.c.number))
    kept = {(one.seat, one.body["value"]): one.number for one in rows if one.outcome == "taken"}
    told = {
        (link.state.seat, value): place
        for link, places in zip(links, taken, strict=True)
        for value, place in places.items()
    }
    assert kept == told
    assert len(rows) == len({(one.seat, one.body["value"]) for one in rows})
    order = [[seat, value] for (seat, value), _ in sorted(kept.items(), key=lambda one: one[1])]
    for link in links:
        assert shown(link)["written"] == order
        assert shown(link)["own"] == sum(seat == link.state.seat for seat, _ in order)


def test_everyone_sees_what_one_does(every_laboratory: Laboratory) -> None:
    laboratory = every_laboratory
    laboratory.catalogue.add("writing", Writing)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            credentials = await laboratory.seated(operator, "writing", auto_start=True)
            async with seated(laboratory, credentials) as links:
                taken = await asyncio.gather(
                    *(write_all(one, range(n, 40, 4)) for n, one in enumerate(links))
                )
                await until(lambda: all(shown(one)["count"] == 32 for one in links))
                check(laboratory, links, taken)
                assert all(one.submit(None) for one in links)
                await until(
                    lambda: all(one.state.stage and one.state.stage.name == "end" for one in links)
                )
                with pytest.raises(Rejected):
                    await links[0].act(Stage.model_validate(board(laboratory)), "write", {})

    run(test())
    check_record(laboratory.database, laboratory.session)


def board(laboratory: Laboratory) -> dict[str, Any]:
    run_ = tables.stage_run
    (one,) = laboratory.database.ask(select(run_).where(run_.c.stage == "board"))
    return {
        "scope": one.scope,
        "generation": one.generation,
        "name": one.stage,
        "visit": 1,
        "title": one.title,
        "parties": 4,
        "opened_at": one.opened_at,
    }


def test_a_worker_that_takes_over_goes_on_with_the_same_state(laboratory: Laboratory) -> None:
    laboratory.catalogue.add("writing", Writing)

    async def test() -> None:
        async with AsyncExitStack() as stack:
            async with laboratory.working():
                operator = await stack.enter_async_context(laboratory.operator())
                credentials = await laboratory.seated(operator, "writing", auto_start=True)
                links = await stack.enter_async_context(seated(laboratory, credentials))
                writing = [
                    asyncio.create_task(write_all(one, range(n, 80, 4)))
                    for n, one in enumerate(links)
                ]
                await until(lambda: shown(links[0]).get("count", 0) >= 20)
            async with laboratory.working():
                taken = await asyncio.gather(*writing)
                await until(lambda: all(shown(one)["count"] == 64 for one in links))
                check(laboratory, links, taken)

    run(test())
    check_record(laboratory.database, laboratory.session)


def test_bots_by_chance_do_a_few_things_and_go_on(small_laboratory: Laboratory) -> None:
    laboratory = small_laboratory
    laboratory.catalogue.add("writing", Writing)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            credentials = await laboratory.seated(operator, "writing", auto_start=True)
            assert await laboratory.play(credentials) == {"finished"}

    run(test())
    rows = laboratory.database.ask(select(tables.action.c.seat))
    done = Counter(one.seat for one in rows)
    assert set(done) == set(laboratory.seats)
    assert all(3 <= one <= 8 for one in done.values())


def test_a_bot_with_a_strategy_acts_on_what_is_shown(small_laboratory: Laboratory) -> None:
    """Each writes when it is its turn, and waits else: nothing but what is shown tells it."""
    laboratory = small_laboratory
    laboratory.catalogue.add("writing", Writing)

    def mind(seat: str) -> Any:
        turn = laboratory.seats.index(seat)

        def decide(stage: Stage) -> Do | Wait | None:
            count = stage.data.get("count")
            if not isinstance(count, int) or count >= 8:
                return None
            return Do(action="write", body={"value": 11}) if count % 4 == turn else Wait.WAIT

        return decide

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            credentials = await laboratory.seated(operator, "writing", auto_start=True)
            bots = [
                Bot(laboratory.server.transport(), one, decide=mind(one.seat))
                for one in credentials
            ]
            assert set(await asyncio.gather(*(one.play() for one in bots))) == {"finished"}

    run(test())
    rows = laboratory.database.ask(select(tables.action).order_by(tables.action.c.number))
    assert [one.seat for one in rows] == list(laboratory.seats) * 2


@pytest.mark.slow
def test_no_order_is_lost_or_doubled_though_the_worker_is_killed(
    real_server: Real, laboratory: Laboratory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    laboratory.server = real_server
    folder = tmp_path / "programs" / "writing"
    folder.mkdir(parents=True)
    (folder / "program.py").write_text(PROGRAM)
    at = partial(process, laboratory, programs=folder.parent)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))

    async def test() -> None:
        laboratory.sweep()
        async with AsyncExitStack() as stack:
            worker = await stack.enter_async_context(at(tmp_path / "first"))
            await until((tmp_path / "first").exists)
            operator = await stack.enter_async_context(laboratory.operator())
            credentials = await laboratory.seated(operator, "writing", auto_start=True)
            links = await stack.enter_async_context(seated(laboratory, credentials))
            writing = [
                asyncio.create_task(write_all(one, range(n, 400, 4))) for n, one in enumerate(links)
            ]
            await until(lambda: shown(links[0]).get("count", 0) >= 40)
            worker.send_signal(signal.SIGKILL)
            await stack.enter_async_context(at(tmp_path / "second"))
            taken = await asyncio.gather(*writing)
            await until(lambda: all(shown(one)["count"] == 320 for one in links))
            check(laboratory, links, taken)
            assert await laboratory.lost() == []

    run(test())
    check_record(laboratory.database, laboratory.session)
    assert sum(payoffs(laboratory.database, laboratory.session).values()) == 160
