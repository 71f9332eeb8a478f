"""A link sends each decision until it is settled, and settles only what is."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from palier.client.entries import Entry
from palier.client.journal import Journal
from palier.client.link import Link
from palier.client.state import Asking, Connectivity, Ended, Lobby, Note, Notice, Waiting
from palier.schemas.commands import Submit
from palier.schemas.envelope import DIRECT_REPLY, MAX_BODY
from palier.schemas.events import (
    Released,
    SeatChanged,
    SessionAssigned,
    SessionFinished,
    StatusChanged,
)
from palier.schemas.identifiers import message_id
from palier.schemas.replies import Refused, Submitted
from tests.brokers import PATIENCE, Memory, run, until
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


def released(generation: int, *, version: int, session: str = SESSION) -> Released:
    return Released(
        session=session,
        scope="all",
        generation=generation,
        version=version,
        stage=f"stage-{generation}",
        next=stage(generation + 1),
    )


def waits(link: Link) -> bool:
    return isinstance(link.state.screen, Waiting)


def asks(link: Link, generation: int = 1) -> bool:
    screen = link.state.screen
    return isinstance(screen, Asking) and screen.stage.generation == generation


@asynccontextmanager
async def linked(memory: Memory, journal: Journal | None = None) -> AsyncIterator[Link]:
    async with Link(memory.transport(), CREDENTIALS, journal=journal) as link:
        await until(lambda: link.connectivity is Connectivity.ONLINE)
        yield link


@asynccontextmanager
async def at_a_stage(
    memory: Memory, journal: Journal | None = None
) -> AsyncIterator[tuple[Clerk, Link]]:
    async with at_work(memory) as clerk, linked(memory, journal) as link:
        await until(lambda: asks(link))
        yield clerk, link


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "p1.journal"


def entry(generation: int = 1, *, session: str = SESSION, opened_at: str = "") -> Entry:
    return Entry(
        message_id=message_id(),
        command=Submit(
            session=session, scope="all", generation=generation, answer={"value": generation}
        ),
        partition=0,
        opened_at=opened_at or OPENED.isoformat(),
        at=time.time(),
    )


# -- what settles a decision --------------------------------------------------------------------


def test_its_result_settles_a_decision(memory: Memory) -> None:
    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            assert link.submit({"value": 1})
            assert link.state.screen == Asking(stage=stage(1), sending=True)
            clerk.accept(await clerk.submit())

            await until(lambda: waits(link))
            assert link.view().pending == 0
            assert link.round_trip is not None

    run(test())


def test_the_release_of_its_own_barrier_settles_a_decision(memory: Memory) -> None:
    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            assert link.submit({"value": 1})
            await clerk.submit()
            clerk.say(released(1, version=2))

            await until(lambda: asks(link, 2))
            assert link.view().pending == 0
            assert len(clerk.submits) == 1

    run(test())


def test_a_release_of_an_earlier_session_settles_nothing(memory: Memory) -> None:
    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            assert link.submit({"value": 1})
            cause = await clerk.submit()
            clerk.say(released(1, version=2, session="old"))
            clerk.refuse(cause, "held")  # heard after it

            await until(lambda: link.state.of_answer == Notice(note=Note.LATER))
            assert link.view().pending == 1

    run(test())


def test_a_release_after_somebody_else_may_have_answered_settles_nothing(memory: Memory) -> None:
    """The deadline's default was taken while the answer was on its way."""

    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            assert link.submit({"value": 1})
            await clerk.submit()
            clerk.snapshot = snapshot(stage=stage(2), versions={"all": 2})
            clerk.say(SeatChanged(session=SESSION, seat=SEAT))
            clerk.say(released(1, version=2))

            clerk.refuse(await clerk.submit(2), "released")
            await until(lambda: not link.view().pending)
            assert len(set(clerk.ids)) == 1
            assert link.view().notice == Notice(note=Note.GONE_ON)
            assert asks(link, 2)

    run(test())


def test_a_release_that_was_waiting_for_a_new_connection_settles_nothing(memory: Memory) -> None:
    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            assert link.submit({"value": 1})
            await clerk.submit()
            clerk.snapshot = None
            memory.server.drop_connections(SEAT)
            clerk.say(released(1, version=2))
            await until(lambda: asks(link, 2))

            clerk.accept(await clerk.submit(2))
            await until(lambda: not link.view().pending)
            assert link.view().notice is None

    run(test())


