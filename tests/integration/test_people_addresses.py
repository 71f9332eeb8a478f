"""One address book at several desks: all see a change at once, and no change is lost unseen."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from palier.client.link import Link
from palier.client.state import Asking
from tests.brokers import run, until
from tests.laboratory import Laboratory, check_record

Row = dict[str, Any]


@asynccontextmanager
async def desks(laboratory: Laboratory, *, seats: int) -> AsyncIterator[list[Link]]:
    """Open the book at so many desks."""
    laboratory.seats = laboratory.more_seats(seats)
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(laboratory.working())
        operator = await stack.enter_async_context(laboratory.operator())
        credentials = await laboratory.seated(operator, "people-addresses", auto_start=True)
        links = [await stack.enter_async_context(laboratory.link(one)) for one in credentials]
        await until(lambda: all(isinstance(one.state.screen, Asking) for one in links))
        yield links


def shown(link: Link) -> dict[str, Any]:
    stage = link.state.stage
    return {} if stage is None else dict(stage.data)


def person(link: Link, name: str) -> Row | None:
    found: Row | None = next((one for one in shown(link)["people"] if one["name"] == name), None)
    return found


def entry(row: Row, **changes: Any) -> dict[str, Any]:
    """Return what a desk hands in that has this row before it."""
    names = ("name", "card", "addresses", "circles")
    return {
        "person": row["id"],
        "version": row["version"],
        "born": row["born"] or None,
        **{one: row[one] for one in names},
        **changes,
    }


async def act(link: Link, action: str, **body: Any) -> None:
    stage = link.state.stage
    assert stage is not None
    await link.act(stage, action, body or None)


def stored(laboratory: Laboratory, table: str) -> list[Any]:
    where = (
        "people_addresses__"
        if laboratory.database.name == "sqlite"
        else "program_people_addresses."
    )
    return laboratory.database.ask(f"SELECT * FROM {where}{table} ORDER BY id")


def test_what_one_desk_writes_all_see_and_a_conflict_is_shown_and_not_overwritten(
    laboratory: Laboratory,
) -> None:
    async def test() -> None:
        async with desks(laboratory, seats=2) as (one, other):
            ada = person(one, "Ada Lovelace")
            assert ada is not None
            assert ada == person(other, "Ada Lovelace")

            await act(one, "save", **entry(ada, addresses="1 Marylebone, London", circles="Music"))
            await until(lambda: (person(other, "Ada Lovelace") or ada)["version"] > ada["version"])
            newer = person(other, "Ada Lovelace")
            assert newer is not None
            assert (newer["addresses"], newer["circles"]) == ("1 Marylebone, London", "Music")
            assert newer["by"] == laboratory.seats[0]

            # the other desk had begun to write before it saw that
            await act(other, "save", **entry(ada, name="Augusta Ada King"))
            await until(lambda: shown(other)["clash"])
            assert shown(other)["theirs"]["addresses"] == "1 Marylebone, London"
            assert shown(other)["mine"]["name"] == "Augusta Ada King"
            assert not shown(one)["clash"]
            assert stored(laboratory, "person")[0].name == "Ada Lovelace"

            # both before its eyes, it decides
            await act(other, "save", **entry(newer, name="Augusta Ada King"))
            await until(lambda: person(one, "Augusta Ada King") is not None)
            await until(lambda: not shown(other)["clash"])

            # nobody deletes what was changed meanwhile
            await act(one, "delete", person=ada["id"], version=newer["version"])
            await until(lambda: shown(one)["clash"])
            await act(one, "yield_")
            await until(lambda: not shown(one)["clash"])
            last = person(one, "Augusta Ada King")
            assert last is not None
            await act(one, "delete", person=last["id"], version=last["version"])
            await until(lambda: person(other, "Augusta Ada King") is None)

    run(test())
    assert [one.name for one in stored(laboratory, "person")] == [
        "Charles Babbage",
        "Sophie Germain",
    ]
    assert "1 Marylebone" not in str(stored(laboratory, "address"))
    check_record(laboratory.database, laboratory.session)


def test_of_many_who_change_the_same_at_once_each_is_kept_or_told(laboratory: Laboratory) -> None:
    kept = 0

    async def edit(link: Link, times: int) -> None:
        nonlocal kept
        for number in range(times):
            row = next(one for one in shown(link)["people"] if one["card"] == 1843)
            name = f"{link.state.seat} {number}"
            await act(link, "save", **entry(row, name=name))
            await link.ask()  # what it shows now has that in it
            if shown(link)["clash"]:
                assert shown(link)["mine"]["name"] == name
                await act(link, "yield_")
            else:
                kept += 1

    async def test() -> None:
        async with desks(laboratory, seats=4) as links:
            await asyncio.gather(*(edit(one, 6) for one in links))
            ends = [shown(one)["people"] for one in links]
            await until(lambda: all(shown(one)["people"] == ends[0] for one in links))

    run(test())
    ada = stored(laboratory, "person")[0]
    # the first change is that which wrote the sample
    assert ada.changes == kept + 1
    assert kept >= 6
    check_record(laboratory.database, laboratory.session)


def test_a_worker_that_takes_over_has_the_book_as_it_was(laboratory: Laboratory) -> None:
    async def test() -> None:
        laboratory.seats = laboratory.more_seats(1)
        async with laboratory.working(), laboratory.operator() as operator:
            (only,) = await laboratory.seated(operator, "people-addresses", auto_start=True)
            async with laboratory.link(only) as link:
                await until(lambda: isinstance(link.state.screen, Asking))
                germain = person(link, "Sophie Germain")
                assert germain is not None
                await act(link, "save", **entry(germain, card=1776))
                await act(link, "search", words="savoie")
                await until(lambda: len(shown(link)["found"]) == 1)
                before = shown(link)
        async with laboratory.working(), laboratory.link(only) as link:
            await until(lambda: isinstance(link.state.screen, Asking))
            assert shown(link) == before
            await act(link, "save", **entry(shown(link)["found"][0], card=1777))
            await until(lambda: shown(link)["found"][0]["card"] == 1777)

    run(test())
    assert [one.number for one in stored(laboratory, "card")] == [1843, 1822, 1777]
