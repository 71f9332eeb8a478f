"""Playing a program: one answer after the other, and a clock that jumps where nobody answers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta
from heapq import heappop, heappush
from itertools import count
from typing import Any, TypeAlias

from pydantic_core import to_jsonable_python

from palier.program.bots import Bot, method_of
from palier.program.errors import ProgramError
from palier.program.participant import Participant
from palier.program.payment import Money
from palier.program.program import Program
from palier.program.testing.acting import Acting, LiveScript
from palier.program.testing.errors import (
    BadAnswer,
    Endless,
    NobodyGoesOn,
    NoSuchStage,
)
from palier.program.testing.loading import screens_of
from palier.program.testing.opening import NOON, Absent, Bots, absences, bots_of, opening_of
from palier.program.testing.result import Result, Shown, openings
from palier.program.testing.scripts import MISSING, Missing, Script, given
from palier.program.transactions import at_hand
from palier.schemas.commands import Submit
from palier.schemas.events import Stage
from palier.schemas.forms import Form
from palier.workers.domain.attempts import WRONG
from palier.workers.domain.deadlines import tick
from palier.workers.domain.facts import Fact, Opened
from palier.workers.domain.refusal import Refusal, validated
from palier.workers.domain.scope import Generation
from palier.workers.domain.session import Session
from palier.workers.errors import ProgramFailed

#: Stages, and turns in live stages, after which a session counts as one without an end.
_LIMIT = 100_000

_NO_ANSWER = "A script gives a form, a mapping from field to value, None or MISSING"

#: How long it takes to do something in a live stage.
_TURN = timedelta(seconds=1)

#: How often an answer is drawn that the form's own rules refuse.
_DRAWS = 100

#: How many seconds an answer takes: the same for all, or a function of participant and stage.
Pace: TypeAlias = float | Callable[[Participant, Stage], float]


def play(  # noqa: PLR0913 - each is an option of its own
    program: type[Program],
    *,
    seats: int | Iterable[str] | None = None,
    settings: Mapping[str, Any] | None = None,
    seed: int = 0,
    answers: Mapping[str, Script] | None = None,
    live: Mapping[str, LiveScript] | None = None,
    bots: Bots = Bot,
    absent: Absent = (),
    pace: Pace = 0.0,
    limit: int = _LIMIT,
) -> Result:
    """Play a whole session in memory and return what came of it.

    ``seats`` is how many, or their names; by default one group. ``answers`` are scripts by the name
    of a stage: a form, a mapping, or a function of (participant, stage) that returns one; what is
    not scripted ``bots`` decide, a strategy for all or by seat, or else chance. ``absent`` seats
    never answer, from a stage on if one is named: ``{"p2": "contribute"}``, or
    ``{"p2": ("contribute", 3)}`` for its third visit; then time passes, and the policy of each
    stage applies. A script that gives `MISSING` is for one stage alone. ``pace`` is how many
    seconds answers take, and so the order in which they come.

    In a live stage each has a turn a second, in which a script of ``live`` says what to do, given
    what the stage shows then: ``("offer", {"price": 3})``, ``"sell"``, None to wait, or `GO_ON`.
    Where no deadline is to come, and nobody has anything to do any more, everyone goes on.

    Blocks for milliseconds. Raises what the program raises, `ProgramError` where the session could
    not be opened or a screen does not fit its stage, and `PlayError`.
    """
    opening = opening_of(program, seats, seed)
    prepared = program.planned(to_jsonable_python(settings or {}), name=program.__name__)
    if (matching := prepared.matching()) is not None:
        matching.check(len(opening.seats))
    playing = _Playing(
        _Sitting(opening, prepared, screens=screens_of(program)),
        answers=dict(answers or {}),
        live=dict(live or {}),
        bots=bots_of(bots, opening),
        absent=absences(absent, opening.seats),
        pace=pace,
        limit=limit,
    )
    with at_hand(program):
        return playing.to_the_end()


class _Sitting(Session):
    """A session that keeps what its program raised."""

    failure: ProgramFailed | None = None

    def stop(self, failure: ProgramFailed, at: datetime) -> list[Fact]:
        self.failure = failure
        return super().stop(failure, at)


class _Playing:
    """A session, and everyone who takes part in it."""

    def __init__(
        self,
        session: _Sitting,
        *,
        answers: dict[str, Script],
        live: dict[str, LiveScript],
        bots: dict[str, Bot],
        absent: dict[str, tuple[str, int] | None],
        pace: Pace,
        limit: int,
    ) -> None:
        self._session = session
        self._answers = answers
        self._absent = absent
        self._gone = {seat for seat, since in absent.items() if since is None}
        self._pace = pace
        self._limit = limit
        self._now = NOON
        self._people = {one.seat: one for one in session.execution.participants}
        self._live = live
        self._bots = bots
        self._acting = Acting(session, scripts=live, bots=bots)
        #: Who answers next: when, in which order, where, which generation, which seat.
        self._coming: list[tuple[datetime, int, str, int, str]] = []
        self._order = count()
        self._facts: list[Fact] = []
        self._shown: list[Shown] = []
        #: How often somebody had a turn in a live stage.
        self._turns = 0

    def to_the_end(self) -> Result:
        session = self._session
        try:
            self._note(session.begin(author="testing", at=self._now))
            while not session.over:
                self._go_on()
        finally:
            session.execution.close()
        self._check_names()
        return Result(
            program=session.opening.program,
            seed=session.opening.seed,
            settings=session.program.settings,
            participants=session.execution.participants,
            payoffs={seat: session.payoff(seat) for seat in session.seats},
            payments={
                seat: Money(one.amount, one.currency) for seat, one in session.settlements.items()
            },
            treatments={
                name: one.treatment for name, one in session.scopes.items() if one.treatment
            },
            standings=dict(session.standings),
            stages=tuple(self._shown),
            reason=session.reason,
            seconds=(self._now - NOON).total_seconds(),
            facts=tuple(self._facts),
        )

    def _go_on(self) -> None:
        """Do what comes next: somebody's answer, or what is due when nobody answers."""
        next_answer = self._coming[0][0] if self._coming else None
        if next_answer is None or next_answer > self._now:
            due = min(
                (one.due_at for _, one in self._session.open_scopes() if one.due_at is not None),
                default=None,
            )
            if due is not None and (next_answer is None or due < next_answer):
                self._now = max(self._now, due)
                self._note(tick(self._session, message_id="due", at=self._now))
                return
            if next_answer is None:
                raise self._stuck()
        self._now, _, scope, number, seat = heappop(self._coming)
        generation = self._session.scopes[scope].current
        if (
            generation is not None
            and generation.number == number
            and generation.open
            and seat in generation.barrier.missing
            and self._session.standings[seat] == "active"
        ):
            self._turn(generation, seat)

    def _turn(self, generation: Generation, seat: str) -> None:
        """Let a seat do something in a live stage, and in any other answer."""
        if generation.live is None:
            self._submit(generation, seat)
            return
        stage = self._session.shown(generation, seat=seat)
        self._turns += 1
        if self._turns > self._limit:
            raise Endless(stage, opened=len(self._shown))
        what, facts = self._acting.turn(generation, stage, seat, away=self._gone, at=self._now)
        self._note(facts)
        if what == "goes-on":
            self._submit(generation, seat)
        elif what != "gone":
            at = self._now + _TURN
            heappush(self._coming, (at, next(self._order), stage.scope, stage.generation, seat))

    def _submit(self, generation: Generation, seat: str) -> None:
        stage = self._session.shown(generation, seat=seat)
        answer = self._answer(generation, stage, seat)
        if answer is MISSING:
            return
        kept = None if answer is None else _plain(answer)
        outcome = self._session.submit(
            Submit(
                session=self._session.name,
                scope=stage.scope,
                generation=stage.generation,
                answer=kept,
            ),
            seat=seat,
            message_id="answer",
            at=self._now,
        )
        if isinstance(outcome, Refusal):
            self._note(list(outcome.facts))
            tries = generation.attempts.get(seat, 0)
            if outcome.code == WRONG and tries < _DRAWS:
                heappush(
                    self._coming,
                    (self._now, next(self._order), stage.scope, stage.generation, seat),
                )
            elif self._session.standings[seat] == "active":
                raise BadAnswer(
                    stage, seat=seat, answer=answer, reason=outcome.reason, fields=outcome.fields
                )
            return
        self._note(outcome)

    def _answer(
        self, generation: Generation, stage: Stage, seat: str
    ) -> Form | Mapping[str, Any] | Missing | None:
        if stage.name in self._answers:
            return _checked(
                given(self._answers[stage.name], self._people[seat], stage), stage, seat
            )
        bot = self._bots[seat]
        method = None if stage.actions else method_of(bot, stage)
        if method is not None:
            return _checked(method(stage), stage, seat)
        if stage.form is None:
            return None
        if generation.quiz is not None:
            # as a worker treats who has no answers of their own
            self._session.bots.add(seat)
        for _ in range(_DRAWS):
            drawn = stage.form.draw(bot.random)
            outcome = validated(generation.form, drawn)
            if not isinstance(outcome, Refusal):
                return drawn
        assert isinstance(outcome, Refusal)
        raise BadAnswer(
            stage,
            seat=seat,
            answer=drawn,
            reason=f"No answer that was drawn by chance passes the form ({outcome.reason}): "
            "script this stage with answers=.",
            fields=outcome.fields,
        )

    # -- what has happened

    def _note(self, facts: list[Fact]) -> None:
        self._facts += facts
        if (failure := self._session.failure) is not None:
            if failure.__cause__ is not None:
                # an author looks for the line of theirs: what drives the coroutine is not it
                raise failure.__cause__
            raise ProgramError(failure.reason)
        for one in openings(facts):
            self._opened(one)

    def _opened(self, opened: Opened) -> None:
        stage = opened.stage
        if len(self._shown) >= self._limit:
            raise Endless(stage, opened=self._limit)
        self._shown.append(
            Shown(stage=stage, seats=opened.parties, own=opened.private, screen=opened.screen)
        )
        for seat in opened.parties:
            if self._absent.get(seat) == (stage.name, stage.visit):
                self._gone.add(seat)
            if seat in self._gone:
                continue
            at = self._now
            if self._pace:
                at += timedelta(seconds=self._takes(opened, seat))
            heappush(self._coming, (at, next(self._order), stage.scope, stage.generation, seat))

    def _takes(self, opened: Opened, seat: str) -> float:
        if not callable(self._pace):
            return self._pace
        own = opened.private.get(seat)
        stage = opened.stage
        if own:
            stage = stage.model_copy(update={"data": {**stage.data, **own}})
        return self._pace(self._people[seat], stage)

    def _stuck(self) -> NobodyGoesOn:
        _, generation = self._session.open_scopes()[0]
        return NobodyGoesOn(generation.stage, missing=sorted(generation.barrier.missing))

    def _check_names(self) -> None:
        """Raise `NoSuchStage` where a script was for nothing."""
        opened = dict.fromkeys(one.name for one in self._shown)
        named = [("answers=", one) for one in self._answers]
        named += [("live=", one) for one in self._live]
        named += [("absent=", since[0]) for since in self._absent.values() if since is not None]
        for said, name in named:
            if name not in opened:
                raise NoSuchStage(name, opened=opened, said=said)


def _checked(answer: Any, stage: Stage, seat: str) -> Form | Mapping[str, Any] | Missing | None:
    if answer is None or isinstance(answer, Form | Mapping | Missing):
        return answer
    raise BadAnswer(stage, seat=seat, answer=answer, reason=_NO_ANSWER, fields={})


def _plain(answer: Form | Mapping[str, Any]) -> dict[str, Any]:
    """Return an answer as it would travel."""
    if isinstance(answer, Form):
        return answer.model_dump(mode="json")
    plain: dict[str, Any] = to_jsonable_python(dict(answer))
    return plain
