"""Entities that were changed: what is proposed, what is done, and that nothing is lost unsaid."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import inspect

from palier.program import ProgramError
from palier.schemas.commands import OpenSession
from palier.schemas.replies import Refused, SessionOpened
from palier.workers.persistence.migrating import Migration, migrate_program
from palier.workers.runtime.catalogue import Catalogue
from tests.databases import Database
from tests.rehearsal import Rehearsal

HEAD = """
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Literal
from palier.program import (
    Entity, Form, Indexed, ManyToMany, ManyToOne, OneToMany, OneToOne, Program, Session, Unique
)

class People(Program):
    async def run(self, session: Session) -> None:
        await session.stage("before")
        await session.transaction(begin)
        await session.stage("after")
"""

FIRST = """
class Person(Entity):
    name: str
    surname: str | None = None
    age: str = "3"
    size: Literal["S", "M"] = "S"
    addresses = OneToMany("Address")
    circles = ManyToMany("Circle")

class Address(Entity):
    street: str
    person = ManyToOne("Person")

class Circle(Entity):
    title: str
    members = ManyToMany("Person")

def begin():
    for name in ("Ada", "Charles"):
        person = Person(name=name, surname="L" + name, age="36")
        Address(street=name + "'s", person=person)
        person.circles.append(Circle(title=name))
    nobody = Person(name="Nobody")
    assert nobody.id == 3
    nobody.delete()
"""


class House:
    """A folder of programs, a database, and one who edits the program's file."""

    def __init__(self, database: Database, folder: Path) -> None:
        self.database = database
        self.file = folder / "people" / "program.py"
        self.file.parent.mkdir()
        self.folder = folder
        self.write(FIRST)
        self.course = Rehearsal(database, Catalogue([folder]), seats=("p1",))
        self.course.open("people")
        self.course.arrive()
        assert self.course.overview().status == "running", self.course.overview().reason

    def write(self, text: str, *changes: tuple[str, str]) -> None:
        for old, new in changes:
            assert old in text
            text = text.replace(old, new)
        self.file.write_text(HEAD + text)

    def migrate(self, **given: Any) -> Migration | None:
        program = Catalogue([self.folder]).program("people")
        return migrate_program(self.course.postman.engine, "people", program, **given)

    def rows(self, table: str) -> list[dict[str, Any]]:
        before = "people__" if self.database.name == "sqlite" else "program_people."
        found = self.database.ask(f"SELECT * FROM {before}{table} ORDER BY 1")
        return [dict(one._mapping) for one in found]

    def kept(self) -> list[str]:
        """Return the tables of what was dropped."""
        with self.course.postman.engine.begin() as db:
            schema = None if self.database.name == "sqlite" else "program_people"
            names = inspect(db).get_table_names(schema=schema)
        return sorted(
            one.removeprefix("people__") for one in names if one.split("__")[-1][:7] == "dropped"
        )

    def opens(self, name: str) -> Any:
        return self.course.ask(
            OpenSession(session=name, program="people", seats=(f"seat-{name}",), seed=1)
        )


@pytest.fixture
def house(database: Database, tmp_path: Path) -> House:
    return House(database, tmp_path)


def test_where_nothing_differs_there_is_nothing_to_do(house: House) -> None:
    assert house.migrate() is None
    assert house.migrate(apply=True) is None


def test_what_is_proposed_changes_nothing_and_what_is_applied_is_done_once(house: House) -> None:
    changed = (
        FIRST,
        ("name: str\n", "name: Indexed[str]\n    born: date | None = None\n    rank: int = 7\n"),
        ("street: str\n", "street: Unique[str]\n    city = ManyToOne('City', optional=True)\n"),
        ("class Circle", "class City(Entity):\n    name: str\n\nclass Circle"),
    )
    house.write(*changed)
    known = house.course.catalogue
    # the worker goes on with the program that it has read; another one reads the new
    assert isinstance(house.opens("old"), SessionOpened)
    known.reload("people")
    refused = house.opens("refused")
    assert isinstance(refused, Refused)
    assert "Person.rank (int) is new." in refused.reason
    assert "palier program migrate people" in refused.reason
    house.write(FIRST)
    known.reload("people")
    house.write(*changed)
    before = [house.rows(one) for one in ("person", "address", "circle_members")]

    found = house.migrate()
    assert found is not None
    sentences = [one.sentence for one in found.plan.changes]
    assert "Person.rank (int) is new. 2 rows get 7." in sentences
    assert "City is new." in sentences
    assert "Address.street is unique now." in sentences
    assert any("rank" in one for one in found.sql)
    assert found.plan.loses == 0
    assert [house.rows(one) for one in ("person", "address", "circle_members")] == before

    # one who was told so can do it
    assert house.migrate(apply=True) is not None
    assert house.migrate(apply=True) is None
    people = house.rows("person")
    assert [(one["name"], one["rank"], one["born"]) for one in people] == [
        ("Ada", 7, None),
        ("Charles", 7, None),
    ]
    assert house.rows("circle_members") == before[2]
    # the worker reads the program anew by itself
    assert isinstance(house.opens("next"), SessionOpened)


