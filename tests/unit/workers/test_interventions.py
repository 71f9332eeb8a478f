"""What an operator does to a session: seats are advanced, clocks changed, the session held."""

from __future__ import annotations

from datetime import timedelta

import pytest

from palier.program import Group, Session
from palier.schemas.commands import (
    Advance,
    ChangeClock,
    Exclude,
    Pause,
    Readmit,
    Resume,
    StandIn,
)
from palier.schemas.events import Clock
from palier.schemas.names import ALL
from palier.workers.domain.facts import (
    Arrived,
    ClockChanged,
    Ended,
    Intervened,
    Opened,
    Released,
    StatusChanged,
)
from tests.unit.workers.sitting import NOON, Guess, Number, Sitting, kinds, of, refused


async def two_stages(session: Session) -> None:
    await session.stage("ask", form=Number)
    await session.stage("end")


async def guesses(session: Session) -> None:
    await session.stage("guess", form=Guess)
    await session.stage("end")


async def declared(session: Session) -> None:
    await session.stage("ask", form=Number, missing=lambda one: Number(value=one.number))
    await session.stage("end")


async def timed(session: Session) -> None:
    await session.stage("ask", form=Number, deadline=60, missing=Number(value=3))
    await session.stage("end")


async def pairs(session: Session) -> None:
    await session.each_group(pair, size=2)
    await session.stage("end")


async def pair(group: Group) -> None:
    await group.stage("mine", form=Guess, deadline=30)
    await group.stage("yours", deadline=30)


def started(body: object = two_stages) -> Sitting:
    sitting = Sitting(body)  # type: ignore[arg-type] # one of the above
    sitting.start()
    return sitting


# -- advance ------------------------------------------------------------------------------------


def test_one_seat_is_advanced_with_the_answer_given() -> None:
    sitting = started()

    facts = sitting.advance("p2", answer={"value": 8}, reason="p2 shouted it")

    assert kinds(facts) == ["Intervened", "Arrived"]
    (arrived,) = of(Arrived, facts)
    assert (arrived.seat, arrived.answer, arrived.how) == ("p2", {"value": 8}, "operator")
    assert (arrived.cause.author, arrived.cause.reason) == ("operator", "p2 shouted it")
    assert sitting.missing() == {"p1", "p3", "p4"}
    assert sitting.snapshot("p2").how == "operator"
    assert sitting.row("p2").state == "submitted"


def test_all_who_are_missing_are_advanced_and_the_barrier_opens() -> None:
    sitting = started(guesses)
    sitting.arrive("p1", value=1)

    facts = sitting.advance()

    assert [one.seat for one in of(Arrived, facts)] == ["p2", "p3", "p4"]
    assert [one.answer for one in of(Arrived, facts)] == [{"value": 5}] * 3
    (released,) = of(Released, facts)
    assert released.cause.what == "operator"
    assert sitting.at() == ["end"] * 4


def test_without_an_answer_the_one_that_the_stage_declares_is_taken() -> None:
    sitting = started(declared)

    facts = sitting.advance("p3", "p4")

    assert [one.answer for one in of(Arrived, facts)] == [{"value": 3}, {"value": 4}]


def test_a_stage_that_declares_no_answer_needs_one() -> None:
    sitting = started()

    refusal = refused(sitting.intervene(Advance(session="s")))

    assert refusal.code == "needs-answer"
    assert "value" in refusal.reason
    assert refusal.fields.keys() == {"value"}
    assert sitting.missing() == set(sitting.session.seats)


@pytest.mark.parametrize("answer", [{"value": 10}, {"value": "many"}, {"other": 1}, {}])
def test_an_answer_that_the_form_refuses_is_refused(answer: dict[str, object]) -> None:
    sitting = started()

    refusal = refused(sitting.intervene(Advance(session="s", seats=("p1",), answer=answer)))

    assert refusal.code == "invalid"
    assert refusal.fields


def test_a_stage_without_a_form_takes_no_answer() -> None:
    sitting = started()
    sitting.arrive("p1", "p2", "p3", "p4", value=1)

    assert refused(sitting.intervene(Advance(session="s", answer={"value": 1}))).code == "invalid"
    assert sitting.missing() == set(sitting.session.seats)
    sitting.advance()
    assert sitting.status == "finished"


@pytest.mark.parametrize(
    ("command", "code"),
    [
        (Advance(session="s", seats=("p9",)), "unknown-seat"),
        (Advance(session="s", scope="g9"), "unknown-scope"),
        (Advance(session="s", seats=("p1", "p2"), answer={"value": 1}), "not-missing"),
    ],
)
def test_it_is_all_or_nothing(command: Advance, code: str) -> None:
    sitting = started()
    sitting.arrive("p1", value=1)

    assert refused(sitting.intervene(command)).code == code
    assert sitting.missing() == {"p2", "p3", "p4"}


