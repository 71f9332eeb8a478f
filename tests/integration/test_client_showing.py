"""A client and a worker, about what stages show: screens, posts, onsets, calls for help."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import pytest

from palier.client.errors import Rejected
from palier.client.link import Link
from palier.client.shelf import Shelf
from palier.client.state import Asking, Ended, Waiting
from palier.client.view import View
from palier.program import Program, Session
from palier.schemas.replies import SeatRow
from palier.schemas.screens.screen import digest
from tests.brokers import Memory, run, until
from tests.laboratory import Laboratory, Number
from tests.screened import ASKING, PNG, TALKING, digest_of, plain, write


class Talk(Program):
    """People talk, then each gives a number, then it is the end."""

    async def run(self, session: Session) -> None:
        await session.stage("talk")
        await session.stage("ask", form=Number)
        await session.stage("end")


class Sitting:
    """A session of two seats that has begun."""

    def __init__(self, laboratory: Laboratory, links: list[Link]) -> None:
        self.laboratory = laboratory
        self.one, self.other = links

    async def rows(self) -> tuple[SeatRow, ...]:
        async with self.laboratory.operator() as operator:
            return (await operator.overview(self.laboratory.session)).seats


@asynccontextmanager
async def sitting(laboratory: Laboratory, folder: Path) -> AsyncIterator[Sitting]:
    laboratory.seats = laboratory.seats[:2]
    laboratory.catalogue.add("talk", Talk, folder=folder)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(laboratory.working())
        operator = await stack.enter_async_context(laboratory.operator())
        credentials = await laboratory.seated(operator, "talk")
        await operator.start(laboratory.session)
        shelf = stack.enter_context(Shelf(folder / "shelf"))
        links = [
            await stack.enter_async_context(Link(laboratory.server.transport(), one, shelf=shelf))
            for one in credentials
        ]
        for link in links:
            await sees(link, lambda view: view.shown.spec is not None)
        yield Sitting(laboratory, links)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write(tmp_path, "talk", TALKING)
    write(tmp_path, "ask", ASKING)
    pictured = plain("The end.").replace("<text>", '<image source="map.png" alt="A map"/><text>')
    write(tmp_path, "end", pictured)
    (tmp_path / "screens" / "map.png").write_bytes(PNG)
    return tmp_path


async def sees(link: Link, condition: Callable[[View], bool]) -> None:
    await until(lambda: condition(link.view()))


def at(view: View, generation: int) -> bool:
    """Tell whether a generation is shown, and nothing after it."""
    screen = view.screen
    return isinstance(screen, Asking | Waiting) and screen.stage.generation == generation


def spec(link: Link) -> str | None:
    shown = link.view().shown.spec
    return None if shown is None else shown.digest


def test_screens_are_here_before_their_stages_and_none_is_shown_early(
    each_laboratory: Laboratory, folder: Path
) -> None:
    async def test() -> None:
        async with sitting(each_laboratory, folder) as session:
            link, other = session.one, session.other
            names = [digest_of(folder, one) for one in ("talk", "ask", "end")]
            everything = {*names, digest(PNG)}
            shelf = folder / "shelf"
            await until(lambda: {one.name[:64] for one in shelf.iterdir()} >= everything)
            seen: list[tuple[str, str | None, bool]] = []

            def note(changed: Link) -> None:
                screen, shown = changed.view().screen, changed.view().shown
                if isinstance(screen, Asking | Waiting) and not screen_is_over(screen):
                    seen.append((screen.stage.name, spec(changed), shown.awaited))

            def screen_is_over(screen: Asking | Waiting) -> bool:
                return isinstance(screen, Waiting) and screen.released

            link._on_change = note
            for number, answer in enumerate((None, {"value": 3}, None), 1):
                for one in (link, other):
                    assert one.submit(answer, stage=one.state.stage)
                for one in (link, other):
                    await sees(one, lambda view: not at(view, number))  # noqa: B023
            await until(lambda: isinstance(link.state.screen, Ended))

            assert {(name, shown) for name, shown, _ in seen} == set(
                zip(("talk", "ask", "end"), names, strict=True)
            )
            assert not any(awaited for _, _, awaited in seen)

    run(test())


def test_what_one_posts_all_see_also_who_comes_back(
    memory: Memory, small_laboratory: Laboratory, folder: Path
) -> None:
    async def test() -> None:
        async with sitting(small_laboratory, folder) as session:
            link, other = session.one, session.other
            stage = link.state.stage
            assert stage is not None
            assert await link.post(stage, "talk", "Hello") == 1
            assert await other.post(stage, "prices", 2.5) == 2
            memory.server.drop_connections(other.state.seat)
            assert await link.post(stage, "talk", "Are you there?") == 3

            for one in (link, other):
                await sees(one, lambda view: len(view.shown.posts) == 3)
                posts = one.view().shown.posts
                assert [(post.number, post.stream, post.value) for post in posts] == [
                    (1, "talk", "Hello"),
                    (2, "prices", 2.5),
                    (3, "talk", "Are you there?"),
                ]
            with pytest.raises(Rejected, match="nothing"):
                await link.post(stage, "nothing", "Hello")

    run(test())


def test_an_onset_and_a_call_for_help_reach_the_operator(
    small_laboratory: Laboratory, folder: Path
) -> None:
    async def test() -> None:
        async with sitting(small_laboratory, folder) as session:
            link = session.one
            stage = link.state.stage
            assert stage is not None
            link.painted(stage, time.monotonic())
            link.call_for_help("My mouse is gone.")
            await until(lambda: link._help.noted)
            row, other = await session.rows()

            assert row.call == "My mouse is gone."
            assert row.painted is not None
            assert 0 <= row.painted < 10
            assert (other.called_at, other.painted) == (None, None)

            async with small_laboratory.operator() as operator:
                await operator.attend(small_laboratory.session, link.state.seat)
            await until(lambda: not link.view().called)

    run(test())


def test_a_bot_fetches_and_follows_nothing(small_laboratory: Laboratory, folder: Path) -> None:
    async def test() -> None:
        small_laboratory.catalogue.add("talk", Talk, folder=folder)
        async with small_laboratory.working(), small_laboratory.operator() as operator:
            credentials = await small_laboratory.seated(operator, "talk")
            await operator.start(small_laboratory.session)
            assert await small_laboratory.play(credentials) == {"finished"}

    run(test())
