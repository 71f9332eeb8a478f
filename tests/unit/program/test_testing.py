"""A program is played in memory as a worker would conduct it, and its mistakes are named."""

from __future__ import annotations

import ast
from collections.abc import Awaitable, Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import model_validator

from palier.program import Field, Form, Group, Participant, Program, ProgramError, Session
from palier.program.testing import (
    MISSING,
    BadAnswer,
    Endless,
    NobodyGoesOn,
    NoSuchSeat,
    NoSuchStage,
    PlayError,
    by_seat,
    by_visit,
    load,
    play,
)
from palier.schemas.events import Stage
from palier.workers.errors import BrokenProgram

PROGRAMS = Path(__file__).parents[3] / "programs"


class Number(Form):
    value: int = Field(ge=0, le=9)


class Guess(Form):
    value: int = Field(default=5, ge=0, le=9)


def program(run: Callable[[Session], Awaitable[None]]) -> type[Program]:
    class Example(Program):
        async def run(self, session: Session) -> None:
            await run(session)

    return Example


@program
async def two_questions(session: Session) -> None:
    for _ in range(2):
        answers = await session.stage(
            "ask", form=Number, data=lambda one: {"twice": 2 * one.number}
        )
        for one, answer in answers.items():
            one.pay(answer.value)
    await session.stage("goodbye", data={"asked": 2})


@program
async def hurried(session: Session) -> None:
    answers = await session.stage("ask", form=Guess, deadline=30, missing="default")
    for one, answer in answers.items():
        one.pay(answer.value)


# -- what comes of a session ----------------------------------------------------------------------


def test_payoffs_are_exact_and_by_seat() -> None:
    result = play(
        two_questions,
        seats=2,
        answers={"ask": by_seat({"p1": {"value": 1}, "p2": Number(value=3)})},
    )

    assert result.payoffs == {"p1": Decimal(2), "p2": Decimal(6)}
    assert [one.payoff for one in result.participants] == [2, 6]


def test_every_stage_is_there_in_order_with_what_it_showed() -> None:
    result = play(two_questions, seats=("anna", "ben"))

    assert [(one.name, one.visit, one.group) for one in result.stages] == [
        ("ask", 1, "all"),
        ("ask", 2, "all"),
        ("goodbye", 1, "all"),
    ]
    assert result.stages[0].data("ben") == {"twice": 4}
    assert result.data("goodbye") == [
        {"visit": 1, "group": "all", "seat": "anna", "asked": 2},
        {"visit": 1, "group": "all", "seat": "ben", "asked": 2},
    ]


def test_answers_are_rows_with_a_column_for_each_field() -> None:
    result = play(two_questions, answers={"ask": by_visit([{"value": 7}, {"value": 8}])})

    assert result.answers("ask") == [
        {"visit": 1, "group": "all", "seat": "p1", "how": "submitted", "value": 7},
        {"visit": 2, "group": "all", "seat": "p1", "how": "submitted", "value": 8},
    ]


def test_what_is_asked_of_a_stage_that_never_opened_is_a_mistake() -> None:
    with pytest.raises(NoSuchStage, match=r"'goodby'.*Do you mean goodbye"):
        play(two_questions).answers("goodby")


def test_what_is_not_scripted_is_drawn_and_the_same_for_a_seed() -> None:
    def drawn(seed: int) -> list[int]:
        return [one["value"] for one in play(two_questions, seats=4, seed=seed).answers("ask")]

    assert drawn(1) == drawn(1)
    assert drawn(1) != drawn(2)
    assert set(drawn(1)) <= set(range(10))


def test_a_function_is_given_the_participant_and_the_stage_as_a_desk_has_it() -> None:
    seen: list[tuple[Any, ...]] = []

    def answer(one: Participant, stage: Stage) -> dict[str, int]:
        seen.append((one.seat, one.payoff, stage.visit, stage.data["twice"]))
        return {"value": 4}

    play(two_questions, answers={"ask": answer})

    assert seen == [("p1", 0, 1, 2), ("p1", 4, 2, 2)]


def test_groups_go_on_independently() -> None:
    @program
    async def grouped(session: Session) -> None:
        async def each(group: Group) -> None:
            await group.stage("ask", form=Number)
            await group.stage("told")

        await session.each_group(each, size=2)

    result = play(grouped, seats=4, seed=3)

    assert {one.group for one in result.stages} == {"g1", "g2"}
    assert sorted(seat for one in result.stages if one.name == "told" for seat in one.seats) == [
        "p1",
        "p2",
        "p3",
        "p4",
    ]


