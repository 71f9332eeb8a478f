"""Interventions as they are kept: by whom, when and why, and told alike by whoever takes over."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from decimal import Decimal
from itertools import count
from typing import Any

import pytest
from sqlalchemy import select

from palier.program import Group, Session
from palier.schemas.commands import (
    Advance,
    ChangeClock,
    Close,
    Exclude,
    Intervention,
    Pause,
    Readmit,
    Resume,
    Retry,
    StandIn,
    Start,
)
from palier.schemas.events import ClockChanged, Released, SeatChanged, StatusChanged
from palier.schemas.events import Intervened as InterventionTold
from palier.schemas.names import ALL, OPERATOR
from palier.schemas.replies import Done, Refused, Submitted
from palier.workers.persistence import tables
from tests.databases import Database
from tests.laboratory import Number, answers, payoffs, status
from tests.rehearsal import SESSION, Rehearsal, answer, quick_database, rehearse, said

SEATS = ("p1", "p2", "p3", "p4")

Body = Callable[[Session], Awaitable[None]]


async def numbers(session: Session) -> None:
    for name in ("first", "second"):
        given = await session.stage(name, form=Number, deadline=60, missing=Number(value=7))
        for one, answered in given.items():
            one.pay(answered.value)


async def in_groups(session: Session) -> None:
    await session.each_group(rounds, size=2)
    await session.stage("end")


async def rounds(group: Group) -> None:
    for _ in range(2):
        given = await group.stage("ask", form=Number, deadline=60, missing="exclude")
        for one, answered in given.items():
            one.pay(answered.value)


def done(rehearsal: Rehearsal, command: Intervention, *, worker: int = 0) -> str:
    """Intervene, and return what the operator is told; whoever takes over sees the same."""
    asked = rehearsal.command(command)
    told = answer(rehearsal.handle(asked, worker=worker), asked)
    assert isinstance(told, Done), told
    rehearsal.consistent()
    again = answer(rehearsal.handle(asked, worker=1 - worker, redelivered=True), asked)
    assert again == told, "a command has one result"
    rehearsal.consistent()
    return told.effect


COMMANDS: list[tuple[Intervention, str, dict[str, Any]]] = [
    (
        Advance(session=SESSION, seats=("p1",), answer={"value": 3}, reason="left"),
        "advanced",
        {"seats": ["p1"]},
    ),
    (
        ChangeClock(session=SESSION, change="extend", seconds=30, reason="slow"),
        "clock-extend",
        {"scopes": [ALL], "seconds": 30},
    ),
    (
        ChangeClock(session=SESSION, change="pause", reason="slow"),
        "clock-pause",
        {"scopes": [ALL]},
    ),
    (Pause(session=SESSION, reason="fire"), "status-changed", {"status": "paused"}),
    (Exclude(session=SESSION, seats=("p2",), reason="ill"), "excluded", {"seat": "p2"}),
    (StandIn(session=SESSION, seats=("p3",), reason="ill"), "bot-stands-in", {"seat": "p3"}),
]


@pytest.mark.parametrize(
    ("command", "kind", "body"), COMMANDS, ids=[kind for _, kind, _ in COMMANDS]
)
def test_each_is_kept_with_its_author_its_time_and_its_reason(
    database: Database, command: Intervention, kind: str, body: dict[str, Any]
) -> None:
    rehearsal = rehearse(database, numbers)
    rehearsal.later(12.5)

    done(rehearsal, command)

    (entry,) = rehearsal.log(kind)
    assert (entry.author, entry.at) == (OPERATOR, rehearsal.now)
    assert entry.body.items() >= {**body, "reason": command.reason}.items()


def test_each_is_told_to_the_staff_and_to_whom_it_concerns(database: Database) -> None:
    rehearsal = rehearse(database, numbers)

    told: dict[str, list[Any]] = {}
    for command, kind, _ in COMMANDS:
        told[kind] = said(rehearsal.handle(rehearsal.command(command)))

    for kind, messages in told.items():
        assert kind in {one.what for one in messages if isinstance(one, InterventionTold)}
    assert {one.seat for one in told["advanced"] if isinstance(one, SeatChanged)} == {"p1"}
    assert {one.seat for one in told["excluded"] if isinstance(one, SeatChanged)} == {"p2"}
    clocks = [one.clock.left for one in told["clock-pause"] if isinstance(one, ClockChanged)]
    assert clocks == [90, 90]
    (paused,) = [one for one in told["status-changed"] if isinstance(one, StatusChanged)]
    assert (paused.status, paused.reason) == ("paused", "fire")


def test_whoever_takes_over_knows_all_of_it(database: Database) -> None:
    rehearsal = rehearse(database, numbers)
    for command in (
        Advance(session=SESSION, seats=("p1",), answer={"value": 3}),
        ChangeClock(session=SESSION, change="extend", seconds=30),
        Exclude(session=SESSION, seats=("p2",)),
        StandIn(session=SESSION, seats=("p3",)),
        Pause(session=SESSION),
        ChangeClock(session=SESSION, change="pause"),
        Readmit(session=SESSION, seats=("p2",)),
        Resume(session=SESSION),
    ):
        rehearsal.later(1)
        done(rehearsal, command, worker=1)
        rehearsal.restart()
    rehearsal.later(1)
    rehearsal.handle(rehearsal.tick())
    rehearsal.consistent()

    assert rehearsal.open_stages() == [(ALL, 1, True, ["p2", "p4"])]
    rehearsal.restart()
    done(rehearsal, Advance(session=SESSION))
    assert rehearsal.open_stages() == [(ALL, 2, True, list(SEATS))]
    hows = {
        one.seat: one.how for one in database.ask(select(tables.arrival)) if one.generation == 1
    }
    assert hows == {"p1": "operator", "p2": "operator", "p3": "bot", "p4": "operator"}
    assert answers(database, SESSION)[ALL, 1]["p2"] == {"value": 7}


def test_what_is_done_in_one_batch_is_done_in_order(database: Database) -> None:
    rehearsal = rehearse(database, numbers)
    batch = [
        rehearsal.submit("p1", ALL, 1, 1),
        rehearsal.command(Pause(session=SESSION)),
        rehearsal.submit("p2", ALL, 1, 2),
        rehearsal.command(Exclude(session=SESSION, seats=("p3", "p4"))),
        rehearsal.command(Readmit(session=SESSION, seats=("p4",))),
        rehearsal.command(Advance(session=SESSION, seats=("p4",))),
        rehearsal.command(Resume(session=SESSION)),
        rehearsal.submit("p1", ALL, 2, 1),
    ]

    handled = rehearsal.handle(*batch)

    told = [answer(handled, one) for one in batch]
    nobody = type(None)  # the release accepts them
    assert [type(one) for one in told] == [
        *(nobody, Done, nobody, Done, Done, Done, Done),
        Submitted,
    ]
    assert [one.generation for one in said(handled) if isinstance(one, Released)] == [1, 1]
    assert rehearsal.open_stages() == [(ALL, 2, True, ["p2", "p4"])]
    rehearsal.consistent()
    rehearsal.restart()
    assert payoffs(database, SESSION) == {
        "p1": Decimal(1),
        "p2": Decimal(2),
        "p3": Decimal(0),
        "p4": Decimal(7),
    }


def test_groups_that_lose_their_people_end_and_the_others_go_on(database: Database) -> None:
    rehearsal = rehearse(database, in_groups)
    g1, g2 = (missing for _, _, _, missing in rehearsal.open_stages())
    done(rehearsal, Exclude(session=SESSION, seats=(g1[0],)))
    done(rehearsal, Exclude(session=SESSION, seats=tuple(g2)))
    rehearsal.restart()
    rehearsal.arrive(g1[1], value=2)
    rehearsal.restart()
    done(rehearsal, Readmit(session=SESSION, seats=(g2[0],)))
    rehearsal.arrive(g1[1], value=2)

    assert rehearsal.open_stages() == [(ALL, 1, False, sorted([g1[1], g2[0]]))]
    rehearsal.arrive()
    assert status(database, SESSION) == "finished"
    rehearsal.consistent()


def test_a_session_that_everybody_was_taken_out_of_is_finished(database: Database) -> None:
    rehearsal = rehearse(database, in_groups)

    effect = done(rehearsal, Exclude(session=SESSION, seats=SEATS))

    assert "finished" in effect
    assert rehearsal.overview().reason == "Everyone was excluded."
    assert rehearsal.stages() == {"g1": ("ask", "abandoned"), "g2": ("ask", "abandoned")}


def test_what_changes_nothing_is_refused_and_the_refusal_is_kept(database: Database) -> None:
    rehearsal = rehearse(database, numbers)
    before = {name: rows for name, rows in rehearsal.rows().items() if name != "inbox"}
    asked = rehearsal.command(Resume(session=SESSION))

    first = answer(rehearsal.handle(asked), asked)
    again = answer(rehearsal.handle(asked, worker=1), asked)

    assert isinstance(first, Refused)
    assert again == first
    assert {name: rows for name, rows in rehearsal.rows().items() if name != "inbox"} == before


# -- an author's code that fails ----------------------------------------------------------------


class Mood:
    """Whether the author's code works by now."""

    def __init__(self) -> None:
        self.broken = True
        self.calls = 0

    def mind(self) -> int:
        """Raise while it does not."""
        self.calls += 1
        if self.broken:
            raise ZeroDivisionError("the author divided by nothing")
        return self.calls


