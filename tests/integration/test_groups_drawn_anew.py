"""Groups that are drawn anew are played on each broker, seat by seat, whichever worker conducts."""

from __future__ import annotations

import asyncio

from sqlalchemy import select

from palier.program import Field, Form, Group, Matching, Program, Session, Solo
from palier.schemas.addresses import barrier_exchange
from palier.schemas.commands import OpenSession
from palier.schemas.replies import Refused
from palier.workers.persistence import tables
from palier.workers.persistence.export import export, take_picture
from palier.workers.runtime.catalogue import Catalogue
from tests.brokers import run, until
from tests.databases import Database
from tests.laboratory import Laboratory, check_record, status
from tests.rehearsal import SESSION, Rehearsal, rehearse


class Number(Form):
    value: int = Field(ge=0, le=9)


class Drawn(Program):
    """Strangers with roles, each alone, pairs as they come."""

    async def run(self, session: Session) -> None:
        for _ in session.periods(3):
            await session.each_group(
                self.play, size=2, matching="strangers", roles=("first", "second")
            )
        await session.by_arrival(self.alone, self.meet, size=2)
        await session.stage("end")

    async def play(self, group: Group) -> None:
        await group.with_role("first").stage("turn", form=Number)
        await group.stage("ask", form=Number, own=lambda one: {"role": one.role})

    async def alone(self, solo: Solo) -> None:
        await solo.stage("alone")

    async def meet(self, group: Group) -> None:
        await group.stage("met")


def test_groups_drawn_anew_are_told_seat_by_seat_and_everyone_comes_to_the_end(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory
    laboratory.catalogue.add("drawn", Drawn)
    laboratory.seats = laboratory.more_seats(6)

    async def test() -> None:
        async with laboratory.working(), laboratory.operator() as operator:
            credentials = await laboratory.seated(operator, "drawn", auto_start=True)
            assert await laboratory.play(credentials) == {"finished"}
            await laboratory.told()
            assert await laboratory.lost() == []

    run(test())
    check_record(laboratory.database, laboratory.session)
    scopes = laboratory.database.ask(select(tables.scope))
    assert {one.name for one in scopes if one.lasting} == {"all"}
    assert sum(one.name.endswith("-first") for one in scopes) == 9


def test_a_worker_that_takes_over_goes_on_with_groups_that_have_no_fanout(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory
    laboratory.catalogue.add("drawn", Drawn)
    laboratory.seats = laboratory.more_seats(4)

    async def test() -> None:
        async with laboratory.working():
            async with laboratory.operator() as operator:
                credentials = await laboratory.seated(operator, "drawn", auto_start=True)
            playing = [asyncio.create_task(one.play()) for one in laboratory.bots(credentials)]
            await until(lambda: _period(laboratory.database, laboratory.session) >= 2)
        async with laboratory.working():
            assert set(await asyncio.gather(*playing)) == {"finished"}
            await laboratory.told()
            assert await laboratory.lost() == []

    run(test())
    check_record(laboratory.database, laboratory.session)


def _period(database: Database, session: str) -> int:
    run = tables.stage_run
    rows = database.ask(select(run.c.period).where(run.c.session == session))
    return max((one.period for one in rows), default=0)


# -- what the operator sees, and what is exported -------------------------------------------------


def going_on(rehearsal: Rehearsal) -> None:
    """Have everyone answer what is open."""
    for scope, generation, asks, missing in rehearsal.open_stages():
        for seat in missing:
            rehearsal.handle(rehearsal.submit(seat, scope, generation, 3 if asks else None))


def test_the_operator_sees_group_role_and_period_of_each_seat(database: Database) -> None:
    rehearsal = rehearse(database, Drawn().run)
    for _ in range(3):
        going_on(rehearsal)

    rows = rehearsal.overview().seats

    assert {one.period for one in rows} == {2}
    assert {one.group for one in rows} == {"p2g1", "p2g2"}
    assert sorted((one.group, one.role) for one in rows) == [
        ("p2g1", "first"),
        ("p2g1", "second"),
        ("p2g2", "first"),
        ("p2g2", "second"),
    ]
    rehearsal.consistent()


def test_an_answer_is_exported_with_group_role_and_period_of_that_very_stage(
    database: Database,
) -> None:
    rehearsal = rehearse(database, Drawn().run)
    while status(database, SESSION) != "finished":
        going_on(rehearsal)

    with take_picture(rehearsal.postman.engine, SESSION) as picture:
        tables_of = {one.name: one for one in export(picture.db, SESSION)}
    answers = tables_of["answers"]
    rows = [dict(zip(answers.columns, row, strict=True)) for row in answers.rows]
    asked = [one for one in rows if one["stage"] == "ask"]
    assert len(asked) == 12
    for one in asked:
        assert one["group"] == one["scope"]
        assert one["scope"].startswith(f"p{one['period']}g")
    turns = [one for one in rows if one["stage"] == "turn"]
    assert {one["role"] for one in turns} == {"first"}
    assert {one["group"] for one in turns} == {one["group"] for one in asked}
    by_seat = {(one["seat"], one["role"]) for one in asked}
    assert len(by_seat) == 4
    # at a stage of all there is no one group
    assert {one["group"] for one in rows if one["stage"] == "end"} == {None}


def test_only_groups_that_last_are_declared_again(database: Database) -> None:
    async def body(session: Session) -> None:
        await session.each_group(Drawn().meet, size=2)
        await session.each_group(Drawn().meet, size=2, matching="strangers")

    rehearsal = rehearse(database, body)
    going_on(rehearsal)

    found = {scope for _, scope, _ in rehearsal.workers[0].lasting_scopes()}
    assert found == {"all", "g1", "g2"}
    told = [barrier_exchange(SESSION, one) for one in ("m2p1g1", "m2p1g2")]
    untold = rehearsal.restart()
    assert not [
        one for each in untold for one in each.items if getattr(one, "exchange", "") in told
    ]


def test_a_session_whose_matching_cannot_be_is_refused_when_it_is_opened(
    database: Database,
) -> None:
    class Once(Program):
        def matching(self) -> Matching:
            return Matching(kind="perfect-strangers", size=2, rounds=4)

    known = Catalogue([])
    known.add("once", Once)
    rehearsal = Rehearsal(database, known, seats=("p1", "p2", "p3", "p4"))

    refused = rehearsal.ask(OpenSession(session=SESSION, program="once", seats=rehearsal.seats))

    assert isinstance(refused, Refused)
    assert "at most 3 rounds are possible" in refused.reason
    assert "What helps: ask for 3" in refused.reason
