"""A session that is played to be exported: every kind of field, groups, troubles on the way."""

from __future__ import annotations

import json
from contextlib import closing
from datetime import date
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Literal

from sqlalchemy import select

from palier.program import Field, Form, Group, Session
from palier.schemas.commands import Exclude, OpenSession, ResumeFrom, Start, Submit
from palier.schemas.names import OPERATOR
from palier.schemas.replies import Refused
from palier.workers.persistence import tables
from palier.workers.persistence.export import (
    Export,
    Format,
    Written,
    export,
    take_picture,
    write_export,
)
from tests.databases import Database, Sqlite
from tests.laboratory import Postman
from tests.rehearsal import SESSION, rehearse

SEATS = ("p1", "p2", "p3", "p4")
ALL_FORMATS: tuple[Format, ...] = ("csv", "parquet", "sqlite")


class Colour(Enum):
    DARK_RED = "red"
    BLUE = "blue"


class Everything(Form):
    """A field of each kind, and names that mean trouble."""

    count: int = Field(ge=0, le=9, title="How many?")
    share: float = Field(ge=0, title="Which share?", description="Of the whole.")
    yes: bool = Field(title="Really?")
    colour: Colour = Field(title="Which colour?")
    day: date = Field(title="When?")
    words: str = Field(max_length=400, title="What else?")
    maybe: int | None = Field(default=None, title="A number, if you like")
    seat: str = Field(default="", title="Where do you sit?")
    function: int = Field(default=0, title="A word of R")


class Early(Form):
    value: int = Field(ge=0, le=9, title="How much?")


class Late(Form):
    value: float = Field(ge=0, le=100, title="How many percent?")
    size: Literal["s", "m"] = Field(default="s", title="Size")


async def everything(session: Session) -> None:
    answers = await session.stage("ask-all", form=Everything, data={"public": [1, 2]})
    for one, given in answers.items():
        one.pay(Decimal("0.1") * given.count)
    await session.each_group(in_pairs, size=2)
    await session.stage("2nd-end")


async def in_pairs(group: Group) -> None:
    await group.stage("ask", form=Early, data=lambda one: {"mine": [1, one.seat]})
    await group.stage("ask", form=Late, data=lambda one: {"mine": [2, one.seat]})


WORDS = 'Said "no", then\nleft; ça, "NA"'


def everything_answered(seat: str) -> dict[str, Any]:
    """Return an answer to everything; p2 leaves out what may be left out."""
    number = int(seat[1:])
    return {
        "count": number,
        "share": number / 3,
        "yes": number % 2 == 0,
        "colour": "red" if number < 3 else "blue",
        "day": f"2026-0{number}-28",
        "words": "" if seat == "p2" else WORDS,
        "maybe": None if seat == "p2" else 7,
        "seat": "front",
        "function": number,
    }


class Played:
    """A session that is played as far as a test wants it."""

    def __init__(self, database: Database) -> None:
        self.rehearsal = rehearse(database, everything, seats=SEATS)
        self.engine = self.rehearsal.postman.engine

    def answers(
        self, scope: str, generation: int, value: dict[str, Any] | None, *seats: str
    ) -> None:
        for seat in seats:
            self.rehearsal.later(1)
            given = everything_answered(seat) if generation == 1 and scope == "all" else value
            submit = Submit(session=SESSION, scope=scope, generation=generation, answer=given)
            told = self.rehearsal.ask(submit, seat)
            assert not isinstance(told, Refused), told

    def to_the_middle(self) -> Played:
        """Go on until one group is through its first stage, and a stage was done again."""
        self.answers("all", 1, None, *SEATS)
        groups = {one.name: one.seats for one in self.rehearsal.database.ask(_GROUPS)}
        first = groups["g1"]
        self.answers("g1", 1, {"value": 3}, *first)
        self.rehearsal.ask(
            ResumeFrom(session=SESSION, stage="ask", scope="g1", visit=1, reason="again")
        )
        self.answers("g1", 3, {"value": 4}, *first)
        self.answers("g1", 4, {"value": 2.5, "size": "m"}, first[0])
        return self

    def to_the_end(self) -> Played:
        """Go on to the end; one is excluded on the way."""
        self.to_the_middle()
        groups = {one.name: one.seats for one in self.rehearsal.database.ask(_GROUPS)}
        self.answers("g1", 4, {"value": 50, "size": "s"}, groups["g1"][1])
        self.rehearsal.ask(Exclude(session=SESSION, seats=(groups["g2"][1],), reason="ill"))
        for value in ({"value": 5}, {"value": 12.5}, None):
            for scope, generation, _, missing in self.rehearsal.open_stages():
                self.answers(scope, generation, value, *missing)
        return self


_GROUPS = select(tables.scope).where(tables.scope.c.name != "all")


def whole(played: Played) -> dict[str, Export]:
    """Return all tables, in memory."""
    with take_picture(played.engine, SESSION) as picture:
        return {one.name: one for one in export(picture.db, SESSION)}


def written(played: Played, folder: Path, *formats: Any, **more: Any) -> Written:
    return write_export(played.engine, SESSION, folder / "s", formats=formats or ("csv",), **more)


def codebook_of(folder: Path) -> dict[str, dict[str, Any]]:
    tables = json.loads((folder / "codebook.json").read_text(encoding="utf-8"))["tables"]
    return {name: one["columns"] for name, one in tables.items()}


def played_game(folder: Path) -> Path:
    """Play two rounds of the public-goods game; return the folder of its export, in all formats."""
    with closing(Sqlite(folder / "palier.db")) as database:
        postman = Postman(database.migrated())
        handler = postman.handler()
        opening = OpenSession(
            session="tuesday-1",
            program="public-goods",
            seats=SEATS,
            settings={"rounds": 2},
            seed=1,
        )
        for message in (opening, Start(session="tuesday-1")):
            handler.handle([postman.asked(message, OPERATOR)])
        stages = [("all", 1, False), ("g1", 1, True), ("g1", 2, False), ("g1", 3, True)]
        for scope, generation, asks in [*stages, ("g1", 4, False), ("all", 2, False)]:
            for number, seat in enumerate(SEATS, start=1):
                submit = Submit(
                    session="tuesday-1",
                    scope=scope,
                    generation=generation,
                    answer={"amount": 2 * number + generation} if asks else None,
                )
                handler.handle([postman.asked(submit, seat)])
        with database.plain() as engine:
            results = folder / "results" / "tuesday-1"
            return write_export(engine, "tuesday-1", results, formats=ALL_FORMATS).folder
