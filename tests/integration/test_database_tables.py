"""The database: its tables, how it is opened, and what is exported of it."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from palier.schemas.commands import OpenSession, Start, Submit
from palier.schemas.names import ALL, OPERATOR
from palier.workers.errors import DatabaseUnavailable
from palier.workers.persistence import tables
from palier.workers.persistence.database import InvalidDatabase, migrate, open_database
from palier.workers.persistence.export import Export, export
from tests.databases import Database, Sqlite
from tests.laboratory import Postman


def names(database: Database) -> set[str]:
    """Return the names of the tables there are."""
    catalog = {
        "sqlite": "SELECT name FROM sqlite_master WHERE type = 'table'",
        "postgresql": "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'",
    }
    return {one.name for one in database.ask(catalog[database.name])} - {"sqlite_sequence"}


# -- tables


def test_the_migrations_make_what_the_code_speaks_of(database: Database) -> None:
    engine = database.migrated()

    with engine.begin() as db:
        context = MigrationContext.configure(
            db, opts={"compare_type": True, "compare_server_default": database.name == "sqlite"}
        )
        differences = compare_metadata(context, tables.metadata)

    assert differences == []
    assert names(database) == set(tables.metadata.tables) | {"alembic_version"}


def test_migrating_again_changes_nothing(database: Database) -> None:
    engine = database.migrated()
    Postman(engine).handler()

    migrate(engine)

    assert len(database.ask(select(tables.seat))) == 1


def test_workers_that_start_together_migrate_once(database: Database) -> None:
    together = threading.Barrier(6)

    def start() -> None:
        engine = database.engine()
        together.wait(10)
        migrate(engine)

    with ThreadPoolExecutor(max_workers=6) as workers:
        for one in [workers.submit(start) for _ in range(6)]:
            one.result()

    assert names(database) == set(tables.metadata.tables) | {"alembic_version"}


def test_what_a_key_forbids_is_forbidden(database: Database) -> None:
    postman = Postman(database.migrated())
    started(postman)
    postman.handler().handle([postman.asked(submit(1), "p1")])
    spoilers = [
        "INSERT INTO arrival SELECT * FROM arrival",
        "INSERT INTO inbox SELECT * FROM inbox",
        "INSERT INTO event_log SELECT * FROM event_log",
        "UPDATE participant SET session = 'nowhere'",
        "DELETE FROM party",
    ]

    for spoiler in spoilers:
        with pytest.raises(IntegrityError), postman.engine.begin() as db:
            db.execute(text(spoiler))


# -- opening


def test_sqlite_is_durable_and_keeps_its_keys(sqlite: Sqlite) -> None:
    with sqlite.engine().begin() as db:
        found = [db.exec_driver_sql(f"PRAGMA {one}").scalar() for one in PRAGMAS]

    assert dict(zip(PRAGMAS, found, strict=True)) == PRAGMAS


#: What must be on, as SQLite says it: 2 is FULL.
PRAGMAS = {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1}


def test_opening_connects_to_nothing(tmp_path: object) -> None:
    open_database(f"sqlite:///{tmp_path}/nowhere/palier.db").dispose()
    open_database("postgresql://palier@127.0.0.1:1/palier").dispose()


@pytest.mark.parametrize(
    "url",
    [
        "nonsense",
        "",
        "mysql://palier@host/palier",
        "mongodb://host",
        "amqp://host",
        "postgresql://host:port/palier",
    ],
)
def test_what_is_no_database_for_palier_is_said_in_words(url: str) -> None:
    with pytest.raises(InvalidDatabase, match=r"use sqlite:///path/to/file\.db or postgresql://"):
        open_database(url)


def test_a_password_is_not_in_what_is_said() -> None:
    with pytest.raises(InvalidDatabase) as invalid:
        open_database("mysql://palier:hush-hush@host/palier")

    assert "hush-hush" not in str(invalid.value)
    assert "mysql://palier:***@host/palier" in str(invalid.value)


def test_a_database_that_is_not_there_is_said_in_words() -> None:
    engine = open_database("postgresql://palier:hush-hush@127.0.0.1:1/palier")

    with pytest.raises(DatabaseUnavailable, match=r"127\.0\.0\.1:1/palier cannot be") as gone:
        migrate(engine)

    assert "hush-hush" not in str(gone.value)


# -- exporting


def started(
    postman: Postman, *, program: str = "pairs", seats: tuple[str, ...] = ("p1", "p2")
) -> None:
    """Open session s and start it."""
    opening = OpenSession(session="s", program=program, seats=seats, seed=1)
    postman.handler().handle(
        [postman.asked(one, OPERATOR) for one in (opening, Start(session="s"))]
    )


def submit(generation: int, value: int | None = None, *, scope: str = ALL) -> Submit:
    """Return an answer."""
    answer = None if value is None else {"value": value}
    return Submit(session="s", scope=scope, generation=generation, answer=answer)


def exported(postman: Postman) -> dict[str, Export]:
    """Return the tables of session s, by name."""
    with postman.engine.begin() as db:
        return {one.name: one for one in export(db, "s")}


def test_a_running_session_is_exported_as_far_as_it_is(database: Database) -> None:
    postman = Postman(database.migrated())
    started(postman)
    handler = postman.handler()
    handler.handle([postman.asked(submit(1), one) for one in ("p1", "p2")])
    handler.handle([postman.asked(submit(1, 7, scope="g1"), "p1")])

    found = exported(postman)

    answers = found["answers"]
    assert answers.columns[-3:] == ("how", "set_aside", "value")
    rows = [dict(zip(answers.columns, one, strict=True)) for one in answers.rows]
    assert [(one["seat"], one["group"], one["stage"], one["value"]) for one in rows] == [
        ("p1", "g1", "welcome", None),
        ("p2", "g1", "welcome", None),
        ("p1", "g1", "ask", 7),
    ]
    for one in rows:
        assert one["opened_at"] <= one["arrived_at"]
        assert (one["how"], one["set_aside"]) == ("submitted", False)
    assert found["payoffs"].rows == (
        ("s", "p1", 1, "g1", None, "active", False, Decimal(0)),
        ("s", "p2", 2, "g1", None, "active", False, Decimal(0)),
    )
    stages = [dict(zip(found["stages"].columns, one, strict=True)) for one in found["stages"].rows]
    assert [(one["stage"], one["status"], one["arrived"]) for one in stages] == [
        ("welcome", "released", 2),
        ("ask", "open", 1),
    ]
    kinds = [one[found["events"].columns.index("kind")] for one in found["events"].rows]
    assert kinds == [
        "session-opened",
        "started",
        "stage-opened",
        "released",
        "scope-formed",
        "stage-opened",
    ]


def test_the_payoffs_of_a_finished_session_are_exact(database: Database) -> None:
    postman = Postman(database.migrated())
    started(postman, program="steps")
    handler = postman.handler()
    for generation, value in ((1, 3), (2, 4), (3, None)):
        handler.handle([postman.asked(submit(generation, value), one) for one in ("p1", "p2")])

    found = exported(postman)

    assert found["payoffs"].columns == (
        *("session", "seat", "number", "group", "treatment", "standing", "bot", "payoff"),
    )
    assert found["payoffs"].rows == (
        ("s", "p1", 1, None, None, "active", False, Decimal(3)),
        ("s", "p2", 2, None, None, "active", False, Decimal(3)),
    )
    assert len(found["answers"].rows) == 6


def test_a_session_that_nobody_opened_has_empty_tables(database: Database) -> None:
    found = exported(Postman(database.migrated()))

    assert {one.rows for one in found.values()} == {()}
