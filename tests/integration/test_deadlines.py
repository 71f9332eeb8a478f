"""Deadlines with every part as it is used: they come once, whoever is there when they come."""

from __future__ import annotations

from contextlib import AsyncExitStack
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest
from sqlalchemy import select

from palier.client.state import Asking, Ended, Waiting
from palier.program import Program, Session
from palier.schemas.commands import Advance, Readmit
from palier.schemas.names import ALL
from palier.workers.persistence import tables
from palier.workers.persistence.export import export
from tests.brokers import run, until
from tests.databases import Database
from tests.laboratory import Laboratory, Number, answers, check_record, running, status
from tests.rehearsal import SESSION, rehearse


class Timed(Program):
    """A number in time, else seven; and the end, which waits."""

    class Settings(Program.Settings):
        seconds: float = 1

    async def run(self, session: Session) -> None:
        await session.stage(
            "ask", form=Number, deadline=self.settings.seconds, missing=Number(value=7)
        )
        await session.stage("end")


class Hurried(Program):
    """Nobody need be there."""

    async def run(self, session: Session) -> None:
        for _ in range(3):
            await session.stage("ask", form=Number, deadline=0.3, missing=Number(value=7))


def laboratory_for(laboratory: Laboratory, program: type[Program]) -> Laboratory:
    """Return a laboratory with two seats that offers this program."""
    laboratory.seats = laboratory.more_seats(2)
    laboratory.catalogue.add("timed", program)
    return laboratory


def opening(laboratory: Laboratory, generation: int = 1) -> Any:
    """Return one generation's row, or None."""
    run = tables.stage_run
    rows = laboratory.database.ask(
        select(run).where(run.c.session == laboratory.session, run.c.generation == generation)
    )
    return rows[0] if rows else None


def is_open(laboratory: Laboratory, generation: int) -> bool:
    """Tell whether a generation was opened."""
    return opening(laboratory, generation) is not None


def released_late(laboratory: Laboratory) -> timedelta:
    """Return how long after its deadline the first generation was released."""
    row = opening(laboratory)
    assert isinstance(row.released_at, datetime)
    late = row.released_at - row.deadline_at
    assert isinstance(late, timedelta)
    return late


def test_who_has_not_answered_in_time_is_answered_for_and_sees_it(
    each_laboratory: Laboratory,
) -> None:
    laboratory = laboratory_for(each_laboratory, Timed)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, second = await laboratory.seated(operator, "timed")
            async with laboratory.link(first) as one, laboratory.link(second) as other:
                await operator.start(laboratory.session)
                await until(lambda: isinstance(one.state.screen, Asking))
                one.submit({"value": 2})

                await until(lambda: at(one) == at(other) == "end")

            await operator.advance(laboratory.session)
            await laboratory.told()
            assert await laboratory.lost() == []

    run(test())
    assert answers(laboratory.database, laboratory.session)[ALL, 1] == dict(
        zip(laboratory.seats, ({"value": 2}, {"value": 7}), strict=True)
    )
    assert timedelta(0) <= released_late(laboratory) < timedelta(seconds=3)
    check_record(laboratory.database, laboratory.session)


def at(link: Any) -> str:
    """Return the name of the stage that a link shows."""
    return link.state.stage.name if link.state.stage is not None else ""


def test_a_deadline_comes_though_the_worker_is_restarted_before_it(
    each_laboratory: Laboratory,
) -> None:
    laboratory = laboratory_for(each_laboratory, Timed)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            await operator.open(laboratory.opening("timed", settings={"seconds": 3}))
            await operator.start(laboratory.session)
            assert is_open(laboratory, 1)
        assert not is_open(laboratory, 2)

        async with laboratory.working():
            await until(lambda: is_open(laboratory, 2))

    run(test())
    assert timedelta(0) <= released_late(laboratory) < timedelta(seconds=5)
    check_record(laboratory.database, laboratory.session)


def test_a_deadline_that_nobody_was_there_for_comes_as_soon_as_somebody_is(
    each_laboratory: Laboratory,
) -> None:
    laboratory = laboratory_for(each_laboratory, Timed)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            await operator.open(laboratory.opening("timed", settings={"seconds": 3}))
            await operator.start(laboratory.session)
        passed = opening(laboratory).deadline_at
        await until(lambda: datetime.now(passed.tzinfo) > passed)
        assert not is_open(laboratory, 2)

        async with laboratory.working():
            await until(lambda: is_open(laboratory, 2))

    run(test())
    check_record(laboratory.database, laboratory.session)


