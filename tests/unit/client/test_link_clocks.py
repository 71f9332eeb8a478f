"""What a link shows of a session's clocks and of what stands still, and when it asks about it."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from palier.client.journal import Journal
from palier.client.link import Link
from palier.client.state import Asking, Countdown, Excluded
from palier.schemas.events import Clock, ClockChanged, Released, SeatChanged
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


def released(*, version: int = 2, clock: Clock | None = None) -> Released:
    return Released(
        session=SESSION,
        scope="all",
        generation=1,
        version=version,
        stage="stage-1",
        next=stage(2, clock=clock),
    )


def asks(link: Link, generation: int = 1) -> bool:
    screen = link.state.screen
    return isinstance(screen, Asking) and screen.stage.generation == generation


@asynccontextmanager
async def at_a_stage(
    memory: Memory, journal: Journal | None = None
) -> AsyncIterator[tuple[Clerk, Link]]:
    async with (
        at_work(memory) as clerk,
        Link(memory.transport(), CREDENTIALS, journal=journal) as link,
    ):
        await until(lambda: asks(link))
        yield clerk, link


@pytest.fixture
def memory() -> Memory:
    return Memory()


def test_a_countdown_is_by_the_workers_clock_and_not_lengthened_by_what_comes_late(
    memory: Memory,
) -> None:
    """The clerk says that it is 2026; what our clock says does not matter."""

    async def test() -> None:
        async with at_work(memory) as clerk:
            ends = OPENED + timedelta(seconds=90)
            clerk.snapshot = snapshot(
                now=OPENED + timedelta(seconds=30), stage=stage(1, clock=Clock(deadline_at=ends))
            )
            async with Link(memory.transport(), CREDENTIALS) as link:
                begun = time.monotonic()
                await until(lambda: asks(link))
                countdown = link.view().countdown
                assert countdown is not None
                assert 59 < countdown.remaining(begun) <= 60 + time.monotonic() - begun

                clerk.say(released(clock=Clock(deadline_at=ends)))
                await until(lambda: asks(link, 2))
                assert link.view().countdown == countdown, "it opened half a minute ago"

    run(test())


def test_a_clock_that_is_stopped_stands_and_goes_with_its_stage(memory: Memory) -> None:
    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            assert link.view().countdown is None
            stands = Clock(left=42.0)
            clerk.say(
                ClockChanged(session=SESSION, scope="all", generation=1, version=2, clock=stands)
            )
            await until(lambda: link.view().countdown == Countdown(left=42.0))
            clerk.say(released(version=3))
            await until(lambda: link.view().countdown is None)

    run(test())


def test_a_seat_that_is_held_asks_after_a_silence_whether_it_goes_on(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palier.client.link._TICK", 0.02)
    monkeypatch.setattr("palier.client.doubt._SILENCE", 0.1)

    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.snapshot = snapshot(status="paused", reason="Fire drill.")
            async with Link(memory.transport(), CREDENTIALS) as link:
                await until(lambda: link.view().held == "paused")
                assert link.view().reason == "Fire drill."
                clerk.snapshot = snapshot(versions={"all": 2})  # the hint was lost

                await until(lambda: link.view().held is None)
                assert link.state.screen == Asking(stage=stage(1))
                assert link.view().reason == ""

    run(test())


def test_what_is_typed_stays_while_the_others_go_on_without_this_seat(
    memory: Memory, tmp_path: Path
) -> None:
    async def test() -> None:
        with Journal(tmp_path / "p1.journal") as journal:
            async with at_a_stage(memory, journal) as (clerk, link):
                link.draft(stage(1), {"value": "12"})
                clerk.snapshot = snapshot(standing="excluded")
                clerk.say(SeatChanged(session=SESSION, seat=SEAT))
                await until(lambda: link.state.screen == Excluded())
            assert len(journal.drafts()) == 1

    run(test())
