"""What is posted in a stage is shown in order, without a gap; what a seat posts, is so once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from palier.client.errors import Rejected
from palier.client.link import Link
from palier.client.posts import MOST
from palier.client.shelf import Shelf
from palier.client.state import Connectivity
from palier.schemas.commands import GetPosts, Post
from palier.schemas.events import Posted, PostedValue, Released, SessionAssigned
from palier.schemas.replies import Posts, PostTaken, Refused
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
    monkeypatch.setattr("palier.client.unanswered._LATER", 0.05)


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


def value(number: int) -> PostedValue:
    return PostedValue(number=number, stream="talk", seat="p2", at=OPENED, value=f"No. {number}")


def posted(number: int, generation: int = 1, session: str = SESSION) -> Posted:
    return Posted(session=session, scope="all", generation=generation, post=value(number))


def posts(*numbers: int, more: bool = False) -> Posts:
    values = tuple(value(one) for one in numbers)
    return Posts(session=SESSION, scope="all", generation=1, posts=values, more=more)


def released(generation: int = 1) -> Released:
    return Released(
        session=SESSION,
        scope="all",
        generation=generation,
        version=generation + 1,
        stage=f"stage-{generation}",
        next=stage(generation + 1),
    )


@asynccontextmanager
async def talking(
    memory: Memory, shelf: Shelf, count: int = 0
) -> AsyncIterator[tuple[Clerk, Link]]:
    async with at_work(memory) as clerk:
        clerk.snapshot = snapshot(posts=count)
        async with Link(memory.transport(), CREDENTIALS, shelf=shelf) as link:
            await until(lambda: link.connectivity is Connectivity.ONLINE and link.state.stage)
            yield clerk, link


def numbers(link: Link) -> list[int]:
    return [one.number for one in link.view().shown.posts]


# -- what others post ---------------------------------------------------------------------------


def test_posts_are_shown_in_order_and_once(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with talking(memory, shelf) as (clerk, link):
            for number in (1, 2, 2, 1, 3):
                clerk.say(posted(number))
            await until(lambda: numbers(link) == [1, 2, 3])
            assert clerk.heard == []

    run(test())


def test_what_a_gap_lacks_is_asked_for(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with talking(memory, shelf) as (clerk, link):
            clerk.say(posted(1))
            clerk.say(posted(4))
            question = await clerk.hears(GetPosts)
            assert isinstance(question.message, GetPosts)
            assert question.message.after == 1
            assert numbers(link) == [1]
            clerk.say(posted(5))
            clerk.reply(posts(2, 3, 4), question)
            clerk.reply(posts(5), await clerk.hears(GetPosts, 2))
            await until(lambda: numbers(link) == [1, 2, 3, 4, 5])

    run(test())


def test_who_comes_late_has_what_was_posted_before_page_by_page(
    memory: Memory, shelf: Shelf
) -> None:
    async def test() -> None:
        async with talking(memory, shelf, count=3) as (clerk, link):
            clerk.reply(posts(1, 2, more=True), await clerk.hears(GetPosts))
            second = await clerk.hears(GetPosts, 2)
            assert isinstance(second.message, GetPosts)
            assert second.message.after == 2
            clerk.reply(posts(3), second)
            await until(lambda: numbers(link) == [1, 2, 3])

    run(test())


def test_what_was_posted_while_a_seat_was_cut_off_is_asked_for(
    memory: Memory, shelf: Shelf
) -> None:
    async def test() -> None:
        async with talking(memory, shelf) as (clerk, link):
            clerk.say(posted(1))
            await until(lambda: numbers(link) == [1])
            clerk.snapshot = snapshot(posts=2)
            memory.server.drop_connections(SEAT)
            clerk.reply(posts(2), await clerk.hears(GetPosts))
            await until(lambda: numbers(link) == [1, 2])

    run(test())


def test_a_question_that_was_lost_is_asked_again(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with talking(memory, shelf, count=1) as (clerk, link):
            first, second = await clerk.hears(GetPosts), await clerk.hears(GetPosts, 2)
            assert first.message_id == second.message_id
            clerk.reply(posts(1), second)
            await until(lambda: numbers(link) == [1])

    run(test())


def test_of_very_many_posts_the_last_are_kept(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with talking(memory, shelf, count=MOST + 7) as (clerk, link):
            question = await clerk.hears(GetPosts)
            assert isinstance(question.message, GetPosts)
            assert question.message.after == 7
            clerk.reply(posts(*range(8, MOST + 8)), question)
            await until(lambda: numbers(link)[-1:] == [MOST + 7])
            clerk.say(posted(MOST + 8))
            await until(lambda: numbers(link)[-1:] == [MOST + 8])
            assert len(numbers(link)) == MOST

    run(test())


def test_a_new_stage_begins_with_what_was_posted_there(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with talking(memory, shelf) as (clerk, link):
            clerk.say(posted(1))
            clerk.say(posted(1, 2))  # ahead of the release, by another exchange
            clerk.say(posted(1, session="other"))
            clerk.say(released())
            question = await clerk.hears(GetPosts)
            assert isinstance(question.message, GetPosts)
            assert question.message.generation == 2
            assert numbers(link) == []
            clerk.reply(posts(1), question)
            await until(lambda: numbers(link) == [1])

    run(test())


def test_a_stage_that_is_opened_anew_begins_with_no_posts(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with talking(memory, shelf) as (clerk, link):
            clerk.say(posted(1))
            await until(lambda: numbers(link) == [1])
            anew = stage(1, opened_at=OPENED + timedelta(seconds=60))
            clerk.snapshot = snapshot(stage=anew)
            memory.server.drop_connections(SEAT)
            await until(lambda: numbers(link) == [])

    run(test())


# -- what this seat posts -----------------------------------------------------------------------


def test_a_post_is_sent_with_one_id_until_its_result_comes(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with talking(memory, shelf) as (clerk, link):
            posting = asyncio.ensure_future(link.post(stage(1), "talk", "Hello"))
            first, second = await clerk.hears(Post), await clerk.hears(Post, 2)
            assert first.message_id == second.message_id
            memory.server.drop_connections(SEAT)
            third = await clerk.hears(Post, 3)
            assert third.message_id == first.message_id
            clerk.reply(PostTaken(session=SESSION, number=7), third)
            assert await posting == 7

    run(test())


def test_what_is_told_to_all_is_not_the_result_of_a_post(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with talking(memory, shelf) as (clerk, link):
            posting = asyncio.ensure_future(link.post(stage(1), "talk", "Hello"))
            cause = await clerk.hears(Post)
            clerk.say(posted(1), cause=cause)
            await until(lambda: numbers(link) == [1])
            clerk.reply(PostTaken(session=SESSION, number=1), cause)
            assert await posting == 1

    run(test())


def test_a_post_that_is_not_taken_for_now_is_sent_later(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with talking(memory, shelf) as (clerk, link):
            posting = asyncio.ensure_future(link.post(stage(1), "talk", 1.5))
            clerk.refuse(await clerk.hears(Post), "held")
            clerk.reply(PostTaken(session=SESSION, number=1), await clerk.hears(Post, 2))
            assert await posting == 1

    run(test())


def test_a_post_that_is_refused_says_why(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with talking(memory, shelf) as (clerk, link):
            posting = asyncio.ensure_future(link.post(stage(1), "talk", "Hello"))
            reason = "Screen decision has no stream talk."
            clerk.reply(
                Refused(session=SESSION, code="no-stream", reason=reason), await clerk.hears(Post)
            )
            with pytest.raises(Rejected, match=reason):
                await posting

    run(test())


def test_a_post_ends_with_its_stage(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with talking(memory, shelf) as (clerk, link):
            posting = asyncio.ensure_future(link.post(stage(1), "talk", "Hello"))
            await clerk.hears(Post)
            clerk.say(released())
            with pytest.raises(Rejected, match="The stage is over"):
                await posting
            with pytest.raises(Rejected, match="The stage is over"):
                await link.post(stage(1), "talk", "Too late")

    run(test())


def test_a_post_ends_with_its_session(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with talking(memory, shelf) as (clerk, link):
            posting = asyncio.ensure_future(link.post(stage(1), "talk", "Hello"))
            await clerk.hears(Post)
            clerk.snapshot = snapshot(session="t", stage=None)
            clerk.say(SessionAssigned(session="t", partition=0, seat=SEAT))
            with pytest.raises(Rejected, match="another session"):
                await posting

    run(test())


def test_a_post_ends_with_its_window(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with talking(memory, shelf) as (clerk, link):
            posting = asyncio.ensure_future(link.post(stage(1), "talk", "Hello"))
            await clerk.hears(Post)
        with pytest.raises(Rejected, match="closed before an answer came"):
            await posting

    run(test())


def test_a_post_ends_when_its_seat_is_let_in_no_more(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with talking(memory, shelf) as (clerk, link):
            posting = asyncio.ensure_future(link.post(stage(1), "talk", "Hello"))
            await clerk.hears(Post)
            memory.seat(SEAT, password="another")  # the seat was given to somebody else
            memory.server.drop_connections(SEAT)
            with pytest.raises(Rejected) as caught:
                await posting
            assert caught.value.code == "not-admitted"

    run(test())


@pytest.mark.parametrize("given", ["", "x" * 1001, float("nan")])
def test_what_cannot_be_posted_is_not_sent(
    memory: Memory, shelf: Shelf, given: str | float
) -> None:
    async def test() -> None:
        async with talking(memory, shelf) as (clerk, link):
            with pytest.raises(Rejected, match="This cannot be posted: "):
                await link.post(stage(1), "talk", given)
            assert clerk.heard == []

    run(test())
