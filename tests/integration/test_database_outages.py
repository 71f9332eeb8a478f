"""A database that is away for a while: nothing is lost, and the worker goes on by itself."""

from __future__ import annotations

import asyncio
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from pathlib import Path
from time import monotonic, sleep

import pytest
from psycopg import Connection, OperationalError
from sqlalchemy import Engine, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError

from palier.client.state import Asking
from palier.schemas.names import OPERATOR
from palier.workers.errors import DatabaseUnavailable
from palier.workers.persistence.database import Patience, answering, migrate, open_database
from palier.workers.runtime import conductor
from tests.brokers import Memory, run, until
from tests.databases import Cluster, Database, Postgresql, Sqlite
from tests.games import playing
from tests.laboratory import Laboratory, Postman, answers, check_record
from tests.troubles import (
    locked,
    postgresql_on_a_small_disk,
    read_only,
    small_disk,
    sqlite_on_a_small_disk,
)
from tests.wires import Wire


@pytest.fixture(autouse=True)
def _impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conductor, "_LAST_RETRY", 0.2)
    monkeypatch.setattr(conductor, "_IDLE", 0.1)


def test_answers_wait_for_the_database_and_none_is_lost(
    laboratory: Laboratory, caplog: pytest.LogCaptureFixture
) -> None:
    laboratory.seats = laboratory.more_seats(2)

    async def test() -> None:
        assert isinstance(laboratory.server, Memory)
        queue = laboratory.server.server
        engine = laboratory.database.impatient()
        async with laboratory.working(engine=engine), laboratory.operator() as operator:
            first, second = await laboratory.seated(operator, "steps")
            await operator.start(laboratory.session)
            async with laboratory.link(first) as one, laboratory.link(second) as other:
                await until(lambda: isinstance(one.state.screen, Asking))
                await until(lambda: isinstance(other.state.screen, Asking))
                await laboratory.told()

                with laboratory.database.away():
                    one.submit({"value": 1})
                    other.submit({"value": 2})
                    await until(lambda: queue.depth("commands.0") >= 2)
                    await until(lambda: caplog.text.count("Nothing is lost; trying again") > 1)
                    assert queue.depth("commands.0") >= 2
                    assert queue.depth("dead-letters") == 0
                    assert not one.state.submitted

                await until(lambda: stage(one.state.stage) == stage(other.state.stage) == "second")
            await until(lambda: queue.depth("commands.0") == 0)
            assert await laboratory.lost() == []

    run(test())
    kept = answers(laboratory.database, laboratory.session)["all", 1]
    assert sorted(one["value"] for one in kept.values()) == [1, 2]
    check_record(laboratory.database, laboratory.session)


def stage(shown: object) -> str:
    """Return a stage's name."""
    return getattr(shown, "name", "")


def test_an_idle_worker_lives_through_an_outage(
    laboratory: Laboratory, caplog: pytest.LogCaptureFixture
) -> None:
    """What is told is still in the outbox then, and the worker sweeps it when it is idle."""

    async def test() -> None:
        engine = laboratory.database.impatient()
        async with laboratory.working(engine=engine), laboratory.operator() as operator:
            await operator.open(laboratory.opening("steps"))
            with laboratory.database.away():
                await until(lambda: "Nothing is lost; trying again" in caplog.text)

            assert (await operator.overview(laboratory.session)).status == "lobby"
            await laboratory.told()

    run(test())


def test_every_question_to_a_database_that_is_away_says_so(database: Database) -> None:
    engine = database.impatient()
    migrate(engine)
    handler = Postman(engine).handler()
    handler.told(1)
    with database.away():
        for question in (
            lambda: handler.enrol_operator(OPERATOR),
            handler.lasting_scopes,
            handler.untold,
            handler.seated,
            handler.sweep,
            lambda: handler.presence({"p1": True}),
        ):
            with pytest.raises(DatabaseUnavailable):
                question()


# -- in trouble in the middle of a game ---------------------------------------------------------


ROUNDS = 30

#: Seconds in which a worker says what is wrong, and in which a game goes on once all is well.
SAYS, BACK = 60.0, 60.0