def test_one_group_can_be_advanced_alone() -> None:
    sitting = started(pairs)

    facts = sitting.advance(scope="g1")

    assert {one.scope for one in of(Arrived, facts)} == {"g1"}
    assert sitting.current("g1").stage.name == "yours"
    assert sitting.current("g2").stage.name == "mine"


def test_all_groups_are_advanced_at_once() -> None:
    sitting = started(pairs)

    sitting.advance()

    assert {sitting.current(one).stage.name for one in ("g1", "g2")} == {"yours"}


@pytest.mark.parametrize(
    "command",
    [Advance(session="s"), ChangeClock(session="s", change="extend"), Pause(session="s")],
)
def test_before_the_start_and_after_the_end_nothing_is_conducted(command: Advance) -> None:
    lobby, over = Sitting(two_stages), started()
    over.session.close(author="operator", reason="", at=over.now)

    assert refused(lobby.intervene(command)).code == "not-running"
    assert refused(over.intervene(command)).code == "not-running"


@pytest.mark.parametrize("kind", [Exclude, StandIn, Readmit])
def test_a_session_that_is_over_has_nobody_to_exclude(kind: type[Exclude]) -> None:
    over = started()
    over.session.close(author="operator", reason="", at=over.now)

    assert refused(over.intervene(kind(session="s", seats=("p1",)))).code == "over"


# -- the clock ----------------------------------------------------------------------------------


def deadline(sitting: Sitting, scope: str = ALL) -> float | None:
    """Return the seconds from noon to the deadline, or None while the clock stands."""
    clock = sitting.current(scope).stage.clock
    assert clock is not None
    return None if clock.deadline_at is None else (clock.deadline_at - NOON).total_seconds()


def test_more_time_moves_the_deadline_and_less_ends_it_now_at_the_earliest() -> None:
    sitting = started(timed)
    assert deadline(sitting) == 60

    facts = sitting.clock("extend", seconds=30)

    assert kinds(facts) == ["Intervened", "ClockChanged"]
    assert deadline(sitting) == 90
    (changed,) = of(ClockChanged, facts)
    assert changed.due_at == NOON + timedelta(seconds=90)
    assert changed.version == sitting.session.scopes[ALL].version == 2
    sitting.later(10)
    sitting.clock("extend", seconds=-1000)
    assert deadline(sitting) == 10
    assert kinds(sitting.tick())[0] == "Arrived"


def test_more_time_for_a_deadline_that_has_passed_counts_from_now() -> None:
    async def waits(session: Session) -> None:
        await session.stage("ask", deadline=60)

    sitting = started(waits)
    sitting.later(300)

    sitting.clock("extend", seconds=20)

    assert deadline(sitting) == 320


def test_a_clock_that_is_paused_keeps_what_was_left() -> None:
    sitting = started(timed)
    sitting.later(20)

    sitting.clock("pause")

    assert sitting.current().stage.clock == Clock(left=40)
    assert sitting.current().due_at is None
    sitting.later(1000)
    assert sitting.tick() == []
    sitting.clock("extend", seconds=5)
    assert sitting.current().stage.clock == Clock(left=45)
    sitting.clock("resume")
    assert deadline(sitting) == 1020 + 45


def test_pausing_a_clock_twice_and_starting_one_that_runs_changes_no_time() -> None:
    sitting = started(timed)
    sitting.clock("resume")
    assert deadline(sitting) == 60
    sitting.later(15)
    sitting.clock("pause")
    sitting.later(15)
    sitting.clock("pause")

    assert sitting.current().stage.clock == Clock(left=45)


def test_a_clock_stands_with_its_session_and_goes_on_with_it() -> None:
    sitting = started(timed)
    sitting.later(20)

    sitting.pause()

    assert sitting.current().stage.clock == Clock(left=40)
    sitting.later(100)
    sitting.resume()
    assert deadline(sitting) == 120 + 40
    assert sitting.current().due_at == NOON + timedelta(seconds=160)


def test_a_clock_that_was_stopped_by_itself_does_not_go_on_with_the_session() -> None:
    sitting = started(timed)
    sitting.clock("pause")
    sitting.pause()

    sitting.resume()

    assert sitting.current().stage.clock == Clock(left=60)
    sitting.clock("resume")
    assert deadline(sitting) == 60


def test_a_clock_that_is_started_while_the_session_is_held_goes_on_with_it() -> None:
    sitting = started(timed)
    sitting.clock("pause")
    sitting.pause()
    sitting.later(5)

    sitting.clock("resume")

    assert sitting.current().stage.clock == Clock(left=60)
    sitting.later(5)
    sitting.resume()
    assert deadline(sitting) == 10 + 60