def test_a_side_effect_is_called_once() -> None:
    calls: list[int] = []

    @program
    async def measured(session: Session) -> None:
        def measure() -> int:
            calls.append(1)
            return 7

        value = await session.once("scale", measure)
        await session.stage("told", data={"value": value})

    assert play(measured).stages[0].data("p1") == {"value": 7}
    assert calls == [1]


# -- who is missing, and time -------------------------------------------------------------------


def test_who_is_absent_gets_what_the_policy_says_and_time_has_passed() -> None:
    result = play(hurried, seats=2, answers={"ask": {"value": 9}}, absent=["p2"])

    assert result.payoffs == {"p1": 9, "p2": 5}
    assert [one["how"] for one in result.answers("ask")] == ["submitted", "default"]
    assert result.seconds == 30


def test_who_is_missing_once_is_there_again_for_the_next_stage() -> None:
    @program
    async def twice(session: Session) -> None:
        for _ in range(2):
            await session.stage("ask", form=Guess, deadline=30, missing="default")

    result = play(
        twice,
        seats=2,
        answers={"ask": by_seat({"p1": {"value": 1}, "p2": by_visit([MISSING, {"value": 2}])})},
    )

    assert [(one["seat"], one["how"]) for one in result.answers("ask")] == [
        ("p1", "submitted"),
        ("p2", "default"),
        ("p1", "submitted"),
        ("p2", "submitted"),
    ]


def test_somebody_leaves_at_a_visit_and_the_others_go_on_without() -> None:
    @program
    async def leaving(session: Session) -> None:
        for _ in range(3):
            for one in await session.stage("ask", form=Number, deadline=10, missing="exclude"):
                one.pay(1)

    result = play(leaving, seats=3, absent={"p2": ("ask", 2)})

    assert result.payoffs == {"p1": 3, "p2": 1, "p3": 3}
    assert result.standings == {"p1": "active", "p2": "excluded", "p3": "active"}


def test_a_session_that_everyone_left_has_ended() -> None:
    @program
    async def deserted(session: Session) -> None:
        await session.stage("ask", form=Number, deadline=10, missing="exclude")

    assert play(deserted, absent=["p1"]).reason == "Everyone was excluded."


def test_a_bot_stands_in_for_who_is_absent() -> None:
    @program
    async def stood_in(session: Session) -> None:
        await session.stage("ask", form=Number, deadline=10, missing="bot")
        await session.stage("more", form=Number)

    result = play(stood_in, seats=2, absent=["p2"])

    assert [(one["seat"], one["how"]) for one in result.answers("more")] == [
        ("p1", "submitted"),
        ("p2", "bot"),
    ]


def test_who_is_too_slow_is_missing_and_the_quickest_comes_first() -> None:
    seconds = {"p1": 20.0, "p2": 31.0, "p3": 10.0}
    result = play(hurried, seats=3, pace=lambda one, _: seconds[one.seat])

    assert [(one["seat"], one["how"]) for one in result.answers("ask")] == [
        ("p3", "submitted"),
        ("p1", "submitted"),
        ("p2", "default"),
    ]


def test_a_stage_that_waits_for_ever_is_told_with_whom_it_waits_for() -> None:
    with pytest.raises(NobodyGoesOn, match=r"'ask'.*waits for p1.*no deadline") as caught:
        play(two_questions, seats=2, absent=["p1"])
    assert caught.value.missing == ("p1",)


def test_a_session_without_an_end_is_given_up() -> None:
    @program
    async def endless(session: Session) -> None:
        while True:
            await session.stage("again")

    with pytest.raises(Endless, match=r"After 50 stages.*'again'"):
        play(endless, limit=50)


# -- mistakes -----------------------------------------------------------------------------------


def test_an_answer_that_does_not_pass_names_stage_seat_and_field() -> None:
    with pytest.raises(BadAnswer) as caught:
        play(
            two_questions,
            seats=2,
            answers={"ask": by_seat({"p1": {"value": 1}, "p2": {"value": 12}})},
        )

    assert (caught.value.stage, caught.value.seat, caught.value.visit) == ("ask", "p2", 1)
    assert list(caught.value.fields) == ["value"]
    assert "Stage 'ask' (visit 1, scope 'all'), seat p2: value: " in str(caught.value)
    assert "{'value': 12}" in str(caught.value)


@pytest.mark.parametrize("answer", [7, "nothing", [{"value": 1}]])
def test_what_is_no_answer_is_refused(answer: Any) -> None:
    with pytest.raises(BadAnswer, match="A script gives a form"):
        play(two_questions, answers={"ask": answer})


def test_an_answer_to_a_stage_that_asks_nothing_is_refused() -> None:
    with pytest.raises(BadAnswer, match="asks for no answer"):
        play(two_questions, answers={"goodbye": {"value": 1}})


