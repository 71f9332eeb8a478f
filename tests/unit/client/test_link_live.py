"""What a link does in a live stage: it acts once, is told why not, and notices what was lost."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from palier.client.errors import Rejected
from palier.client.link import Link
from palier.client.state import Asking
from palier.schemas.commands import Act
from palier.schemas.events import LiveChanged, Released
from palier.schemas.live import ActionSpec, Change, LiveMark
from palier.schemas.replies import Acted, Refused
from tests.brokers import Memory, run, until
from tests.unit.client.clerk import CREDENTIALS, SESSION, Clerk, at_work, snapshot, stage

MARKET = stage(1, actions=(ActionSpec(name="bid", title="Bid"),), data={"bids": []})


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is sent again be sent soon, and a silence be short."""
    monkeypatch.setattr("palier.client.link._TICK", 0.02)
    monkeypatch.setattr("palier.client.unanswered._AGAIN", 0.1)
    monkeypatch.setattr("palier.client.doubt._SILENCE", 0.2)


@asynccontextmanager
async def trading(memory: Memory) -> AsyncIterator[tuple[Clerk, Link]]:
    """A link in a live stage."""
    async with at_work(memory) as clerk:
        clerk.snapshot = snapshot(stage=MARKET, live=LiveMark())
        async with Link(memory.transport(), CREDENTIALS) as link:
            await until(lambda: isinstance(link.state.screen, Asking))
            yield clerk, link


def changed(version: int, *bids: int) -> LiveChanged:
    return LiveChanged(
        session=SESSION,
        scope="all",
        generation=1,
        version=version,
        change=Change(data={"bids": list(bids)}),
    )


def bids(link: Link) -> object:
    assert link.state.stage is not None
    return link.state.stage.data["bids"]


def test_an_act_is_sent_by_one_id_until_it_is_answered(memory: Memory) -> None:
    async def test() -> None:
        async with trading(memory) as (clerk, link):
            acting = asyncio.create_task(link.act(MARKET, "bid", {"price": 3}))
            await until(lambda: len(clerk.heard) >= 3)
            assert len({one.message_id for one in clerk.heard}) == 1
            command = clerk.heard[0].message
            assert isinstance(command, Act)
            assert (command.action, command.body) == ("bid", {"price": 3})
            clerk.reply(Acted(session=SESSION, number=7), clerk.heard[0])
            assert await acting == 7

    run(test())


def test_who_is_refused_is_told_the_sentence_and_the_fields(memory: Memory) -> None:
    async def test() -> None:
        async with trading(memory) as (clerk, link):
            acting = asyncio.create_task(link.act(MARKET, "bid"))
            await until(lambda: clerk.heard)
            refused = Refused(
                session=SESSION, code="not-allowed", reason="Too much.", fields={"price": "odd"}
            )
            clerk.reply(refused, clerk.heard[0])
            with pytest.raises(Rejected, match="Too much") as caught:
                await acting
            assert (caught.value.code, caught.value.fields) == ("not-allowed", {"price": "odd"})

    run(test())


def test_what_comes_too_fast_is_not_done_later(memory: Memory) -> None:
    async def test() -> None:
        async with trading(memory) as (clerk, link):
            acting = asyncio.create_task(link.act(MARKET, "bid"))
            await until(lambda: clerk.heard)
            clerk.reply(Refused(session=SESSION, code="too-fast", reason="Slow."), clerk.heard[0])
            with pytest.raises(Rejected) as caught:
                await acting
            assert caught.value.code == "too-fast"

    run(test())


def test_an_act_ends_with_its_stage(memory: Memory) -> None:
    async def test() -> None:
        async with trading(memory) as (clerk, link):
            acting = asyncio.create_task(link.act(MARKET, "bid"))
            await until(lambda: clerk.heard)
            clerk.say(
                Released(
                    session=SESSION, scope="all", generation=1, version=2, stage="x", next=stage(2)
                )
            )
            with pytest.raises(Rejected):
                await acting
            with pytest.raises(Rejected):
                await link.act(MARKET, "bid")

    run(test())


def test_a_change_that_was_lost_is_noticed_with_the_next_one(memory: Memory) -> None:
    async def test() -> None:
        async with trading(memory) as (clerk, link):
            clerk.say(changed(1, 3))
            await until(lambda: bids(link) == [3])
            asked = clerk.asked
            now = MARKET.model_copy(update={"data": {"bids": [3, 4]}})
            clerk.snapshot = snapshot(stage=now, live=LiveMark(version=2))
            clerk.say(changed(3, 3, 4, 5))
            await until(lambda: bids(link) == [3, 4, 5])
            assert clerk.asked == asked + 1

    run(test())


def test_the_last_change_that_was_lost_is_noticed_after_a_silence(memory: Memory) -> None:
    async def test() -> None:
        async with trading(memory) as (clerk, link):
            now = MARKET.model_copy(update={"data": {"bids": [9]}})
            clerk.snapshot = snapshot(stage=now, live=LiveMark(version=1))
            await until(lambda: bids(link) == [9])

    run(test())
