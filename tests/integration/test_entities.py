"""A program's own tables: its entities, on each database, each transaction once."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import event, func, select, text
from sqlalchemy.exc import OperationalError

from palier.program import Entity, Indexed, ManyToOne, OneToMany, Program, Unique, db
from palier.program import Session as ProgramSession
from palier.schemas.commands import OpenSession, ResumeFrom, Retry
from palier.schemas.replies import Done, Refused, SessionOpened
from palier.workers.persistence import tables
from palier.workers.runtime.catalogue import Catalogue
from tests.databases import Database
from tests.laboratory import Number, check_record
from tests.rehearsal import SESSION, Rehearsal


class Person(Entity):
    name: str
    addresses = OneToMany("Address")


class Address(Entity):
    email: Unique[str]
    street: str = ""
    person = ManyToOne("Person")


class Deck(Program):
    """The example of 2012: people, each with addresses."""

    async def run(self, session: ProgramSession) -> None:
        await session.stage("before")
        number = await session.transaction(write, "Ada")
        await session.stage("between", data={"number": number})
        found = await session.transaction(read, number)
        await session.stage("after", data={"found": found})


def write(name: str) -> int:
    person = Person(name=name)
    person.addresses.append(Address(email="ada@example.org", street="12, St James's Square"))
    person.addresses.append(Address(email="countess@example.org"))
    number: int = person.id
    return number


def read(number: int) -> dict[str, Any]:
    person = Person.get(number)
    assert person is not None
    last = Address.where(person=person).order_by("-email").first()
    assert last is not None
    assert last.person is person
    joined = select(func.count()).select_from(Person).join(Person.addresses)
    return {
        "name": person.name,
        "emails": [one.email for one in person.addresses],
        "last": last.email,
        "joined": db.scalar(joined),
    }


def rehearsal(database: Database, program: type[Program], *, workers: int = 2) -> Rehearsal:
    known = Catalogue([])
    known.add("people", program)
    return Rehearsal(database, known, seats=("p1", "p2"), workers=workers)


def rows(database: Database, table: str) -> list[Any]:
    """Return the rows of one of the program's tables, as the database has them."""
    before = "people__" if database.name == "sqlite" else "program_people."
    return database.ask(f"SELECT * FROM {before}{table} ORDER BY id")


def test_the_deck_s_people_and_addresses_are_as_they_were_written(database: Database) -> None:
    course = rehearsal(database, Deck)
    course.open("people")
    assert rows(database, "person") == []
    course.arrive()

    # another worker: it has not run the function, and has the id from the record
    course.arrive()
    course.consistent()
    shown = course.snapshot("p1").stage
    assert shown is not None
    assert shown.data["found"] == {
        "name": "Ada",
        "emails": ["ada@example.org", "countess@example.org"],
        "last": "countess@example.org",
        "joined": 2,
    }
    assert [one.name for one in rows(database, "person")] == ["Ada"]
    assert [one.person_id for one in rows(database, "address")] == [1, 1]


class Counter(Entity):
    name: Unique[str]
    value: int = 0
    history: list[int] = []  # noqa: RUF012 - copied for each row


class Counting(Program):
    """Every opening of a stage counts one further."""

    async def run(self, session: ProgramSession) -> None:
        for _ in range(4):
            await session.stage("go", form=Number)
            await session.transaction(count_on)


def count_on() -> int:
    counter = Counter.where(name="only").first() or Counter(name="only")
    counter.value += 1
    counter.history.append(counter.value)
    return counter.value


def test_a_transaction_takes_effect_once_whatever_becomes_of_the_worker(
    database: Database,
) -> None:
    course = rehearsal(database, Counting)
    course.open("people")

    for generation in range(1, 5):
        course.handle(course.submit("p1", "all", generation, 3), worker=0)
        last = [course.postman.delivery(course.submit("p2", "all", generation, 4))]
        # it dies, or its database is gone, at the very end of its transaction
        if generation % 2:
            course.killed(last, worker=0)
        else:
            course.cut_off(last, worker=0)
        assert sum(one.value for one in rows(database, "counter")) == generation - 1
        # another takes over, and hears it twice
        course.workers[1].handle([*last, *last])
        course.workers[0].handle(last)
        assert sum(one.value for one in rows(database, "counter")) == generation
        course.consistent()

    (counter,) = rows(database, "counter")
    assert counter.value == 4
    assert counter.version == 4
    assert "1, 2, 3, 4" in str(counter.history).replace(",", ", ").replace("  ", " ")
    performed = [one.body["value"] for one in course.log() if "value" in one.body]
    assert performed == [1, 2, 3, 4]