def test_two_workers_do_what_is_due_once(each_laboratory: Laboratory) -> None:
    laboratory = laboratory_for(each_laboratory, Hurried)

    async def test() -> None:
        async with (
            laboratory.working(),
            running(laboratory.surroundings()),
            laboratory.operator() as operator,
        ):
            await operator.open(laboratory.opening("timed"))
            await operator.start(laboratory.session)
            await until(partial(is_finished, laboratory))
            await laboratory.told()
            assert await laboratory.lost() == []

    run(test())
    check_record(laboratory.database, laboratory.session)
    log = laboratory.database.ask(
        select(tables.event_log).where(tables.event_log.c.session == laboratory.session)
    )
    answered = [
        (one.body["generation"], one.body["seat"]) for one in log if one.kind == "answered-for"
    ]
    assert sorted(answered) == [
        (generation, seat) for generation in (1, 2, 3) for seat in laboratory.seats
    ]


def is_finished(laboratory: Laboratory) -> bool:
    """Tell whether the session is at its end."""
    return status(laboratory.database, laboratory.session) == "finished"


def test_another_worker_keeps_the_deadlines_of_one_that_ends(each_laboratory: Laboratory) -> None:
    laboratory = laboratory_for(each_laboratory, Hurried)

    async def test() -> None:
        async with AsyncExitStack() as first:
            await first.enter_async_context(laboratory.working())
            async with running(laboratory.surroundings()), laboratory.operator() as operator:
                await operator.open(laboratory.opening("timed"))
                await operator.start(laboratory.session)
                await until(lambda: is_open(laboratory, 2))

                await first.aclose()

                await until(partial(is_finished, laboratory))

    run(test())
    check_record(laboratory.database, laboratory.session)


def test_a_deadline_that_the_operator_moves_comes_when_it_is_moved_to(
    small_laboratory: Laboratory,
) -> None:
    laboratory = laboratory_for(small_laboratory, Timed)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            await operator.open(laboratory.opening("timed"))
            await operator.start(laboratory.session)
            before = opening(laboratory).deadline_at
            await operator.change_clock(laboratory.session, "extend", seconds=1)
            assert opening(laboratory).deadline_at == before + timedelta(seconds=1)

            await until(lambda: is_open(laboratory, 2))

    run(test())
    assert timedelta(0) <= released_late(laboratory) < timedelta(seconds=3)


def test_while_a_session_is_paused_its_deadlines_do_not_come(small_laboratory: Laboratory) -> None:
    laboratory = laboratory_for(small_laboratory, Timed)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, second = await laboratory.seated(operator, "timed")
            async with laboratory.link(first) as one, laboratory.link(second) as other:
                await operator.start(laboratory.session)
                await until(lambda: isinstance(other.state.screen, Asking))
                deadline = opening(laboratory).deadline_at
                await operator.pause(laboratory.session)
                await until(lambda: other.state.status == "paused")
                await until(lambda: datetime.now(deadline.tzinfo) > deadline)
                for link in (one, other):
                    assert link.submit({"value": 1})
                await until(lambda: isinstance(other.state.screen, Waiting))
                assert not is_open(laboratory, 2)

                await operator.resume(laboratory.session)

                await until(lambda: at(one) == at(other) == "end")

    run(test())
    assert answers(laboratory.database, laboratory.session)[ALL, 1] == {
        seat: {"value": 1} for seat in laboratory.seats
    }


class Excluding(Program):
    """Who is slow is left behind."""

    async def run(self, session: Session) -> None:
        await session.stage("ask", form=Number, deadline=0.5, missing="exclude")
        await session.stage("end")


