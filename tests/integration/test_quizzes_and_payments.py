"""Quizzes, payments and treatments on the record, whichever worker conducts."""

from __future__ import annotations

import asyncio
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy import select

from palier.client.asking import join
from palier.client.errors import Rejected
from palier.program import Group, Payment, Program, Question
from palier.program import Session as ProgramSession
from palier.schemas.commands import (
    Attend,
    Close,
    IssueCodes,
    OpenSession,
    ResumeFrom,
    Start,
    Submit,
)
from palier.schemas.message import Message
from palier.schemas.names import OPERATOR
from palier.schemas.replies import Refused, Submitted
from palier.workers.persistence import tables
from palier.workers.persistence.export import export
from palier.workers.runtime.catalogue import Catalogue
from tests.databases import Database
from tests.laboratory import SECRETS, Laboratory, Number
from tests.rehearsal import SESSION, Rehearsal, answer, said

#: A right answer that nothing else is like.
SECRET = 987654
QUESTIONS = (
    Question("How much?", answer=SECRET, hint="More than that."),
    Question("Is it so?", answer=True, name="so"),
)
RIGHT = {"q1": SECRET, "so": True}
WRONG = {"q1": 1, "so": True}


class Asking(Program):
    """A quiz, three paid periods, the end; the rate is a setting."""

    payment = Payment(rate="0.10", show_up=5, paid_periods=1)

    class Settings(Program.Settings):
        attempts: int | None = None
        bonus: int = 0

    async def run(self, session: ProgramSession) -> None:
        await session.quiz("comprehension", QUESTIONS, attempts=self.settings.attempts)
        await session.each_group(self.play, size=2)
        await session.stage("end", data=lambda one: {"payment": one.payment})

    async def play(self, group: Group) -> None:
        for period in group.periods(3):
            answers = await group.stage("ask", form=Number, data={"treatment": group.treatment})
            for one, given in answers.items():
                one.pay(given.value + period.settings.bonus, period=period)


TREATED = {"treatments": {"plain": {}, "rich": {"bonus": 100}}}


class Quizzed(Rehearsal):
    """A session of that program, and all that was told of it."""

    def __init__(self, database: Database, **settings: Any) -> None:
        known = Catalogue([])
        known.add("asking", Asking)
        super().__init__(database, known, seats=("p1", "p2", "p3", "p4"), workers=2)
        self.told: list[Message] = []
        self.ask(
            OpenSession(
                session=SESSION, program="asking", seats=self.seats, settings=settings, seed=3
            )
        )
        self.ask(Start(session=SESSION))

    def try_(self, seat: str, given: dict[str, Any], *, name: str = "") -> Any:
        """Answer the quiz and return what came of it."""
        command = Submit(session=SESSION, scope="all", generation=1, answer=given)
        asked = self.command(command, seat, name=name)
        handled = self.handle(asked)
        self.told += said(handled)
        return answer(handled, asked)

    def play_on(self) -> None:
        """Let everyone go to the end, each worker in turn."""
        for turn in range(20):
            if not self.open_stages():
                return
            self.restart(turn % 2)
            for where, generation, asks, missing in self.open_stages():
                for seat in missing:
                    value = int(seat[1:]) if asks else None
                    asked = self.submit(seat, where, generation, value)
                    self.handle(asked, worker=turn % 2)

    def paid(self) -> dict[str, Any]:
        """Return the rows of payments, by seat."""
        return {one.seat: one for one in self.database.ask(select(tables.payment))}


def test_nobody_goes_on_before_it_is_right_and_each_attempt_is_a_row(database: Database) -> None:
    rehearsal = Quizzed(database)
    for seat in rehearsal.seats[1:]:
        assert isinstance(rehearsal.try_(seat, RIGHT), Submitted)

    refused = rehearsal.try_("p1", WRONG)
    assert isinstance(refused, Refused)
    assert (refused.code, refused.fields) == ("wrong-answer", {"q1": "More than that."})
    assert rehearsal.stages()["all"] == ("comprehension", "open")
    rehearsal.try_("p1", RIGHT)

    assert rehearsal.stages()["all"] == ("comprehension", "released")
    rows = rehearsal.database.ask(select(tables.attempt).where(tables.attempt.c.seat == "p1"))
    assert sorted((one.number, tuple(one.wrong)) for one in rows) == [(1, ("q1",)), (2, ())]
    rehearsal.consistent()