def test_a_snapshot_settles_the_answer_that_it_shows_and_no_other(memory: Memory) -> None:
    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            assert link.submit({"value": 1})
            await clerk.submit()
            clerk.snapshot = snapshot(submitted=True, answer={"value": 2}, how="default")
            clerk.say(SeatChanged(session=SESSION, seat=SEAT))
            await until(lambda: waits(link))
            assert link.view().pending == 1
            assert isinstance(screen := link.view().screen, Waiting)
            assert screen.how == "default"

            clerk.snapshot = snapshot(submitted=True, answer={"value": 1}, how="submitted")
            clerk.say(SeatChanged(session=SESSION, seat=SEAT))
            await until(lambda: not link.view().pending)

    run(test())


@pytest.mark.parametrize(
    ("code", "note"),
    [
        ("released", Note.GONE_ON),
        ("not-a-party", Note.GONE_ON),
        ("already-submitted", Note.NOT_FIRST),
        ("not-running", Note.TOO_LATE),
    ],
)
def test_an_answer_that_does_not_count_is_told(memory: Memory, code: str, note: Note) -> None:
    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            assert link.submit({"value": 1})
            clerk.snapshot = snapshot(stage=stage(2), versions={"all": 2})
            clerk.refuse(await clerk.submit(), code)

            await until(lambda: asks(link, 2))
            assert link.view().notice == Notice(note=note)
            assert link.view().pending == 0
            assert link.submit({"value": 2})
            assert link.view().notice is None

    run(test())


def test_an_answer_too_large_to_travel_is_refused_in_words_and_kept_nowhere(
    memory: Memory, path: Path
) -> None:
    async def test() -> None:
        with Journal(path) as journal:
            async with at_a_stage(memory, journal) as (_, link):
                assert not link.submit({"text": "x" * MAX_BODY})

                screen = link.state.screen
                assert isinstance(screen, Asking)
                assert "the limit is" in screen.refusal
                assert not screen.sending
                assert link.view().pending == 0
            assert journal.pending() == ()

    run(test())


def test_an_answer_to_a_stage_that_has_just_gone_is_not_given_to_the_next(memory: Memory) -> None:
    """The window shows a view some milliseconds after the link has it, and a person is fast."""

    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            shown = link.state.stage
            assert shown is not None
            clerk.say(released(1, version=2))
            await until(lambda: asks(link, 2))

            assert not link.submit({"value": 1}, stage=shown)
            assert link.view().notice == Notice(note=Note.GONE_ON)
            assert link.state.screen == Asking(stage=stage(2))
            assert link.submit({"value": 2}, stage=stage(2))
            await clerk.submit()
            assert len(clerk.submits) == 1

    run(test())


# -- refusals that settle nothing ---------------------------------------------------------------