def test_who_was_too_slow_is_told_that_the_others_went_on(each_laboratory: Laboratory) -> None:
    laboratory = laboratory_for(each_laboratory, Excluding)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            first, second = await laboratory.seated(operator, "timed")
            async with laboratory.link(first) as one, laboratory.link(second) as other:
                await operator.start(laboratory.session)
                await until(lambda: isinstance(one.state.screen, Asking))
                one.submit({"value": 2})
                await until(lambda: at(one) == "end")
                overview = await operator.overview(laboratory.session)
                assert [seat.standing for seat in overview.seats] == ["active", "excluded"]
                one.submit(None)

                await until(lambda: isinstance(one.state.screen, Ended))
                await until(lambda: isinstance(other.state.screen, Ended))

    run(test())
    check_record(laboratory.database, laboratory.session)


# -- what the data say --------------------------------------------------------------------------


async def every_policy(session: Session) -> None:
    await session.stage("declared", form=Number, deadline=10, missing=Number(value=7))
    await session.stage("waits", form=Number, deadline=10)
    await session.stage("stands-in", form=Number, deadline=10, missing="bot")
    await session.stage("excludes", form=Number, deadline=10, missing="exclude")


def test_exports_say_of_each_answer_how_it_came_about(database: Database) -> None:
    rehearsal = rehearse(database, every_policy, seats=("p1", "p2", "p3"))

    def overdue(*answering: str) -> None:
        rehearsal.arrive(*answering, value=1)
        rehearsal.later(10)
        rehearsal.handle(rehearsal.tick(), rehearsal.tick())
        rehearsal.handle(rehearsal.tick(), worker=1)
        rehearsal.consistent()
        rehearsal.restart()

    overdue("p1")
    overdue("p1")
    rehearsal.ask(Advance(session=SESSION, seats=("p2", "p3"), answer={"value": 4}))
    overdue("p1", "p3")
    rehearsal.ask(Readmit(session=SESSION, seats=("p2",)))
    overdue("p1", "p2")

    with rehearsal.postman.engine.begin() as db:
        found = next(one for one in export(db, SESSION) if one.name == "answers")
    columns = [found.columns.index(one) for one in ("stage", "seat", "how")]
    assert sorted(tuple(row[at] for at in columns) for row in found.rows) == sorted(
        [
            ("declared", "p1", "submitted"),
            ("declared", "p2", "default"),
            ("declared", "p3", "default"),
            ("waits", "p1", "submitted"),
            ("waits", "p2", "operator"),
            ("waits", "p3", "operator"),
            ("stands-in", "p1", "submitted"),
            ("stands-in", "p2", "bot"),
            ("stands-in", "p3", "submitted"),
            ("excludes", "p1", "submitted"),
            ("excludes", "p2", "submitted"),
        ]
    )
    assert status(database, SESSION) == "finished"


@pytest.mark.parametrize("ticks", [1, 3])
def test_a_tick_that_comes_early_late_or_often_does_what_is_due_once(
    database: Database, ticks: int
) -> None:
    rehearsal = rehearse(database, every_policy)
    rehearsal.later(9.999)
    rehearsal.handle(*(rehearsal.tick() for _ in range(ticks)))
    assert rehearsal.log("answered-for") == []

    rehearsal.later(1000)
    for worker in (0, 1, 0):
        rehearsal.handle(*(rehearsal.tick() for _ in range(ticks)), worker=worker)

    assert len(rehearsal.log("answered-for")) == 4
    assert len(rehearsal.log("released")) == 1
    rehearsal.consistent()


def test_a_tick_of_a_session_that_is_over_or_unknown_is_nothing(database: Database) -> None:
    rehearsal = rehearse(database, every_policy, seats=("p1",))
    for _ in range(4):
        rehearsal.arrive(value=1)
    before = rehearsal.rows()
    rehearsal.later(100)

    assert [one.items for one in rehearsal.handle(rehearsal.tick())] == [[]]

    assert rehearsal.rows() == before


def test_what_is_due_is_found_by_any_worker_and_only_while_it_can_be_done(
    database: Database,
) -> None:
    rehearsal = rehearse(database, every_policy)
    due = rehearsal.workers[1].due

    assert due(rehearsal.now + timedelta(seconds=9)) == []
    assert due(rehearsal.now + timedelta(seconds=10)) == [
        (SESSION, 0, rehearsal.now + timedelta(seconds=10))
    ]
    rehearsal.later(10)
    rehearsal.handle(rehearsal.tick())
    assert due(rehearsal.now + timedelta(days=1)) == [], "the second stage waits"