def test_more_time_while_the_session_is_held_is_there_when_it_goes_on() -> None:
    sitting = started(timed)
    sitting.pause()

    sitting.clock("extend", seconds=10)

    assert sitting.current().stage.clock == Clock(left=70)
    sitting.resume()
    assert deadline(sitting) == 70


def test_one_groups_clock_is_its_own() -> None:
    sitting = started(pairs)

    sitting.clock("extend", seconds=60, scope="g2")

    assert (deadline(sitting, "g1"), deadline(sitting, "g2")) == (30, 90)


def test_where_there_is_no_clock_none_is_changed() -> None:
    sitting = started()
    change = ChangeClock(session="s", change="pause")

    assert refused(sitting.intervene(change)).code == "no-clock"
    refusal = refused(started(pairs).intervene(change.model_copy(update={"scope": ALL})))
    assert (refusal.code, "scope all" in refusal.reason) == ("no-clock", True)


# -- holding a session --------------------------------------------------------------------------


def test_while_a_session_is_paused_arrivals_count_and_no_barrier_opens() -> None:
    sitting = started()
    sitting.arrive("p1", value=1)

    (changed,) = of(StatusChanged, sitting.pause())

    assert changed.version == sitting.session.scopes[ALL].version == 2
    assert kinds(sitting.arrive("p2", "p3", "p4", value=1)) == ["Arrived"] * 3
    assert sitting.at() == ["ask"] * 4
    assert sitting.row("p4").state == "submitted"
    facts = sitting.resume()
    assert kinds(facts)[:2] == ["StatusChanged", "Released"]
    assert of(Released, facts)[0].cause.author == "operator"
    assert sitting.at() == ["end"] * 4


def test_a_barrier_that_was_complete_in_each_group_opens_in_each() -> None:
    sitting = started(pairs)
    sitting.pause()
    sitting.advance()

    facts = sitting.resume()

    assert sorted(one.scope for one in of(Released, facts)) == ["g1", "g2"]
    assert sitting.at() == ["yours"] * 4


def test_a_barrier_that_is_not_complete_waits_on() -> None:
    sitting = started()
    sitting.pause()
    sitting.arrive("p1", "p2", "p3", value=1)

    assert of(Released, sitting.resume()) == []
    sitting.arrive("p4", value=1)
    assert sitting.at() == ["end"] * 4


def test_a_session_may_end_when_it_goes_on() -> None:
    sitting = started()
    sitting.arrive("p1", "p2", "p3", "p4", value=1)
    sitting.pause()
    sitting.arrive("p1", "p2", "p3", "p4")

    facts = sitting.resume()

    assert isinstance(facts[-1], Ended)
    assert sitting.status == "finished"


def test_a_session_that_is_paused_shows_why() -> None:
    sitting = started()
    sitting.done(Pause(session="s", reason="a fire alarm"))

    assert sitting.snapshot("p1").status == "paused"
    assert sitting.snapshot("p1").reason == "a fire alarm"
    assert sitting.overview().reason == "a fire alarm"
    sitting.resume()
    assert sitting.snapshot("p1").reason == ""


def test_it_is_paused_once_and_resumed_once() -> None:
    sitting = started()

    assert refused(sitting.intervene(Resume(session="s"))).code == "not-paused"
    sitting.pause()
    assert refused(sitting.intervene(Pause(session="s"))).code == "not-running"


def test_a_session_that_is_paused_can_be_closed() -> None:
    sitting = started()
    sitting.pause()

    facts = sitting.session.close(author="operator", reason="", at=sitting.now)

    assert isinstance(facts, list)
    assert kinds(facts) == ["Ended"]
    assert sitting.row("p1").state == "finished"


def test_what_was_done_is_noted_with_its_reason() -> None:
    sitting = started(timed)

    for command in (
        Advance(session="s", seats=("p1",), reason="left"),
        ChangeClock(session="s", change="extend", seconds=5, reason="left"),
    ):
        (noted,) = of(Intervened, sitting.done(command))
        assert (noted.cause.author, noted.cause.reason) == ("operator", "left")
    assert noted.body == {"scopes": [ALL], "seconds": 5}


def test_a_later_stage_starts_a_clock_of_its_own() -> None:
    sitting = started(pairs)
    sitting.later(10)

    (opened, *_) = [one.then for one in of(Released, sitting.advance(scope="g1"))]

    assert isinstance(opened, Opened)
    assert opened.stage.clock == Clock(deadline_at=NOON + timedelta(seconds=40))
