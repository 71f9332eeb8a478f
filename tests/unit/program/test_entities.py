"""Entities in memory: relations, what an author gets wrong, and what they are told."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest

from palier.program import (
    Entity,
    Field,
    ManyToMany,
    ManyToOne,
    OneToMany,
    OneToOne,
    Program,
    ProgramError,
    Session,
    Unique,
    db,
)
from palier.program.testing import play
from palier.program.transactions import UnitOfWork, in_memory, transact
from palier.workers.errors import BrokenProgram
from palier.workers.runtime.catalogue import Catalogue


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


class Named:
    """A column that several have."""

    name: str = Field(min_length=1, max_length=20)


class Person(Named, Entity):
    age: int = Field(default=0, ge=0)
    colour: Colour = Colour.RED
    size: Literal["S", "M"] = "S"
    worth: Decimal = Decimal(0)
    tags: list[str] = []  # noqa: RUF012 - copied for each row
    addresses = OneToMany("Address")
    card = OneToOne("Card")
    circles = ManyToMany("Circle")
    friends = ManyToMany("Person")
    boss = ManyToOne("Person", optional=True, inverse="team")
    team = OneToMany("Person", inverse="boss")


class Address(Entity):
    street: str
    person = ManyToOne("Person")
    city = ManyToOne("City")


class City(Named, Entity):
    addresses = OneToMany("Address", owned=False)


class Card(Entity):
    number: Unique[int]
    person = ManyToOne(Person)


class Circle(Named, Entity):
    members = ManyToMany("Person")


@pytest.fixture
def memory() -> Iterator[UnitOfWork]:
    with in_memory(Person) as unit:
        yield unit


def ada(**more: Any) -> Person:
    city = City.where(name="London").first() or City(name="London")
    person = Person(name="Ada", **more)
    Address(street="12, St James's Square", person=person, city=city)
    Card(number=7, person=person)
    person.circles.append(Circle(name="Mathematics"))
    return person


def test_each_relation_is_seen_from_both_sides(memory: UnitOfWork) -> None:
    def seen() -> None:
        person = ada()
        boss = Person(name="Charles", team=[person])
        person.friends.append(boss)
        db.flush()
        assert person.card.number == 7
        assert person.card.person is person
        assert [one.street for one in person.addresses] == ["12, St James's Square"]
        assert person.addresses[0].city.addresses == person.addresses
        assert Circle.where(name="Mathematics").one().members == [person]
        assert person.boss is boss
        assert boss.friends == []

    def again() -> dict[str, Any]:
        person = Person.where(name="Ada").one()
        assert [one.name for one in person.circles] == ["Mathematics"]
        assert [one.name for one in person.friends] == ["Charles"]
        assert person.boss.team == [person]
        assert Address.where(person=person).count() == 1
        return person.as_dict()

    memory.run(seen)
    found = memory.run(again)
    assert isinstance(found, dict)
    assert found["name"] == "Ada"
    assert found["colour"] == "red"


def test_what_cannot_be_without_goes_along_and_the_others_stay(memory: UnitOfWork) -> None:
    memory.run(lambda: ada().id)
    memory.run(lambda: Person(name="Charles", team=[Person.where(name="Ada").one()]).id)

    def dismissed() -> None:
        Person.where(name="Charles").one().delete()
        assert Person.where(name="Ada").one().boss is None

    def without() -> list[int]:
        Person.where(name="Ada").one().delete()
        return [one.where().count() for one in (Person, Address, Card, Circle, City)]

    memory.run(dismissed)
    assert memory.run(without) == [0, 0, 0, 1, 1]


def test_what_is_taken_out_of_its_owner_s_list_is_deleted(memory: UnitOfWork) -> None:
    def moved() -> int:
        person = ada()
        db.flush()
        person.addresses.clear()
        return Address.where().count()

    assert memory.run(moved) == 0


def test_what_others_need_and_nobody_owns_is_not_deleted(memory: UnitOfWork) -> None:
    memory.run(lambda: ada().id)
    with pytest.raises(ProgramError, match=r"other rows still point to one that would be deleted"):
        memory.run(lambda: City.where().one().delete())
    assert memory.run(lambda: City.where().count()) == 1


def test_what_raises_in_a_transaction_has_changed_nothing(memory: UnitOfWork) -> None:
    def fails() -> None:
        ada()
        db.flush()
        raise LookupError("on the way")

    with pytest.raises(LookupError, match="on the way"):
        memory.run(fails)
    assert memory.run(lambda: Person.where().count()) == 0
    # nor is a change deep inside a list missed, or kept where it was not committed
    memory.run(lambda: ada(tags=["one"]).id)
    memory.run(lambda: Person.where().one().tags.append("two"))
    assert memory.run(lambda: Person.where().one().tags) == ["one", "two"]


def test_rows_are_asked_for_step_by_step(memory: UnitOfWork) -> None:
    def some() -> list[str]:
        for name, age in (("A", 3), ("B", 1), ("C", 2)):
            Person(name=name, age=age, worth=Decimal(age) / 10)
        found = Person.where(Person.age > 1).order_by("-age")
        assert found.count() == 2
        assert [one.name for one in found.limit(1, skip=1)] == ["C"]
        assert Person.where(name="Z").first() is None
        assert Person.get(10_000) is None
        assert Person.where(age=3)
        assert not Person.where(age=4)
        assert Person.where(Person.worth > Decimal("0.15")).count() == 2
        assert Person.where(name="B").delete() == 1
        return [one.name for one in Person.where()]

    assert memory.run(some) == ["A", "C"]


kept: list[Any] = []


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: Person(name=3), r"Person\.name cannot be 3: input should be a valid string \(.*:"),
        (lambda: Person(name="A", age=-1), r"Person\.age cannot be -1: .*greater than or equal"),
        (lambda: Person(name="A" * 21), r"at most 20"),
        (Person, r"Person\(\) needs name=…: it has no default \(.*test_entities.py:"),
        (lambda: Person(nme="A"), r"Person has no 'nme': it has name, age"),
        (lambda: Person(name="A", colour="green"), r"Person\.colour cannot be 'green'"),
        (lambda: Person(name="A", worth="0.0000000001"), r"no more than 9 decimal places"),
        (lambda: Person.where(nme="A"), r"Person has no 'nme'"),
        (lambda: Person.where().one(), r"There is no such Person"),
        (lambda: Person(name="A"), r"cannot be kept on the record.*Return an id, or"),
        (lambda: Address(street="A") and None, r"has no person: give it one, as in Address\("),
        (lambda: setattr(ada(), "nme", 1), r"Person has no 'nme'"),
        (lambda: setattr(ada(), "id", 1), r"Person\.id is counted by itself"),
        (lambda: transact(ada), r"a transaction within a transaction"),
    ],
)
def test_a_mistake_in_a_transaction_is_told(
    memory: UnitOfWork, wrong: Callable[[], Any], words: str
) -> None:
    with pytest.raises(ProgramError, match=words):
        memory.run(wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Person(name="A"),
        Person.where,
        lambda: Person.get(1),
        lambda: kept[0].name,
        lambda: kept[0].addresses,
        lambda: setattr(kept[0], "name", "B"),
        lambda: [one.delete() for one in kept],
        db.flush,
    ],
)
def test_outside_of_a_transaction_nothing_can_be_done(
    memory: UnitOfWork, wrong: Callable[[], Any]
) -> None:
    memory.run(lambda: kept.__setitem__(slice(None), [ada()]))
    with pytest.raises(ProgramError, match=r"outside of a transaction.*await session.transaction"):
        wrong()
    with pytest.raises(ProgramError, match="outside of a transaction"):
        memory.run(lambda: kept[0].name)


def test_a_coroutine_is_no_transaction(memory: UnitOfWork) -> None:
    async def waits() -> None: ...

    with pytest.raises(ProgramError, match="takes a plain function"):
        memory.run(waits)


def test_without_a_database_a_transaction_says_what_brings_one() -> None:
    with pytest.raises(ProgramError, match="in_memory"):
        transact(ada)


HEAD = """from __future__ import annotations
from palier.program import *
from palier.program import Entity, ManyToMany, ManyToOne, OneToMany, OneToOne
class Mine(Program):
    async def run(self, session): ...
