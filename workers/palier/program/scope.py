"""The scopes of a program: everyone, or a group; each opens stages for its own participants."""

from __future__ import annotations

import math
import random as chance
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, TypeAlias, TypeVar, overload

from pydantic import JsonValue, ValidationError

from palier.program.errors import ProgramError
from palier.program.participant import Participant
from palier.program.program import titled
from palier.program.requests import (
    Abandoned,
    Gather,
    OnceRequest,
    ScopeRequest,
    StageRequest,
    as_recorded,
)
from palier.schemas.errors import InvalidName
from palier.schemas.events import Missing as Policy
from palier.schemas.forms import Form, describe
from palier.schemas.names import ALL, check_name
from palier.schemas.screens.surroundings import RESERVED

F = TypeVar("F", bound=Form)
T = TypeVar("T")

#: Data for a screen: the same for all, or a function from a participant to their own.
Data: TypeAlias = Mapping[str, Any] | Callable[[Participant], Mapping[str, Any]]

#: What happens at the deadline to who has not answered: they are waited for; what the form gives
#: when nothing is filled in is their answer; the others go on without them; a bot stands in; or
#: this is their answer, the same for all or made for each.
Missing: TypeAlias = (
    Literal["wait", "default", "exclude", "bot"] | Form | Callable[[Participant], Form]
)

_LONGEST = timedelta(days=366).total_seconds()


@dataclass(slots=True)
class Moment:
    """The time of the step that a program is in; whoever drives it sets it."""

    at: datetime = datetime(1970, 1, 1, tzinfo=UTC)


class Scope:
    """Some participants that go from stage to stage together. Iterable; ``len`` counts them.

    Whoever is excluded is no longer among them; `everyone` has them still.
    """

    def __init__(
        self, name: str, participants: Sequence[Participant], *, seed: int, moment: Moment
    ) -> None:
        self.name = name
        self.everyone = tuple(participants)
        #: Chance of this scope alone: repeatable, whatever other scopes do meanwhile.
        self.random = chance.Random(f"{seed}:{name}")  # noqa: S311 - repeatable is the point
        self._seed = seed
        self._moment = moment
        self._visits: Counter[str] = Counter()
        self._once: Counter[str] = Counter()

    @property
    def participants(self) -> tuple[Participant, ...]:
        """Those who take part, in the order of the scope."""
        return tuple(one for one in self.everyone if not one.excluded)

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
        deadline: float | timedelta | None = None,
        missing: Missing = "wait",
        screen: str | None = None,
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
        deadline: float | timedelta | None = None,
        missing: Missing = "wait",
        screen: str | None = None,
    ) -> dict[Participant, None]: ...

    async def stage(  # noqa: PLR0913 - each is an option of its own
        self,
        name: str,
        *,
        form: type[Form] | None = None,
        title: str | None = None,
        text: str = "",
        data: Data | None = None,
        deadline: float | timedelta | None = None,
        missing: Missing = "wait",
        screen: str | None = None,
    ) -> dict[Participant, Any]:
        """Show a stage to everyone in this scope and return their answers when all have arrived.

        ``name`` is what the record calls the stage, 1 to 32 of ``a-z0-9-``; ``title`` and ``text``
        are what participants read; ``form`` is what they fill in (without one they only go on);
        ``data`` is shown with it. ``deadline``, in seconds, is shown as a countdown; ``missing``
        says what happens then to who has not answered. ``screen`` names the file in ``screens``
        that shows it: by default the one that is called as the stage, if there is one, else (and
        with ``""``) a screen is made from the form. Whoever is excluded meanwhile is not among the
        answers. Raises `ProgramError`.
        """
        self._check(name, form, screen)
        if not self.participants:
            raise Abandoned(self.name)
        self._visits[name] += 1
        public, private = self._shown(name, data)
        policy, defaults = self._policy(name, form, missing)
        answers = await StageRequest(
            scope=self.name,
            name=name,
            visit=self._visits[name],
            title=title or titled(name),
            text=text,
            form=form,
            public=public,
            private=private,
            deadline=_seconds(name, deadline),
            missing=policy,
            defaults=defaults,
            screen=screen,
        )
        return {one: answers[one.seat] for one in self.everyone if one.seat in answers}

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

    def now(self) -> datetime:
        """Return the time at which the step began that the program is in; UTC.

        It is on the record: a program that runs again is told the same.
        """
        return self._moment.at

    def _check(self, name: str, form: type[Form] | None, screen: str | None) -> None:
        try:
            check_name(name)
        except InvalidName as error:
            raise ProgramError(f"A stage: {error}") from None
        try:
            check_name(screen or name)
        except InvalidName as error:
            raise ProgramError(f"Stage {name!r} has a screen: {error}") from None
        if form is not None:
            describe(form)

    def _policy(
        self, stage: str, form: type[Form] | None, missing: Missing
    ) -> tuple[Policy, dict[str, Form | None]]:
        if missing == "default":
            empty = _empty(stage, form)
            return "default", {one.seat: empty for one in self.participants}
        if missing == "wait" or missing == "exclude" or missing == "bot":  # noqa: PLR1714 - types
            return missing, {}
        if form is None or not (isinstance(missing, form) or callable(missing)):
            wanted = f"a {form.__name__}" if form else "'default': it asks for no answer"
            raise ProgramError(
                f"Stage {stage!r} has missing={missing!r}: give 'wait', 'default', 'exclude', "
                f"'bot', or {wanted}."
            )
        defaults: dict[str, Form | None] = {}
        for one in self.participants:
            answer = missing if isinstance(missing, Form) else missing(one)
            if not isinstance(answer, form):
                raise ProgramError(
                    f"Stage {stage!r} has missing= for {one.seat} give {answer!r}, which is no "
                    f"{form.__name__}."
                )
            defaults[one.seat] = answer
        return "default", defaults

    def _shown(
        self, stage: str, data: Data | None
    ) -> tuple[dict[str, JsonValue], dict[str, dict[str, JsonValue]]]:
        if data is None:
            return {}, {}
        if callable(data):
            return {}, {one.seat: _jsonable(stage, data(one)) for one in self.participants}
        return _jsonable(stage, data), {}


