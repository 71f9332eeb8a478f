"""Desks on a broker: what a stage shows comes by hash, and what people say reaches the others."""

from __future__ import annotations

import time
from contextlib import AsyncExitStack
from pathlib import Path

from sqlalchemy import select

from palier.client.link import Link
from palier.client.shelf import Shelf
from palier.client.staff import Staff
from palier.program import Session as ProgramSession
from palier.schemas.events import HelpCalled, Posted
from palier.schemas.message import Event
from palier.workers.persistence import tables
from palier.workers.runtime.catalogue import SCREENS
from tests.brokers import run, until
from tests.laboratory import SECRETS, Laboratory, check_record
from tests.rehearsal import program
from tests.screened import PLAIN, PNG, TALKING, digest_of, write

PICTURE = '<image source="curve.png" alt="A curve"/>'


async def talk(session: ProgramSession) -> None:
    await session.stage("talk")
    await session.stage("after")


def edited(laboratory: Laboratory, folder: Path) -> None:
    """Offer a program with two screens and a picture."""
    (folder / SCREENS).mkdir(parents=True)
    (folder / SCREENS / "curve.png").write_bytes(PNG)
    write(folder, "talk", TALKING)
    write(folder, "after", PLAIN.replace("<text>", f"{PICTURE}<text>"))
    laboratory.catalogue.add("edited", program(talk), folder=folder)


def test_desks_show_talk_report_and_call(each_laboratory: Laboratory, tmp_path: Path) -> None:
    laboratory = each_laboratory
    laboratory.seats = laboratory.more_seats(2)
    folder = tmp_path / "program"
    edited(laboratory, folder)
    heard: list[Event] = []

    async def test() -> None:
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(laboratory.working())
            operator = await stack.enter_async_context(laboratory.operator())
            transport = laboratory.server.transport()
            staff = Staff(transport, password=SECRETS.operator, told=heard.append)
            await stack.enter_async_context(staff)
            credentials = await laboratory.seated(operator, "edited")
            first, second = links = [
                await stack.enter_async_context(
                    Link(transport, one, shelf=stack.enter_context(Shelf(tmp_path / one.seat)))
                )
                for one in credentials
            ]
            await operator.start(laboratory.session)

            # the screen, and the picture of the next one, are there
            await until(lambda: all(one.view().shown.spec for one in links))
            spec = first.view().shown.spec
            assert spec is not None
            assert spec.digest == digest_of(folder, "talk")
            await until(lambda: list((tmp_path / credentials[0].seat).rglob("*.png")))

            # what was painted is in the overview
            stage = first.state.stage
            assert stage is not None
            for link in links:
                link.painted(stage, time.monotonic())
            await until(lambda: len(onsets(laboratory)) == 2)
            overview = await operator.overview(laboratory.session)
            assert all(one.painted is not None for one in overview.seats)

            # what is said reaches everybody, in one order
            assert await first.post(stage, "talk", "Hello!") == 1
            assert await second.post(stage, "prices", 4.5) == 2
            await until(lambda: all(len(one.view().shown.posts) == 2 for one in links))
            assert [one.value for one in first.view().shown.posts] == ["Hello!", 4.5]
            assert first.view().shown.posts == second.view().shown.posts
            await until(lambda: sum(isinstance(one, Posted) for one in heard) == 2)

            # who calls is heard, and hears that it was answered
            second.call_for_help("Please.")
            await until(lambda: any(isinstance(one, HelpCalled) for one in heard))
            await until(lambda: second.view().called)
            overview = await operator.overview(laboratory.session)
            assert [one.call for one in overview.seats] == ["", "Please."]
            caller = credentials[1].seat
            said = await operator.attend(laboratory.session, caller, reason="was there")
            assert said == f"The call of {caller} is answered."
            await until(lambda: not second.view().called)

            for link in links:
                link.submit(None)
            await until(lambda: all(shows(one, folder, "after") for one in links))
            assert list(first.view().shown.images) == ["curve.png"]
            assert await laboratory.lost() == []

    run(test())
    check_record(laboratory.database, laboratory.session)


def shows(link: Link, folder: Path, name: str) -> bool:
    """Tell whether a desk shows a screen."""
    spec = link.view().shown.spec
    return spec is not None and spec.digest == digest_of(folder, name)


def onsets(laboratory: Laboratory) -> list[object]:
    """Return when desks had painted what."""
    onset = tables.onset
    return laboratory.database.ask(select(onset).where(onset.c.session == laboratory.session))


def test_posts_go_on_where_another_worker_takes_over(
    small_laboratory: Laboratory, tmp_path: Path
) -> None:
    laboratory = small_laboratory
    laboratory.seats = laboratory.more_seats(2)
    edited(laboratory, tmp_path / "program")

    async def test() -> None:
        async with AsyncExitStack() as stack:
            async with laboratory.working(), laboratory.operator() as operator:
                credentials = await laboratory.seated(operator, "edited", auto_start=True)
                shelf = stack.enter_context(Shelf(tmp_path / "shelf"))
                transport = laboratory.server.transport()
                links = [
                    await stack.enter_async_context(Link(transport, one, shelf=shelf))
                    for one in credentials
                ]
                await until(lambda: all(one.state.stage for one in links))
                stage = links[0].state.stage
                assert stage is not None
                assert await links[0].post(stage, "talk", "before") == 1
            async with laboratory.working():
                assert await links[1].post(stage, "talk", "after") == 2
                await until(lambda: all(len(one.view().shown.posts) == 2 for one in links))

    run(test())
    check_record(laboratory.database, laboratory.session)
