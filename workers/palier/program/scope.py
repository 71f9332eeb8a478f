"""A scope of a program: some participants, and the stages that are opened for them."""

from __future__ import annotations

import random as chance
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Self, TypeVar, overload

from palier.program.errors import ProgramError
from palier.program.live import Live, begin
from palier.program.participant import Participant
from palier.program.period import Period
from palier.program.program import Program, titled
from palier.program.quiz import Failed, Question, Quiz
from palier.program.requests import Abandoned, OnceRequest, ScopeRequest, StageRequest
from palier.program.settings import Plan
from palier.program.stage import Data, Missing, Own, check, policy, seconds, shown
from palier.program.transactions import called, transact
from palier.program.treatments import Treatments
from palier.schemas.errors import InvalidName
from palier.schemas.events import Missing as Policy
from palier.schemas.forms import Form
from palier.schemas.names import check_name

F = TypeVar("F", bound=Form)


@dataclass(slots=True)
class Moment:
    """What all scopes of a session share: its treatments, and the time of the step that it is in.

    Whoever drives the program sets the time.
    """

    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    treatments: Treatments = field(
        default_factory=lambda: Treatments(Plan.plain(Program.Settings()), seed=0)
    )


class Scope:
    """Some participants that go from stage to stage together. Iterable; ``len`` counts them.

    Whoever is excluded is no longer among them; `everyone` has them still.
    """

    def __init__(  # noqa: PLR0913 - what is drawn for it
        self,
        name: str,
        participants: Sequence[Participant],
        *,
        seed: int,
        moment: Moment,
        within: Scope | None = None,
        group: str = "",
        roles: Mapping[Participant, str] | None = None,
        lasting: bool = False,
    ) -> None:
        self.name = name
        self.everyone = tuple(participants)
        #: Chance of this scope alone: repeatable, whatever other scopes do meanwhile.
        self.random = chance.Random(f"{seed}:{name}")  # noqa: S311 - repeatable is the point
        self._seed = seed
        self._moment = moment
        self._within = within
        self._group = group
        self._roles = dict(roles or {})
        self._lasting = lasting
        #: Whether it is one for whoever conducts the session; everyone's is from the beginning.
        self._formed = within is None
        self._period = 0
        self._visits: Counter[str] = Counter()
        self._once: Counter[str] = Counter()
        #: The name of its treatment, empty without one: that of the scope around it, or its own.
        self.treatment: str = moment.treatments.session
        if within is not None:
            self.treatment = within.treatment or moment.treatments.next()

    @property
    def participants(self) -> tuple[Participant, ...]:
        """Those who take part, in the order of the scope."""
        return tuple(one for one in self.everyone if not one.excluded)

    def __deepcopy__(self, _known: object) -> Self:
        """Return this one: in a copy of what an author keeps, it stays the same."""
        return self

    @property
    def around(self) -> tuple[Scope, ...]:
        """This scope and those that it is a part of, up to the session's."""
        return (self, *(self._within.around if self._within else ()))

    @property
    def settings(self) -> Any:
        """The program's ``Settings`` as they are in this scope's treatment, and in its period."""
        return self.settings_in(self.period or None)

    def settings_in(self, period: int | None = None) -> Any:
        """Return the program's ``Settings`` as they are in a period of this scope's treatment."""
        return self._moment.treatments.settings(self.treatment, period)

    def __len__(self) -> int:
        return len(self.participants)

    def __iter__(self) -> Iterator[Participant]:
        return iter(self.participants)

    @overload
    async def stage(
        self,
        name: str,
        *,
        form: type[F],
        title: str | None = None,
        text: str = "",
        data: Data | None = None,
        own: Own | None = None,
        deadline: float | timedelta | None = None,
        missing: Missing | None = None,
        screen: str | None = None,
        live: Live | None = None,
    ) -> dict[Participant, F]: ...

    @overload
    async def stage(
        self,
        name: str,
        *,
        form: None = None,
        title: str | None = None,
        text: str = "",
        data: Data | None = None,
        own: Own | None = None,
        deadline: float | timedelta | None = None,
        missing: Missing | None = None,
        screen: str | None = None,
        live: Live | None = None,
    ) -> dict[Participant, None]: ...

    async def stage(  # noqa: PLR0913 - each is an option of its own
        self,
        name: str,
        *,
        form: type[Form] | None = None,
        title: str | None = None,
        text: str = "",
        data: Data | None = None,
        own: Own | None = None,
        deadline: float | timedelta | None = None,
        missing: Missing | None = None,
        screen: str | None = None,
        live: Live | None = None,
    ) -> dict[Participant, Any]:
        """Show a stage to everyone in this scope and return their answers when all have arrived.

        ``name`` is what the record calls the stage, 1 to 32 of ``a-z0-9-``; ``title`` and ``text``
        are what participants read; ``form`` is what they fill in (without one they only go on);
        ``data`` is shown with it; ``own`` is a function from a participant to what they are shown
        alone, besides. ``deadline``, in seconds, is shown as a countdown; ``missing`` says what
        happens then to who has not answered: by default they are waited for, and in a live stage go
        on. ``live`` is what can be done in it while it is open. ``screen`` names the file in
        ``screens`` that shows it: by default the one that is called as the stage, if there is one,
        else (and with ``""``) a screen is made from the form. Whoever is excluded meanwhile is not
        among the answers. Raises `ProgramError`.
        """
        check(name, form, screen)
        if not self.participants:
            raise Abandoned(self.name)
        await self.form()
        self._visits[name] += 1
        public, private = shown(name, data, own, self.participants)
        begun = None
        if live is not None:
            seed = f"{self._seed}:{self.name}:{name}:{self._visits[name]}"
            begun = begin(live, scope=self, stage=name, seed=seed)
            public = {**public, **begun.public}
            if private or begun.private:
                private = {
                    one.seat: {**private.get(one.seat, {}), **begun.private.get(one.seat, {})}
                    for one in self.participants
                }
        at_deadline, defaults = policy(
            name, form, missing, self.participants, live=live is not None
        )
        answers = await StageRequest(
            scope=self.name,
            name=name,
            visit=self._visits[name],
            title=title or titled(name),
            text=text,
            form=form,
            public=public,
            private=private,
            deadline=seconds(name, deadline),
            missing=at_deadline,
            defaults=defaults,
            screen=screen,
            live=begun,
            period=self.period,
        )
        return {one: answers[one.seat] for one in self.everyone if one.seat in answers}

    def periods(self, count: int) -> Iterator[Period]:
        """Yield so many periods, one after the other; what opens meanwhile is recorded as of it."""
        for number in range(1, count + 1):
            self._period = number
            try:
                yield Period(number=number, count=count, settings=self.settings_in(number))
            finally:
                self._period = 0

    @property
    def period(self) -> int:
        """The number of the period that this scope is in, or the one around it; 0 outside."""
        return self._period or (self._within.period if self._within else 0)

    async def form(self) -> None:
        """Make this scope one that the record has, once; done with its first stage by itself."""
        if self._formed:
            return
        self._formed = True
        await ScopeRequest(
            scope=self.name,
            seats=tuple(one.seat for one in self.everyone),
            lasting=self._lasting,
            roles={one.seat: role for one, role in self._roles.items()},
            group=self._group,
            treatment=self.treatment,
        )

    async def quiz(  # noqa: PLR0913 - each is an option of its own
        self,
        name: str,
        questions: Sequence[Question],
        *,
        attempts: int | None = None,
        failed: Failed = "block",
        title: str | None = None,
        text: str = "",
        data: Data | None = None,
        own: Own | None = None,
        deadline: float | timedelta | None = None,
        screen: str | None = None,
    ) -> dict[Participant, bool]:
        """Ask questions that have right answers until each participant has them all right.

        What is wrong is said beside its field, with the question's hint; the right answers stay
        with the worker. Each attempt is kept. After so many ``attempts``, if there is such a
        number, ``failed`` says what happens: ``block``, the operator is called, and once the call
        is answered there are as many again; ``go-on``, the participant goes on; ``exclude``, the
        others go on without them. The same happens at the ``deadline``, but that ``block`` waits.

        Returns who has passed: who was let go on has not, nor has a bot that guessed. Raises
        `ProgramError`.
        """
        quiz = Quiz.of(name, questions, attempts=attempts, failed=failed)
        form = quiz.form(name)
        check(name, form, screen)
        if not self.participants:
            raise Abandoned(self.name)
        await self.form()
        self._visits[name] += 1
        public, private = shown(name, data, own, self.participants)
        at_deadline: dict[Failed, Policy] = {
            "block": "wait",
            "go-on": "default",
            "exclude": "exclude",
        }
        answers = await StageRequest(
            scope=self.name,
            name=name,
            visit=self._visits[name],
            title=title or titled(name),
            text=text,
            form=form,
            public=public,
            private=private,
            deadline=seconds(name, deadline),
            missing=at_deadline[failed],
            defaults={one.seat: None for one in self.participants},
            screen=screen,
            quiz=quiz,
            period=self.period,
        )
        return {
            one: not quiz.wrong(answers[one.seat]) for one in self.everyone if one.seat in answers
        }

    async def once(self, name: str, call: Callable[[], Any]) -> Any:
        """Return what ``call`` returns, as JSON; a replay gets the recorded result again.

        For what is not the same each time: an instrument's reading, a file, today's rate. ``name``
        is what the record calls it. ``call`` runs within the worker's transaction: it should take
        milliseconds, and may run once more if that transaction does not succeed. Raises
        `ProgramError`, and what ``call`` raises.
        """
        try:
            check_name(name)
        except InvalidName as error:
            raise ProgramError(f"A side effect: {error}") from None
        self._once[name] += 1
        return await OnceRequest(scope=self.name, name=name, visit=self._once[name], call=call)

    async def transaction(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what ``function(*arguments)`` returns, as JSON; a replay gets the recorded result.

        The function runs in the worker's own database transaction, with the program's entities at
        hand: what it changes is kept with the opening of the next stage, or not at all, and once.
        Where it raises, nothing of it is kept and the session is stopped. It should take
        milliseconds: the others wait. Raises `ProgramError`, and what the function raises.
        """
        name = called(function)
        self._once[name] += 1
        return await OnceRequest(
            scope=self.name,
            name=name,
            visit=self._once[name],
            call=lambda: transact(function, *arguments),
        )

    def begin(self, at: datetime) -> None:
        """Let it be this time from now on; for whoever conducts the session."""
        self._moment.at = at

    def now(self) -> datetime:
        """Return the time at which the step began that the program is in; UTC.

        It is on the record: a program that runs again is told the same.
        """
        return self._moment.at
