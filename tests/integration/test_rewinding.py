"""Going on from an earlier stage: what came after is set aside, and nobody is left behind."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from palier.broker.topology import Binding, Unbinding
from palier.program import Group, Session
from palier.schemas.addresses import barrier_exchange, seat_queue
from palier.schemas.commands import (
    ChangeClock,
    Close,
    Exclude,
    Pause,
    Readmit,
    ResumeFrom,
    Retry,
)
from palier.schemas.events import Released, StageOpened
from palier.schemas.names import ALL
from palier.schemas.replies import Done, Refused
from palier.workers.persistence import tables
from palier.workers.persistence.export import export
from tests.databases import Database
from tests.laboratory import Number, payoffs, status
from tests.rehearsal import SESSION, Rehearsal, quick_database, rehearse, said

SEATS = ("p1", "p2", "p3", "p4")

Body = Callable[[Session], Awaitable[None]]
Play = Callable[[Body], Rehearsal]


@pytest.fixture
def play() -> Iterator[Play]:
    """Start a session of a program's body."""
    with quick_database() as database:
        yield lambda body: rehearse(database, body)


async def in_groups(session: Session) -> None:
    await session.stage("welcome")
    await session.each_group(rounds, size=2)
    await session.stage("end")


async def rounds(group: Group) -> None:
    for _ in range(3):
        answers = await group.stage("ask", form=Number)
        for one, answer in answers.items():
            one.pay(answer.value)


async def three_stages(session: Session) -> None:
    for name in ("first", "second", "third"):
        answers = await session.stage(name, form=Number)
        for one, answer in answers.items():
            one.pay(answer.value)


async def timed(session: Session) -> None:
    await session.each_group(slowly, size=2)


async def slowly(group: Group) -> None:
    for _ in range(2):
        await group.stage("ask", form=Number, deadline=60, missing=Number(value=3))


def rewound(rehearsal: Rehearsal, stage: str, **more: Any) -> str:
    """Go on from a stage and return what the operator is told."""
    done = rehearsal.ask(ResumeFrom(session=SESSION, stage=stage, **more))
    assert isinstance(done, Done), done
    rehearsal.consistent()
    return done.effect


def refused(rehearsal: Rehearsal, stage: str, **more: Any) -> Refused:
    """Ask for what cannot be, and return why; nothing has changed."""
    before = {name: rows for name, rows in rehearsal.rows().items() if name != "inbox"}
    outcome = rehearsal.ask(ResumeFrom(session=SESSION, stage=stage, **more))
    assert isinstance(outcome, Refused), outcome
    after = {name: rows for name, rows in rehearsal.rows().items() if name != "inbox"}
    assert after == before
    return outcome


def test_a_stage_is_opened_once_more_and_what_came_after_is_set_aside(database: Database) -> None:
    rehearsal = rehearse(database, three_stages)
    rehearsal.arrive(value=1)
    rehearsal.arrive(value=2)
    rehearsal.arrive("p1", value=3)

    effect = rewound(rehearsal, "second")

    assert "2 openings set aside" in effect.lower()
    assert payoffs(database, SESSION) == dict.fromkeys(SEATS, Decimal(1))
    assert [(stage, generation) for stage, generation, *_ in openings(rehearsal, "void")] == [
        ("second", 2),
        ("third", 3),
    ]
    assert rehearsal.open_stages() == [(ALL, 4, True, list(SEATS))]
    rehearsal.arrive(value=5)
    rehearsal.arrive(value=5)
    assert status(database, SESSION) == "finished"
    assert payoffs(database, SESSION) == dict.fromkeys(SEATS, Decimal(11))
    rehearsal.consistent()


def openings(rehearsal: Rehearsal, *statuses: str) -> list[tuple[str, int, str]]:
    """Return stage, generation and scope of the openings with one of these statuses."""
    run = tables.stage_run
    rows = rehearsal.database.ask(
        select(run).where(run.c.status.in_(statuses)).order_by(run.c.scope, run.c.generation)
    )
    return [(one.stage, one.generation, one.scope) for one in rows]


