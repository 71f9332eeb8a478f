"""The address book: rows, relations, and two who change the same."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from palier.program import GO_ON
from palier.program.testing import load, load_bots, play
from palier.program.transactions import in_memory

Book = load("programs/people_addresses")
Clerk: Any = load_bots("programs/people_addresses")["clerk"]
names: dict[str, Any] = Book.run.__globals__
write, erase, everyone = names["write"], names["erase"], names["everyone"]
Person, City, Card, Circle = (names[one] for one in ("Person", "City", "Card", "Circle"))

ADA: dict[str, Any] = {
    "person": 0,
    "version": 0,
    "name": "Ada",
    "born": "1815-12-10",
    "card": 7,
    "addresses": "St James’s Square, London\n Ockham Park,Ockham\n",
    "circles": "Music, Mathematics,,Music",
}


def test_a_person_is_written_with_all_that_belongs_to_it_and_erased_with_it() -> None:
    with in_memory(Book) as memory:
        row: Any = memory.run(write, ADA, "p1")["row"]
        assert row["addresses"] == "St James’s Square, London\nOckham Park, Ockham"
        assert row["circles"] == "Mathematics, Music"
        assert (row["card"], row["by"], row["version"]) == (7, "p1", row["version"])
        changed = {**ADA, "person": row["id"], "version": row["version"], "card": 8}
        moved = {**changed, "addresses": "St James’s Square, London", "circles": "Music"}
        again: Any = memory.run(write, moved, "p2")["row"]
        assert again["version"] > row["version"]
        assert (again["card"], again["circles"]) == (8, "Music")
        assert memory.run(lambda: [one.name for one in City.where()]) == ["London", "Ockham"]
        assert memory.run(erase, row["id"], again["version"]) == {"gone": row["id"]}
        assert memory.run(lambda: [one.where().count() for one in (Person, Card)]) == [0, 0]
        assert memory.run(lambda: Circle.where(name="Music").one().members) == []


def test_who_has_an_older_version_changes_nothing_and_is_told_the_newer() -> None:
    with in_memory(Book) as memory:
        row: Any = memory.run(write, ADA, "p1")["row"]
        first = {**ADA, "person": row["id"], "version": row["version"], "name": "Ada L."}
        newer: Any = memory.run(write, first, "p1")["row"]
        second = {**first, "name": "Augusta"}
        assert memory.run(write, second, "p2") == {"clash": newer}
        assert memory.run(erase, row["id"], row["version"]) == {"clash": newer}
        assert memory.run(everyone) == [newer]
        # on purpose, with both before one's eyes, it goes
        last: Any = memory.run(write, {**second, "version": newer["version"]}, "p2")
        assert last["row"]["name"] == "Augusta"


def test_a_card_is_one_person_s() -> None:
    with in_memory(Book) as memory:
        memory.run(write, ADA, "p1")
        found = memory.run(write, {**ADA, "name": "Charles"}, "p1")
    assert found == {"refused": "Card 7 belongs to Ada."}


@pytest.mark.parametrize("samples", [True, False])
def test_a_whole_session_runs_in_memory(samples: bool) -> None:
    result = play(Book, seats=2, settings={"samples": samples}, seed=5)
    assert [one.name for one in result.stages] == ["book", "goodbye"]
    assert len(result.stages[0].stage.data["people"]) == (3 if samples else 0)  # type: ignore[arg-type]


def test_a_clerk_looks_itself_up_writes_itself_in_moves_and_leaves() -> None:
    result = play(Book, seats=3, bots=Clerk)

    rows = result.actions("book")
    assert {row["refusal"] for row in rows} == {""}
    for seat in result.seats:
        search, first, then = (row for row in rows if row["seat"] == seat)
        assert (search["action"], search["words"]) == ("search", f"Clerk {seat}")
        assert (first["action"], first["person"], first["version"]) == ("save", 0, 0)
        assert first["addresses"] == "1 Long Lane, Leeds"
        assert (then["action"], then["name"]) == ("save", f"Clerk {seat}")
        assert (then["person"] > 3, then["version"] > 0) == (True, True)
        assert then["addresses"] == "2 High Street, York"
    # three were there
    assert result.data("goodbye")[0]["people"] == 6


def shown(*found: dict[str, Any], clash: bool = False, words: str = "Clerk p1") -> Any:
    return SimpleNamespace(data={"words": words, "found": list(found), "clash": clash})


def test_a_clerk_changes_its_own_entry_and_keeps_what_others_have_put_there() -> None:
    clerk = Clerk(seat="p1")
    mine = {
        "id": 7,
        "version": 4,
        "name": "Clerk p1",
        "born": "",
        "card": 12,
        "addresses": "1 Long Lane, Leeds",
        "circles": "Music",
    }
    namesake = {**mine, "id": 8, "name": "Clerk p11"}

    assert clerk.book(shown(namesake, mine)) == (
        "save",
        {
            "person": 7,
            "version": 4,
            "name": "Clerk p1",
            "born": None,
            "card": 12,
            "addresses": "2 High Street, York",
            "circles": "Music",
        },
    )
    # somebody else was faster: it stays as they have it, and the clerk goes on from there
    assert clerk.book(shown(mine, clash=True)) == "yield_"
    assert clerk.book(shown({**mine, "version": 5}))[1]["version"] == 5
    assert clerk.book(shown({**mine, "addresses": "2 High Street, York"})) is GO_ON


def test_a_clerk_does_nothing_twice_before_it_has_waited_for_a_while() -> None:
    clerk = Clerk(seat="p1")
    new = ("save", {"name": "Clerk p1", "addresses": "1 Long Lane, Leeds"})

    assert [clerk.book(shown()) for _ in range(22)] == [new, *[None] * 20, new]
