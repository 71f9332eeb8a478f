"""What a face asks of a link in another thread: onsets, calls for help, snapshots."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from palier.broker.transport import Account, Connection, Transport
from palier.client.errors import NoAnswer, Rejected
from palier.client.link import Link
from palier.client.link_errands import LinkErrands
from palier.client.state import Asking, Connectivity
from palier.client.thread import LoopThread
from palier.schemas.commands import CallForHelp, Painted, Submit
from palier.schemas.events import Released, SeatChanged
from palier.schemas.replies import HelpNoted, Refused
from tests.brokers import Memory, run, until
from tests.unit.client.clerk import (
    CREDENTIALS,
    OPENED,
    SEAT,
    SESSION,
    Clerk,
    at_work,
    snapshot,
    stage,
)


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is sent again be sent soon."""
    monkeypatch.setattr("palier.client.link._TICK", 0.02)
    monkeypatch.setattr("palier.client.unanswered._AGAIN", 0.1)


@asynccontextmanager
async def at_a_stage(memory: Memory) -> AsyncIterator[tuple[Clerk, Link]]:
    async with at_work(memory) as clerk, Link(memory.transport(), CREDENTIALS) as link:
        await until(lambda: link.connectivity is Connectivity.ONLINE)
        await until(lambda: isinstance(link.state.screen, Asking))
        yield clerk, link


def painted(clerk: Clerk) -> list[Painted]:
    return [one.message for one in clerk.heard if isinstance(one.message, Painted)]


def released() -> Released:
    return Released(
        session=SESSION, scope="all", generation=1, version=2, stage="stage-1", next=stage(2)
    )


# -- onsets -------------------------------------------------------------------------------------


def test_a_generation_is_reported_as_painted_once(memory: Memory) -> None:
    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            link.painted(stage(1), time.monotonic())
            link.painted(stage(1), time.monotonic() + 1)
            await clerk.hears(Painted)
            clerk.say(released())
            await until(lambda: link.state.is_at(stage(2)))
            link.painted(stage(1), time.monotonic())
            link.painted(stage(2), time.monotonic())
            await clerk.hears(Painted, 2)

            assert [one.generation for one in painted(clerk)] == [1, 2]

    run(test())


def test_an_onset_is_told_by_the_workers_clock_and_how_far_that_may_be_off(memory: Memory) -> None:
    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.snapshot = snapshot(now=OPENED)
            began = time.monotonic()
            async with Link(memory.transport(), CREDENTIALS) as link:
                await until(lambda: isinstance(link.state.screen, Asking))
                link.painted(stage(1), at := time.monotonic())
                await clerk.hears(Painted)

        (told,) = painted(clerk)
        assert 0 <= told.off_by <= (at - began) / 2
        # the worker said its time between then and now
        earliest, latest = OPENED, OPENED + timedelta(seconds=at - began)
        slack = timedelta(seconds=told.off_by)
        assert earliest - slack <= told.at <= latest + slack

    run(test())


class Losing(Transport):
    """A transport whose connections lose what is published of a kind, as often as it says."""

    def __init__(self, transport: Transport, kind: str, times: int) -> None:
        self._transport = transport
        self._kind = kind
        self.left = times

    async def connect(self, account: Account, *, deadline: float = 10.0) -> Connection:
        connection = await self._transport.connect(account, deadline=deadline)
        publish = connection.publish

        async def losing(publications: Any, *, deadline: float = 10.0) -> Any:
            if self.left and any(one.properties.kind == self._kind for one in publications):
                self.left -= 1
                await connection.close()
            return await publish(publications, deadline=deadline)

        connection.publish = losing  # type: ignore[method-assign]
        return connection


def test_an_onset_that_was_not_published_is_reported_over_the_next_connection(
    memory: Memory,
) -> None:
    async def test() -> None:
        transport = Losing(memory.transport(), Painted.kind, 2)
        async with at_work(memory) as clerk, Link(transport, CREDENTIALS) as link:
            await until(lambda: isinstance(link.state.screen, Asking))
            at = time.monotonic()
            link.painted(stage(1), at)
            await clerk.hears(Painted)
            assert transport.left == 0

            link.submit(None)
            await clerk.submit()  # was sent later than whatever is repeated
            assert len(painted(clerk)) == 1

    run(test())