def at_the_start(mood: Mood) -> Body:
    async def body(session: Session) -> None:
        mood.mind()
        await session.stage("first", form=Number)

    return body


def at_a_release(mood: Mood) -> Body:
    async def body(session: Session) -> None:
        given = await session.stage("first", form=Number)
        for one, answered in given.items():
            one.pay(answered.value)
        mood.mind()
        await session.stage("second", form=Number)

    return body


def in_a_group(mood: Mood) -> Body:
    async def body(session: Session) -> None:
        await session.each_group(group, size=2)
        await session.stage("second", form=Number)

    async def group(group: Group) -> None:
        await group.stage("first", form=Number)
        if group.name == "g2":
            mood.mind()

    return body


def in_a_side_effect(mood: Mood) -> Body:
    async def body(session: Session) -> None:
        await session.stage("first", form=Number)
        await session.stage("second", data={"read": await session.once("scale", mood.mind)})

    return body


def in_what_is_shown(mood: Mood) -> Body:
    async def body(session: Session) -> None:
        await session.stage("first", form=Number)
        await session.stage("second", data=lambda _: {"you": bool(mood.mind())})

    return body


PLACES = [at_the_start, at_a_release, in_a_group, in_a_side_effect, in_what_is_shown]


@pytest.mark.parametrize("place", PLACES)
def test_code_that_fails_is_tried_again_once_it_is_mended(
    database: Database, place: Callable[[Mood], Body]
) -> None:
    mood = Mood()
    rehearsal = rehearse(database, place(mood))
    rehearsal.arrive(value=1)
    overview = rehearsal.overview()
    assert (overview.status, overview.reason) == (
        "stopped",
        "ZeroDivisionError: the author divided by nothing",
    )
    assert "raise ZeroDivisionError" in overview.traceback
    assert {one.standing for one in overview.seats} == {"active"}
    rehearsal.consistent()

    # not mended yet: nobody goes on, and nothing is lost
    refused = rehearsal.ask(Retry(session=SESSION, reason="hope"))
    assert isinstance(refused, Refused)
    assert refused.code == "failed-again"
    rehearsal.consistent()
    rehearsal.restart()
    assert rehearsal.overview().status == "stopped"
    mood.broken = False
    done(rehearsal, Retry(session=SESSION, reason="mended"))

    assert rehearsal.overview().status == "running"
    assert (rehearsal.overview().reason, rehearsal.overview().traceback) == ("", "")
    assert [one.body["reason"] for one in rehearsal.log("retried")] == ["hope", "mended"]
    rehearsal.restart()
    rehearsal.consistent()
    for _ in range(2):
        rehearsal.arrive(value=1)
    assert status(database, SESSION) == "finished"


