"""The scopes of a program: everyone, or a group; each opens stages for its own participants."""

from __future__ import annotations

import random as chance
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any, Literal, TypeVar, overload

from pydantic import JsonValue
from pydantic_core import PydanticSerializationError, to_jsonable_python

from palier.program.errors import ProgramError
from palier.program.participant import Participant
from palier.program.program import titled
from palier.program.requests import Gather, ScopeRequest, StageRequest
from palier.schemas.errors import InvalidName
from palier.schemas.forms import Form, describe
from palier.schemas.names import ALL, check_name

F = TypeVar("F", bound=Form)
T = TypeVar("T")

#: Data for a screen: the same for all, or a function from a participant to their own.
Data = Mapping[str, Any] | Callable[[Participant], Mapping[str, Any]]


class Scope:
    """Some participants that go from stage to stage together. Iterable; ``len`` counts them."""

    def __init__(self, name: str, participants: Sequence[Participant], *, seed: int) -> None:
        self.name = name
        self.participants = tuple(participants)
        #: Chance of this scope alone: repeatable, whatever other scopes do meanwhile.
        self.random = chance.Random(f"{seed}:{name}")  # noqa: S311 - repeatable is the point
        self._seed = seed
        self._visits: Counter[str] = Counter()

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
    ) -> dict[Participant, None]: ...

    async def stage(
        self,
        name: str,
        *,
        form: type[Form] | None = None,
        title: str | None = None,
        text: str = "",
        data: Data | None = None,
    ) -> dict[Participant, Any]:
        """Show a stage to everyone in this scope and return their answers when all have arrived.

        ``name`` is what the record calls the stage, 1 to 32 of ``a-z0-9-``; ``title`` and ``text``
        are what participants read; ``form`` is what they fill in (without one they only go on);
        ``data`` is shown with it. Raises `ProgramError`.
        """
        self._check(name, form)
        self._visits[name] += 1
        public, private = self._shown(name, data)
        answers = await StageRequest(
            scope=self.name,
            name=name,
            visit=self._visits[name],
            title=title or titled(name),
            text=text,
            form=form,
            public=public,
            private=private,
        )
        return {one: answers[one.seat] for one in self.participants}

    def _check(self, name: str, form: type[Form] | None) -> None:
        try:
            check_name(name)
        except InvalidName as error:
            raise ProgramError(f"A stage: {error}") from None
        if form is not None:
            describe(form)

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

    def __init__(self, participants: Sequence[Participant], *, seed: int) -> None:
        super().__init__(ALL, participants, seed=seed)
        self._partners: dict[int, tuple[Group, ...]] = {}

    async def each_group(
        self,
        play: Callable[[Group], Coroutine[Any, Any, T]],
        *,
        size: int,
        matching: Literal["partners"] = "partners",
    ) -> list[T]:
        """Run ``play`` for each group of ``size``, side by side; return what each returned.

        ``partners``: groups are drawn by chance once, and are the same ones each time. Raises
        `ProgramError` when the participants do not divide into groups of that size.
        """
        if matching != "partners":
            raise ProgramError(f"There is no matching {matching!r}: use 'partners'.")
        groups = self._partners.get(size)
        if groups is None:
            groups = self._draw(size)
            self._partners[size] = groups
            for group in groups:
                await ScopeRequest(
                    scope=group.name, seats=tuple(one.seat for one in group.participants)
                )
        results: list[T] = await Gather(coroutines=tuple(play(group) for group in groups))
        return results

    def _draw(self, size: int) -> tuple[Group, ...]:
        check_groups(len(self), size)
        drawn = list(self.participants)
        self.random.shuffle(drawn)
        # the first size of groups is the usual one: its groups have the plain names
        prefix = "g" if not self._partners else f"g{size}x"
        return tuple(
            Group(f"{prefix}{at // size + 1}", drawn[at : at + size], seed=self._seed)
            for at in range(0, len(drawn), size)
        )


def check_groups(participants: int, size: int) -> None:
    """Raise `ProgramError` when so many participants cannot form groups of this size."""
    if size < 1 or participants % size:
        raise ProgramError(
            f"{participants} participants cannot form groups of {size}: "
            "open the session with a multiple of it."
        )


def _jsonable(stage: str, data: Mapping[str, Any]) -> dict[str, JsonValue]:
    try:
        shown = to_jsonable_python(
            {key: float(one) if isinstance(one, Decimal) else one for key, one in data.items()}
        )
    except PydanticSerializationError as error:
        raise ProgramError(f"The data of stage {stage!r} cannot be sent: {error}") from None
    assert isinstance(shown, dict)
    return shown
