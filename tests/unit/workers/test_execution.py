"""Driving a program's coroutine: sequential stages, groups side by side, clear failures."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from decimal import Decimal
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


@pytest.mark.parametrize("private", [False, True])
def test_data_that_fit_into_no_message_are_refused_in_words(private: bool) -> None:
    much = {"history": ["x" * 1000] * 800}

    async def body(session: Session) -> None:
        await session.stage("show", data=(lambda _: much) if private else much)

    with pytest.raises(ProgramFailed, match=r"stage 'show' have \d+ bytes, .* show less of them"):
        start(run(body))


@pytest.mark.parametrize("number", [float("nan"), float("inf"), [1, {"deep": -float("inf")}]])
def test_data_with_numbers_that_are_none_are_refused_in_words(number: Any) -> None:
    async def body(session: Session) -> None:
        await session.stage("show", data={"what": number})

    with pytest.raises(ProgramFailed, match="data of stage 'show' cannot be sent: a number in it"):
        start(run(body))


def test_data_are_shown_as_the_record_has_them() -> None:
    async def body(session: Session) -> None:
        await session.stage("show", data={"a": (1, 2), "b": {1: Decimal("0.5")}, "c": NOW})

    (asked,) = start(run(body))

    assert isinstance(asked, StageRequest)
    assert asked.public == {"a": [1, 2], "b": {"1": "0.5"}, "c": "2026-01-01T12:00:00Z"}


@pytest.mark.parametrize("amount", [float("nan"), float("inf"), Decimal("-Infinity")])
def test_nobody_is_paid_what_is_no_number(amount: Any) -> None:
    async def body(session: Session) -> None:
        for one in session:
            one.pay(amount)

    with pytest.raises(ProgramFailed, match=r"p1 cannot be paid .*: give a number"):
        start(run(body))


def test_nobody_is_paid_more_than_can_be_kept() -> None:
    async def body(session: Session) -> None:
        for one in session:
            one.pay(10**20)

    with pytest.raises(ProgramFailed, match=r"p1 cannot be paid .*: it is too large"):
        start(run(body))


@pytest.mark.parametrize("end", [SystemExit(3), GeneratorExit(), asyncio.CancelledError()])
def test_an_author_who_would_end_the_worker_ends_nothing_else(end: BaseException) -> None:
    async def body(session: Session) -> None:
        raise end

    with pytest.raises(ProgramFailed, match=type(end).__name__):
        start(run(body))


def test_a_side_effect_is_performed_where_it_stands_and_its_result_given() -> None:
    performed: list[OnceRequest] = []
    seen: list[Any] = []

    async def body(session: Session) -> None:
        seen.append(await session.once("scale", lambda: 4))
        seen.append(await session.once("scale", lambda: 5))
        await session.stage("end")

    def perform(request: OnceRequest) -> Any:
        performed.append(request)
        return 10 + len(performed)

    run(body).start(at=NOW, perform=perform)

    assert [(one.scope, one.name, one.visit) for one in performed] == [
        ("all", "scale", 1),
        ("all", "scale", 2),
    ]
    assert seen == [11, 12]


def test_a_side_effect_needs_a_name_that_can_be_kept() -> None:
    async def body(session: Session) -> None:
        await session.once("The Scale", lambda: 4)

    with pytest.raises(ProgramFailed, match="A side effect: 'The Scale' cannot be a name"):
        start(run(body))


def test_a_scope_that_nobody_is_left_in_ends_there() -> None:
    met: list[Any] = []

    async def play(group: Group) -> str:
        await group.stage("first")
        return group.name

    async def body(session: Session) -> None:
        met.extend(await session.each_group(play, size=2))
        await session.stage("end")

    execution = run(body)
    start(execution)

    assert execution.abandon("g1", at=NOW, perform=no_effects) == []
    assert names(resume(execution, "g2", nothing())) == [("all", "end")]
    assert met == [None, "g2"]


def test_an_author_who_catches_everything_does_not_keep_an_abandoned_scope_open() -> None:
    async def play(group: Group) -> None:
        try:
            await group.stage("first")
        except Exception:  # noqa: BLE001 - what an author may write
            await group.stage("second")

    async def body(session: Session) -> None:
        await session.each_group(play, size=2)
        await session.stage("end")

    execution = run(body)
    start(execution)
    execution.abandon("g1", at=NOW, perform=no_effects)

    assert names(execution.abandon("g2", at=NOW, perform=no_effects)) == [("all", "end")]


def test_who_is_excluded_is_in_no_scope_until_let_in_again() -> None:
    seen: list[list[str]] = []

    async def body(session: Session) -> None:
        for _ in range(3):
            seen.append([one.seat for one in session])
            assert len(session) == len(seen[-1])
            await session.stage("round")

    execution = run(body)
    start(execution)
    execution.exclude("p2")
    resume(execution, "all", nothing())
    execution.exclude("p2", excluded=False)
    resume(execution, "all", nothing())

    assert seen == [list(SEATS), ["p1", "p3", "p4"], list(SEATS)]