def test_exports_tell_what_was_set_aside_from_what_counts(database: Database) -> None:
    rehearsal = rehearse(database, three_stages)
    rehearsal.arrive(value=1)
    rehearsal.arrive(value=2)
    rewound(rehearsal, "second")
    for _ in range(2):
        rehearsal.arrive(value=7)

    with rehearsal.postman.engine.begin() as db:
        answers = next(one for one in export(db, SESSION) if one.name == "answers")
    columns = [answers.columns.index(one) for one in ("stage", "value", "set_aside")]
    found = {tuple(row[at] for at in columns) for row in answers.rows}

    assert found == {("first", 1, 0), ("second", 2, 1), ("second", 7, 0), ("third", 7, 0)}


def test_another_group_that_had_gone_on_goes_on_from_where_it_was_with_its_answers(
    play: Play,
) -> None:
    rehearsal = play(in_groups)
    rehearsal.arrive()
    rehearsal.arrive(scope="g1", value=1)
    rehearsal.arrive(scope="g2", value=2)
    rehearsal.arrive(scope="g2", value=3)
    assert rehearsal.stages() == {
        ALL: ("welcome", "released"),
        "g1": ("ask", "open"),
        "g2": ("ask", "open"),
    }

    # the step that opened it is older than what the other group did since
    rewound(rehearsal, "ask", visit=2, scope="g1")

    assert openings(rehearsal, "void") == [("ask", 2, "g1"), ("ask", 2, "g2"), ("ask", 3, "g2")]
    assert openings(rehearsal, "open") == [("ask", 3, "g1"), ("ask", 4, "g2")]
    # its first answers count, the ones that came after are to be given again
    paid = payoffs(rehearsal.database, SESSION)
    assert sorted(paid.values()) == [1, 1, 2, 2]
    rehearsal.restart()
    rehearsal.consistent()
    for _ in range(3):
        rehearsal.arrive(value=1)
    assert status(rehearsal.database, SESSION) == "finished"


def test_a_group_that_waited_for_the_others_waits_again(play: Play) -> None:
    rehearsal = play(in_groups)
    rehearsal.arrive()
    rehearsal.arrive(scope="g1", value=1)
    for _ in range(3):
        rehearsal.arrive(scope="g2", value=2)
    assert rehearsal.stages()["g2"] == ("ask", "released")

    rewound(rehearsal, "ask", visit=2, scope="g1")

    assert openings(rehearsal, "open") == [("ask", 3, "g1"), ("ask", 4, "g2")]


def test_what_a_group_had_done_before_the_step_stays(play: Play) -> None:
    rehearsal = play(in_groups)
    rehearsal.arrive()
    for _ in range(3):
        rehearsal.arrive(scope="g2", value=2)
    rehearsal.arrive(scope="g1", value=1)

    rewound(rehearsal, "ask", visit=2, scope="g1")

    assert openings(rehearsal, "void") == [("ask", 2, "g1")]
    assert rehearsal.stages()["g2"] == ("ask", "released")
    for _ in range(2):
        rehearsal.arrive(scope="g1", value=1)
    assert rehearsal.stages()[ALL] == ("end", "open")


def test_it_can_be_done_again_and_again_by_any_worker(database: Database) -> None:
    rehearsal = rehearse(database, in_groups)
    rehearsal.arrive()
    for turn in range(3):
        rehearsal.arrive(value=1)
        rehearsal.arrive(value=1)
        rewound(rehearsal, "ask", visit=(2, 1, 2)[turn])
        rehearsal.restart()
        rehearsal.consistent()
    rewound(rehearsal, "welcome")

    assert rehearsal.open_stages() == [(ALL, 3, False, list(SEATS))]
    rehearsal.arrive()
    for _ in range(3):
        rehearsal.arrive(value=3)
    rehearsal.arrive()
    assert status(database, SESSION) == "finished"
    assert payoffs(database, SESSION) == dict.fromkeys(SEATS, Decimal(9))