class Clashing(Program):
    """What cannot be twice is written once more."""

    async def run(self, session: ProgramSession) -> None:
        await session.stage("go")
        await session.transaction(clash)
        await session.stage("end")


def clash() -> None:
    Counter(name="fine")
    db.flush()
    Counter(name="twice")
    Counter(name="twice")


def test_what_the_database_refuses_stops_its_session_and_nobody_else(database: Database) -> None:
    course = rehearsal(database, Clashing)
    course.catalogue.add("other", Counting)
    course.open("people")
    other = OpenSession(session="other", program="other", seats=("p3",), seed=3, auto_start=True)
    assert isinstance(course.ask(other), SessionOpened)

    course.arrive()
    overview = course.overview()
    assert overview.status == "stopped"
    assert "there is such a row already" in overview.reason
    assert "clash()" in overview.reason
    # nothing of it is left, what was decided is
    assert rows(database, "counter") == []
    assert len(database.ask(select(tables.arrival))) == 2
    check_record(database, SESSION)


class Failing(Program):
    """Writes, and fails then, as long as it is not mended; what it was given is changed by it."""

    mended = False

    async def run(self, session: ProgramSession) -> None:
        await session.stage("go")
        given = await session.transaction(count_and_list)
        given.append("by the author")
        if not type(self).mended:
            raise ZeroDivisionError
        await session.stage("middle")
        await session.stage("end", data={"given": given})


def count_and_list() -> list[Any]:
    return [count_on()]


def test_a_step_that_fails_leaves_nothing_of_its_transactions(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    course = rehearsal(database, Failing)
    course.open("people")
    course.arrive()
    assert course.overview().status == "stopped"
    assert rows(database, "counter") == []
    assert isinstance(course.ask(Retry(session=SESSION, reason="again")), Refused)
    assert rows(database, "counter") == []

    monkeypatch.setattr(Failing, "mended", True)
    assert isinstance(course.ask(Retry(session=SESSION, reason="mended")), Done)
    assert [one.value for one in rows(database, "counter")] == [1]
    # the record has what the transaction gave
    course.restart()
    course.arrive()
    course.consistent()
    shown = course.snapshot("p1").stage
    assert shown is not None
    assert shown.data["given"] == [1, "by the author"]

    # the same where a session that was to go on from before cannot
    monkeypatch.setattr(Failing, "mended", False)
    back = ResumeFrom(session=SESSION, stage="middle", reason="again")
    assert isinstance(course.ask(back), Refused)
    assert [one.value for one in rows(database, "counter")] == [1]


class Stumbling(Program):
    """Asks the database what it cannot answer."""

    async def run(self, session: ProgramSession) -> None:
        await session.stage("go")
        await session.transaction(stumble)
        await session.stage("end")


questions: list[str] = []


def stumble() -> None:
    Counter(name="gone with it")
    db.flush()
    for one in questions:
        db.execute(text(one))


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (["SELECT * FROM nowhere"], "nowhere"),
        (["SELEKT 1"], "SELEKT"),
        (["SET LOCAL statement_timeout = 50", "SELECT pg_sleep(5)"], ""),
    ],
    ids=["no such table", "no SQL", "too slow"],
)
def test_a_mistake_in_an_author_s_sql_is_no_outage(
    database: Database, asked: list[str], words: str
) -> None:
    course = rehearsal(database, Stumbling)
    course.open("people")
    questions[:] = asked
    course.arrive()
    overview = course.overview()
    assert overview.status == "stopped"
    assert overview.reason.startswith("ProgramError: The transaction stumble() failed: the databa")
    assert words in overview.reason
    # mended, it goes on
    questions.clear()
    assert isinstance(course.ask(Retry(session=SESSION)), Done)
    assert course.overview().status == "running"
    assert [one.name for one in rows(database, "counter")] == ["gone with it"]
    course.consistent()


def test_a_row_that_another_worker_changed_in_between_is_read_again(postgresql: Database) -> None:
    course = rehearsal(postgresql, Counting)
    course.open("people")
    course.arrive(value=1)
    others = postgresql.engine()
    interfered: list[int] = []

    def interfere(_db: object, _cursor: object, statement: str, *_rest: object) -> None:
        if statement.startswith("UPDATE program_people.counter") and not interfered:
            interfered.append(1)
            with others.begin() as another:
                another.exec_driver_sql(
                    "UPDATE program_people.counter SET value = value + 10, version = version + 1"
                )

    event.listen(course.postman.engine, "before_cursor_execute", interfere)
    course.arrive(value=2)
    event.remove(course.postman.engine, "before_cursor_execute", interfere)
    assert interfered
    assert [one.value for one in rows(postgresql, "counter")] == [12]
    course.consistent()


