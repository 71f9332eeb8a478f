"""A program that does something else when it is gone through again is found out, its data safe.

Either its author changed it, or its course hangs on something that is not on the record.
"""

from __future__ import annotations

import random
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from itertools import count

import pytest
from sqlalchemy import select

from palier.program import Form, Group, Program, Session
from palier.schemas.commands import Advance, Exclude, Pause, Readmit, Retry, Start
from palier.schemas.names import ALL
from palier.schemas.replies import LATER, Done, Refused, SessionStarted
from palier.workers.persistence import tables
from palier.workers.runtime.catalogue import Catalogue
from tests.laboratory import Number, payoffs, results, status
from tests.rehearsal import NOON, SESSION, Rehearsal, answer, program, quick_database, rehearse

SEATS = ("p1", "p2", "p3", "p4")

Body = Callable[[Session], Awaitable[None]]
Play = Callable[[Body], Rehearsal]


@pytest.fixture
def play() -> Iterator[Play]:
    """Start a session of a program's body."""
    with quick_database() as database:
        yield lambda body: rehearse(database, body)


# -- what is not on the record ------------------------------------------------------------------

_UNSEEDED = random.Random()
_COUNTED = count()


async def draws_unseeded(session: Session) -> None:
    await session.stage("first")
    await session.stage("second", data={"drawn": _UNSEEDED.random()})
    await session.stage("third")


async def looks_at_the_clock(session: Session) -> None:
    await session.stage("first")
    await session.stage("second", data={"now": datetime.now(UTC)})
    await session.stage("third")


async def shows_each_something_else(session: Session) -> None:
    await session.stage("first")
    await session.stage("second", data=lambda one: {"number": one.number + next(_COUNTED)})
    await session.stage("third")


async def goes_another_way(session: Session) -> None:
    await session.stage("first")
    await session.stage("second" if next(_COUNTED) % 2 == 0 else "another")
    await session.stage("third")


async def goes_in_groups_the_second_time(session: Session) -> None:
    await session.stage("first")
    if next(_COUNTED) % 2:
        await session.each_group(only, size=2)
    await session.stage("second")


async def only(group: Group) -> None:
    await group.stage("second")


async def groups_otherwise(session: Session) -> None:
    await session.stage("first")
    for _ in range(next(_COUNTED) % 2):
        session.random.random()
    await session.each_group(only, size=2)


async def is_at_its_end(session: Session) -> None:
    await session.stage("first")
    if next(_COUNTED) % 2:
        return
    await session.stage("second")


async def measures_more(session: Session) -> None:
    await session.stage("first")
    if next(_COUNTED) % 2:
        await session.once("scale", lambda: 1)
    await session.stage("second")


async def pays_by_chance(session: Session) -> None:
    await session.stage("first")
    for one in session:
        one.pay(_UNSEEDED.random())
    await session.stage("second")


async def pays_by_the_clock(session: Session) -> None:
    await session.stage("first")
    for one in session:
        one.pay(time.monotonic_ns())
    await session.stage("second")


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (draws_unseeded, r"has stage 'second' \(visit 1\) in scope 'all' next.* shows other data"),
        (looks_at_the_clock, "stage 'second'.* shows other data there"),
        (shows_each_something_else, "stage 'second'.* shows other data there"),
        (goes_another_way, "stage 'second'.* but the program now opens stage 'another'"),
        (goes_in_groups_the_second_time, "forms scope 'g1' of .* now, which its record does not"),
        (groups_otherwise, "forms scope 'g1' of .* now, which its record does not have"),
        (is_at_its_end, "stage 'second'.* opens nothing there"),
        (measures_more, r"has no side effect 'scale' \(visit 1\) in scope 'all'"),
        (pays_by_chance, "has paid p1 .* by stage 'second'"),
        (pays_by_the_clock, "has paid p1 .* by stage 'second'"),
    ],
)
def test_what_hangs_on_something_that_is_not_on_the_record_is_found_out_at_the_first_difference(
    play: Play, body: Body, words: str
) -> None:
    global _COUNTED  # noqa: PLW0603 - what an author would do
    _COUNTED = count()
    rehearsal = play(body)
    rehearsal.arrive()
    before = rehearsal.rows()
    rehearsal.restart()

    overview = rehearsal.overview()

    assert overview.status == "stopped"
    assert re.search(words, overview.reason), overview.reason
    after = rehearsal.rows()
    untouched = set(before) - {"session", "scope", "event_log"}
    assert {one: after[one] for one in untouched} == {one: before[one] for one in untouched}
    (kept,) = rehearsal.database.ask(select(tables.session))
    assert (kept.status, kept.reason) == ("stopped", overview.reason)
    assert [one.kind for one in rehearsal.log()[-2:]] == ["program-failed", "status-changed"]