def test_the_first_stage_is_opened_by_the_start_done_again(play: Play) -> None:
    rehearsal = play(three_stages)
    rehearsal.arrive(value=1)
    rehearsal.later(60)

    rewound(rehearsal, "first")

    assert openings(rehearsal, "void") == [("first", 1, ALL), ("second", 2, ALL)]
    assert payoffs(rehearsal.database, SESSION) == dict.fromkeys(SEATS, Decimal(0))
    assert rehearsal.snapshot("p1").stage.opened_at == rehearsal.now  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("stage", "more"),
    [
        ("fourth", {}),
        ("third", {}),
        ("first", {"visit": 2}),
        ("first", {"scope": "g1"}),
    ],
)
def test_what_was_never_opened_cannot_be_gone_on_from(
    play: Play, stage: str, more: dict[str, Any]
) -> None:
    rehearsal = play(three_stages)
    rehearsal.arrive(value=1)

    refusal = refused(rehearsal, stage, **more)

    assert refusal.code == "unknown-stage"
    assert repr(stage) in refusal.reason


def test_what_was_set_aside_cannot_be_gone_on_from(play: Play) -> None:
    rehearsal = play(three_stages)
    for _ in range(2):
        rehearsal.arrive(value=1)
    rewound(rehearsal, "second")

    assert refused(rehearsal, "third").code == "unknown-stage"


def test_a_session_that_has_not_begun_or_is_over_does_not_go_on(play: Play) -> None:
    rehearsal = play(three_stages)
    rehearsal.ask(Close(session=SESSION))

    assert refused(rehearsal, "first").code == "not-running"


def test_a_session_in_its_lobby_has_no_stage_to_go_on_from() -> None:
    with quick_database() as database:
        rehearsal = rehearse(database, three_stages, start=False)

        assert refused(rehearsal, "first").code == "not-running"


async def changed(session: Session) -> None:
    await session.stage("first", form=Number)
    await session.stage("instead")
    await session.stage("end")


async def raises(session: Session) -> None:
    answers = await session.stage("first", form=Number)
    raise LookupError(str(len(answers)))


def test_a_program_that_was_changed_goes_on_from_the_stage_that_differs(play: Play) -> None:
    rehearsal = play(three_stages)
    rehearsal.arrive(value=1)
    rehearsal.becomes(changed)
    rehearsal.restart()
    overview = rehearsal.overview()
    assert overview.status == "stopped"
    assert "resume --from second" in overview.reason

    rewound(rehearsal, "second")

    assert rehearsal.overview().status == "running"
    assert rehearsal.overview().reason == ""
    assert rehearsal.stages()[ALL] == ("instead", "open")
    # what it had paid by the old program is paid no more
    assert payoffs(rehearsal.database, SESSION) == dict.fromkeys(SEATS, Decimal(0))
    rehearsal.arrive()
    rehearsal.arrive()
    assert status(rehearsal.database, SESSION) == "finished"


def test_a_program_that_raises_on_the_way_changes_nothing(play: Play) -> None:
    rehearsal = play(three_stages)
    rehearsal.arrive(value=1)
    rehearsal.arrive(value=1)
    rehearsal.becomes(raises)

    assert refused(rehearsal, "third").code == "still-failing"
    refusal = refused(rehearsal, "second")
    assert (refusal.code, refusal.reason) == ("failed-again", "LookupError: 4")
    # who had begun with the old program goes on with it
    rehearsal.arrive(value=1)
    assert status(rehearsal.database, SESSION) == "finished"


def test_a_stopped_session_goes_on_from_an_earlier_stage(play: Play) -> None:
    rehearsal = play(raises)
    rehearsal.arrive(value=1)
    assert status(rehearsal.database, SESSION) == "stopped"
    rehearsal.becomes(three_stages)

    rewound(rehearsal, "first")

    assert rehearsal.overview().traceback == ""
    assert rehearsal.open_stages() == [(ALL, 2, True, list(SEATS))]