def test_a_repeated_attempt_counts_once_and_is_answered_alike(database: Database) -> None:
    rehearsal = Quizzed(database)
    first = rehearsal.try_("p1", WRONG, name="the same")
    rehearsal.restart()
    again = rehearsal.try_("p1", WRONG, name="the same")
    assert first == again
    assert len(rehearsal.database.ask(select(tables.attempt))) == 1


def test_another_worker_knows_the_attempts_and_who_is_blocked(database: Database) -> None:
    rehearsal = Quizzed(database, attempts=2)
    rehearsal.try_("p1", WRONG)
    rehearsal.restart()
    last = rehearsal.try_("p1", WRONG)
    assert last.code == "attempts-used"
    assert rehearsal.overview().seats[0].called_at is not None
    rehearsal.restart()
    assert rehearsal.try_("p1", RIGHT).code == "attempts-used"
    rehearsal.consistent()

    rehearsal.ask(Attend(session=SESSION, seats=("p1",)))
    rehearsal.restart()
    assert isinstance(rehearsal.try_("p1", RIGHT), Submitted)
    assert len(rehearsal.database.ask(select(tables.attempt))) == 3


def test_an_attempt_that_was_not_committed_was_none(database: Database) -> None:
    rehearsal = Quizzed(database, attempts=1)
    wrong = Submit(session=SESSION, scope="all", generation=1, answer=WRONG)
    rehearsal.killed([rehearsal.postman.delivery(rehearsal.command(wrong, "p1"))])
    assert not rehearsal.database.ask(select(tables.attempt))
    assert isinstance(rehearsal.try_("p1", RIGHT), Submitted)


def test_right_answers_never_travel(database: Database) -> None:
    rehearsal = Quizzed(database, attempts=2)
    for seat, given in (("p1", WRONG), ("p1", WRONG), ("p2", WRONG)):
        rehearsal.try_(seat, given)
    rehearsal.told += [rehearsal.snapshot(one) for one in rehearsal.seats]
    rehearsal.told.append(rehearsal.overview())
    for one in rehearsal.told:
        assert str(SECRET) not in one.model_dump_json()
    assert any(isinstance(one, Refused) for one in rehearsal.told)


def test_what_is_paid_is_reckoned_at_the_end_and_shown_in_the_last_stage(
    database: Database,
) -> None:
    rehearsal = Quizzed(database)
    for seat in rehearsal.seats:
        rehearsal.try_(seat, RIGHT)
    for _ in range(3):
        rehearsal.arrive(value=2)
    shown = {one: rehearsal.snapshot(one) for one in rehearsal.seats}
    rehearsal.play_on()

    assert rehearsal.overview().status == "finished"
    paid = rehearsal.paid()
    for seat, one in shown.items():
        assert one.stage is not None
        # five euros and ten cents for each of the two points of the one period that was drawn
        assert one.stage.data["payment"] == {"amount": "5.20", "currency": "EUR"}
        assert paid[seat].amount == Decimal("5.20")
        assert len(paid[seat].periods) == 1
    assert {one.payment for one in rehearsal.overview().seats} == {"5.20 EUR"}
    rehearsal.consistent()


def test_a_session_that_is_closed_pays_what_was_earned_until_then(database: Database) -> None:
    rehearsal = Quizzed(database)
    for seat in rehearsal.seats:
        rehearsal.try_(seat, RIGHT)
    rehearsal.arrive(value=4)
    rehearsal.restart()
    rehearsal.ask(Close(session=SESSION, reason="The power failed."))

    assert {one.amount for one in rehearsal.paid().values()} == {Decimal("5.40")}


