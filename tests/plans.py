"""Programs by chance: a plan is a value, and one program carries out any."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, TypeAlias

from hypothesis import strategies as st

from palier.program import Form, Group, Participant, Program, Session
from palier.program.group import Parted
from palier.program.scope import Scope
from tests.laboratory import Number


class Guess(Form):
    value: int = 4


@dataclass(frozen=True, slots=True)
class Show:
    """A stage."""

    name: str
    asks: Literal["nothing", "number", "guess"] = "nothing"
    shows: Literal["nothing", "alike", "own", "chance", "time", "measured"] = "nothing"
    deadline: int | None = None
    missing: Literal["wait", "declared", "exclude", "bot"] = "wait"


@dataclass(frozen=True, slots=True)
class Pay:
    """Everyone is paid for the last answer, or by chance."""

    by: Literal["answer", "chance", "measure"] = "answer"


@dataclass(frozen=True, slots=True)
class Measure:
    """Something of the outside world is read."""

    name: str = "scale"


@dataclass(frozen=True, slots=True)
class Stumble:
    """Here the author's code may raise."""


@dataclass(frozen=True, slots=True)
class Again:
    """The same some times over."""

    times: int
    body: Plan


@dataclass(frozen=True, slots=True)
class Toss:
    """One thing or the other, by chance."""

    heads: Plan
    tails: Plan


@dataclass(frozen=True, slots=True)
class Split:
    """Each pair by itself; for one alone it means the same for that one."""

    body: Plan
    matching: Literal["partners", "strangers", "perfect-strangers"] = "partners"
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Turn:
    """Those who are first in their pair, then all of it; the same for all where there are none."""

    body: Plan


@dataclass(frozen=True, slots=True)
class Each:
    """Each alone."""

    body: Plan


@dataclass(frozen=True, slots=True)
class Arrive:
    """Each alone, then in pairs as they come."""

    first: Plan
    then: Plan
    rest: Literal["end", "smaller", "look"] = "end"


Plan: TypeAlias = tuple[
    "Show | Pay | Measure | Stumble | Again | Toss | Split | Turn | Each | Arrive", ...
]


class Outside:
    """The world beyond the record. It notices who asks it again for what is on the record.

    What a transaction did that was not committed has not happened.
    """

    def __init__(self) -> None:
        #: Whether the author's code raises where it may.
        self.slippery = False
        self._kept: set[tuple[str, str, int]] = set()
        self._fresh: set[tuple[str, str, int]] = set()
        self._read: Counter[str] = Counter()

    def committed(self) -> None:
        """Note that what was done since is on the record."""
        self._kept |= self._fresh
        self._fresh.clear()

    def undone(self) -> None:
        """Note that what was done since was not committed."""
        self._fresh.clear()

    def rewound(self) -> None:
        """Note that what was measured may be measured anew."""
        self._kept = {one for one in self._kept if one[1] == "stumble"}

    def measure(self, scope: str, name: str, visit: int) -> int:
        """Return what cannot be had a second time."""
        key = (scope, name, visit)
        if key in self._kept:
            return -1
        self._fresh.add(key)
        return len(scope) + 10 * visit

    def step(self, scope: str, visit: int) -> None:
        """Go over a place where one may stumble, the first time."""
        key = (scope, "stumble", visit)
        if self.slippery and key not in self._kept:
            raise LookupError("the author stumbled")
        self._fresh.add(key)