def test_clocks_that_stood_with_the_session_go_on_with_it(play: Play) -> None:
    rehearsal = play(timed)
    rehearsal.arrive(scope="g1", value=1)
    rehearsal.later(20)
    rehearsal.ask(Pause(session=SESSION))
    rehearsal.later(1000)

    rewound(rehearsal, "ask", visit=2)

    left = {
        one.scope: one.clock.deadline_at - rehearsal.now
        for one in rehearsal.overview().seats
        if one.clock is not None and one.clock.deadline_at is not None
    }
    assert left == {"g1": timedelta(seconds=60), "g2": timedelta(seconds=40)}
    rehearsal.later(40)
    rehearsal.handle(rehearsal.tick())
    assert rehearsal.stages()["g2"] == ("ask", "open")
    assert [one[1] for one in rehearsal.open_stages()] == [3, 2]


def test_a_clock_that_was_stopped_by_itself_stands(play: Play) -> None:
    rehearsal = play(timed)
    rehearsal.arrive(scope="g1", value=1)
    rehearsal.ask(ChangeClock(session=SESSION, change="pause", scope="g2"))

    rewound(rehearsal, "ask", visit=2)

    rehearsal.later(1000)
    rehearsal.handle(rehearsal.tick())
    assert (rehearsal.stages()["g2"], len(openings(rehearsal, "open"))) == (("ask", "open"), 1)


def test_who_is_excluded_stays_so_and_who_was_readmitted_takes_part(play: Play) -> None:
    rehearsal = play(three_stages)
    rehearsal.arrive(value=1)
    rehearsal.ask(Exclude(session=SESSION, seats=("p3", "p4")))
    rehearsal.ask(Readmit(session=SESSION, seats=("p4",)))
    rehearsal.arrive(value=1)

    rewound(rehearsal, "second")

    assert rehearsal.open_stages() == [(ALL, 4, True, ["p1", "p2", "p4"])]
    rehearsal.restart()
    rehearsal.consistent()
    rehearsal.ask(Readmit(session=SESSION, seats=("p3",)))
    rehearsal.arrive(value=2)
    assert rehearsal.open_stages() == [(ALL, 5, True, list(SEATS))]


def test_an_exclusion_that_ended_a_group_is_undone_by_going_on_from_before_it(play: Play) -> None:
    rehearsal = play(in_groups)
    rehearsal.arrive()
    gone = [one for _, _, _, missing in rehearsal.open_stages()[1:] for one in missing]
    rehearsal.ask(Exclude(session=SESSION, seats=tuple(gone)))
    assert rehearsal.stages()["g2"] == ("ask", "abandoned")
    rehearsal.ask(Readmit(session=SESSION, seats=tuple(gone)))

    rewound(rehearsal, "ask", visit=1)

    assert openings(rehearsal, "open") == [("ask", 2, "g1"), ("ask", 2, "g2")]
    rehearsal.arrive("p1", value=1)
    rehearsal.consistent()


def test_what_an_abandonment_opened_is_opened_once_more(play: Play) -> None:
    rehearsal = play(in_groups)
    rehearsal.arrive()
    gone = [one for _, _, _, missing in rehearsal.open_stages()[1:] for one in missing]
    for _ in range(3):
        rehearsal.arrive(scope="g1", value=1)
    rehearsal.ask(Exclude(session=SESSION, seats=tuple(gone)))
    assert rehearsal.stages()[ALL] == ("end", "open")

    for _ in range(2):
        rewound(rehearsal, "end")

    assert rehearsal.stages() == {
        ALL: ("end", "open"),
        "g1": ("ask", "released"),
        "g2": ("ask", "abandoned"),
    }
    rehearsal.restart()
    rehearsal.arrive()
    assert status(rehearsal.database, SESSION) == "finished"