def test_treatments_are_on_the_record_and_the_same_for_each_worker(database: Database) -> None:
    rehearsal = Quizzed(database, **TREATED)
    for seat in rehearsal.seats:
        rehearsal.try_(seat, RIGHT)
    scope = tables.scope
    kept = {one.name: one.treatment for one in rehearsal.database.ask(select(scope))}
    assert sorted(one for one in kept.values() if one) == ["plain", "rich"]

    rehearsal.restart()
    restored = rehearsal.restored()
    assert restored.fault is None
    assert {one.name: one.treatment for one in restored.scopes.values()} == kept
    rehearsal.play_on()
    rehearsal.consistent()

    with rehearsal.postman.engine.begin() as db:
        tables_ = {one.name: one for one in export(db, SESSION)}
    payoffs = [
        dict(zip(tables_["payoffs"].columns, one, strict=True)) for one in tables_["payoffs"].rows
    ]
    by_treatment = {one["treatment"]: one["payoff"] > 200 for one in payoffs}
    assert by_treatment == {"plain": False, "rich": True}
    assert len(tables_["treatments"].rows) == 2
    assert len(tables_["payments"].rows) == 4
    assert len(tables_["attempts"].rows) == 4


def test_attempts_of_a_quiz_that_is_asked_again_are_set_aside(database: Database) -> None:
    rehearsal = Quizzed(database)
    rehearsal.try_("p1", WRONG)
    for seat in rehearsal.seats:
        rehearsal.try_(seat, RIGHT)
    rehearsal.ask(ResumeFrom(session=SESSION, stage="comprehension", reason="It was too loud."))
    with rehearsal.postman.engine.begin() as db:
        (attempts,) = (one for one in export(db, SESSION) if one.name == "attempts")
    rows = [dict(zip(attempts.columns, one, strict=True)) for one in attempts.rows]
    assert {one["set_aside"] for one in rows} == {True}
    assert rehearsal.stages()["all"] == ("comprehension", "open")


def test_settings_that_do_not_fit_are_refused_with_every_place(database: Database) -> None:
    known = Catalogue([])
    known.add("asking", Asking)
    rehearsal = Rehearsal(database, known, seats=("p1", "p2"))
    wrong = {"bonsu": 1, "treatments": {"rich": {"bonus": "much"}}}
    refused = rehearsal.ask(
        OpenSession(session=SESSION, program="asking", seats=rehearsal.seats, settings=wrong)
    )
    assert isinstance(refused, Refused)
    assert list(refused.fields) == ["bonsu", "treatments.rich.bonus"]
    assert "did you mean 'bonus'" in refused.fields["bonsu"]


def test_who_is_a_bot_is_kept_until_a_person_has_the_seat(database: Database) -> None:
    rehearsal = Quizzed(database, attempts=1)
    for bots, expected in ((True, Submitted), (False, Refused)):
        seat = "p1" if bots else "p2"
        rehearsal.ask(IssueCodes(session=SESSION, seats=("p1", "p2"), bots=bots), OPERATOR)
        rehearsal.restart()
        assert isinstance(rehearsal.try_(seat, WRONG), expected)


def test_bots_need_no_code_to_get_through_a_quiz(small_laboratory: Laboratory) -> None:
    laboratory = small_laboratory
    laboratory.catalogue.add("asking", Asking)

    async def play() -> set[str]:
        async with laboratory.working(), laboratory.operator() as operator:
            with pytest.raises(Rejected) as refused:
                await operator.open(laboratory.opening("asking", settings={"attempt": 1}))
            assert list(refused.value.fields) == ["attempt"]
            await operator.open(laboratory.opening("asking", auto_start=True))
            codes = await operator.codes(laboratory.session, laboratory.seats, bots=True)
            seated = [
                await join(laboratory.server.transport(), code=one, room_password=SECRETS.room)
                for one in codes.values()
            ]
            return await laboratory.play(seated)

    assert asyncio.run(play()) == {"finished"}