def test_a_worker_that_has_it_in_mind_notices_nothing_and_loses_nothing(play: Play) -> None:
    rehearsal = play(draws_unseeded)
    for _ in range(3):
        rehearsal.arrive()

    assert status(rehearsal.database, SESSION) == "finished"


def test_what_is_on_the_record_may_be_used_freely(play: Play) -> None:
    measured = count(100)

    async def careful(session: Session) -> None:
        for turn in range(3):
            weight = await session.once("scale", lambda: next(measured))
            for one in session:
                one.pay(session.random.randrange(100))
            await session.stage(
                "turn",
                data={
                    "drawn": session.random.random(),
                    "now": session.now(),
                    "weight": weight,
                    "turn": turn,
                },
            )
        await session.each_group(group, size=2)

    async def group(group: Group) -> None:
        for _ in range(2):
            await group.stage("mine", data={"drawn": group.random.random(), "now": group.now()})

    rehearsal = play(careful)
    for _ in range(4):
        rehearsal.later(13)
        rehearsal.arrive()
        rehearsal.restart()
        rehearsal.consistent()
        assert status(rehearsal.database, SESSION) == "running"
    rehearsal.arrive()

    assert status(rehearsal.database, SESSION) == "finished"
    assert next(measured) == 103, "what is on the record was measured again"


def test_now_is_what_the_record_has(play: Play) -> None:
    async def body(session: Session) -> None:
        for _ in range(3):
            await session.stage("turn", data={"now": session.now()})

    rehearsal = play(body)
    for _ in range(2):
        rehearsal.later(3.141592)
        rehearsal.arrive()

    runs = rehearsal.database.ask(select(tables.stage_run).order_by(tables.stage_run.c.generation))
    shown = [datetime.fromisoformat(one.data["now"]) for one in runs]
    assert shown == [one.opened_at for one in runs]
    assert shown[0] == NOON


# -- what was changed ---------------------------------------------------------------------------


async def original(session: Session) -> None:
    answers = await session.stage("first", form=Number)
    for one, given in answers.items():
        one.pay(given.value)
    await session.stage("second", form=Number, data={"shown": 1})
    await session.stage("third")


async def another_text(session: Session) -> None:
    answers = await session.stage("first", form=Number, title="The first", text="Be careful.")
    for one, given in answers.items():
        one.pay(given.value)
    await session.stage("second", form=Number, data={"shown": 1}, title="Now the second")
    await session.stage("instead", form=Number)


def test_texts_and_what_is_to_come_may_be_changed(play: Play) -> None:
    rehearsal = play(original)
    rehearsal.arrive(value=1)
    rehearsal.becomes(another_text)
    rehearsal.restart()

    assert rehearsal.overview().status == "running"
    # what was shown stays as it was
    assert rehearsal.overview().seats[0].title == "Second"
    rehearsal.arrive(value=1)
    assert rehearsal.stages()[ALL] == ("instead", "open")
    rehearsal.consistent()


class Word(Form):
    value: str


async def another_form_before(session: Session) -> None:
    await session.stage("first", form=Word)
    await session.stage("second", form=Number, data={"shown": 1})


def test_answers_that_no_longer_pass_their_form_are_found_out(play: Play) -> None:
    rehearsal = play(original)
    rehearsal.arrive(value=1)
    rehearsal.becomes(another_form_before)
    rehearsal.restart()

    reason = rehearsal.overview().reason
    words = "answers on record for stage 'first' (visit 1, scope 'all') no longer pass its form"
    assert words in reason


async def another_form_now(session: Session) -> None:
    answers = await session.stage("first", form=Number)
    for one, given in answers.items():
        one.pay(given.value)
    await session.stage("second", form=Word, data={"shown": 1})


def test_answers_that_no_longer_pass_the_form_of_the_stage_that_is_open_stop_the_session(
    play: Play,
) -> None:
    rehearsal = play(original)
    rehearsal.arrive(value=1)
    rehearsal.arrive("p1", value=1)
    rehearsal.becomes(another_form_now)
    rehearsal.restart()
    assert rehearsal.overview().status == "running"

    rehearsal.arrive("p2", "p3", "p4", value="so")

    overview = rehearsal.overview()
    assert overview.status == "stopped"
    assert overview.reason.startswith("The answers to stage 'second' (scope 'all') no longer pass")
    assert {one.state for one in overview.seats} == {"submitted"}
    rehearsal.consistent()