"""


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ("class A(Entity):\n    b = ManyToOne('B')\n", 7, "there is no entity 'B' in this file"),
        (
            "class A(Entity):\n    b = OneToMany('B')\nclass B(Entity):\n    x: int\n",
            7,
            "write `a = ManyToOne('A')` in B",
        ),
        (
            (
                "class A(Entity):\n    b = OneToMany('B')\n"
                "class B(Entity):\n    first = ManyToOne('A')\n    second = ManyToOne('A')\n"
            ),
            7,
            "2 possible inverses: B.first",
        ),
        (
            (
                "class A(Entity):\n    b = OneToMany('B', inverse='no')\n"
                "class B(Entity):\n    a = ManyToOne('A')\n"
            ),
            7,
            "B has no such relation",
        ),
        (
            "class A(Entity):\n    b = OneToOne('B')\nclass B(Entity):\n    a = OneToOne('A')\n",
            7,
            "write `a = ManyToOne('A')` in B",
        ),
        (
            (
                f"class {'A' * 30}(Entity):\n    {'b' * 30} = ManyToMany('B')\n"
                "class B(Entity):\n    x: int\n"
            ),
            7,
            "too long a name for its table",
        ),
        ("class A(Entity):\n    version: int\n", 7, "'version' is what every entity has"),
        ("class A(Entity):\n    x: int\n    _y: int\n", 8, "begins with _"),
        ("class A(Entity):\n    x: int\n    y: complex\n", 8, "which no column can have: use int"),
        ("class A(Entity):\n    x: int\n    y: Nowhere\n", 8, "name 'Nowhere' is not defined"),
        ("class A(Entity):\n    x = Field(ge=0)\n", 6, "has a Field and no type"),
        (
            "class A(Entity):\n    x: int\nclass B(A):\n    y: int\n",
            8,
            "descends from Entity alone",
        ),
        ("class A(Entity):\n    x: int\nclass a(Entity):\n    x: int\n", 8, "two entities"),
        (
            "class A(Entity):\n    b_id: int\n    b = ManyToOne('A')\n",
            7,
            "is the key of A.b already",
        ),
    ],
)
def test_a_mistake_in_a_declaration_names_its_line_when_the_program_is_loaded(
    tmp_path: Path, text: str, line: int, words: str
) -> None:
    file = tmp_path / "mine" / "program.py"
    file.parent.mkdir()
    file.write_text(HEAD.replace("import *", "import Field, Program") + text)
    with pytest.raises(BrokenProgram) as told:
        Catalogue([tmp_path]).program("mine")
    assert words in str(told.value)
    assert f"{file}:{line}" in str(told.value)


def test_a_program_without_entities_brings_no_sqlalchemy_along() -> None:
    code = (
        "import sys, palier.program, palier.program.scope, palier.program.transactions as t\n"
        "with t.in_memory() as unit: assert unit.run(lambda: 3) == 3\n"
        "sys.exit('sqlalchemy' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


class Registering(Program):
    """Everyone is a row, and is shown how many there are."""

    async def run(self, session: Session) -> None:
        await session.stage("before")
        numbers = await session.transaction(register, [one.seat for one in session])
        await session.stage("after", data={"numbers": numbers})


def register(seats: list[str]) -> list[int]:
    return [Person(name=one).id for one in seats]


def test_a_program_with_entities_is_played_in_memory() -> None:
    assert play(Registering, seats=3).stages[-1].stage.data == {"numbers": [1, 2, 3]}
    # on a database of the test's own, to look into afterwards
    with in_memory(Registering) as memory:
        play(Registering, seats=2)
        found = memory.run(lambda: [one.name for one in Person.where()])
    assert found == ["p1", "p2"]