def test_a_group_that_was_abandoned_after_the_step_is_so_again(play: Play) -> None:
    rehearsal = play(in_groups)
    rehearsal.arrive()
    gone = [one for _, _, _, missing in rehearsal.open_stages()[1:] for one in missing]
    rehearsal.arrive(scope="g1", value=1)
    rehearsal.ask(Exclude(session=SESSION, seats=tuple(gone)))

    rewound(rehearsal, "ask", visit=2, scope="g1")

    assert rehearsal.stages()["g2"] == ("ask", "abandoned")
    assert len(rehearsal.log("abandoned")) == 2
    for _ in range(2):
        rehearsal.arrive(value=1)
    assert rehearsal.stages()[ALL] == ("end", "open")


def test_a_side_effect_that_is_set_aside_is_performed_anew_and_an_earlier_one_is_not(
    play: Play,
) -> None:
    calls: list[int] = []

    def measure() -> int:
        calls.append(len(calls))
        return calls[-1]

    async def measuring(session: Session) -> None:
        for name in ("first", "second", "third"):
            await session.stage(name, data={"measured": await session.once("scale", measure)})

    rehearsal = play(measuring)
    rehearsal.arrive()
    rehearsal.arrive()
    assert calls == [0, 1, 2]

    rewound(rehearsal, "second")

    assert calls == [0, 1, 2, 3]
    assert rehearsal.snapshot("p1").stage.data == {"measured": 3}  # type: ignore[union-attr]
    rehearsal.restart()
    rehearsal.consistent()
    rehearsal.arrive()
    assert rehearsal.snapshot("p1").stage.data == {"measured": 4}  # type: ignore[union-attr]


def test_who_is_in_another_group_now_hears_the_old_one_no_more(play: Play) -> None:
    async def the_other_way_round(session: Session) -> None:
        await session.stage("welcome")
        session.random.random()
        await session.each_group(rounds, size=2)

    rehearsal = play(in_groups)
    rehearsal.arrive()
    before = rehearsal.overview()
    old = {one.seat: one.scope for one in before.seats}
    rehearsal.becomes(the_other_way_round)

    asked = rehearsal.command(ResumeFrom(session=SESSION, stage="ask"))
    items = [one for handled in rehearsal.handle(asked) for one in handled.items]

    new = {one.seat: one.scope for one in rehearsal.overview().seats}
    moved = {seat for seat in SEATS if old[seat] != new[seat]}
    assert moved, "this seed draws the same groups: choose another"
    for seat in moved:
        left = Unbinding(barrier_exchange(SESSION, str(old[seat])), seat_queue(seat))
        found = Binding(barrier_exchange(SESSION, str(new[seat])), seat_queue(seat))
        assert left in items
        assert found in items
    assert {one.queue for one in items if isinstance(one, Unbinding)} == {
        seat_queue(one) for one in moved
    }


def test_everyone_hears_what_is_open_now(play: Play) -> None:
    rehearsal = play(in_groups)
    rehearsal.arrive()
    rehearsal.arrive(scope="g1", value=1)
    rehearsal.arrive(scope="g2", value=1)

    asked = rehearsal.command(ResumeFrom(session=SESSION, stage="ask", visit=2, scope="g1"))
    told = said(rehearsal.handle(asked))

    opened = [
        (one.stage.scope, one.stage.generation) for one in told if isinstance(one, StageOpened)
    ]
    followed = [
        (one.scope, one.generation, one.next.generation)
        for one in told
        if isinstance(one, Released) and one.next
    ]
    # to the participants and to the staff
    assert opened == [("g1", 3)] * 2
    assert followed == [("g2", 1, 3)] * 2


def test_a_retry_after_going_back_goes_on_from_there(play: Play) -> None:
    rehearsal = play(three_stages)
    rehearsal.arrive(value=1)
    rehearsal.arrive(value=1)
    rewound(rehearsal, "second")
    rehearsal.becomes(raises)
    rehearsal.restart()
    assert rehearsal.overview().status == "stopped"
    rehearsal.becomes(three_stages)

    assert isinstance(rehearsal.ask(Retry(session=SESSION)), Done)

    rehearsal.consistent()
    for _ in range(2):
        rehearsal.arrive(value=4)
    assert payoffs(rehearsal.database, SESSION) == dict.fromkeys(SEATS, Decimal(9))