def play_through(
    memory: Memory,
    database: Database,
    trouble: Callable[[], AbstractContextManager[None]],
    words: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Let a game meet trouble: it waits and says so, nothing is put aside, and it goes on."""
    laboratory = Laboratory(memory, database)

    async def test() -> None:
        engine = database.impatient()
        async with laboratory.working(engine=engine), playing(laboratory, rounds=ROUNDS) as game:
            with trouble():
                await until(lambda: words in caplog.text, deadline=SAYS)
                here = game.generation
                await until(lambda: caplog.text.count("Nothing is lost; trying again") > 3)
                assert game.generation <= here + 1
                assert memory.server.depth("commands.0") > 0
                assert memory.server.depth("dead-letters") == 0
            await game.goes_on(within=BACK)
            await game.ends()

    run(test(), deadline=220)


@pytest.mark.timeout(240)
def test_a_game_waits_for_room_on_a_full_disk_of_sqlite(
    memory: Memory, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with sqlite_on_a_small_disk(tmp_path) as (database, full):
        play_through(memory, database, full, "Its disk is full: make room.", caplog)


@pytest.mark.timeout(240)
def test_a_game_waits_for_room_on_a_full_disk_of_postgresql(
    memory: Memory, cluster: Cluster, caplog: pytest.LogCaptureFixture
) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="palier-disk-") as folder,
        postgresql_on_a_small_disk(cluster, Path(folder)) as (database, full),
    ):
        play_through(memory, database, full, "Its disk is full: make room.", caplog)


@pytest.mark.timeout(240)
def test_a_game_waits_for_a_postgresql_that_was_killed(
    memory: Memory, postgresql: Postgresql, caplog: pytest.LogCaptureFixture
) -> None:
    said = "The database cannot be reached"
    play_through(memory, postgresql, postgresql.killed, said, caplog)


@pytest.mark.timeout(240)
def test_a_game_waits_for_a_postgresql_that_takes_no_changes(
    memory: Memory, postgresql: Postgresql, caplog: pytest.LogCaptureFixture
) -> None:
    trouble = read_only(postgresql)
    play_through(memory, postgresql, trouble, "It is read-only: is this the primary", caplog)


@pytest.mark.timeout(240)
def test_a_game_waits_for_what_another_program_has_locked(
    memory: Memory, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    said = "Another program has locked"
    play_through(memory, database, locked(database), said, caplog)


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_a_game_waits_for_a_postgresql_that_is_there_and_says_nothing(
    memory: Memory, postgresql: Postgresql, caplog: pytest.LogCaptureFixture
) -> None:
    """As when a cable is pulled, or the server is stopped by its machine."""
    where = make_url(postgresql.url)
    assert where.host is not None
    assert where.port is not None

    @contextmanager
    def cut() -> Iterator[None]:
        wire.cut()
        try:
            yield
        finally:
            wire.mend()

    with Wire(where.host, where.port) as wire:
        far = Postgresql(postgresql.cluster, where.database or "")
        far.url = where.set(host=wire.host, port=wire.port).render_as_string(hide_password=False)
        try:
            play_through(memory, far, cut, "no answer within 4 s", caplog)
        finally:
            far.close()


@pytest.mark.slow
@pytest.mark.timeout(240)
def test_an_outage_that_lasts_raises_the_alarm(
    memory: Memory, database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    """With the patience that a worker really has, and a lock of twenty seconds."""
    laboratory = Laboratory(memory, database)

    async def test() -> None:
        async with laboratory.working(), playing(laboratory, rounds=ROUNDS) as game:
            with locked(database)():
                begun = asyncio.get_running_loop().time()
                await until(partial(alarmed, caplog), deadline=SAYS)
                levels = [one.levelname for one in caplog.records if "locked" in one.message]
                assert levels[0] == "WARNING"
                await asyncio.sleep(max(0.0, begun + 20 - asyncio.get_running_loop().time()))
            await game.goes_on(within=BACK)
            await game.ends()

    run(test(), deadline=220)


def alarmed(caplog: pytest.LogCaptureFixture) -> bool:
    """Tell whether an error was logged, after warnings."""
    return any(
        one.levelname == "ERROR" and "Another program has locked" in one.message
        for one in caplog.records
    )


def test_a_worker_whose_disk_takes_no_changes_says_so_and_does_not_begin(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", size=2_000_000) as disk:
        database = Sqlite(disk / "palier.db")
        try:
            database.migrated()
            database.close()
            subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
            with pytest.raises(DatabaseUnavailable, match="may this worker write to its folder"):
                migrate(database.engine())
        finally:
            database.close()


def test_what_is_a_message_s_own_fault_is_not_waited_for(database: Database) -> None:
    engine = database.migrated()
    orphan = "INSERT INTO scope (session, name, version, seats) VALUES ('none', 'all', 0, '[]')"
    with pytest.raises(IntegrityError), answering(), engine.begin() as db:
        db.execute(text(orphan))


@pytest.mark.parametrize(
    ("statement", "words"),
    [
        ("SELECT * FROM nothing_there", "A table is missing"),
        ("SELECT pg_sleep(5)", "It took too long"),
        ("SET ROLE nobody_much; SELECT * FROM session", "This worker's user may not do this"),
    ],
)
def test_what_an_administrator_has_to_mend_is_said_and_waited_for(
    postgresql: Postgresql, statement: str, words: str
) -> None:
    engine = postgresql.impatient()
    migrate(engine)
    postgresql.cluster.command(
        "DO $$ BEGIN CREATE ROLE nobody_much; EXCEPTION WHEN duplicate_object THEN END $$"
    )
    with pytest.raises(DatabaseUnavailable, match=words), answering(), engine.begin() as db:
        db.exec_driver_sql(statement)


def test_a_transaction_that_computes_for_long_is_told_from_one_that_stands_still(
    postgresql: Postgresql,
) -> None:
    engine = postgresql.impatient()  # whose transactions may stand still for 2 s
    with answering(), engine.begin() as db:
        db.execute(text("SELECT 1"))
        sleep(3)
        assert db.execute(text("SELECT 2")).scalar() == 2


def test_a_transaction_ends_though_another_of_the_same_worker_waits_for_its_lock(
    postgresql: Postgresql,
) -> None:
    engine = open_database(postgresql.url, patience=Patience(stillness=1.5))
    migrate(engine)
    with engine.begin() as db:
        db.execute(text("INSERT INTO seat (name, role, present) VALUES ('p1', 'room', false)"))

    def lock() -> None:
        with answering(), engine.begin() as db:
            db.execute(text("SELECT name FROM seat FOR UPDATE"))

    with ThreadPoolExecutor(max_workers=1) as threads:
        with answering(), engine.begin() as db:
            db.execute(text("SELECT name FROM seat FOR UPDATE"))
            waiting = threads.submit(lock)
            sleep(1.2)  # both have been asked for a sign meanwhile
            before = monotonic()
        assert monotonic() - before < 3  # or the other one has given up
        waiting.result()
    engine.dispose()


def test_who_falls_silent_while_it_sends_many_rows_is_cut_off_by_another(
    postgresql: Postgresql,
) -> None:
    """There the server waits for the rest without a clock: psycopg's pipeline has not ended."""
    silent, other = postgresql.impatient(), postgresql.impatient()
    migrate(silent)
    stopped = silent.raw_connection().driver_connection
    assert isinstance(stopped, Connection)
    pipeline = stopped.pipeline()
    pipeline.__enter__()
    stopped.execute("LOCK TABLE session IN ACCESS EXCLUSIVE MODE")
    stopped.execute("SELECT 1")
    stopped.pgconn.send_flush_request()
    stopped.pgconn.flush()

    with answering(), other.begin() as db:
        db.execute(text("SELECT 1"))
    run(until_unlocked(other))

    with pytest.raises(OperationalError, match="connection"):
        pipeline.__exit__(None, None, None)


async def until_unlocked(engine: Engine) -> None:
    """Wait until nobody has locked the sessions."""

    def ask() -> bool:
        try:
            with answering(), engine.begin() as db:
                db.execute(text("SELECT name FROM session FOR UPDATE"))
        except DatabaseUnavailable:
            return False
        return True

    await until(ask)