class Group(Scope):
    """Participants who stay together; groups go on independently of each other."""


class Session(Scope):
    """Everyone in the session, and the groups they form."""

    def __init__(
        self, participants: Sequence[Participant], *, seed: int, moment: Moment | None = None
    ) -> None:
        super().__init__(ALL, participants, seed=seed, moment=moment or Moment())
        self._partners: dict[int, tuple[Group, ...]] = {}

    async def each_group(
        self,
        play: Callable[[Group], Coroutine[Any, Any, T]],
        *,
        size: int,
        matching: Literal["partners"] = "partners",
    ) -> list[T | None]:
        """Run ``play`` for each group of ``size``, side by side; return what each returned.

        ``partners``: groups are drawn by chance once, and are the same ones each time. A group
        from which everyone was excluded ends where it is, with None. Raises `ProgramError` when
        the participants do not divide into groups of that size.
        """
        if matching != "partners":
            raise ProgramError(f"There is no matching {matching!r}: use 'partners'.")
        groups = self._partners.get(size)
        if groups is None:
            groups = self._draw(size)
            self._partners[size] = groups
            for group in groups:
                await ScopeRequest(
                    scope=group.name, seats=tuple(one.seat for one in group.everyone)
                )
        results: list[T | None] = await Gather(coroutines=tuple(play(group) for group in groups))
        return results

    def _draw(self, size: int) -> tuple[Group, ...]:
        drawn = list(self.participants)
        check_groups(len(drawn), size)
        self.random.shuffle(drawn)
        # the first size of groups is the usual one: its groups have the plain names
        prefix = "g" if not self._partners else f"g{size}x"
        return tuple(
            Group(
                f"{prefix}{at // size + 1}",
                drawn[at : at + size],
                seed=self._seed,
                moment=self._moment,
            )
            for at in range(0, len(drawn), size)
        )


def check_groups(participants: int, size: int) -> None:
    """Raise `ProgramError` when so many participants cannot form groups of this size."""
    if size < 1 or participants % size:
        raise ProgramError(
            f"{participants} participants cannot form groups of {size}: "
            "open the session with a multiple of it."
        )


def _seconds(stage: str, deadline: float | timedelta | None) -> float | None:
    if deadline is None:
        return None
    seconds = deadline.total_seconds() if isinstance(deadline, timedelta) else float(deadline)
    if not math.isfinite(seconds) or not 0 < seconds <= _LONGEST:
        raise ProgramError(f"Stage {stage!r} has deadline={deadline!r}: give seconds, above 0.")
    return seconds


def _empty(stage: str, form: type[Form] | None) -> Form | None:
    """Return what the form gives when nothing is filled in."""
    if form is None:
        return None
    try:
        return form()
    except ValidationError as error:
        fields = ", ".join(str(one["loc"][0]) for one in error.errors(include_url=False))
        raise ProgramError(
            f"Stage {stage!r} has missing='default', but {form.__name__} has no default for "
            f"{fields}: give one, or missing={form.__name__}(…)."
        ) from None


def _jsonable(stage: str, data: Mapping[str, Any]) -> dict[str, JsonValue]:
    if taken := sorted(RESERVED.intersection(data)):
        raise ProgramError(
            f"The data of stage {stage!r} cannot have the name {taken[0]!r}: every screen has one "
            f"of its own. Choose another, such as 'my_{taken[0]}'."
        )
    try:
        # the record is compared with what the program shows in a replay
        shown = as_recorded(
            {key: float(one) if isinstance(one, Decimal) else one for key, one in data.items()}
        )
    except ProgramError as error:
        raise ProgramError(f"The data of stage {stage!r} cannot be sent: {error}") from None
    assert isinstance(shown, dict)
    return shown
