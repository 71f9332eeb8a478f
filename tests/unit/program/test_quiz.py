"""Quizzes: nobody goes on before they know."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from palier.program import Program, ProgramError, Question, Session
from palier.program.testing import play
from palier.schemas.commands import Attend, Submit
from palier.schemas.forms import describe
from palier.workers.domain import reports
from palier.workers.domain.deadlines import tick
from palier.workers.domain.facts import Arrived, Attempted, Cause, Fact, HelpCalled
from palier.workers.domain.record import Opening
from palier.workers.domain.refusal import Refusal
from palier.workers.domain.session import Session as Sitting

AT = datetime(2026, 1, 1, tzinfo=UTC)

QUESTIONS = (
    Question("What do you earn?", answer=32, hint="It is 20 - 20 + 32."),
    Question("Who is in your group?", answer="three others", options=("nobody", "three others")),
)
RIGHT = {"q1": 32, "q2": "three others"}
WRONG = {"q1": 20, "q2": "three others"}


def quizzing(**given: Any) -> type[Program]:
    """Return a program that asks, and shows who has passed."""

    class Quizzing(Program):
        async def run(self, session: Session) -> None:
            passed = await session.quiz("comprehension", QUESTIONS, **given)
            await session.stage(
                "after", data={"passed": sorted(one.seat for one, it in passed.items() if it)}
            )

    return Quizzing


class Table:
    """A session at its quiz, and who answers it."""

    def __init__(self, **given: Any) -> None:
        self.session = Sitting(
            Opening(
                name="s", program="p", seats=("s1", "s2"), settings={}, partition=0, seed=1,
                auto_start=False, author="operator", at=AT,
            ),
            quizzing(**given)(),
        )  # fmt: skip
        self.session.begin(author="operator", at=AT)

    def try_(self, seat: str, answer: dict[str, Any]) -> list[Fact] | Refusal:
        return self.session.submit(
            Submit(session="s", scope="all", generation=1, answer=answer),
            seat=seat,
            message_id="m",
            at=AT,
        )

    @property
    def stage(self) -> tuple[str, Any]:
        current = self.session.scopes["all"].current
        assert current is not None
        return current.stage.name, current.stage.data.get("passed")


def test_nobody_goes_on_before_all_is_right_and_the_wrong_fields_are_named() -> None:
    table = Table()
    refused = table.try_("s1", WRONG)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.fields) == ("wrong-answer", {"q1": "It is 20 - 20 + 32."})
    assert table.stage[0] == "comprehension"
    table.try_("s2", RIGHT)
    assert table.stage[0] == "comprehension"
    table.try_("s1", RIGHT)
    assert table.stage == ("after", ["s1", "s2"])


def test_every_attempt_is_a_fact_the_right_one_too() -> None:
    table = Table()
    refused, taken = table.try_("s1", WRONG), table.try_("s1", RIGHT)
    assert isinstance(refused, Refusal)
    assert isinstance(taken, list)
    tried = [one for one in (*refused.facts, *taken) if isinstance(one, Attempted)]
    assert [(one.number, one.wrong) for one in tried] == [(1, ("q1",)), (2, ())]


def test_an_answer_that_does_not_pass_the_form_is_no_attempt() -> None:
    refused = Table(attempts=1).try_("s1", {"q1": "many", "q2": "nobody"})
    assert isinstance(refused, Refusal)
    assert (refused.code, list(refused.facts)) == ("invalid", [])


def test_the_last_attempt_calls_the_operator_who_gives_as_many_again() -> None:
    table = Table(attempts=2)
    table.try_("s1", WRONG)
    last = table.try_("s1", WRONG)
    assert isinstance(last, Refusal)
    assert last.code == "attempts-used"
    assert any(isinstance(one, HelpCalled) and one.seat == "s1" for one in last.facts)
    blocked = table.try_("s1", RIGHT)
    assert isinstance(blocked, Refusal)
    assert (blocked.code, list(blocked.facts)) == ("attempts-used", [])
    reports.attend(
        table.session, Attend(session="s", seats=("s1",)), cause=Cause(what="operator"), at=AT
    )
    again = table.try_("s1", WRONG)
    assert isinstance(again, Refusal)
    assert again.code == "wrong-answer"
    assert isinstance(table.try_("s1", RIGHT), list)


def test_who_may_go_on_after_the_last_attempt_has_not_passed() -> None:
    table = Table(attempts=1, failed="go-on")
    taken = table.try_("s1", WRONG)
    assert isinstance(taken, list)
    assert any(isinstance(one, Arrived) for one in taken)
    table.try_("s2", RIGHT)
    assert table.stage == ("after", ["s2"])


def test_the_others_go_on_without_who_does_not_know() -> None:
    table = Table(attempts=1, failed="exclude")
    table.try_("s2", RIGHT)
    refused = table.try_("s1", WRONG)
    assert isinstance(refused, Refusal)
    assert table.session.standings["s1"] == "excluded"
    assert table.stage == ("after", ["s2"])


def test_at_the_deadline_who_may_go_on_goes_on_without_an_answer() -> None:
    table = Table(failed="go-on", deadline=60)
    table.try_("s2", RIGHT)
    tick(table.session, message_id="t", at=AT + timedelta(seconds=61))
    assert table.stage == ("after", ["s2"])


def test_a_bot_gets_through_and_has_passed_only_if_it_guessed_right() -> None:
    table = Table(attempts=1)
    table.session.bots = {"s1", "s2"}
    assert isinstance(table.try_("s1", WRONG), list)
    table.try_("s2", RIGHT)
    assert table.stage == ("after", ["s2"])


def test_random_players_get_through_a_quiz_in_memory() -> None:
    result = play(quizzing(), seats=4)
    assert result.stages[-1].name == "after"


def test_a_script_is_asked_again_until_it_is_right() -> None:
    tried = iter([WRONG, WRONG, RIGHT])
    result = play(quizzing(), seats=1, answers={"comprehension": lambda *_: next(tried)})
    assert sum(isinstance(one, Attempted) for one in result.facts) == 3


def test_what_is_shown_knows_no_answer() -> None:
    table = Table()
    current = table.session.scopes["all"].current
    assert current is not None
    assert "32" not in current.stage.model_dump_json()
    assert current.quiz is not None
    assert "32" not in describe(current.quiz.form("x")).model_dump_json()


@pytest.mark.parametrize(
    ("question", "right", "wrong"),
    [
        (Question("?", answer=True), True, False),
        (Question("?", answer=0.3), 0.1 + 0.2, 0.31),
        (Question("?", answer=10.0, tolerance=0.5), 10.4, 10.6),
        (Question("?", answer="Paris"), " paris", "Lyon"),
        (Question("?", answer=2, options=(1, 2, 3)), "2", "1"),
    ],
)
def test_what_is_right_is_what_people_mean(question: Question, right: Any, wrong: Any) -> None:
    assert question.is_right(right)
    assert not question.is_right(wrong)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Question("?", answer="x", options=("a", "b")), "none of its options"),
        (lambda: Question("?", answer=1, name="a b"), "Python name"),
        (lambda: play(quizzing(attempts=0), seats=1), "1 or more"),
        (lambda: play(quizzing(failed="weep"), seats=1), "'block', 'go-on' or 'exclude'"),
    ],
)
def test_a_quiz_that_cannot_be_says_what_to_write(make: Callable[[], object], words: str) -> None:
    with pytest.raises(ProgramError, match=words):
        make()