def test_what_goes_goes_only_when_that_is_said_and_is_kept(house: House) -> None:
    house.write(
        FIRST,
        ("    surname: str | None = None\n", ""),
        ('    circles = ManyToMany("Circle")\n', ""),
        ('    members = ManyToMany("Person")\n', ""),
        ("class Circle(Entity):\n    title: str\n", ""),
    )
    found = house.migrate()
    assert found is not None
    sentences = [one.sentence for one in found.plan.changes]
    assert "Person.surname (str or None) goes, with 2 values." in sentences
    assert "Circle goes, with 2 rows." in sentences
    with pytest.raises(ProgramError, match=r"goes, with 2 values\..*Say --drop"):
        house.migrate(apply=True)
    assert [one["surname"] for one in house.rows("person")] == ["LAda", "LCharles"]

    done = house.migrate(apply=True, drop=True)
    assert done is not None
    assert "surname" not in house.rows("person")[0]
    assert len(house.kept()) == 3
    (surnames,) = [one for one in house.kept() if "surname" in one]
    assert house.rows(surnames) == [{"id": 1, "surname": "LAda"}, {"id": 2, "surname": "LCharles"}]
    assert house.migrate(apply=True) is None


def test_another_name_is_offered_and_keeps_everything(house: House) -> None:
    house.write(
        FIRST,
        ("surname", "last_name"),
        ("Circle", "Club"),
        ("    person = ManyToOne", "    owner = ManyToOne"),
        ("person=person", "owner=person"),
        ("title", "label"),
    )
    found = house.migrate()
    assert found is not None
    assert any("--rename Person.surname=last_name" in one for one in found.plan.offers)
    assert any("--rename Address.person=owner" in one for one in found.plan.offers)
    before = [house.rows(one) for one in ("person", "address", "circle_members")]

    renames = (
        "Person.surname=last_name",
        "Circle=Club",
        "Address.person=owner",
        "Club.title=label",
    )
    assert house.migrate(apply=True, renames=renames) is not None
    assert [one["last_name"] for one in house.rows("person")] == ["LAda", "LCharles"]
    assert [one["owner_id"] for one in house.rows("address")] == [
        one["person_id"] for one in before[1]
    ]
    assert [one["label"] for one in house.rows("club")] == ["Ada", "Charles"]
    assert [list(one.values()) for one in house.rows("club_members")] == [
        list(one.values()) for one in before[2]
    ]
    assert house.kept() == []
    assert house.migrate(apply=True) is None
    with pytest.raises(ProgramError, match=r"write Entity\.old=new"):
        house.migrate(renames=["Nothing=Person"])


def test_values_become_what_they_are_to_be_or_stand_in_the_way(house: House) -> None:
    house.write(FIRST, ('age: str = "3"', "age: int = 3"), ('age="36"', "age=36"))
    found = house.migrate(apply=True)
    assert found is not None
    assert [one["age"] for one in house.rows("person")] == [36, 36]
    house.write(FIRST, ('age: str = "3"', "age: Decimal = Decimal(3)"), ('age="36"', "age=36"))
    assert house.migrate(apply=True) is not None
    assert [str(one["age"])[:2] for one in house.rows("person")] == ["36", "36"]

    house.write(FIRST, ('age: str = "3"', "age: int = 3"), ("name: str\n", "name: date\n"))
    with pytest.raises(ProgramError, match=r"Person\.name is no date in 2 rows, such as 'Ada'"):
        house.migrate(apply=True)
    assert [one["name"] for one in house.rows("person")] == ["Ada", "Charles"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        (
            "name: str\n",
            "name: str\n    born: date\n",
            r"Person\.born is new and needs a value in 2",
        ),
        ("title: str", "title: Unique[str]\n    more: int", r"Circle\.more is new and needs"),
        ('Literal["S", "M"] = "S"', 'Literal["M"] = "M"', r"Person\.size is something else in 2"),
        ('age: str = "3"', 'age: Unique[str] = "3"', r"some rows have the same: '36'"),
        ("title: str", "title: str\n    boss = ManyToOne('Person')", r"optional=True"),
    ],
)
def test_what_stands_in_the_way_is_told_and_nothing_is_changed(
    house: House, old: str, new: str, words: str
) -> None:
    before = [house.rows(one) for one in ("person", "address", "circle")]
    house.write(FIRST, (old, new))
    found = house.migrate()
    assert found is not None
    assert found.plan.problems
    with pytest.raises(ProgramError, match=words):
        house.migrate(apply=True)
    assert [house.rows(one) for one in ("person", "address", "circle")] == before


def test_ids_are_not_used_again_after_a_migration(house: House) -> None:
    house.write(FIRST, ("    name: str\n", "    name: str\n    rank: int = 7\n"))
    house.migrate(apply=True)
    assert isinstance(house.opens("next"), SessionOpened)
    assert [one["id"] for one in house.rows("person")] == [1, 2]
    before = "people__" if house.database.name == "sqlite" else "program_people."
    with house.course.postman.engine.begin() as db:
        db.exec_driver_sql(
            f"INSERT INTO {before}person (name, age, size, rank, version)"
            " VALUES ('New', '1', 'S', 1, 1)"
        )
    assert house.rows("person")[-1]["id"] == 4