@pytest.fixture
def quick() -> Iterator[Database]:
    """A database that costs little."""
    with quick_database() as database:
        yield database


def test_while_a_session_is_stopped_other_groups_answers_are_kept(quick: Database) -> None:
    mood = Mood()
    rehearsal = rehearse(quick, in_a_group(mood))
    g1, g2 = (missing for _, _, _, missing in rehearsal.open_stages())
    rehearsal.arrive(*g2, value=1)
    assert rehearsal.overview().status == "stopped"

    rehearsal.arrive(*g1, value=2)

    assert {one.state for one in rehearsal.overview().seats} == {"submitted"}
    assert rehearsal.log("released") == []
    mood.broken = False
    done(rehearsal, Retry(session=SESSION))
    assert [one.body["scope"] for one in rehearsal.log("released")] == ["g1", "g2"]
    assert rehearsal.stages()[ALL] == ("second", "open")


def test_a_side_effect_whose_step_failed_is_performed_again_and_then_kept(quick: Database) -> None:
    mood, readings = Mood(), count(1)

    async def body(session: Session) -> None:
        await session.stage("first")
        value = await session.once("scale", lambda: next(readings))
        mood.mind()
        await session.stage("second", data={"read": value})

    rehearsal = rehearse(quick, body)
    rehearsal.arrive()
    assert rehearsal.log("side-effect") == []
    mood.broken = False

    done(rehearsal, Retry(session=SESSION))

    assert [one.body["value"] for one in rehearsal.log("side-effect")] == [2]
    rehearsal.restart()
    rehearsal.consistent()
    assert next(readings) == 3


