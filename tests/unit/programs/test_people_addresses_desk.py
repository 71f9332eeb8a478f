"""The address book's controller: what a desk hands in, and what it shows afterwards."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import Any, cast

import pytest
from pydantic import JsonValue

from palier.client.controllers import InFolders
from palier.controller import Surface
from palier.schemas.errors import PalierError

NOBODY = {"id": 0, "version": 0, "name": "", "delete": False}
ADA: dict[str, Any] = {
    "id": 1,
    "version": 4,
    "value": "1",
    "name": "Ada",
    "born": "1815-12-10",
    "card": 7,
    "addresses": "Ockham Park, Ockham",
    "circles": "Music",
}


class Screen:
    """A screen without a window, beside a worker that does what a test says."""

    def __init__(self) -> None:
        self.local: dict[str, JsonValue] = {"person": -1, "version": 0, "words": None}
        self.data: dict[str, Any] = {"people": [ADA], "clash": False, "mine": {}, "theirs": {}}
        self.done: list[tuple[str, Mapping[str, JsonValue] | None]] = []
        self.said: list[str] = []
        self.refuses = ""
        #: What the stage shows once something was done.
        self.then: dict[str, Any] = {}

    @property
    def names(self) -> Mapping[str, JsonValue]:
        return {**self.data, "local": dict(self.local)}

    def put(self, place: str, value: JsonValue) -> None:
        self.local[place.removeprefix("local.")] = value

    def toast(self, text: str) -> None:
        self.said.append(text)

    def focus(self, place: str) -> None:
        self.said.append(place)

    async def _act(self, action: str, body: Mapping[str, JsonValue] | None) -> int:
        if self.refuses:
            raise PalierError(self.refuses)
        self.done.append((action, body))
        return len(self.done)

    def act(self, action: str, body: Mapping[str, JsonValue] | None = None) -> Awaitable[int]:
        return self._act(action, body)

    async def _ask(self) -> Mapping[str, JsonValue]:
        self.data.update(self.then)
        return self.data

    def ask(self) -> Awaitable[Mapping[str, JsonValue]]:
        return self._ask()


@pytest.fixture
def screen() -> Screen:
    return Screen()


@pytest.fixture
def editor(screen: Screen) -> Any:
    found = InFolders(Path("programs")).find("people_addresses.Editor")
    assert found is not None
    return found(cast("Surface", screen))


def test_who_is_picked_is_shown_and_saved_with_the_version_that_was_seen(
    screen: Screen, editor: Any
) -> None:
    editor.pick("1")
    assert (screen.local["name"], screen.local["person"]) == ("Ada", 1)
    screen.local["name"] = "Ada King"
    newer = {**ADA, "name": "Ada King", "version": 5}
    screen.then = {"people": [newer]}
    asyncio.run(editor.save())
    ((name, body),) = screen.done
    assert name == "save"
    assert body is not None
    assert (body["person"], body["version"], body["name"]) == (1, 4, "Ada King")
    # the next change begins from what was saved
    assert screen.local["version"] == 5


def test_somebody_new_is_open_once_saved_so_that_saving_again_makes_no_second(
    screen: Screen, editor: Any
) -> None:
    editor.begin()
    asyncio.run(editor.save())
    assert screen.done == []
    assert screen.said == ["Write a name first.", "local.name"]
    screen.local["name"] = "Sophie"
    screen.then = {"people": [ADA, {**ADA, "id": 2, "value": "2", "name": "Sophie", "version": 1}]}
    asyncio.run(editor.save())
    assert (screen.local["person"], screen.local["version"]) == (2, 1)


def test_in_a_conflict_one_insists_or_gives_way_with_the_newer_version(
    screen: Screen, editor: Any
) -> None:
    editor.pick("1")
    theirs = {**ADA, "name": "Augusta", "version": 9}
    mine = {**ADA, "name": "Ada King", "delete": False}
    screen.then = {"clash": True, "mine": mine, "theirs": theirs, "people": [theirs]}
    asyncio.run(editor.save())
    assert screen.local["name"] == "Ada"

    screen.then = {"clash": False}
    asyncio.run(editor.insist())
    name, body = screen.done[-1]
    assert body is not None
    assert (name, body["version"], body["name"]) == ("save", 9, "Ada King")
    asyncio.run(editor.give_way())
    assert screen.done[-1] == ("yield_", None)
    assert (screen.local["name"], screen.local["version"]) == ("Augusta", 9)


def test_who_was_deleted_meanwhile_is_saved_as_somebody_new(screen: Screen, editor: Any) -> None:
    screen.data.update(
        clash=True, mine={**ADA, "name": "Ada King", "delete": False}, theirs=NOBODY, people=[]
    )
    screen.then = {"clash": False}
    asyncio.run(editor.insist())
    _, body = screen.done[-1]
    assert body is not None
    assert (body["person"], body["version"]) == (0, 0)


def test_a_refusal_is_said_and_what_is_typed_stays(screen: Screen, editor: Any) -> None:
    editor.pick("1")
    screen.local["card"] = 8
    screen.refuses = "Card 8 belongs to Charles."
    asyncio.run(editor.save())
    assert screen.said == ["Card 8 belongs to Charles."]
    assert screen.local["card"] == 8
    screen.refuses = ""
    asyncio.run(editor.erase())
    assert screen.done == [("delete", {"person": 1, "version": 4})]
    assert screen.local["person"] == -1