def test_settings_that_no_longer_fit_are_named(play: Play) -> None:
    rehearsal = play(original)

    class Changed(Program):
        class Settings(Program.Settings):
            rounds: int

    rehearsal.catalogue.add("example", Changed)
    rehearsal.restart()

    reason = rehearsal.overview().reason

    assert reason == (
        f"The settings of {SESSION} no longer fit its program. "
        "Setting 'rounds' of example: Field required."
    )


# -- while it is stopped ------------------------------------------------------------------------


async def raises_at_once(session: Session) -> None:
    raise LookupError(session.name)


def test_while_it_cannot_be_conducted_all_is_shown_and_nothing_is_taken(play: Play) -> None:
    rehearsal = play(original)
    rehearsal.arrive("p1", value=1)
    rehearsal.becomes(raises_at_once)
    rehearsal.restart()

    asked = rehearsal.submit("p2", ALL, 1, 3)
    refused = answer(rehearsal.handle(asked), asked)

    assert isinstance(refused, Refused)
    assert refused.code in LATER
    assert results(rehearsal.database, ["p2"]) == []
    assert rehearsal.snapshot("p1").submitted
    assert rehearsal.snapshot("p1").answer == {"value": 1}
    assert rehearsal.snapshot("p1").reason == ""
    assert rehearsal.overview().seats[1].state == "working"
    assert "LookupError: all" in rehearsal.overview().reason
    assert "raises_at_once" in rehearsal.overview().traceback

    rehearsal.becomes(original)
    assert isinstance(rehearsal.ask(Retry(session=SESSION)), Done)
    # the same message, sent again
    accepted = answer(rehearsal.handle(asked, redelivered=True), asked)
    assert accepted is not None
    assert accepted.kind == "submitted.v1"
    rehearsal.arrive("p3", "p4", value=3)
    rehearsal.consistent()
    assert payoffs(rehearsal.database, SESSION)["p2"] == Decimal(3)


def test_what_was_taken_before_is_answered_as_it_was(play: Play) -> None:
    rehearsal = play(original)
    asked = rehearsal.submit("p1", ALL, 1, 3)
    first = answer(rehearsal.handle(asked), asked)
    rehearsal.becomes(raises_at_once)
    rehearsal.restart()

    assert answer(rehearsal.handle(asked, redelivered=True), asked) == first


def test_it_is_found_out_and_told_once(play: Play) -> None:
    rehearsal = play(original)
    rehearsal.becomes(raises_at_once)
    for worker in (0, 1, 0):
        rehearsal.restart(worker)
        asked = rehearsal.submit("p1", ALL, 1, 3)
        rehearsal.handle(asked, worker=worker)

    assert len(rehearsal.log("program-failed")) == 1
    assert len(rehearsal.log("status-changed")) == 1


def test_while_it_cannot_be_conducted_an_operator_may_prepare_what_follows(play: Play) -> None:
    rehearsal = play(original)
    rehearsal.arrive("p1", "p2", value=1)
    rehearsal.becomes(raises_at_once)
    rehearsal.restart()

    assert rehearsal.ask(Advance(session=SESSION)).code == "stopped"
    assert rehearsal.ask(Pause(session=SESSION)).code == "not-running"
    assert isinstance(rehearsal.ask(Exclude(session=SESSION, seats=("p3", "p4"))), Done)
    assert isinstance(rehearsal.ask(Readmit(session=SESSION, seats=("p3",))), Done)
    rehearsal.consistent()
    rehearsal.becomes(original)
    rehearsal.ask(Retry(session=SESSION))
    rehearsal.consistent()
    assert rehearsal.open_stages() == [(ALL, 1, True, ["p3"])]
    rehearsal.arrive("p3", value=1)
    assert rehearsal.open_stages() == [(ALL, 2, True, ["p1", "p2", "p3"])]


def test_a_session_whose_program_is_gone_says_so_when_it_is_started() -> None:
    with quick_database() as database:
        rehearsal = rehearse(database, original, start=False)
        rehearsal.catalogue = rehearsal.postman.catalogue = Catalogue([])
        rehearsal.restart()

        assert isinstance(rehearsal.ask(Start(session=SESSION)), SessionStarted)

        overview = rehearsal.overview()
        assert overview.status == "stopped"
        assert overview.reason == "There is no program 'example'; the worker knows: none."
        rehearsal.catalogue.add("example", program(original))
        assert isinstance(rehearsal.ask(Retry(session=SESSION)), Done)
        assert rehearsal.open_stages() == [(ALL, 1, True, list(SEATS))]
        rehearsal.consistent()