@pytest.mark.parametrize("value", [object(), float("nan"), {1, 2.5, object}])
def test_a_side_effect_that_gives_what_cannot_be_kept_stops_the_session(
    quick: Database, value: Any
) -> None:
    async def body(session: Session) -> None:
        await session.once("scale", lambda: value)

    rehearsal = rehearse(quick, body)

    reason = rehearsal.overview().reason
    assert reason.startswith("ProgramError: The side effect 'scale' gives what cannot be kept")


def test_a_side_effects_result_is_the_same_before_and_after_a_restart(quick: Database) -> None:
    async def body(session: Session) -> None:
        value = await session.once("scale", lambda: {"pair": (1, 2), 3: Decimal("0.5")})
        await session.stage("first")
        await session.stage("second", data={"value": value, "is a list": value["pair"] == [1, 2]})
        await session.stage("third", data={"value": value})

    rehearsal = rehearse(quick, body)
    rehearsal.arrive()
    living = rehearsal.snapshot("p1").stage
    rehearsal.restart()
    rehearsal.arrive()
    restored = rehearsal.snapshot("p1").stage

    assert living is not None
    assert restored is not None
    assert living.data == {"value": {"pair": [1, 2], "3": "0.5"}, "is a list": True}
    assert restored.data == {"value": living.data["value"]}


def test_a_stopped_session_can_be_closed_and_is_not_resumed(quick: Database) -> None:
    rehearsal = rehearse(quick, at_a_release(Mood()))
    rehearsal.arrive(value=1)

    assert rehearsal.ask(Resume(session=SESSION)).code == "stopped"
    assert rehearsal.ask(Start(session=SESSION)).code == "already-started"
    rehearsal.ask(Close(session=SESSION, reason="enough"))

    assert (rehearsal.overview().status, rehearsal.overview().reason) == ("closed", "enough")
    assert rehearsal.ask(Retry(session=SESSION)).code == "not-stopped"
    rehearsal.consistent()


def test_clocks_stand_while_a_session_is_stopped_and_go_on_with_it(quick: Database) -> None:
    mood = Mood()

    async def body(session: Session) -> None:
        await session.each_group(group, size=2)

    async def group(group: Group) -> None:
        await group.stage("first", form=Number, deadline=60, missing=Number(value=7))
        if group.name == "g2":
            mood.mind()

    rehearsal = rehearse(quick, body)
    _, g2 = (missing for _, _, _, missing in rehearsal.open_stages())
    rehearsal.later(20)
    rehearsal.arrive(*g2, value=1)
    rehearsal.later(1000)
    rehearsal.handle(rehearsal.tick())
    assert {one.clock.left for one in rehearsal.overview().seats if one.clock} == {40}
    mood.broken = False
    done(rehearsal, Retry(session=SESSION))
    rehearsal.later(39)
    rehearsal.handle(rehearsal.tick())
    assert status(quick, SESSION) == "running"

    rehearsal.later(1)
    rehearsal.handle(rehearsal.tick())

    assert status(quick, SESSION) == "finished"
    rehearsal.consistent()


def test_others_in_the_batch_in_which_code_fails_are_kept(quick: Database) -> None:
    rehearsal = rehearse(quick, at_a_release(Mood()))
    batch = [rehearsal.submit(one, ALL, 1, 3) for one in SEATS]

    handled = rehearsal.handle(*batch)

    # no release accepts them: each has a result of its own
    assert [type(answer(handled, one)) for one in batch] == [Submitted] * 4
    assert len(answers(quick, SESSION)[ALL, 1]) == 4
    rehearsal.consistent()
