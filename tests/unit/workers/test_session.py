"""A session decides what a command changes: by example, and for any order of messages."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from palier.program import Field, Form, Group, Program
from palier.program import Session as ProgramSession
from palier.schemas.commands import Submit
from palier.schemas.names import ALL
from palier.workers.domain import views
from palier.workers.domain.facts import (
    Ended,
    Fact,
    Failed,
    Opened,
    Paid,
    Released,
    ScopeFormed,
)
from palier.workers.domain.record import Opening
from palier.workers.domain.refusal import Refusal
from palier.workers.domain.session import Session

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
SEATS = ("p1", "p2", "p3", "p4")


class Number(Form):
    value: int = Field(ge=0, le=9)


class Game(Program):
    """Welcome for all, two rounds in pairs, the end for all."""

    async def run(self, session: ProgramSession) -> None:
        await session.stage("welcome")
        await session.each_group(self.play, size=2)
        await session.stage("end", data=lambda one: {"total": one.payoff})

    async def play(self, group: Group) -> None:
        for _ in range(2):
            answers = await group.stage("ask", form=Number)
            for one, answer in answers.items():
                one.pay(answer.value)


def opened(program: Program | None = None, *, auto_start: bool = False) -> Session:
    opening = Opening(
        name="s",
        program="game",
        seats=SEATS,
        settings={},
        partition=0,
        seed=7,
        auto_start=auto_start,
        author="operator",
        at=NOW,
    )
    return Session(opening, program or Game())


def started(program: Program | None = None) -> Session:
    session = opened(program)
    assert not isinstance(session.start(author="operator", at=NOW), Refusal)
    return session


def submit(
    session: Session, seat: str, scope: str, generation: int, answer: Any = None
) -> list[Fact] | Refusal:
    command = Submit(session="s", scope=scope, generation=generation, answer=answer)
    return session.submit(command, seat=seat, message_id=f"{seat}-{scope}-{generation}", at=NOW)


def kinds(facts: list[Fact] | Refusal) -> list[str]:
    assert not isinstance(facts, Refusal), facts
    return [type(one).__name__ for one in facts]


def pairs(session: Session) -> dict[str, tuple[str, ...]]:
    return {name: one.seats for name, one in session.scopes.items() if name != ALL}


def test_starting_opens_the_first_stage_for_everyone() -> None:
    session = opened()

    facts = session.start(author="operator", at=NOW)

    assert kinds(facts) == ["Started", "Opened"]
    assert isinstance(facts, list)
    assert isinstance(facts[1], Opened)
    assert facts[1].parties == SEATS
    assert session.scopes[ALL].version == 1


def test_nobody_can_start_it_twice() -> None:
    refusal = started().start(author="operator", at=NOW)

    assert isinstance(refusal, Refusal)
    assert refusal.code == "already-started"


def test_it_starts_by_itself_once_everyone_is_present() -> None:
    session = opened(auto_start=True)
    for seat in SEATS[:-1]:
        assert kinds(session.presence(seat, present=True, at=NOW)) == ["PresenceChanged"]

    facts = session.presence(SEATS[-1], present=True, at=NOW)

    assert kinds(facts) == ["PresenceChanged", "Started", "Opened"]


def test_presence_told_twice_changes_nothing() -> None:
    session = opened()
    session.presence("p1", present=True, at=NOW)

    assert session.presence("p1", present=True, at=NOW) == []


def test_the_last_arrival_releases_forms_groups_and_opens_their_stages() -> None:
    session = started()
    for seat in SEATS[:-1]:
        assert kinds(submit(session, seat, ALL, 1)) == ["Arrived"]

    facts = submit(session, SEATS[-1], ALL, 1)

    assert kinds(facts) == ["Arrived", "Released", "ScopeFormed", "ScopeFormed", "Opened", "Opened"]
    assert isinstance(facts, list)
    assert isinstance(facts[1], Released)
    assert facts[1].then is None
    assert {one.stage.scope for one in facts if isinstance(one, Opened)} == {"g1", "g2"}


def test_within_a_scope_release_and_next_stage_are_one_step() -> None:
    session = started()
    for seat in SEATS:
        submit(session, seat, ALL, 1)
    first, second = pairs(session)["g1"]
    submit(session, first, "g1", 1, {"value": 3})

    facts = submit(session, second, "g1", 1, {"value": 4})

    assert isinstance(facts, list)
    assert kinds(facts) == ["Arrived", "Released", "Paid", "Paid"]
    assert isinstance(facts[1], Released)
    assert facts[1].then is not None
    assert facts[1].then.stage.generation == 2
    assert facts[1].version == session.scopes["g1"].version == 2


@pytest.mark.parametrize(
    ("seat", "scope", "generation", "answer", "code"),
    [
        ("p1", ALL, 2, None, "unknown-generation"),
        ("p1", "g9", 1, None, "not-a-party"),
        ("stranger", ALL, 1, None, "not-a-party"),
        ("p1", ALL, 1, {"value": 1}, "invalid"),
    ],
)
def test_what_does_not_fit_changes_nothing(
    seat: str, scope: str, generation: int, answer: Any, code: str
) -> None:
    session = started()

    refusal = submit(session, seat, scope, generation, answer)

    assert isinstance(refusal, Refusal)
    assert refusal.code == code
    current = session.scopes[ALL].current
    assert current is not None
    assert current.barrier.arrived == frozenset()


def test_an_answer_out_of_bounds_is_refused_by_field() -> None:
    session = started()
    for seat in SEATS:
        submit(session, seat, ALL, 1)
    seat = pairs(session)["g1"][0]

    refusal = submit(session, seat, "g1", 1, {"value": 99})

    assert isinstance(refusal, Refusal)
    assert refusal.fields == {"value": "Input should be less than or equal to 9"}


def test_a_second_decision_is_refused_and_the_first_stands() -> None:
    session = started()
    for seat in SEATS:
        submit(session, seat, ALL, 1)
    seat = pairs(session)["g1"][0]
    submit(session, seat, "g1", 1, {"value": 1})

    refusal = submit(session, seat, "g1", 1, {"value": 2})

    assert isinstance(refusal, Refusal)
    assert refusal.code == "already-submitted"
    current = session.scopes["g1"].current
    assert current is not None
    assert current.answers[seat] == {"value": 1}


def test_a_stage_that_is_over_takes_no_answer() -> None:
    session = started()
    for seat in SEATS:
        submit(session, seat, ALL, 1)
    for seat in pairs(session)["g1"]:
        submit(session, seat, "g1", 1, {"value": 1})

    refusal = submit(session, pairs(session)["g1"][0], "g1", 1, {"value": 1})

    assert isinstance(refusal, Refusal)
    assert refusal.code == "released"


def test_a_failing_program_keeps_the_decisions_and_says_where() -> None:
    class Broken(Program):
        async def run(self, session: ProgramSession) -> None:
            await session.stage("welcome")
            raise RuntimeError("the author was tired")

    session = started(Broken())
    for seat in SEATS[:-1]:
        submit(session, seat, ALL, 1)

    facts = submit(session, SEATS[-1], ALL, 1)

    assert kinds(facts) == ["Arrived", "Failed", "StatusChanged"]
    assert isinstance(facts, list)
    assert isinstance(facts[1], Failed)
    assert "the author was tired" in facts[1].traceback
    assert session.status == "stopped"


def test_closing_ends_it_and_a_second_time_is_refused() -> None:
    session = started()

    facts = session.close(author="operator", reason="fire alarm", at=NOW)

    assert isinstance(facts, list)
    assert isinstance(facts[0], Ended)
    assert facts[0].reason == "fire alarm"
    assert isinstance(session.close(author="operator", reason="", at=NOW), Refusal)
    assert isinstance(submit(session, "p1", ALL, 1), Refusal)


def test_a_snapshot_shows_a_seat_nothing_of_the_others() -> None:
    session = started()
    for seat in SEATS:
        submit(session, seat, ALL, 1)
    first, second = pairs(session)["g1"]
    submit(session, first, "g1", 1, {"value": 3})

    mine, theirs = (views.snapshot(session, one, now=NOW) for one in (first, second))

    assert mine.submitted
    assert mine.answer == {"value": 3}
    assert not theirs.submitted
    assert theirs.answer is None
    assert set(theirs.versions) == {ALL, "g1"}
    assert "g2" not in theirs.model_dump_json()


def play(session: Session, order: Iterable[int]) -> list[Fact]:
    """Submit for whoever may, choosing by ``order``, until the program has ended."""
    facts: list[Fact] = []
    choices = iter(order)
    while not session.over:
        open_ones = sorted(
            (seat, scope.name)
            for scope in session.scopes.values()
            if scope.current is not None and scope.current.open
            for seat in scope.current.barrier.missing
        )
        seat, scope = open_ones[next(choices, 0) % len(open_ones)]
        current = session.scopes[scope].current
        assert current is not None
        answer = {"value": current.stage.generation} if current.stage.form else None
        done = submit(session, seat, scope, current.stage.generation, answer)
        assert not isinstance(done, Refusal)
        facts += done
    return facts


@settings(deadline=None)
@given(st.lists(st.integers(min_value=0, max_value=7), max_size=40))
def test_any_order_of_arrivals_gives_one_release_for_each_generation(order: list[int]) -> None:
    session = started()

    facts = play(session, order)

    releases = [(one.scope, one.generation) for one in facts if isinstance(one, Released)]
    assert sorted(releases) == [(ALL, 1), (ALL, 2), ("g1", 1), ("g1", 2), ("g2", 1), ("g2", 2)]
    for one in facts:
        if isinstance(one, Released):
            assert one.barrier.parties == set(session.scopes[one.scope].seats)
    versions = [one.version for one in facts if isinstance(one, Released) and one.scope == "g1"]
    assert versions == [2, 3]
    assert session.status == "finished"
    assert [str(session.payoff(seat)) for seat in SEATS] == ["3"] * 4


def test_payoffs_are_kept_with_the_opening_that_follows() -> None:
    session = started()
    for seat in SEATS:
        submit(session, seat, ALL, 1)
    first, second = pairs(session)["g2"]
    submit(session, first, "g2", 1, {"value": 5})
    facts = submit(session, second, "g2", 1, {"value": 6})

    assert isinstance(facts, list)
    paid = {one.seat: str(one.payoff) for one in facts if isinstance(one, Paid)}
    assert paid == {first: "5", second: "6"}


def test_a_scope_is_formed_before_its_first_stage_opens() -> None:
    session = started()
    for seat in SEATS[:-1]:
        submit(session, seat, ALL, 1)

    facts = submit(session, SEATS[-1], ALL, 1)

    assert isinstance(facts, list)
    formed = [at for at, one in enumerate(facts) if isinstance(one, ScopeFormed)]
    stages = [at for at, one in enumerate(facts) if isinstance(one, Opened)]
    assert max(formed) < min(stages)
