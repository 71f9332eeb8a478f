"""A scribe writes without holding up its loop, and loses nothing that it said is kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from palier.client.entries import Changes, Entry, Typed
from palier.client.errors import JournalFailed
from palier.client.scribe import Scribe
from palier.schemas.commands import Submit
from tests.brokers import run, until
from tests.unit.client.disk import Disk

OPENED = "2026-01-01T12:00:00+00:00"


def entry(name: str) -> Entry:
    command = Submit(session="s", scope="all", generation=1, answer={"value": 1})
    return Entry(message_id=name, command=command, partition=0, opened_at=OPENED, at=time.time())


def typed(text: str) -> Typed:
    return Typed(key=("s", "all", 1), opened_at=OPENED, fields={"amount": text}, at=time.time())


@asynccontextmanager
async def writing(path: Path) -> AsyncIterator[tuple[Scribe, Disk]]:
    with Disk(path / "p1.journal") as disk:
        scribe = Scribe(disk)
        scribe.start()
        try:
            yield scribe, disk
        finally:
            disk.ready.set()
            await scribe.close()


def test_what_is_kept_is_on_disk(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as (scribe, disk):
            await scribe.keep(entry("a"))

            assert [one.message_id for one in disk.pending()] == ["a"]

    run(test())


def test_a_slow_disk_holds_up_nobody_but_who_waits_for_it(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as (scribe, disk):
            disk.ready.clear()
            keeping = asyncio.create_task(scribe.keep(entry("a")))
            turns = 0
            begun = time.monotonic()
            while time.monotonic() - begun < 0.2:
                await asyncio.sleep(0.001)
                turns += 1

            assert turns > 5
            assert not keeping.done()
            disk.ready.set()
            await keeping

    run(test())


def test_what_gathers_while_the_disk_is_busy_goes_in_one_commit(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as (scribe, disk):
            disk.ready.clear()
            first = asyncio.create_task(scribe.keep(entry("first")))
            await until(lambda: disk.begun == 1)
            more = [asyncio.create_task(scribe.keep(entry(f"m{n}"))) for n in range(20)]
            await asyncio.sleep(0)
            scribe.strike("m0")
            disk.ready.set()
            await asyncio.gather(first, *more)

            assert disk.commits == 2
            assert len(disk.pending()) == 20

    run(test())


def test_what_is_typed_is_written_some_times_a_second_and_the_last_stays(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as (scribe, disk):
            begun = time.monotonic()
            for number in range(100):
                scribe.draft(typed(str(number)))
                await asyncio.sleep(0.005)
            seconds = time.monotonic() - begun
            await until(lambda: [one.fields for one in disk.drafts()] == [{"amount": "99"}])

            assert disk.commits <= seconds * 4 + 2

    run(test())


def test_a_draft_goes_along_with_the_command_that_follows_it(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as (scribe, disk):
            scribe.draft(typed("12"))
            await scribe.keep(entry("a"))

            assert disk.commits == 1
            assert len(disk.drafts()) == 1

    run(test())


def test_what_is_left_when_it_ends_is_written(tmp_path: Path) -> None:
    async def test() -> None:
        async with writing(tmp_path) as (scribe, disk):
            await scribe.keep(entry("a"))
            disk.ready.clear()
            keeping = asyncio.create_task(scribe.keep(entry("b")))
            await until(lambda: disk.begun == 2)
            scribe.strike("a")
            scribe.draft(typed("12"))
            disk.ready.set()
            await scribe.close()

            assert keeping.done()
            assert [one.message_id for one in disk.pending()] == ["b"]
            assert len(disk.drafts()) == 1

    run(test())


def test_a_disk_that_takes_nothing_is_told_to_who_waits_and_tried_again_for_the_rest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("palier.client.scribe._AGAIN", 0.05)

    async def test() -> None:
        async with writing(tmp_path) as (scribe, disk):
            await scribe.keep(entry("a"))
            disk.full = True
            scribe.strike("a")
            with pytest.raises(JournalFailed, match="the disk is full"):
                await scribe.keep(entry("b"))
            scribe.draft(typed("1"))
            tried = disk.begun
            await until(lambda: disk.begun > tried)
            disk.full = False

            await until(lambda: disk.pending() == () and len(disk.drafts()) == 1)

    run(test())


def test_what_was_refused_is_not_on_disk_even_if_the_disk_had_taken_it(tmp_path: Path) -> None:
    """A disk may report a failure after all has been written."""

    class Liar(Disk):
        def write(self, changes: Changes) -> None:
            super().write(changes)
            if "b" in changes.entries and changes.entries["b"] is not None:
                raise JournalFailed(self.path, reason="the sync failed")

    async def test() -> None:
        with Liar(tmp_path / "p1.journal") as disk:
            scribe = Scribe(disk)
            scribe.start()
            with pytest.raises(JournalFailed):
                await scribe.keep(entry("b"))
            await scribe.close()

            assert disk.pending() == ()

    run(test())