class Planned(Program):
    """Does what its plan says."""

    plan: ClassVar[Plan] = ()
    outside: ClassVar[Outside] = Outside()

    async def run(self, session: Session) -> None:
        self.visits: Counter[tuple[str, str]] = Counter()
        await self.follow(session, self.plan)

    async def follow(self, scope: Scope, plan: Plan) -> str:  # noqa: C901 - a table
        """Do one thing after the other, in one scope."""
        last: dict[Participant, Any] = {}
        measured: Any = 0
        for one in plan:
            match one:
                case Show():
                    last = await self.show(scope, one, measured)
                case Pay(by=by):
                    for each in scope:
                        each.pay(worth(by, scope, last.get(each), measured))
                case Measure(name=name):
                    measured = await self.measure(scope, name)
                case Stumble():
                    self.outside.step(scope.name, self.visit(scope, "stumble"))
                case Again(times=times, body=body):
                    for _ in scope.periods(times):
                        await self.follow(scope, body)
                case Toss(heads=heads, tails=tails):
                    await self.follow(scope, heads if scope.random.random() < 0.5 else tails)
                case Split() | Turn() | Each() | Arrive():
                    await self.part(scope, one)
        return scope.name

    def visit(self, scope: Scope, name: str) -> int:
        """Count how often something was done in a scope."""
        self.visits[scope.name, name] += 1
        return self.visits[scope.name, name]

    async def measure(self, scope: Scope, name: str) -> Any:
        """Read something, once."""
        visit = self.visit(scope, name)
        return await scope.once(name, lambda: self.outside.measure(scope.name, name, visit))

    async def part(self, scope: Scope, one: Split | Turn | Each | Arrive) -> None:
        """Let some go on by themselves, and pay everyone for each part that came to the end."""
        ended: list[str | None] = []
        match one:
            case Split() if isinstance(scope, Parted):
                ended = await scope.each_group(
                    lambda group: self.follow(group, one.body),
                    size=2,
                    matching=self.matching_of(scope, one),
                    roles=one.roles,
                )
            case Each() if isinstance(scope, Parted):
                ended = await scope.each(lambda solo: self.follow(solo, one.body))
            case Arrive(first=first, then=then) if isinstance(scope, Parted):
                ended = await scope.by_arrival(
                    lambda solo: self.follow(solo, first),
                    lambda group: self.follow(group, then),
                    size=2,
                    rest=self.left if one.rest == "look" else one.rest,
                )
            case Turn() if isinstance(scope, Group) and any(one.role for one in scope.everyone):
                await self.follow(scope.with_role(scope.everyone[0].role), one.body)
            case Arrive(first=first, then=then):
                await self.follow(scope, (*first, *then))
            case _:
                await self.follow(scope, one.body)
        for each in scope:
            each.pay(sum(name is not None for name in ended))

    def matching_of(self, scope: Scope, one: Split) -> Any:
        """Return how pairs are drawn: four have three rounds in which no two meet twice."""
        if one.matching == "perfect-strangers" and (
            len(scope.everyone) < 4 or self.visit(scope, f"perfect{len(one.roles)}") > 2
        ):
            return "strangers"
        return one.matching

    async def left(self, group: Group) -> None:
        """Show those something for whom there was no pair."""
        await group.stage("look")

    async def show(self, scope: Scope, one: Show, measured: Any) -> dict[Participant, Any]:
        """Open a stage."""
        form: Any = {"nothing": None, "number": Number, "guess": Guess}[one.asks]
        missing: Any = one.missing
        if missing == "declared":
            missing = Number(value=7) if form is Number else "default"
        data: dict[str, Callable[[], Any]] = {
            "nothing": dict,
            "alike": lambda: {"there": len(scope), "list": [1.5, None, "ä"]},
            "own": lambda: lambda each: {"you": each.number, "paid": each.payoff},
            "chance": lambda: {"drawn": scope.random.random()},
            "time": lambda: {"now": scope.now()},
            "measured": lambda: {"measured": measured},
        }
        answers: dict[Participant, Any] = await scope.stage(
            one.name,
            form=form,
            data=data[one.shows](),
            deadline=one.deadline,
            missing=missing,
        )
        return answers


def planned(plan: Plan, outside: Outside) -> type[Program]:
    """Return a program that does what a plan says."""
    program: type[Program] = type("OnePlan", (Planned,), {"plan": plan, "outside": outside})
    return program


def worth(by: str, scope: Scope, answer: Any, measured: Any) -> float:
    """Return what a participant is paid."""
    if by == "chance":
        return scope.random.randrange(10)
    if by == "measure":
        return float(measured) / 10
    return 1 if answer is None else answer.value


NAMES = st.sampled_from(["ask", "look", "rest"])

shows = st.builds(
    Show,
    name=NAMES,
    asks=st.sampled_from(["nothing", "number", "guess"]),
    shows=st.sampled_from(["nothing", "alike", "own", "chance", "time", "measured"]),
    deadline=st.none() | st.sampled_from([5, 60]),
    missing=st.sampled_from(["wait", "declared", "exclude", "bot"]),
)
simple = st.one_of(
    shows,
    shows,
    shows,
    st.builds(Pay, by=st.sampled_from(["answer", "chance", "measure"])),
    st.builds(Measure),
    st.just(Stumble()),
)


def _plans(body: st.SearchStrategy[Any], *, least: int, most: int) -> st.SearchStrategy[Plan]:
    return st.lists(body, min_size=least, max_size=most).map(tuple)


_short = _plans(simple, least=1, most=2)
_nested = st.one_of(
    st.builds(Again, times=st.integers(0, 2), body=_short),
    st.builds(Split, body=_short, matching=st.sampled_from(["partners", "strangers"])),
    st.builds(Turn, body=_short),
    st.builds(Each, body=_short),
)
_bodies = _plans(simple | simple | _nested, least=2, most=4)

#: Parts of all, by themselves.
parts = st.one_of(
    st.builds(
        Split,
        body=_bodies,
        matching=st.sampled_from(["partners", "strangers", "perfect-strangers"]),
        roles=st.sampled_from([(), ("first", "second")]),
    ),
    st.builds(Each, body=_short),
    st.builds(Arrive, first=_short, then=_short, rest=st.sampled_from(["end", "smaller", "look"])),
)

#: Plans of some stages, in groups and for all, with loops and turns by chance.
plans: st.SearchStrategy[Plan] = _plans(
    st.one_of(
        simple,
        simple,
        st.builds(Again, times=st.integers(1, 2), body=_bodies),
        st.builds(Again, times=st.integers(1, 2), body=_plans(parts, least=1, most=1)),
        st.builds(Toss, heads=_bodies, tails=_bodies),
        parts,
        parts,
        parts,
    ),
    least=3,
    most=7,
)