def test_a_script_for_a_stage_that_never_opened_is_a_mistake_with_the_nearest_name() -> None:
    with pytest.raises(NoSuchStage, match=r"answers= names stage 'asks'.*Do you mean ask\?"):
        play(two_questions, answers={"asks": {"value": 1}})
    with pytest.raises(NoSuchStage, match="absent= names stage 'later'"):
        play(two_questions, absent={"p1": "later"})


def test_a_seat_that_there_is_not_is_a_mistake() -> None:
    with pytest.raises(NoSuchSeat, match="'p9': there are p1, p2"):
        play(two_questions, seats=2, absent=["p9"])


def test_a_script_that_has_nothing_to_say_names_whom_it_is_silent_for() -> None:
    with pytest.raises(PlayError, match="nothing for seat p2, only for p1"):
        play(two_questions, seats=2, answers={"ask": by_seat({"p1": {"value": 1}})})
    with pytest.raises(PlayError, match="has 1 answers, and seat p1 is asked once more"):
        play(two_questions, answers={"ask": by_visit([{"value": 1}])})


def test_a_form_that_chance_does_not_meet_wants_a_script() -> None:
    class Never(Form):
        value: int = Field(ge=0, le=9)

        @model_validator(mode="after")
        def check(self) -> Never:
            raise ValueError("never")

    @program
    async def asking(session: Session) -> None:
        await session.stage("ask", form=Never)

    with pytest.raises(BadAnswer, match=r"drawn by chance.*answers="):
        play(asking)


def test_a_program_that_raises_gives_its_own_traceback() -> None:
    @program
    async def failing(session: Session) -> None:
        answers = await session.stage("ask", form=Number)
        raise LookupError(f"{len(answers)} answers, and no idea")

    with pytest.raises(LookupError, match="1 answers, and no idea") as caught:
        play(failing)
    assert caught.traceback[-1].path == Path(__file__)
    assert "no idea" in str(caught.traceback[-1].statement)


def test_what_cannot_be_opened_is_refused_as_a_worker_refuses_it() -> None:
    public_goods = load(PROGRAMS / "public_goods")
    with pytest.raises(ProgramError, match="3 participants cannot form groups of 4"):
        play(public_goods, seats=3)
    with pytest.raises(ProgramError, match="Setting 'rouns' of PublicGoods"):
        play(public_goods, settings={"rouns": 3})
    with pytest.raises(PlayError, match="each with its own name"):
        play(two_questions, seats=["p1", "p1"])


def test_nothing_of_a_program_knows_what_plays_it() -> None:
    program = Path(__file__).parents[3] / "workers" / "palier" / "program"
    for path in program.rglob("*.py"):
        if "testing" in path.relative_to(program).parts:
            continue
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom):
                assert not (node.module or "").startswith("palier.program.testing"), path


# -- folders ------------------------------------------------------------------------------------

PROGRAM = """\
from palier.program import Field, Form, Program, Session


class Number(Form):
    value: int = Field(ge=0, le=9)


class Example(Program):
    async def run(self, session: Session) -> None:
        await session.stage("ask", form=Number, data={"shown": 3})
"""


def written(folder: Path, screen: str) -> Path:
    (folder / "screens").mkdir(parents=True)
    (folder / "program.py").write_text(PROGRAM)
    (folder / "screens" / "ask.xml").write_text(screen)
    return folder


def test_a_screen_beside_the_program_is_checked(tmp_path: Path) -> None:
    body = '<number bind="answer.value" /><button on-click="submit">Send</button>'
    fitting = written(tmp_path / "one", f"<screen>{body}<text>{{shown}}</text></screen>")
    wrong = written(tmp_path / "two", f"<screen>{body}<text>{{missing}}</text></screen>")

    assert play(load(fitting)).stages[0].screen == "ask"
    with pytest.raises(
        ProgramError, match=r"Screen 'ask' does not fit stage 'ask'.*\n?.*ask.xml:1"
    ):
        play(load(wrong))


def test_a_screen_that_cannot_be_read_is_told_when_its_program_is_loaded(tmp_path: Path) -> None:
    with pytest.raises(BrokenProgram, match=r"ask\.xml"):
        load(written(tmp_path / "one", "<screen><nothing /></screen>"))


def test_a_folder_without_a_program_is_named(tmp_path: Path) -> None:
    with pytest.raises(PlayError, match=f"no program.py in {tmp_path}"):
        load(tmp_path)
    with pytest.raises(PlayError, match="'Not-A-Name' cannot be"):
        load(written(tmp_path / "Not-A-Name", "<screen />"))
