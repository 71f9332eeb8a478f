"""What stages show is here before they open, and is what its hash says."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from palier.client.link import Link
from palier.client.shelf import Shelf
from palier.client.state import Connectivity, Note, Notice
from palier.client.view import Shown
from palier.schemas.events import Released, ScreenChanged, SessionAssigned, Stage
from palier.schemas.replies import Refused
from palier.schemas.screens.screen import ScreenSpec
from tests.brokers import Memory, run, until
from tests.unit.client.clerk import (
    CREDENTIALS,
    SEAT,
    SESSION,
    Clerk,
    at_work,
    content,
    screen,
    snapshot,
    stage,
)

FIRST, SECOND = screen("first"), screen("second")
PICTURE = b"\x89PNG and so on"


@pytest.fixture
def memory() -> Memory:
    return Memory()


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    return Shelf(tmp_path / "shelf")


@pytest.fixture(autouse=True)
def hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let what is tried again be tried soon."""
    monkeypatch.setattr("palier.client.link._TICK", 0.02)
    monkeypatch.setattr("palier.client.contents._SOON", 0.02)
    monkeypatch.setattr("palier.client.unanswered._AGAIN", 0.1)


def of(spec: ScreenSpec) -> Any:
    return content(spec.canonical())


def shown_by(spec: ScreenSpec, generation: int = 1) -> Stage:
    return stage(generation, screen=spec.digest)


def released(generation: int, upcoming: Stage) -> Released:
    return Released(
        session=SESSION,
        scope="all",
        generation=generation,
        version=generation + 1,
        stage=f"stage-{generation}",
        next=upcoming,
    )


@asynccontextmanager
async def linked(memory: Memory, shelf: Shelf | None) -> AsyncIterator[Link]:
    async with Link(memory.transport(), CREDENTIALS, shelf=shelf) as link:
        await until(lambda: link.connectivity is Connectivity.ONLINE)
        yield link


def shows(link: Link, spec: ScreenSpec) -> bool:
    return link.view().shown.spec == spec


def has(link: Link, digest: str) -> bool:
    contents = link._showing._contents
    assert contents is not None
    return digest in contents._screens or digest in contents._images


# -- before it is wanted ------------------------------------------------------------------------