def test_an_onset_of_a_stage_that_is_over_is_given_up(memory: Memory) -> None:
    async def test() -> None:
        transport = Losing(memory.transport(), Painted.kind, 10_000)
        async with at_work(memory) as clerk, Link(transport, CREDENTIALS) as link:
            await until(lambda: isinstance(link.state.screen, Asking))
            link.painted(stage(1), time.monotonic())
            await until(lambda: transport.left < 10_000)
            clerk.snapshot = snapshot(stage=stage(2), versions={"all": 2})
            clerk.say(released())
            await until(lambda: link.state.is_at(stage(2)))
            transport.left = 0
            link.painted(stage(2), time.monotonic())
            await clerk.hears(Painted)
            assert [one.generation for one in painted(clerk)] == [2]

    run(test())


# -- help ---------------------------------------------------------------------------------------


def test_a_call_for_help_is_sent_until_it_is_noted_and_stands_until_somebody_came(
    memory: Memory,
) -> None:
    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            assert not link.view().called
            link.call_for_help("My keyboard is broken.")
            link.call_for_help("Hello?")
            assert link.view().called
            first, second = await clerk.hears(CallForHelp), await clerk.hears(CallForHelp, 2)
            assert first.message_id == second.message_id
            assert first.message == CallForHelp(session=SESSION, text="My keyboard is broken.")

            clerk.reply(HelpNoted(session=SESSION), second)
            await until(lambda: not link._help._call)
            assert link.view().called

            clerk.snapshot = snapshot(called=False)
            clerk.say(SeatChanged(session=SESSION, seat=SEAT))
            await until(lambda: not link.view().called)

    run(test())


def test_a_client_that_is_started_anew_knows_that_its_seat_has_called(memory: Memory) -> None:
    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.snapshot = snapshot(called=True)
            async with Link(memory.transport(), CREDENTIALS) as link:
                await until(lambda: link.view().called)
                assert clerk.heard == []

    run(test())


def test_a_call_for_help_that_is_refused_is_none(memory: Memory) -> None:
    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            link.call_for_help("x" * 5000)
            call = await clerk.hears(CallForHelp)
            assert isinstance(call.message, CallForHelp)
            assert len(call.message.text) == 1000
            clerk.refuse(call, "no-session")
            await until(lambda: not link.view().called)

    run(test())


# -- snapshots ----------------------------------------------------------------------------------


def test_who_asks_goes_on_once_a_snapshot_has_come_that_is_newer(memory: Memory) -> None:
    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            clerk.snapshot = snapshot(reason="News.")
            asked = clerk.asked
            await asyncio.gather(link.ask(), link.ask())
            assert link.state.reason == "News."
            assert clerk.asked == asked + 1

    run(test())


def test_who_asks_is_told_what_is_refused(memory: Memory) -> None:
    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            clerk.snapshot = Refused(session=SESSION, code="no-session", reason="No such session.")
            with pytest.raises(Rejected, match="No such session"):
                await link.ask()

    run(test())


def test_who_asks_is_told_when_nobody_answers(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palier.client.doubt._GIVEN_UP", 0.1)

    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            clerk.snapshot = None
            with pytest.raises(NoAnswer):
                await link.ask()

    run(test())


# -- from another thread ------------------------------------------------------------------------


def test_errands_are_run_from_another_thread(memory: Memory) -> None:
    async def sits(clerk: Clerk) -> Link:
        return await Link(memory.transport(), CREDENTIALS).__aenter__()

    with LoopThread("link") as loop:
        work = at_work(memory)
        clerk = loop.run(work.__aenter__()).result(timeout=10)
        link = loop.run(sits(clerk)).result(timeout=10)
        loop.run(until(lambda: isinstance(link.state.screen, Asking))).result(timeout=20)
        errands = LinkErrands(loop, link)

        errands.ask().result(timeout=10)
        errands.painted(stage(1))
        errands.call_for_help("")
        posting = errands.post(stage(1), "talk", "Hello")
        errands.draft(stage(1), {"value": "1"})
        errands.submit(stage(1), {"value": 1})
        submitted = loop.run(clerk.submit()).result(timeout=10)
        loop.run(clerk.hears(Painted)).result(timeout=10)
        loop.run(clerk.hears(CallForHelp)).result(timeout=10)
        loop.call(clerk.say, released())

        assert isinstance(submitted.message, Submit)
        assert submitted.message.answer == {"value": 1}
        with pytest.raises(Rejected):
            posting.result(timeout=10)
        loop.run(link.__aexit__()).result(timeout=10)
        loop.run(work.__aexit__(None, None, None)).result(timeout=10)
