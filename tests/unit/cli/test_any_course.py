"""Whatever happens to a session, its log tells where it stands, and every entry has a sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC

from hypothesis import given, settings
from hypothesis import strategies as st

from palier.cli.explaining import Explainer, Line, gathered
from palier.cli.questions import Question, TimeOfDay, answer
from palier.cli.waiting import waiting
from palier.program import Group
from palier.program import Session as ProgramSession
from palier.program.stage import Missing
from palier.schemas.commands import (
    Advance,
    ChangeClock,
    Exclude,
    Pause,
    Readmit,
    Resume,
    StandIn,
)
from palier.schemas.names import ALL
from palier.schemas.replies import LogEntry
from palier.workers.domain.facts import Fact
from palier.workers.domain.refusal import Refusal
from palier.workers.runtime.log import entry
from tests.unit.workers.sitting import SEATS, Guess, Sitting


async def course(session: ProgramSession) -> None:
    await session.stage("welcome")
    await session.each_group(rounds, size=2)
    await session.stage("guess", form=Guess, deadline=60, missing="exclude")
    await session.stage("end")


async def rounds(group: Group) -> None:
    for number in range(3):
        policy: Missing = (Guess(value=1), "bot", "wait")[number]
        answers = await group.stage("ask", form=Guess, deadline=30, missing=policy)
        if sum(one.value for one in answers.values()) > 14:
            raise ZeroDivisionError("too much")
        for one, given_ in answers.items():
            one.pay(given_.value)


class Told:
    """A sitting whose log is explained as it grows."""

    def __init__(self) -> None:
        self.sitting = Sitting(course)
        self.explainer = Explainer(UTC)
        self.lines: list[Line] = []
        self._tell("session-opened", "operator", {"program": "course", "seats": list(SEATS)})
        self.take(self.sitting.start())

    def take(self, facts: Iterable[Fact] | Refusal) -> None:
        """Tell what a command led to, as the worker's log has it."""
        if not isinstance(facts, Refusal):
            for fact in facts:
                found = entry(fact)
                if found is not None:
                    self._tell(*found)

    def _tell(self, kind: str, author: str, body: dict[str, object]) -> None:
        told = LogEntry.model_validate_json(
            LogEntry.model_validate(
                {
                    "version": len(self.lines) + 1,
                    "kind": kind,
                    "author": author,
                    "at": self.sitting.now,
                    "body": body,
                }
            ).model_dump_json()
        )
        self.lines.append(self.explainer.tell(told))

    def check(self) -> None:
        """Compare what the log tells with the session itself."""
        session, told = self.sitting.session, self.explainer.course
        open_now = {scope.name: one for scope, one in session.open_scopes()}
        if session.over:
            open_now = {}
        assert {one.key for one in told.open()} == {
            (name, one.number) for name, one in open_now.items()
        }
        for one in told.open():
            current = open_now[one.scope]
            assert (one.stage, one.visit) == (current.stage.name, current.stage.visit)
        assert (told.held is not None) == session.held
        assert (told.ended is not None) == session.over
        assert {seat for seat, one in told.standings.items() if one.kind == "excluded"} == {
            seat for seat, one in session.standings.items() if one == "excluded"
        }
        self.check_sentences()

    def check_sentences(self) -> None:
        """See that every question has an answer that can be read."""
        seen = self.sitting.overview()
        now = waiting(self.explainer, seen)
        assert now
        for row in seen.seats:
            if row.state == "working":
                assert any(f"{row.seat} (" in one for one in now), (row, now)
        sentences = [one.text for one in gathered(self.lines)]
        assert all(one.endswith(".") and "  " not in one and "()" not in one for one in sentences)
        for question in (
            Question(),
            Question(stage="ask"),
            Question(generation=2),
            Question(seat="p2"),
            Question(scope=ALL),
            Question(at=TimeOfDay.parse("12:01")),
        ):
            found = answer(question, self.lines, self.explainer.course, steps=("ask",), zone=UTC)
            assert found.lines or found.note


SEAT = st.sampled_from(SEATS)


def submit(seat: str, value: int) -> Callable[[Sitting], list[Fact] | Refusal]:
    return lambda sitting: sitting.submit(seat, value if "ask" in sitting.at(seat) else None)


def pass_time(seconds: int) -> Callable[[Sitting], list[Fact]]:
    def do(sitting: Sitting) -> list[Fact]:
        sitting.later(seconds)
        return sitting.tick()

    return do


ACTIONS = st.one_of(
    st.builds(submit, SEAT, st.integers(0, 9)),
    st.builds(pass_time, st.sampled_from([1, 20, 45])),
    st.one_of(
        st.builds(lambda seat: Advance(session="s", seats=(seat,), reason="r"), SEAT),
        st.just(Advance(session="s", reason="r")),
        st.builds(
            lambda change: ChangeClock(session="s", change=change, seconds=15),
            st.sampled_from(["extend", "pause", "resume"]),
        ),
        st.just(Pause(session="s", reason="r")),
        st.just(Resume(session="s")),
        st.builds(lambda seat: Exclude(session="s", seats=(seat,), reason="r"), SEAT),
        st.builds(lambda seat: StandIn(session="s", seats=(seat,), reason="r"), SEAT),
        st.builds(lambda seat: Readmit(session="s", seats=(seat,)), SEAT),
    ).map(lambda command: lambda sitting: sitting.intervene(command)),
)


@settings(deadline=None)  # the cores are shared
@given(st.lists(ACTIONS, max_size=40))
def test_a_log_tells_where_its_session_stands_whatever_happens(
    actions: list[Callable[[Sitting], list[Fact] | Refusal]],
) -> None:
    told = Told()
    told.check()
    for one in actions:
        told.take(one(told.sitting))
        told.check()
