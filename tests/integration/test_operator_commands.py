"""What an operator can do to a session, asked as `palier.client.asking.Operator` asks it."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, Self

import pytest
from sqlalchemy import select

from palier.cli.course import Course
from palier.cli.explaining import Explainer
from palier.client.asking import Operator, join
from palier.client.credentials import Credentials
from palier.client.errors import Rejected
from palier.client.link import Link
from palier.client.state import Asking
from palier.program import Field, Form, Group, Program
from palier.program import Session as ProgramSession
from palier.schemas.names import ALL
from palier.schemas.replies import LogEntry, Overview, SeatRow
from palier.workers.persistence import tables
from palier.workers.runtime.catalogue import Catalogue
from tests.brokers import run, until
from tests.laboratory import PROGRAMS, SECRETS, Laboratory, answers, status


class Number(Form):
    value: int = Field(ge=0, le=9)


class Timed(Program):
    """A number within a minute, else none, and the end."""

    async def run(self, session: ProgramSession) -> None:
        given = await session.stage("first", form=Number, deadline=60, missing=Number(value=7))
        for one, answer in given.items():
            one.pay(answer.value)
        await session.stage("end")


class Patient(Program):
    """Two groups, which wait for whoever is missing."""

    group_size = 2

    async def run(self, session: ProgramSession) -> None:
        await session.each_group(self.play, size=2)
        await session.stage("end")

    async def play(self, group: Group) -> None:
        for _ in range(2):
            await group.stage("ask", form=Number)


SOURCE = """
from palier.program import Field, Form, Program, Session

class Number(Form):
    value: int = Field(ge=0, le=9)

class Mine(Program):
    async def run(self, session: Session) -> None:
        await session.stage("first", form=Number)
        answers = await session.stage("second", form=Number)
        for one, answer in answers.items():
            one.pay({payment})
        await session.stage("third")
