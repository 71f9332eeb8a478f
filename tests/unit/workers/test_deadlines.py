"""Deadlines: what a stage declares for who is missing happens when its time is up, once."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import field_validator

from palier.program import Field, Form, Group, Participant, Session
from palier.schemas.commands import ChangeClock
from palier.schemas.events import Clock
from palier.schemas.names import ALL
from palier.workers.domain.facts import (
    Abandoned,
    Arrived,
    Due,
    Ended,
    Failed,
    Intervened,
    Opened,
    Released,
    StandingChanged,
)
from tests.unit.workers.sitting import NOON, SEATS, Guess, Number, Sitting, kinds, of, refused

MINUTE = NOON + timedelta(seconds=60)


def timed(missing: Any, *, form: type[Form] | None = Number, deadline: Any = 60) -> Sitting:
    async def body(session: Session) -> None:
        answers: dict[Participant, Any] = await session.stage(
            "ask", form=form, deadline=deadline, missing=missing
        )
        await session.stage(
            "end", data={"answers": {one.seat: str(answer) for one, answer in answers.items()}}
        )

    sitting = Sitting(body)
    sitting.start()
    return sitting


def overdue(sitting: Sitting) -> list[Any]:
    sitting.later(60)
    return sitting.tick()


def test_a_stage_says_until_when_and_the_worker_knows_when_to_look() -> None:
    sitting = timed(Number(value=3))

    assert sitting.stage("p1").clock == Clock(deadline_at=MINUTE)
    assert sitting.stage("p1").missing == "default"
    assert sitting.current().due_at == MINUTE


@pytest.mark.parametrize("deadline", [60, 60.0, timedelta(minutes=1)])
def test_a_deadline_is_given_in_seconds(deadline: Any) -> None:
    assert timed("exclude", deadline=deadline).current().due_at == MINUTE


def test_before_the_deadline_nothing_happens() -> None:
    sitting = timed(Number(value=3))
    sitting.later(59.999)

    assert sitting.tick() == []


def test_the_declared_answer_is_taken_for_who_is_missing_and_for_nobody_else() -> None:
    sitting = timed(Number(value=3))
    sitting.arrive("p2", value=8)

    facts = overdue(sitting)

    arrived = of(Arrived, facts)
    assert [(one.seat, one.answer, one.how) for one in arrived] == [
        (seat, {"value": 3}, "default") for seat in ("p1", "p3", "p4")
    ]
    assert {one.cause.what for one in arrived} == {"deadline"}
    (released,) = of(Released, facts)
    assert released.cause.what == "deadline"
    assert sitting.stage("p2").data["answers"] == {
        "p1": "value=3",
        "p2": "value=8",
        "p3": "value=3",
        "p4": "value=3",
    }
    assert sitting.tick() == []


def test_each_may_have_a_declared_answer_of_their_own() -> None:
    facts = overdue(timed(lambda one: Number(value=one.number)))

    assert [one.answer for one in of(Arrived, facts)] == [{"value": at} for at in range(1, 5)]


def test_what_the_form_gives_when_nothing_is_filled_in_is_the_default() -> None:
    facts = overdue(timed("default", form=Guess))

    assert [one.answer for one in of(Arrived, facts)] == [{"value": 5}] * 4


def test_a_stage_without_a_form_goes_on_by_itself() -> None:
    sitting = timed("default", form=None)

    facts = overdue(sitting)

    assert [one.answer for one in of(Arrived, facts)] == [None] * 4
    assert sitting.at() == ["end"] * 4


def test_a_form_with_fields_that_must_be_filled_in_has_no_default() -> None:
    sitting = Sitting(lambda session: ask(session, form=Number, missing="default"))

    (failed,) = of(Failed, sitting.start())

    assert failed.reason == (
        "ProgramError: Stage 'ask' has missing='default', but Number has no default for value: "
        "give one, or missing=Number(…)."
    )
    assert sitting.status == "stopped"


async def ask(session: Session, **given: Any) -> None:
    await session.stage("ask", **given)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"missing": "never"}, "has missing='never': give 'wait'"),
        ({"missing": Number(value=1)}, "give 'wait', 'default', 'exclude', 'bot', or 'default'"),
        ({"form": Guess, "missing": Number(value=1)}, "or a Guess"),
        ({"form": Number, "missing": lambda _: None}, "for p1 give None, which is no Number"),
        ({"deadline": 0}, "deadline=0: give seconds, above 0"),
        ({"deadline": -1}, "deadline=-1"),
        ({"deadline": float("nan")}, "deadline=nan"),
        ({"deadline": float("inf")}, "deadline=inf"),
        ({"deadline": timedelta(days=9999)}, "deadline=datetime.timedelta"),
    ],
)
def test_what_cannot_be_declared_is_said_in_words(given: dict[str, Any], words: str) -> None:
    sitting = Sitting(lambda session: ask(session, **given))

    (failed,) = of(Failed, sitting.start())

    assert words in failed.reason


def test_who_is_missing_at_the_deadline_is_excluded_and_the_others_go_on() -> None:
    sitting = timed("exclude")
    sitting.arrive("p1", "p3", value=1)

    facts = overdue(sitting)

    assert [(one.seat, one.standing) for one in of(StandingChanged, facts)] == [
        ("p2", "excluded"),
        ("p4", "excluded"),
    ]
    assert sitting.stage("p1").data["answers"].keys() == {"p1", "p3"}  # type: ignore[union-attr]
    assert sitting.current().barrier.parties == {"p1", "p3"}


def test_when_everyone_is_missing_everyone_is_excluded() -> None:
    facts = overdue(timed("exclude"))

    assert [one.standing for one in of(StandingChanged, facts)] == ["excluded"] * 4
    assert of(Abandoned, facts) != []
    assert [one.reason for one in of(Ended, facts)] == ["Everyone was excluded."]


def test_a_bot_stands_in_from_the_deadline_on() -> None:
    sitting = timed("bot")
    sitting.arrive("p1", "p2", "p3", value=1)

    facts = overdue(sitting)

    assert [(one.seat, one.standing) for one in of(StandingChanged, facts)] == [("p4", "bot")]
    assert [(one.seat, one.how) for one in of(Arrived, facts)] == [("p4", "bot")]
    sitting.arrive("p1", "p2", "p3")
    sitting.later(0.5)
    assert of(Ended, sitting.tick()) != []


def test_who_is_waited_for_has_a_deadline_to_see_and_nothing_more() -> None:
    sitting = timed("wait")

    assert sitting.current().due_at is None
    assert overdue(sitting) == []
    assert sitting.missing() == set(SEATS)
    sitting.arrive(*SEATS, value=1)
    assert sitting.at() == ["end"] * 4


def test_an_answer_that_comes_before_the_worker_has_looked_counts() -> None:
    sitting = timed(Number(value=3))
    sitting.later(61)
    sitting.arrive("p1", value=9)

    facts = sitting.tick()

    assert [one.seat for one in of(Arrived, facts)] == ["p2", "p3", "p4"]
    assert sitting.stage("p2").data["answers"]["p1"] == "value=9"  # type: ignore[index,call-overload]


def test_an_answer_that_comes_after_it_is_told_what_stands() -> None:
    async def body(session: Session) -> None:
        await session.each_group(group, size=2)

    async def group(group: Group) -> None:
        await group.stage("ask", form=Number, deadline=60, missing=Number(value=3))

    sitting = Sitting(body)
    sitting.start()
    overdue(sitting)

    refusal = refused(sitting.submit("p1", 7, scope="g1", generation=1))

    assert refusal.code in {"already-submitted", "not-a-party", "released", "not-running"}
    assert sitting.status == "finished"


def test_a_deadline_does_not_come_while_the_session_is_held() -> None:
    sitting = timed(Number(value=3))
    sitting.pause()

    assert overdue(sitting) == []
    sitting.resume()
    assert sitting.tick() == []
    assert of(Arrived, overdue(sitting)) != []


def test_each_groups_deadline_is_its_own() -> None:
    async def body(session: Session) -> None:
        await session.each_group(play, size=2)

    async def play(group: Group) -> None:
        await group.stage("ask", form=Number, deadline=10, missing=Number(value=3))
        await group.stage("end")

    sitting = Sitting(body)
    sitting.start()
    sitting.done(ChangeClock(session="s", change="extend", seconds=60, scope="g2"))
    sitting.later(10)

    facts = sitting.tick()

    assert {one.scope for one in of(Arrived, facts)} == {"g1"}
    assert sitting.current("g2").due_at == NOON + timedelta(seconds=70)


def test_code_that_raises_after_a_deadline_stops_the_session_with_the_answers_kept() -> None:
    async def body(session: Session) -> None:
        await session.stage("ask", form=Number, deadline=60, missing=Number(value=3))
        raise LookupError("nothing there")

    sitting = Sitting(body)
    sitting.start()

    facts = overdue(sitting)

    assert len(of(Arrived, facts)) == 4
    assert [one.reason for one in of(Failed, facts)] == ["LookupError: nothing there"]
    assert sitting.status == "stopped"
    assert sitting.missing() == set()
    assert sitting.tick() == []


class Odd(Form):
    """What a bot that draws by chance will never find."""

    value: int = Field(ge=0, le=9)

    @field_validator("value")
    @classmethod
    def never(cls, value: int) -> int:
        """Refuse all that a bot can draw."""
        if value < 100:
            raise ValueError("think harder")
        return value


def test_a_bot_at_a_loss_says_so_once_and_the_operator_can_answer() -> None:
    sitting = timed("wait", form=Odd)
    sitting.stand_in("p1")
    sitting.later(1)

    (noted,) = of(Intervened, sitting.tick())

    assert noted.what == "bot-at-a-loss"
    assert noted.body["seat"] == "p1"
    sitting.later(100)
    assert of(Intervened, sitting.tick()) == []
    assert sitting.missing() == set(SEATS)


@pytest.mark.parametrize("policy", ["default", "exclude"])
def test_a_bot_at_a_loss_leaves_its_seat_to_what_the_stage_declares(policy: str) -> None:
    missing = Odd.model_construct(value=1) if policy == "default" else policy
    sitting = timed(missing, form=Odd)
    sitting.stand_in("p1")
    sitting.later(1)
    sitting.tick()
    assert sitting.current().due_at == MINUTE

    facts = overdue(sitting)

    if policy == "default":
        assert "p1" in [one.seat for one in of(Arrived, facts) if one.how == "default"]
    else:
        assert "p1" in [one.seat for one in of(StandingChanged, facts)]


def test_a_program_that_declares_no_answer_any_more_waits() -> None:
    sitting = timed(Number(value=3))
    # as after a restart with a program that was changed meanwhile
    sitting.current().defaults = {}

    facts = overdue(sitting)

    assert kinds(facts) == ["Due"]
    assert of(Due, facts)[0].due_at is None
    assert sitting.missing() == set(SEATS)


def test_now_is_the_time_of_the_step() -> None:
    seen: list[Any] = []

    async def body(session: Session) -> None:
        seen.append(session.now())
        await session.stage("first", deadline=60, missing="default")
        seen.append(session.now())
        await session.each_group(group, size=2)
        seen.append(session.now())

    async def group(group: Group) -> None:
        await group.stage("mine")
        seen.append(group.now())

    sitting = Sitting(body)
    sitting.start()
    overdue(sitting)
    sitting.later(5)
    sitting.arrive("p1", "p2", "p3", "p4")

    # the groups' own steps, and what followed in the same one
    assert seen == [NOON, MINUTE, *[MINUTE + timedelta(seconds=5)] * 3]
    assert sitting.session.scopes[ALL].current is not None


def test_a_deadline_opens_what_follows_with_its_own_time() -> None:
    async def body(session: Session) -> None:
        for _ in range(2):
            await session.stage("round", deadline=60, missing="default")

    sitting = Sitting(body)
    sitting.start()

    (released,) = of(Released, overdue(sitting))

    assert isinstance(released.then, Opened)
    assert released.then.due_at == MINUTE + timedelta(seconds=60)