class Everything(Entity):
    whole: int
    real: float
    text: Indexed[str]
    yes: bool
    day: date
    moment: datetime
    exact: Decimal
    tree: dict[str, Any]
    maybe: int | None = None


VALUES: dict[str, Any] = {
    "whole": 2**62,
    "real": 0.1,
    "text": "Æther ’🎲",
    "yes": True,
    "day": date(2012, 2, 29),
    "moment": datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC),
    "exact": Decimal("1234567890123456789.123456789"),
    "tree": {"b": [1, {"a": None}], "a": 0.5},
}


class Types(Program):
    """Writes one of each, and reads it in the next transaction."""

    async def run(self, session: ProgramSession) -> None:
        await session.stage("go")
        await session.transaction(lambda: Everything(**VALUES).id)
        await session.transaction(check_types)
        await session.stage("end")


def check_types() -> None:
    Everything(**{**VALUES, "exact": Decimal(-2), "tree": {}})
    Everything(**{**VALUES, "exact": Decimal(10), "tree": {}})
    (one,) = Everything.where(text="Æther ’🎲").order_by("-exact").limit(1).all()
    assert {name: getattr(one, name) for name in VALUES} == VALUES
    assert one.maybe is None
    # by size, not by letters
    assert [str(each.exact) for each in Everything.where().order_by("exact")][:2] == ["-2", "10"]
    assert Everything.where(Everything.exact > 9).count() == 2
    assert Everything.where(exact=10).count() == 1
    one.tree["b"][1]["a"] = "deep inside"
    db.flush()
    assert one.version == 2


def test_every_type_comes_back_as_it_was_on_every_database(database: Database) -> None:
    course = rehearsal(database, Types)
    course.open("people")
    course.arrive()
    assert course.overview().status == "running", course.overview().reason


def test_a_connection_that_is_lost_in_a_transaction_is_no_mistake_of_the_author(
    database: Database,
) -> None:
    course = rehearsal(database, Counting)
    course.open("people")
    course.handle(course.submit("p1", "all", 1, 3))
    last = [course.postman.delivery(course.submit("p2", "all", 1, 4))]
    gone = OperationalError("SELECT", {}, sqlite3.OperationalError("disk I/O error"))
    gone.orig.sqlite_errorname = "SQLITE_IOERR"  # type: ignore[union-attr]

    def breaks(_db: object, _cursor: object, statement: str, *_rest: object) -> None:
        if "counter" in statement and "SELECT" in statement:
            raise gone

    from palier.workers.errors import DatabaseUnavailable

    event.listen(course.postman.engine, "before_cursor_execute", breaks)
    with pytest.raises(DatabaseUnavailable):
        course.workers[0].handle(last)
    event.remove(course.postman.engine, "before_cursor_execute", breaks)
    course.workers[0].handle(last)
    assert [one.value for one in rows(database, "counter")] == [1]
    course.consistent()


def test_a_session_that_goes_back_does_its_transactions_anew(database: Database) -> None:
    course = rehearsal(database, Counting)
    course.open("people")
    course.arrive(value=1)
    course.arrive(value=2)
    back = ResumeFrom(session=SESSION, stage="go", visit=2, reason="again")
    assert isinstance(course.ask(back), Done)
    course.arrive(value=3)
    course.consistent()
    # what was set aside is no longer on the record; rows do not go back
    assert [one.value for one in rows(database, "counter")] == [4]


def test_a_session_whose_entities_changed_is_refused_with_what_to_do(database: Database) -> None:
    course = rehearsal(database, Deck)
    course.open("people")
    course.arrive()

    class Changed:
        class Person(Entity):
            name: str
            age: int = 0

    class Later(Deck):
        entities = (Changed.Person,)

    course.catalogue.add("people", Later)
    refused = course.ask(OpenSession(session="next", program="people", seats=("p5",), seed=1))
    assert isinstance(refused, Refused)
    assert "Person.age (int) is new." in refused.reason
    assert "Address is gone." in refused.reason
    assert "palier program migrate people" in refused.reason

    # who takes over the session that runs says so too, and keeps what is decided
    course.restart()
    assert course.overview().status == "stopped"
    course.catalogue.add("people", Deck)
    assert isinstance(course.ask(Retry(session=SESSION)), Done)
    course.arrive()
    assert course.overview().status == "running"
    course.consistent()