def test_what_is_refused_for_now_is_sent_again_later_and_later(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palier.client.link._TICK", 0.02)
    monkeypatch.setattr("palier.client.unsettled._LATER", 0.1)
    monkeypatch.setattr("palier.client.unsettled._LATEST", 0.4)

    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            assert link.submit({"value": 1})
            times = []
            for count in range(1, 6):
                cause = await clerk.submit(count)
                times.append(time.monotonic())
                clerk.refuse(cause, "held" if count % 2 else "too-fast")
                await until(lambda: link.state.of_answer is not None)
                assert link.state.screen == Asking(
                    stage=stage(1), sending=True, notice=Notice(note=Note.LATER)
                )
            clerk.accept(await clerk.submit(6))

            await until(lambda: waits(link))
            assert len(set(clerk.ids)) == 1
            pauses = [after - before for before, after in pairwise(times)]
            assert pauses[0] >= 0.1
            assert pauses[1] >= 0.2
            assert min(pauses[2:]) >= 0.4

    run(test())


def test_what_was_refused_for_now_is_sent_at_once_when_the_session_goes_on(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    # sent for another reason it would come too late for anybody here
    monkeypatch.setattr("palier.client.unsettled._LATER", 1000.0)
    monkeypatch.setattr("palier.client.unsettled._LATEST", 1000.0)

    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            clerk.say(StatusChanged(session=SESSION, version=2, status="stopped"))
            await until(lambda: link.state.held)
            assert link.view().held == "stopped"
            assert link.submit({"value": 1})
            clerk.refuse(await clerk.submit(), "held")
            await until(lambda: link.state.of_answer is not None)
            clerk.say(StatusChanged(session=SESSION, version=3, status="running"))

            clerk.accept(await clerk.submit(2))
            await until(lambda: waits(link))
            assert link.view().held is None

    run(test())


# -- the journal --------------------------------------------------------------------------------


def test_a_decision_is_sent_only_once_it_is_on_disk(memory: Memory, path: Path) -> None:
    async def test() -> None:
        with Disk(path) as disk:
            async with at_a_stage(memory, disk) as (clerk, link):
                disk.ready.clear()
                assert link.submit({"value": 1})
                asked = clerk.asked
                clerk.say(SeatChanged(session=SESSION, seat=SEAT))
                await until(lambda: clerk.asked > asked)  # what is sent meanwhile arrives
                assert clerk.submits == []
                assert not link.submit({"value": 2})
                disk.ready.set()

                cause = await clerk.submit()
                assert [one.message_id for one in disk.pending()] == [cause.message_id]
                clerk.accept(cause)
                await until(lambda: disk.pending() == ())

    run(test())


def test_a_decision_that_the_disk_does_not_take_is_not_sent_and_the_form_says_so(
    memory: Memory, path: Path
) -> None:
    async def test() -> None:
        with Disk(path) as disk:
            async with at_a_stage(memory, disk) as (clerk, link):
                disk.full = True
                assert link.submit({"value": 1})
                full = Notice(note=Note.UNWRITTEN, detail="the disk is full")
                await until(lambda: link.state.screen == Asking(stage=stage(1), notice=full))
                assert link.view().pending == 0
                disk.full = False
                assert link.submit({"value": 2})

                cause = await clerk.submit()
                assert isinstance(cause.message, Submit)
                assert cause.message.answer == {"value": 2}
                assert link.state.screen == Asking(stage=stage(1), sending=True)
                clerk.accept(cause)
                await until(lambda: disk.pending() == ())
                assert len(clerk.submits) == 1

    run(test())


def test_a_link_that_begins_anew_sends_what_it_finds_and_shows_that_it_does(
    memory: Memory, path: Path
) -> None:
    async def test() -> None:
        with Journal(path) as journal:
            journal.keep(kept := entry())
            async with at_work(memory) as clerk, linked(memory, journal) as link:
                cause = await clerk.submit()
                assert (cause.message_id, cause.message) == (kept.message_id, kept.command)
                assert link.state.screen == Asking(stage=stage(1), sending=True)
                assert not link.submit({"value": 9})
                clerk.accept(cause)
                await until(lambda: waits(link))
                assert link.state.answer == {"value": 1}
            assert journal.pending() == ()

    run(test())


def test_what_was_told_to_an_earlier_client_is_not_shown_again(memory: Memory) -> None:
    """What was not acknowledged before a crash comes again, ahead of any snapshot."""

    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.snapshot = snapshot(stage=stage(4), versions={"all": 4}, submitted=True)
            clerk.say(released(2, version=3))
            clerk.say(released(3, version=4))
            seen: list[object] = []
            async with Link(
                memory.transport(), CREDENTIALS, on_change=lambda one: seen.append(one.state.screen)
            ) as link:
                await until(lambda: waits(link))
                assert not any(isinstance(one, Asking) for one in seen)

    run(test())


def test_what_is_heard_ahead_of_the_first_snapshot_and_is_newer_counts(memory: Memory) -> None:
    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.snapshot = snapshot(stage=stage(2), versions={"all": 2}, submitted=True)
            clerk.say(released(1, version=2))
            clerk.say(released(2, version=3))
            async with linked(memory) as link:
                await until(lambda: asks(link, 3))
                assert clerk.asked == 1

    run(test())


def test_what_was_kept_in_a_session_that_is_over_is_settled_all_the_same(
    memory: Memory, path: Path
) -> None:
    async def test() -> None:
        with Journal(path) as journal:
            journal.keep(entry(3))
            async with at_work(memory) as clerk:
                clerk.snapshot = snapshot(status="finished", stage=stage(3), released=True)
                async with linked(memory, journal) as link:
                    cause = await clerk.submit()
                    # its own queue may hear of this session no more
                    assert cause.reply_to
                    assert cause.reply_to.startswith(DIRECT_REPLY)
                    clerk.accept(cause)
                    assert await link.settled(deadline=PATIENCE)
                    assert isinstance(link.state.screen, Ended)
            assert journal.pending() == ()

    run(test())


def test_what_was_kept_in_an_earlier_session_of_the_seat_is_settled_and_tells_nothing(
    memory: Memory, path: Path
) -> None:
    async def test() -> None:
        with Journal(path) as journal:
            journal.keep(entry(1, session="before"))
            async with at_work(memory) as clerk, linked(memory, journal) as link:
                clerk.reply(
                    Refused(session="before", code="not-running", reason="It is finished."),
                    await clerk.submit(),
                )
                assert await link.settled(deadline=PATIENCE)
                assert link.state.screen == Asking(stage=stage(1))
                assert link.view().notice is None
            assert journal.pending() == ()

    run(test())


def test_a_server_that_knows_no_session_settles_what_was_kept_too(
    memory: Memory, path: Path
) -> None:
    async def test() -> None:
        with Journal(path) as journal:
            journal.keep(entry(1))
            async with at_work(memory) as clerk:
                clerk.snapshot = Refused(session=SESSION, code="no-session", reason="None.")
                async with linked(memory, journal) as link:
                    clerk.refuse(await clerk.submit(), "no-session")
                    assert await link.settled(deadline=PATIENCE)
            assert journal.pending() == ()

    run(test())


def test_an_answer_is_never_given_to_another_session_of_the_same_name(
    memory: Memory, path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        with Journal(path) as journal:
            journal.keep(entry(1, opened_at="2025-12-24T12:00:00+00:00"))
            async with at_work(memory) as clerk, linked(memory, journal) as link:
                await until(lambda: asks(link))
                assert link.state.screen == Asking(stage=stage(1))
                assert link.view().notice == Notice(note=Note.EARLIER_SESSION)
                assert link.submit({"value": 2})
                cause = await clerk.submit()
                assert isinstance(cause.message, Submit)
                assert cause.message.answer == {"value": 2}
                clerk.accept(cause)
                await until(lambda: journal.pending() == ())

    run(test())
    assert "is not sent" in caplog.text


def test_a_seat_that_is_given_another_session_still_settles_what_it_sent_in_the_first(
    memory: Memory, path: Path
) -> None:
    async def test() -> None:
        with Journal(path) as journal:
            async with at_a_stage(memory, journal) as (clerk, link):
                assert link.submit({"value": 1})
                await clerk.submit()
                clerk.snapshot = snapshot(session="next", stage=stage(1))
                clerk.say(SessionAssigned(session="next", partition=0, seat=SEAT))
                await until(lambda: link.state.session == "next" and asks(link))
                assert link.state.screen == Asking(stage=stage(1))

                cause = await clerk.submit(2)
                assert cause.reply_to
                clerk.accept(cause)
                assert await link.settled(deadline=PATIENCE)
                assert link.state.screen == Asking(stage=stage(1))
            assert journal.pending() == ()

    run(test())


def test_a_session_that_ends_before_the_result_came_is_asked_for_it(memory: Memory) -> None:
    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            assert link.submit({"value": 1})
            await clerk.submit()
            clerk.say(SessionFinished(session=SESSION, version=2, outcome="closed"))

            clerk.refuse(await clerk.submit(2), "not-running")
            assert await link.settled(deadline=PATIENCE)
            assert isinstance(link.state.screen, Ended)
            assert link.view().notice == Notice(note=Note.TOO_LATE)

    run(test())


# -- drafts -------------------------------------------------------------------------------------


def test_what_is_typed_is_shown_again_to_who_begins_anew(memory: Memory, path: Path) -> None:
    async def test() -> None:
        with Journal(path) as journal:
            async with at_a_stage(memory, journal) as (_, link):
                link.draft(stage(1), {"value": "1"})
                link.draft(stage(1), {"value": "12"})
                link.draft(stage(7), {"value": "of another stage"})
                assert link.view().draft == {}
            async with at_a_stage(memory, journal) as (_, link):
                assert link.view().draft == {"value": "12"}

    run(test())


def test_what_is_typed_goes_when_it_is_handed_in_for_good(memory: Memory, path: Path) -> None:
    async def test() -> None:
        with Journal(path) as journal:
            async with at_a_stage(memory, journal) as (clerk, link):
                link.draft(stage(1), {"value": "12"})
                assert link.submit({"value": 12})
                cause = await clerk.submit()
                assert len(journal.drafts()) == 1, "until then it may have to be corrected"
                clerk.accept(cause)
                await until(lambda: journal.drafts() == ())

    run(test())


def test_what_is_typed_goes_when_the_stage_goes_on_without_it(memory: Memory, path: Path) -> None:
    async def test() -> None:
        with Journal(path) as journal:
            async with at_a_stage(memory, journal) as (clerk, link):
                link.draft(stage(1), {"value": "12"})
                await until(lambda: journal.drafts() != ())
                clerk.say(released(1, version=2))
                await until(lambda: journal.drafts() == ())

    run(test())


def test_what_was_told_to_an_earlier_client_takes_no_draft_away(memory: Memory, path: Path) -> None:
    async def test() -> None:
        with Journal(path) as journal:
            async with at_a_stage(memory, journal) as (_, link):
                link.draft(stage(1), {"value": "12"})
            async with at_work(memory) as clerk:
                clerk.snapshot = None
                clerk.say(released(4, version=2))
                clerk.say(Submitted(session="s", scope="all", generation=4))
                async with linked(memory, journal) as link:
                    await until(lambda: len(link._early) == 1)
                    assert link.state.screen == Lobby()
            assert len(journal.drafts()) == 1

    run(test())


def test_a_draft_of_another_session_of_the_same_name_is_not_shown(
    memory: Memory, path: Path
) -> None:
    async def test() -> None:
        with Journal(path) as journal:
            async with at_a_stage(memory, journal) as (_, link):
                link.draft(stage(1), {"value": "12"})
            async with at_work(memory) as clerk:
                later = OPENED.replace(year=2027)
                clerk.snapshot = snapshot(stage=stage(1, opened_at=later))
                async with linked(memory, journal) as link:
                    await until(lambda: asks(link))
                    assert link.view().draft == {}

    run(test())


# -- a broker that takes nothing ----------------------------------------------------------------


def test_a_blocked_broker_is_shown_and_gets_everything_when_it_takes_it_again(
    memory: Memory, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palier.client.link._TICK", 0.02)

    async def test() -> None:
        with Journal(path) as journal:
            async with at_a_stage(memory, journal) as (clerk, link):
                with memory.shortage():
                    # as RabbitMQ does it, who publishes nothing is not told
                    assert link.submit({"value": 1})
                    await until(lambda: link.connectivity is Connectivity.BLOCKED)
                    assert len(journal.pending()) == 1
                    assert link.state.screen == Asking(stage=stage(1), sending=True)
                    assert link.view().pending == 1
                clerk.accept(await clerk.submit())

                await until(lambda: link.connectivity is Connectivity.ONLINE)
                await until(lambda: waits(link))
                assert len(set(clerk.ids)) == 1

    run(test())


def test_nothing_more_is_published_while_a_broker_is_blocked(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palier.client.link._TICK", 0.01)
    monkeypatch.setattr("palier.client.doubt._AGAIN", 0.01)
    monkeypatch.setattr("palier.client.unsettled._AGAIN", 0.01)

    async def test() -> None:
        async with at_a_stage(memory) as (clerk, link):
            with memory.shortage():
                assert link.submit({"value": 1})
                await until(lambda: link.connectivity is Connectivity.BLOCKED)
                held = len(memory.server._waiting)
                turns = 0
                while turns < 50:
                    await asyncio.sleep(0.01)
                    turns += 1

                assert len(memory.server._waiting) == held
            await clerk.submit()

    run(test())


@pytest.fixture(autouse=True)
def _log(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
