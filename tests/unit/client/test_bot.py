"""A bot does what a person would: it tries again, and comes back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from palier.client.bot import Bot
from palier.client.journal import Journal
from palier.client.state import Asking, Excluded, Note, Notice, Waiting
from palier.schemas.commands import Submit
from palier.schemas.events import (
    Released,
    SeatChanged,
    SessionFinished,
    StatusChanged,
)
from palier.schemas.forms import FormSpec, IntegerField
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
from tests.unit.client.disk import Disk

FORM = FormSpec(fields=(IntegerField(name="value", title="Value", minimum=0, maximum=9),))


@asynccontextmanager
async def playing(
    memory: Memory, journal: Journal | None = None
) -> AsyncIterator[tuple[Clerk, Bot]]:
    """A bot at its first stage."""
    async with at_work(memory) as clerk:
        clerk.snapshot = snapshot(stage=stage(1, form=FORM))
        bot = Bot(memory.transport(), CREDENTIALS, journal=journal)
        game = asyncio.create_task(bot.play())
        try:
            yield clerk, bot
            clerk.say(SessionFinished(session=SESSION, version=9, outcome="finished"))
            assert await game == "finished"
        finally:
            game.cancel()


@pytest.fixture
def memory() -> Memory:
    return Memory()


def test_a_bot_answers_once_and_ends_with_the_session(memory: Memory) -> None:
    async def test() -> None:
        async with playing(memory) as (clerk, bot):
            cause = await clerk.submit()
            assert isinstance(cause.message, Submit)
            assert FORM.check(cause.message.answer or {}) == {}
            clerk.accept(cause)
            await until(lambda: isinstance(bot.link.state.screen, Waiting))
        assert len(clerk.submits) == 1

    run(test())


def test_a_bot_gives_no_stage_the_answer_to_another(memory: Memory) -> None:
    """It had just thought of one when the next opened."""

    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.snapshot = snapshot(stage=stage(1, form=FORM))
            bot = Bot(memory.transport(), CREDENTIALS, pause=lambda: 0.1)
            game = asyncio.create_task(bot.play())
            await until(lambda: isinstance(bot.link.state.screen, Asking))
            then = stage(2)  # asks for nothing
            clerk.say(
                Released(
                    session=SESSION, scope="all", generation=1, version=2, stage="any", next=then
                )
            )

            cause = await clerk.submit()
            assert isinstance(cause.message, Submit)
            assert (cause.message.generation, cause.message.answer) == (2, None)
            clerk.accept(cause)
            clerk.say(SessionFinished(session=SESSION, version=9, outcome="finished"))
            assert await game == "finished"
            assert len(clerk.submits) == 1

    run(test())


def test_a_bot_whose_disk_is_full_tries_again_until_it_is_not(
    memory: Memory, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palier.client.bot._DISK", 0.05)

    async def test() -> None:
        with Disk(tmp_path / "p1.journal") as disk:
            disk.full = True
            async with playing(memory, disk) as (clerk, bot):
                full = Notice(note=Note.UNWRITTEN, detail="the disk is full")
                await until(lambda: bot.link.state.of_answer == full)
                tried = disk.begun
                await until(lambda: disk.begun > tried)
                assert clerk.submits == []
                disk.full = False

                clerk.accept(await clerk.submit())
                await until(lambda: disk.pending() == ())
            assert len(set(clerk.ids)) == 1

    run(test())


def test_a_bot_that_finds_its_answer_on_its_way_gives_no_other(
    memory: Memory, tmp_path: Path
) -> None:
    async def test() -> None:
        with Journal(tmp_path / "p1.journal") as journal:
            async with at_work(memory) as clerk:
                clerk.snapshot = snapshot(stage=stage(1, form=FORM))
                game = asyncio.create_task(
                    Bot(memory.transport(), CREDENTIALS, journal=journal).play()
                )
                first = await clerk.submit()
                game.cancel()
                await asyncio.wait({game})
            async with playing(memory, journal) as (again, _):
                cause = await again.submit()
                assert (cause.message_id, cause.message) == (first.message_id, first.message)
                again.accept(cause)
                await until(lambda: journal.pending() == ())
            assert len(again.submits) == 1

    run(test())


def test_a_bot_that_was_left_out_answers_when_it_is_let_in_again(memory: Memory) -> None:
    async def test() -> None:
        async with at_work(memory) as clerk:
            left_out = snapshot(stage=stage(1, form=FORM), standing="excluded")
            clerk.snapshot = left_out
            bot = Bot(memory.transport(), CREDENTIALS)
            game = asyncio.create_task(bot.play())
            await until(lambda: bot.link.state.screen == Excluded())
            assert clerk.submits == []
            clerk.snapshot = left_out.model_copy(update={"standing": "active"})
            clerk.say(SeatChanged(session=SESSION, seat=SEAT))

            clerk.accept(await clerk.submit())
            clerk.say(SessionFinished(session=SESSION, version=9, outcome="finished"))
            assert await game == "finished"

    run(test())


def test_what_a_bot_answers_in_a_session_that_is_held_is_taken_when_it_goes_on(
    memory: Memory,
) -> None:
    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.snapshot = snapshot(stage=stage(1, form=FORM), status="stopped")
            bot = Bot(memory.transport(), CREDENTIALS)
            game = asyncio.create_task(bot.play())
            clerk.refuse(await clerk.submit(), "held")
            await until(lambda: bot.link.state.of_answer == Notice(note=Note.LATER))
            clerk.say(StatusChanged(session=SESSION, version=2, status="running"))

            clerk.accept(await clerk.submit(2))
            await until(lambda: isinstance(bot.link.state.screen, Waiting))
            assert len(set(clerk.ids)) == 1
            clerk.say(SessionFinished(session=SESSION, version=9, outcome="finished"))
            assert await game == "finished"

    run(test())


def test_a_bot_for_which_was_answered_goes_on_with_the_next_stage(memory: Memory) -> None:
    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.snapshot = snapshot(
                stage=stage(1, form=FORM), submitted=True, answer={"value": 0}, how="default"
            )
            bot = Bot(memory.transport(), CREDENTIALS)
            game = asyncio.create_task(bot.play())
            await until(lambda: isinstance(bot.link.state.screen, Waiting))
            clerk.snapshot = snapshot(stage=stage(2, form=FORM), versions={"all": 2})
            clerk.say(SeatChanged(session=SESSION, seat=SEAT))

            cause = await clerk.submit()
            assert isinstance(cause.message, Submit)
            assert cause.message.generation == 2
            clerk.accept(cause)
            clerk.say(SessionFinished(session=SESSION, version=9, outcome="finished"))
            assert await game == "finished"
        assert len(clerk.submits) == 1

    run(test())


def test_a_bot_answers_again_where_a_stage_was_opened_anew(memory: Memory) -> None:
    async def test() -> None:
        async with playing(memory) as (clerk, _):
            clerk.accept(await clerk.submit())
            later = OPENED + timedelta(minutes=5)
            clerk.snapshot = snapshot(
                stage=stage(1, form=FORM, opened_at=later), versions={"all": 2}
            )
            clerk.say(SeatChanged(session=SESSION, seat=SEAT))

            clerk.accept(await clerk.submit(2))

    run(test())