"""


class Played:
    """A session that runs, its operator, and a link at each seat."""

    def __init__(
        self, laboratory: Laboratory, operator: Operator, credentials: list[Credentials]
    ) -> None:
        self.laboratory = laboratory
        self.operator = operator
        self.session = laboratory.session
        self.seats = laboratory.seats
        self.credentials = credentials
        self.links: list[Link] = []

    async def __aenter__(self) -> Self:
        self._stack = AsyncExitStack()
        for one in self.credentials:
            self.links.append(await self._stack.enter_async_context(self.laboratory.link(one)))
        await until(lambda: all(isinstance(one.state.screen, Asking) for one in self.links))
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self._stack.aclose()

    async def arrive(self, *seats: int, value: int = 3) -> None:
        """Let seats hand in, by their place, and wait until that is committed."""
        before = {one: self.generation(one) for one in seats}
        for one in seats:
            assert self.links[one].submit({"value": value})
        await until(
            lambda: all(
                self.links[one].state.submitted or self.generation(one) != before[one]
                for one in seats
            )
        )

    def generation(self, seat: int) -> tuple[str, int]:
        """Return the opening that a seat is shown."""
        stage = self.links[seat].state.stage
        return ("", 0) if stage is None else (stage.scope, stage.generation)

    def stage(self, seat: int) -> str:
        """Return the stage that a seat is shown."""
        stage = self.links[seat].state.stage
        return stage.name if stage is not None else ""

    async def overview(self) -> Overview:
        return await self.operator.overview(self.session)

    async def row(self, seat: int) -> SeatRow:
        """Return where a seat is."""
        return (await self.overview()).seats[seat]

    async def course(self) -> Course:
        """Return what the log tells."""
        explainer = Explainer()
        async for one in self.operator.entries(self.session):
            explainer.tell(one)
        return explainer.course


class Playing:
    """Opens and starts a session, and sits down at each of its seats."""

    def __init__(self, laboratory: Laboratory, program: str, *, seats: int = 2) -> None:
        self._laboratory = laboratory
        self._program = program
        laboratory.seats = laboratory.more_seats(seats)
        laboratory.catalogue.add("timed", Timed)
        laboratory.catalogue.add("patient", Patient)

    async def __aenter__(self) -> Played:
        self._stack = AsyncExitStack()
        laboratory = self._laboratory
        await self._stack.enter_async_context(laboratory.working())
        operator = await self._stack.enter_async_context(laboratory.operator())
        credentials = await laboratory.seated(operator, self._program, auto_start=True)
        played = Played(laboratory, operator, credentials)
        return await self._stack.enter_async_context(played)

    async def __aexit__(self, *reason: object) -> None:
        await self._stack.aclose()


# -- advancing ----------------------------------------------------------------------------------


def test_a_seat_is_advanced_with_the_answer_that_the_operator_gives(
    each_laboratory: Laboratory,
) -> None:
    async def test() -> None:
        async with Playing(each_laboratory, "timed") as played:
            await played.arrive(0)

            effect = await played.operator.advance(
                played.session, played.seats[1], answer={"value": 5}, reason="went home"
            )

            assert effect.startswith(f"Answered for {played.seats[1]} (value=5); ")
            await until(lambda: played.stage(1) == "end")
            assert played.links[0].state.stage is not None

    run(test())
    given = answers(each_laboratory.database, each_laboratory.session)[ALL, 1]
    assert [one["value"] for one in given.values()] == [3, 5]


def test_all_who_are_missing_are_advanced_with_what_the_stage_declares(
    each_laboratory: Laboratory,
) -> None:
    async def test() -> None:
        async with Playing(each_laboratory, "timed", seats=3) as played:
            await played.arrive(1)

            effect = await played.operator.advance(played.session, reason="short of time")

            first, _, last = played.seats
            assert f"Answered for {first} and {last} (value=7); stage first in all" in effect
            await until(lambda: played.stage(0) == "end")
            assert [(await played.row(one)).payoff for one in range(3)] == ["7", "3", "7"]

    run(test())


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({"answer": {"value": 99}}, "invalid"),
        ({"scope": "g9"}, "unknown-scope"),
        ({"seats": ["nobody"]}, "unknown-seat"),
        ({"seats": [0]}, "not-missing"),
    ],
)
def test_an_advance_that_cannot_be_changes_nothing(
    small_laboratory: Laboratory, given: dict[str, Any], code: str
) -> None:
    async def test() -> None:
        async with Playing(small_laboratory, "timed") as played:
            await played.arrive(0)
            seats = [
                played.seats[one] if isinstance(one, int) else one for one in given.pop("seats", [])
            ]
            before = (await played.course()).version

            with pytest.raises(Rejected) as refused:
                await played.operator.advance(played.session, *seats, **given)

            assert refused.value.code == code
            assert (await played.course()).version == before
            assert (await played.row(1)).state == "working"

    run(test())


# -- the clock ----------------------------------------------------------------------------------


def test_a_clock_is_extended_stopped_and_started_again(each_laboratory: Laboratory) -> None:
    async def test() -> None:
        async with Playing(each_laboratory, "timed") as played:
            first = (await played.row(0)).clock
            assert first is not None
            assert first.deadline_at is not None

            await played.operator.change_clock(played.session, "extend", seconds=30)
            longer = (await played.row(0)).clock
            assert longer is not None
            assert longer.deadline_at == first.deadline_at + timedelta(seconds=30)

            await played.operator.change_clock(played.session, "pause", reason="a question")
            stands = (await played.row(0)).clock
            assert stands is not None
            assert stands.deadline_at is None
            assert stands.left is not None
            assert 0 < stands.left <= 90

            await played.operator.change_clock(played.session, "resume")
            runs = (await played.row(0)).clock
            assert runs is not None
            assert runs.deadline_at is not None
            assert runs.deadline_at >= longer.deadline_at
            await until(lambda: shown_clock(played.links[0]) == runs)

    run(test())


def shown_clock(link: Link) -> object:
    return link.state.stage.clock if link.state.stage is not None else None


def test_a_stage_without_a_deadline_has_no_clock_to_change(small_laboratory: Laboratory) -> None:
    async def test() -> None:
        async with Playing(small_laboratory, "patient") as played:
            with pytest.raises(Rejected, match="has a deadline") as refused:
                await played.operator.change_clock(played.session, "extend", seconds=5)
            assert refused.value.code == "no-clock"

    run(test())


def test_time_that_is_taken_away_lets_the_deadline_come(each_laboratory: Laboratory) -> None:
    async def test() -> None:
        async with Playing(each_laboratory, "timed") as played:
            await played.operator.change_clock(played.session, "extend", seconds=-59.9)

            await until(lambda: played.stage(0) == "end")
            course = await played.course()
            assert course.openings[ALL, 1].over_at is not None

    run(test())
    kept = each_laboratory.database.ask(select(tables.arrival.c.how))
    assert {one.how for one in kept} == {"default"}


# -- holding ------------------------------------------------------------------------------------


def test_while_a_session_is_paused_arrivals_count_and_nobody_goes_on(
    each_laboratory: Laboratory,
) -> None:
    async def test() -> None:
        async with Playing(each_laboratory, "timed") as played:
            effect = await played.operator.pause(played.session, reason="a fire drill")
            assert "the session is paused" in effect.lower()

            await played.arrive(0, 1)

            overview = await played.overview()
            assert (overview.status, overview.reason) == ("paused", "a fire drill")
            assert {one.state for one in overview.seats} == {"submitted"}
            with pytest.raises(Rejected):
                await played.operator.pause(played.session)

            await played.operator.resume(played.session)
            await until(lambda: {played.stage(0), played.stage(1)} == {"end"})
            with pytest.raises(Rejected) as refused:
                await played.operator.resume(played.session)
            assert refused.value.code == "not-paused"

    run(test())


# -- who takes part -----------------------------------------------------------------------------


def test_the_others_go_on_without_a_seat_that_is_excluded_and_with_it_once_readmitted(
    each_laboratory: Laboratory,
) -> None:
    async def test() -> None:
        async with Playing(each_laboratory, "timed", seats=3) as played:
            await played.arrive(0)

            await played.operator.exclude(played.session, played.seats[2], reason="feels unwell")
            assert (await played.row(2)).standing == "excluded"
            assert (await played.row(1)).state == "working"

            await played.operator.readmit(played.session, played.seats[2])
            assert (await played.row(2)).state == "working"
            with pytest.raises(Rejected) as refused:
                await played.operator.readmit(played.session, played.seats[2])
            assert refused.value.code == "nothing-to-do"

            await played.operator.exclude(played.session, played.seats[2], reason="again")
            await played.arrive(1)
            await until(lambda: {played.stage(0), played.stage(1)} == {"end"})
            assert (await played.overview()).seats[2].state == "excluded"

    run(test())


def test_a_bot_stands_in_for_a_seat_until_it_answers_by_itself(each_laboratory: Laboratory) -> None:
    async def test() -> None:
        async with Playing(each_laboratory, "patient") as played:
            await played.operator.stand_in(played.session, played.seats[1], reason="late")
            await until(lambda: played.links[1].state.submitted)
            assert (await played.row(1)).how == "bot"

            await played.operator.readmit(played.session, played.seats[1])
            assert (await played.row(1)).standing == "active"

    run(test())


def test_a_new_code_brings_another_person_to_a_seat_and_the_old_code_ends(
    each_laboratory: Laboratory,
) -> None:
    laboratory = each_laboratory

    async def test() -> None:
        async with Playing(laboratory, "timed") as played:
            old = (await played.operator.codes(played.session, played.seats[:1]))[played.seats[0]]

            code = await played.operator.replace(
                played.session, played.seats[0], reason="another computer"
            )

            with pytest.raises(Rejected) as refused:
                await join(laboratory.server.transport(), code=old, room_password=SECRETS.room)
            assert refused.value.code == "unknown-code"
            there = await join(laboratory.server.transport(), code=code, room_password=SECRETS.room)
            assert (there.seat, there.session) == (played.seats[0], played.session)
            entries = [one async for one in played.operator.entries(played.session)]
            (replaced,) = [one for one in entries if one.kind == "seat-replaced"]
            assert replaced.author == "operator"
            assert replaced.body["seat"] == played.seats[0]
            assert replaced.body["reason"] == "another computer"

    run(test())


def test_a_code_that_a_worker_was_slow_to_give_is_the_one_that_holds(
    small_laboratory: Laboratory,
) -> None:
    laboratory = small_laboratory

    async def test() -> None:
        async with AsyncExitStack() as stack:
            async with laboratory.working():
                operator = await stack.enter_async_context(laboratory.operator())
                await operator.open(laboratory.opening("steps"))
            seat = laboratory.seats[0]
            asking = asyncio.create_task(operator.codes(laboratory.session, (seat,)))
            # longer than what may be repeated is waited for
            await asyncio.wait({asking}, timeout=2.5)
            assert not asking.done()
            async with laboratory.working():
                code = (await asking)[seat]
                there = await join(
                    laboratory.server.transport(), code=code, room_password=SECRETS.room
                )
                assert there.seat == seat

    run(test())


# -- mending ------------------------------------------------------------------------------------


@pytest.fixture
def mine(tmp_path: Path, each_laboratory: Laboratory) -> Path:
    """A program's file, which the laboratory's worker reads."""
    file = tmp_path / "programs" / "mine" / "program.py"
    file.parent.mkdir(parents=True)
    pay(file, "answer.value / 0")
    each_laboratory.catalogue = Catalogue([PROGRAMS, tmp_path / "programs"])
    return file


def pay(file: Path, payment: str) -> None:
    """Write the program anew, with what it pays after the second stage."""
    file.write_text(SOURCE.format(payment=payment))


def test_a_stopped_session_is_tried_again_with_the_program_read_anew(
    each_laboratory: Laboratory, mine: Path
) -> None:
    async def test() -> None:
        async with Playing(each_laboratory, "mine") as played:
            await played.arrive(0, 1)
            await until(lambda: played.stage(0) == played.stage(1) == "second")
            await played.arrive(0, 1, value=4)
            await until(lambda: status(each_laboratory.database, played.session) == "stopped")
            overview = await played.overview()
            assert "ZeroDivisionError" in overview.reason
            assert "answer.value / 0" in overview.traceback

            with pytest.raises(Rejected, match="ZeroDivisionError") as refused:
                await played.operator.retry(played.session)
            assert refused.value.code == "failed-again"

            pay(mine, "answer.value / 2")
            await played.operator.retry(played.session, reason="halved, and not by nothing")

            await until(lambda: played.stage(0) == played.stage(1) == "third")
            assert [(await played.row(one)).payoff for one in (0, 1)] == ["2", "2"]
            with pytest.raises(Rejected) as refused:
                await played.operator.retry(played.session)
            assert refused.value.code == "not-stopped"

    run(test())


def test_a_session_goes_on_from_an_earlier_stage_and_keeps_what_is_set_aside(
    each_laboratory: Laboratory, mine: Path
) -> None:
    pay(mine, "answer.value")

    async def test() -> None:
        async with Playing(each_laboratory, "mine") as played:
            await played.arrive(0, 1)
            await until(lambda: played.stage(0) == played.stage(1) == "second")
            await played.arrive(0, 1, value=4)
            await until(lambda: played.stage(0) == played.stage(1) == "third")

            before = await played.course()
            target = before.target("second", visit=None, scope=None)
            assert target is not None
            aside = [one.key for one in before.set_aside_from(target)]
            effect = await played.operator.resume_from(
                played.session, "second", reason="a wrong currency"
            )

            assert "2 openings set aside" in effect
            await until(lambda: played.stage(0) == played.stage(1) == "second")
            course = await played.course()
            assert [one.key for one in course.openings.values() if one.void] == aside
            assert [one.key for one in course.open()] == [(ALL, 4)]
            await played.arrive(0, 1, value=1)
            await until(lambda: played.stage(0) == played.stage(1) == "third")
            assert [(await played.row(one)).payoff for one in (0, 1)] == ["1", "1"]
            with pytest.raises(Rejected) as refused:
                await played.operator.resume_from(played.session, "fourth")
            assert refused.value.code == "unknown-stage"

    run(test())
    given = answers(each_laboratory.database, each_laboratory.session)
    assert {one["value"] for one in given[ALL, 2].values()} == {4}


# -- the log ------------------------------------------------------------------------------------


def test_a_log_is_read_page_by_page_without_a_gap(each_laboratory: Laboratory) -> None:
    async def test() -> None:
        async with Playing(each_laboratory, "timed") as played:
            for _ in range(4):
                await played.operator.pause(played.session)
                await played.operator.resume(played.session)

            whole = [one async for one in played.operator.entries(played.session)]
            pages: list[LogEntry] = []
            after, more = 0, True
            while more:
                page = await played.operator.log(played.session, after=after, limit=5)
                assert 0 < len(page.entries) <= 5
                pages += page.entries
                after, more = page.entries[-1].version, page.more

            assert pages == whole
            assert [one.version for one in whole] == list(range(1, len(whole) + 1))
            assert whole[0].kind == "session-opened"
            last = [one async for one in played.operator.entries(played.session, after=after - 1)]
            assert last == whole[-1:]

    run(test())


def test_the_course_read_from_a_log_is_that_of_the_rows(every_laboratory: Laboratory) -> None:
    laboratory = every_laboratory

    async def test() -> Course:
        async with Playing(laboratory, "patient", seats=4) as played:
            groups = (await played.course()).scopes
            first, second = (
                [played.seats.index(one) for one in groups[group]] for group in ("g1", "g2")
            )
            await played.arrive(*first)
            await until(lambda: all(played.generation(one) == ("g1", 2) for one in first))
            gone = played.seats[second[0]]
            await played.operator.exclude(played.session, gone, reason="left")
            for _ in range(2):
                await played.operator.advance(played.session, scope="g2", answer={"value": 9})
            await played.arrive(*first)
            await until(lambda: played.stage(first[0]) == "end")
            before = await played.course()
            target = before.target("ask", visit=2, scope="g2")
            assert target is not None
            again = [one.key for one in before.reopened_by(target)]
            assert again == [("g1", 2)]
            await played.operator.resume_from(played.session, "ask", visit=2, scope="g2")
            # it was complete, and is released once more
            assert [one.key for one in (await played.course()).open()] == [("g2", 3)]
            await played.operator.advance(played.session, answer={"value": 1})
            await played.operator.readmit(played.session, gone)
            assert (await played.overview()).seats[0].stage == "end"
            return await played.course()

    course = run(test())
    rows = laboratory.database.ask(
        select(tables.stage_run).where(tables.stage_run.c.session == laboratory.session)
    )
    assert {
        (one.scope, one.generation): (
            one.stage,
            one.visit,
            one.opened_by,
            one.status == "void",
            None if one.status == "open" else one.released_at,
        )
        for one in rows
    } == {
        one.key: (one.stage, one.visit, one.led, one.void, one.over_at)
        for one in course.openings.values()
    }