def test_the_next_screen_is_here_before_its_barrier_opens(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.has(of(FIRST), of(SECOND))
            clerk.snapshot = snapshot(stage=shown_by(FIRST), contents=(FIRST.digest, SECOND.digest))
            async with linked(memory, shelf) as link:
                await until(lambda: shows(link, FIRST))
                await until(lambda: len(clerk.fetched) == 2)
                await until(lambda: has(link, SECOND.digest))
                seen: list[Shown] = []
                link._on_change = lambda changed: seen.append(changed.view().shown)
                clerk.say(released(1, shown_by(SECOND, 2)))
                await until(lambda: shows(link, SECOND))

                assert not any(one.awaited for one in seen)
                assert clerk.fetched == [FIRST.digest, SECOND.digest]

    run(test())


def test_the_open_stage_comes_first_and_only_a_few_at_a_time(memory: Memory, shelf: Shelf) -> None:
    others = [screen(f"other-{number}") for number in range(6)]

    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.snapshot = snapshot(
                stage=shown_by(FIRST), contents=tuple(one.digest for one in (*others, FIRST))
            )
            async with linked(memory, shelf) as link:
                await until(lambda: len(clerk.fetched) >= 3)
                assert link.view().shown == Shown(awaited=True)
                assert set(clerk.fetched) == {FIRST.digest, others[0].digest, others[1].digest}
                clerk.has(of(FIRST), *map(of, others))
                await until(lambda: shows(link, FIRST))
                await until(lambda: {one.digest for one in others} <= set(clerk.fetched))

    run(test())


def test_pictures_come_with_their_screen_as_files(memory: Memory, shelf: Shelf) -> None:
    picture = content(PICTURE, "image/png")
    pictured = screen("pictured", images={"map.png": picture.digest})

    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.has(of(pictured), picture)
            clerk.snapshot = snapshot(stage=shown_by(pictured))
            async with linked(memory, shelf) as link:
                await until(lambda: link.view().shown.images)
                (path,) = link.view().shown.images.values()
                assert path.read_bytes() == PICTURE

    run(test())


def test_a_picture_that_was_swept_off_the_shelf_is_fetched_again(
    memory: Memory, shelf: Shelf
) -> None:
    picture = content(PICTURE, "image/png")
    pictured = screen("pictured", images={"map.png": picture.digest})

    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.has(of(FIRST), of(pictured), picture)
            clerk.snapshot = snapshot(
                stage=shown_by(FIRST), contents=(FIRST.digest, pictured.digest, picture.digest)
            )
            async with linked(memory, shelf) as link:
                await until(lambda: has(link, picture.digest))
                kept = shelf.find(picture.digest)
                assert kept is not None
                assert kept.path is not None
                kept.path.unlink()
                clerk.say(released(1, shown_by(pictured, 2)))

                await until(lambda: clerk.fetched.count(picture.digest) == 2)
                await until(lambda: link.view().shown.images)

    run(test())


def test_what_is_on_the_shelf_is_not_fetched(memory: Memory, shelf: Shelf) -> None:
    shelf.put(FIRST.digest, "application/vnd.palier.screen+json", FIRST.canonical())

    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.snapshot = snapshot(stage=shown_by(FIRST), contents=(FIRST.digest,))
            async with linked(memory, shelf) as link:
                await until(lambda: shows(link, FIRST))
                assert clerk.fetched == []

    run(test())


def test_who_looks_at_nothing_fetches_nothing(memory: Memory) -> None:
    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.snapshot = snapshot(
                stage=shown_by(FIRST), contents=(FIRST.digest, SECOND.digest), posts=3
            )
            async with linked(memory, None) as link:
                await until(lambda: link.state.stage)
                asked = clerk.asked
                link._ask()
                await until(lambda: clerk.asked > asked)
                assert clerk.fetched == []
                assert clerk.heard == []
                assert link.view().shown == Shown()

    run(test())


# -- what goes wrong ----------------------------------------------------------------------------


def test_what_is_not_what_its_hash_says_is_refused_and_asked_for_again(
    memory: Memory, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.has(content(SECOND.canonical(), named=FIRST.digest))
            clerk.snapshot = snapshot(stage=shown_by(FIRST))
            async with linked(memory, shelf) as link:
                await until(lambda: len(clerk.fetched) >= 3)
                assert link.view().shown == Shown(awaited=True)
                clerk.has(of(FIRST))
                await until(lambda: shows(link, FIRST))

    with caplog.at_level(logging.WARNING):
        run(test())
    assert f"what came is another content, {SECOND.digest}." in caplog.text
    assert shelf.find(SECOND.digest) is None


def test_bytes_that_came_damaged_are_asked_for_again(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.has(of(FIRST).model_copy(update={"data": "é!"}))
            clerk.snapshot = snapshot(stage=shown_by(FIRST))
            async with linked(memory, shelf) as link:
                await until(lambda: len(clerk.fetched) >= 2)
                clerk.has(of(FIRST))
                await until(lambda: shows(link, FIRST))

    run(test())


def test_a_content_that_is_refused_is_asked_for_again(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with at_work(memory) as clerk:
            refused = Refused(session=SESSION, code="no-content", reason="There is none.")
            clerk.contents[FIRST.digest] = refused
            clerk.snapshot = snapshot(stage=shown_by(FIRST))
            async with linked(memory, shelf) as link:
                await until(lambda: len(clerk.fetched) >= 2)
                clerk.has(of(FIRST))
                await until(lambda: shows(link, FIRST))

    run(test())


def test_a_screen_that_does_not_come_is_asked_for_again_and_awaited(
    memory: Memory, shelf: Shelf
) -> None:
    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.snapshot = snapshot(stage=shown_by(FIRST))
            async with linked(memory, shelf) as link:
                await until(lambda: len(clerk.fetched) >= 2)
                assert link.view().shown == Shown(awaited=True)
                memory.server.drop_connections(SEAT)
                clerk.has(of(FIRST))
                await until(lambda: shows(link, FIRST))

    run(test())


def test_a_screen_for_newer_clients_is_told_of_before_its_stage_opens(
    memory: Memory, shelf: Shelf, caplog: pytest.LogCaptureFixture
) -> None:
    newer = content(FIRST.canonical().replace(b'"name"', b'"format":2,"name"'))

    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.has(newer)
            clerk.snapshot = snapshot(contents=(newer.digest,))
            async with linked(memory, shelf) as link:
                await until(lambda: link.view().notice == Notice(note=Note.OUTDATED))
                clerk.say(released(1, stage(2, screen=newer.digest)))
                await until(lambda: link.view().shown == Shown(awaited=True))
                assert clerk.fetched == [newer.digest]

    with caplog.at_level(logging.ERROR):
        run(test())
    assert f"too old for screen {newer.digest}" in caplog.text


def test_a_disk_that_takes_nothing_stops_no_screen(memory: Memory, tmp_path: Path) -> None:
    picture = content(PICTURE, "image/png")
    pictured = screen("pictured", images={"map.png": picture.digest})
    (tmp_path / "shelf").write_text("this is a file")

    async def test() -> None:
        with Shelf(tmp_path / "shelf") as shelf:
            async with at_work(memory) as clerk:
                clerk.has(of(pictured), picture)
                clerk.snapshot = snapshot(stage=shown_by(pictured))
                async with linked(memory, shelf) as link:
                    await until(lambda: link.view().shown.images)
                    assert shows(link, pictured)

    run(test())


# -- what an author saves meanwhile -------------------------------------------------------------


def changed(before: str, after: str | None = None, problem: str = "") -> ScreenChanged:
    return ScreenChanged(session=SESSION, before=before, after=after, problem=problem)


@asynccontextmanager
async def at_the_first(memory: Memory, shelf: Shelf) -> AsyncIterator[tuple[Clerk, Link]]:
    async with at_work(memory) as clerk:
        clerk.has(of(FIRST))
        clerk.snapshot = snapshot(stage=shown_by(FIRST), contents=(FIRST.digest,))
        async with linked(memory, shelf) as link:
            await until(lambda: shows(link, FIRST))
            yield clerk, link


def test_a_screen_that_was_saved_is_shown_once_it_is_here(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with at_the_first(memory, shelf) as (clerk, link):
            clerk.say(changed(FIRST.digest, SECOND.digest))
            await until(lambda: SECOND.digest in clerk.fetched)
            assert shows(link, FIRST)
            clerk.has(of(SECOND))
            await until(lambda: shows(link, SECOND))

    run(test())


def test_a_screen_saved_twice_or_back_again_is_shown_as_it_was_saved_last(
    memory: Memory, shelf: Shelf
) -> None:
    third = screen("third")

    async def test() -> None:
        async with at_the_first(memory, shelf) as (clerk, link):
            clerk.has(of(SECOND), of(third))
            clerk.say(changed(FIRST.digest, SECOND.digest))
            clerk.say(changed(SECOND.digest, third.digest))
            await until(lambda: shows(link, third))
            clerk.say(changed(third.digest, FIRST.digest))
            await until(lambda: shows(link, FIRST))
            clerk.say(changed(FIRST.digest, SECOND.digest))
            await until(lambda: shows(link, SECOND))

    run(test())


def test_a_mistake_is_told_beside_what_is_shown_until_it_is_mended(
    memory: Memory, shelf: Shelf
) -> None:
    async def test() -> None:
        async with at_the_first(memory, shelf) as (clerk, link):
            clerk.say(changed(FIRST.digest, problem="first.xml:3: there is no tag <txet>."))
            await until(lambda: link.view().shown.problem)
            assert link.view().shown == Shown(
                spec=FIRST, problem="first.xml:3: there is no tag <txet>."
            )
            clerk.say(changed(FIRST.digest, problem=""))
            await until(lambda: link.view().shown == Shown(spec=FIRST))

            clerk.has(of(SECOND))
            clerk.say(changed(FIRST.digest, problem="Again."))
            clerk.say(changed(FIRST.digest, SECOND.digest))
            await until(lambda: link.view().shown == Shown(spec=SECOND))

    run(test())


def test_another_session_begins_with_nothing_of_the_last(memory: Memory, shelf: Shelf) -> None:
    async def test() -> None:
        async with at_the_first(memory, shelf) as (clerk, link):
            clerk.snapshot = snapshot(session="t", stage=shown_by(FIRST), contents=())
            clerk.say(changed(FIRST.digest, problem="Of the last."))
            clerk.say(SessionAssigned(session="t", partition=0, seat=SEAT))
            await until(lambda: link.state.session == "t" and link.state.stage)
            await until(lambda: link.view().shown == Shown(spec=FIRST))

    run(test())


# -- signed controllers -------------------------------------------------------------------------


def test_a_screen_with_a_controller_waits_for_the_bundle_that_may_have_it(
    memory: Memory, shelf: Shelf
) -> None:
    led = screen("led", controller="example.Decision")
    signed = content(b"{}", "application/vnd.palier.bundle+json")

    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.has(of(led))
            clerk.snapshot = snapshot(
                stage=shown_by(led), contents=(led.digest,), bundle=signed.digest
            )
            async with Link(memory.transport(), CREDENTIALS, shelf=shelf, bundles=True) as link:
                await until(lambda: has(link, led.digest))
                assert link.view().shown == Shown(awaited=True)
                clerk.has(of(led), signed)
                await until(lambda: shows(link, led))
                assert link.view().shown.bundle == b"{}"

    run(test())


def test_who_runs_no_controllers_of_a_server_does_not_even_ask_for_them(
    memory: Memory, shelf: Shelf
) -> None:
    led = screen("led", controller="example.Decision")
    signed = content(b"{}", "application/vnd.palier.bundle+json")

    async def test() -> None:
        async with at_work(memory) as clerk:
            clerk.has(of(led), signed)
            clerk.snapshot = snapshot(
                stage=shown_by(led), contents=(led.digest,), bundle=signed.digest
            )
            async with linked(memory, shelf) as link:
                await until(lambda: shows(link, led))
                assert link.view().shown.bundle is None
                assert clerk.fetched == [led.digest]

    run(test())
