"""Driving a program's coroutine: sequential stages, groups side by side, clear failures."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest

from palier.program import Field, Form, Group, Program, Session
from palier.program.requests import OnceRequest, ScopeRequest, StageRequest
from palier.workers.domain.execution import Asked, Execution
from palier.workers.errors import ProgramFailed

SEATS = ("p1", "p2", "p3", "p4")


class Number(Form):
    value: int = Field(ge=0, le=9)


def run(body: Any, *, seats: tuple[str, ...] = SEATS) -> Execution:
    class Example(Program):
        async def run(self, session: Session) -> None:
            await body(session)

    return Execution(Example(), seats=seats, seed=1)


NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)


def no_effects(request: OnceRequest) -> Any:
    raise AssertionError(f"nobody asked for {request}")


def start(execution: Execution) -> list[Asked]:
    return execution.start(at=NOW, perform=no_effects)


def resume(execution: Execution, scope: str, answers: dict[str, Form | None]) -> list[Asked]:
    return execution.resume(scope, answers, at=NOW, perform=no_effects)


def names(asked: list[Asked]) -> list[tuple[str, str]]:
    return [(one.scope, one.name) for one in asked if isinstance(one, StageRequest)]


def nothing(seats: tuple[str, ...] = SEATS) -> dict[str, Form | None]:
    return dict.fromkeys(seats)


def test_stages_follow_each_other_and_return_the_answers_by_participant() -> None:
    seen: dict[str, int] = {}

    async def body(session: Session) -> None:
        answers = await session.stage("ask", form=Number)
        seen.update({one.seat: answer.value for one, answer in answers.items()})
        await session.stage("end")

    execution = run(body)

    assert names(start(execution)) == [("all", "ask")]
    numbers: dict[str, Form | None] = {seat: Number(value=at) for at, seat in enumerate(SEATS)}
    assert names(resume(execution, "all", numbers)) == [("all", "end")]
    assert seen == {"p1": 0, "p2": 1, "p3": 2, "p4": 3}
    assert resume(execution, "all", nothing()) == []
    assert execution.finished


def test_a_stage_visited_again_counts_its_visits() -> None:
    async def body(session: Session) -> None:
        for _ in range(2):
            await session.stage("round")

    execution = run(body)
    first, second = start(execution), resume(execution, "all", nothing())

    visits = [one.visit for one in [*first, *second] if isinstance(one, StageRequest)]
    assert visits == [1, 2]


def test_groups_go_on_independently_and_meet_again() -> None:
    async def play(group: Group) -> str:
        await group.stage("first")
        await group.stage("second")
        return group.name

    met: list[str | None] = []

    async def body(session: Session) -> None:
        met.extend(await session.each_group(play, size=2))
        await session.stage("end")

    execution = run(body)
    asked = start(execution)
    groups = {one.scope: one.seats for one in asked if isinstance(one, ScopeRequest)}
    assert sorted(seat for seats in groups.values() for seat in seats) == sorted(SEATS)
    assert names(asked) == [("g1", "first"), ("g2", "first")]

    assert names(resume(execution, "g1", nothing(groups["g1"]))) == [("g1", "second")]
    assert names(resume(execution, "g1", nothing(groups["g1"]))) == []
    assert names(resume(execution, "g2", nothing(groups["g2"]))) == [("g2", "second")]
    assert names(resume(execution, "g2", nothing(groups["g2"]))) == [("all", "end")]
    assert met == ["g1", "g2"]


def test_partners_stay_the_same_over_several_calls() -> None:
    drawn: list[tuple[str, ...]] = []

    async def play(group: Group) -> None:
        drawn.append(tuple(one.seat for one in group))

    async def body(session: Session) -> None:
        await session.each_group(play, size=2)
        await session.each_group(play, size=2)

    execution = run(body)
    asked = start(execution)

    assert execution.finished
    assert drawn[:2] == drawn[2:]
    assert sum(isinstance(one, ScopeRequest) for one in asked) == 2


def test_the_same_seed_draws_the_same_groups() -> None:
    async def play(group: Group) -> None:
        await group.stage("first")

    async def body(session: Session) -> None:
        await session.each_group(play, size=2)

    assert start(run(body)) == start(run(body))


def test_private_data_is_each_seats_own() -> None:
    async def body(session: Session) -> None:
        await session.stage("show", data=lambda one: {"number": one.number})

    (asked,) = start(run(body))

    assert isinstance(asked, StageRequest)
    assert asked.public == {}
    assert asked.private == {f"p{at}": {"number": at} for at in range(1, 5)}


def test_payoffs_are_exact_decimals() -> None:
    async def body(session: Session) -> None:
        for one in session:
            one.pay(0.1)
            one.pay(0.2)
        await session.stage("end")

    execution = run(body)
    start(execution)

    assert [str(one.payoff) for one in execution.participants] == ["0.3"] * 4


def test_an_authors_error_is_reported_with_where_it_happened() -> None:
    async def body(session: Session) -> None:
        await session.stage("ask")
        raise ZeroDivisionError("the author divided")

    execution = run(body)
    start(execution)

    with pytest.raises(ProgramFailed, match="ZeroDivisionError: the author divided") as failure:
        resume(execution, "all", nothing())
    assert "test_execution.py" in failure.value.traceback


def test_a_group_size_that_does_not_divide_is_refused_in_words() -> None:
    async def play(group: Group) -> None:
        await group.stage("first")

    async def body(session: Session) -> None:
        await session.each_group(play, size=3)

    with pytest.raises(ProgramFailed, match="4 participants cannot form groups of 3"):
        start(run(body))


def test_awaiting_anything_else_is_refused_in_words() -> None:
    async def body(session: Session) -> None:
        await asyncio.sleep(0)

    with pytest.raises(ProgramFailed, match="await only the stages and groups"):
        start(run(body))


def test_two_stages_at_once_in_one_scope_are_refused() -> None:
    async def play(group: Group) -> None:
        await group.stage("mine")

    class Twice(Program):
        async def run(self, session: Session) -> None:
            async def nested(_: Group) -> None:
                await session.stage("theirs")

            await session.each_group(nested, size=2)

    with pytest.raises(ProgramFailed, match="already in a stage"):
        start(Execution(Twice(), seats=SEATS, seed=1))


@pytest.mark.parametrize("name", ["Contribute", "", "a.b", "x" * 33])
def test_a_stage_name_that_could_not_travel_is_refused(name: str) -> None:
    async def body(session: Session) -> None:
        await session.stage(name)

    with pytest.raises(ProgramFailed, match="cannot be a name"):
        start(run(body))


def test_data_that_cannot_be_sent_are_refused_in_words() -> None:
    async def body(session: Session) -> None:
        await session.stage("show", data={"what": object()})

    with pytest.raises(ProgramFailed, match="data of stage 'show' cannot be sent"):
        start(run(body))
