"""A database that is away for a while: nothing is lost, and the worker goes on by itself."""

from __future__ import annotations

import pytest

from palier.client.state import Asking
from palier.schemas.names import OPERATOR
from palier.workers.errors import DatabaseUnavailable
from palier.workers.persistence.database import migrate
from palier.workers.runtime import conductor
from tests.brokers import Memory, run, until
from tests.databases import Database
from tests.laboratory import Laboratory, Postman, answers, check_record


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
            handler.open_scopes,
            handler.untold,
            handler.seated,
            handler.sweep,
            lambda: handler.presence({"p1": True}),
        ):
            with pytest.raises(DatabaseUnavailable):
                question()
