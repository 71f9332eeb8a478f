"""Going through a session's record again: how a worker takes over from another.

The rows say where a session is; running the program again, with the recorded answers, brings its
coroutine there. What it asks for on the way is compared with the record: a program that was
changed, or whose outcome hangs on something that is not on the record, is found out at the first
stage that differs, and its session stops there with its data as they are.
"""

from __future__ import annotations

from collections import Counter, defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from pydantic import JsonValue, ValidationError

from palier.program.program import Program
from palier.program.requests import OnceRequest, ScopeRequest, StageRequest
from palier.program.transactions import as_one
from palier.workers.domain.barrier import Barrier
from palier.workers.domain.execution import Asked
from palier.workers.domain.facts import Cause, Fact, Rewound
from palier.workers.domain.record import Deed, Effect, Record, Recorded, Step
from palier.workers.domain.refusal import Refusal
from palier.workers.domain.scope import Generation, Scope, opened
from palier.workers.domain.screens import Screens
from palier.workers.domain.session import Session
from palier.workers.errors import ProgramDiverged, ProgramFailed


def restore(
    record: Record,
    program: Program,
    *,
    screens: Screens | None = None,
    broken: ProgramFailed | None = None,
) -> Session:
    """Return the session that a record tells of; ``broken`` is why its program cannot be had.

    A program that fails or diverges on the way leaves its reason in `Session.fault`; all that the
    rows say is there in any case.
    """
    session = _from_rows(record, program, record.generations, screens)
    session.fault = broken
    if session.over or broken is not None:
        return session
    steps, effects = effective(record.steps, record.effects)
    there = [one for one in record.generations if not one.void]
    replay = _Replay(session, there, effects, record.deeds)
    try:
        replay.go_through(steps)
        replay.check_payoffs(record)
    except ProgramFailed as failure:
        session.execution.close()
        session.fault = failure
    return session


def rewind(  # noqa: PLR0913 - what is on the record, what is asked
    record: Record,
    program: Program,
    *,
    stage: str,
    visit: int | None,
    scope: str | None,
    screens: Screens | None = None,
    cause: Cause,
    at: datetime,
) -> tuple[Session, list[Fact]] | Refusal:
    """Return the session as it is when a stage is opened once more, and the facts of that.

    What was decided in it and after is set aside. The refusal says which stage there is not, or
    why the program does not get there either.
    """
    target = _find(record, stage, visit, scope)
    if target is None:
        return Refusal(
            code="unknown-stage",
            reason=f"The record of {record.opening.name} has no such opening of stage {stage!r}.",
        )
    since = target.opened_by
    steps, effects = effective(record.steps, record.effects)
    again = next((one for one in steps if one.version == since), None)
    if again is None:
        return Refusal(
            code="unknown-step",
            reason=f"The record, of an older version, does not say what opened stage {stage!r}.",
        )
    kept = [one for one in record.generations if not one.void and one.opened_by < since]
    void = tuple(one.key for one in record.generations if not one.void and one.opened_by >= since)
    before = [one for one in steps if one.version < since]
    reopened = _released_since(kept, [*before, again])
    session = _from_rows(
        record,
        program,
        [replace(one, released_at=None) if one.key in reopened else one for one in kept],
        screens,
    )
    replay = _Replay(session, kept, [one for one in effects if one.version < since], record.deeds)
    try:
        replay.go_through(before)
    except ProgramFailed as failure:
        return Refusal(code="still-failing", reason=failure.reason)
    excluded = tuple(one for one in session.seats if session.standings[one] == "excluded")
    for one in session.execution.participants:
        one.excluded = one.seat in excluded
    rewound = Rewound(
        since=since,
        again=again.does,
        scope=again.scope,
        generation=again.generation,
        stage=stage,
        void=void,
        reopened=reopened,
        excluded=excluded,
        cause=cause,
        at=at,
    )
    session.status = "running"
    session.reason = session.traceback = ""
    try:
        with as_one():
            facts = _gone_on(session, again, cause=cause, at=at)
    except _FailedAgain:
        return Refusal(code="failed-again", reason=session.reason)
    return session, [rewound, *facts]


def _gone_on(session: Session, again: Step, *, cause: Cause, at: datetime) -> list[Fact]:
    """Do a step again and go on; raises `_FailedAgain`."""
    facts = session.redo(again.does, again.scope, cause=cause, at=at)
    if session.held:
        raise _FailedAgain
    return facts


class _FailedAgain(Exception):
    """A session that was to go on is held: nothing of it is kept."""


def effective(steps: Sequence[Step], effects: Sequence[Effect]) -> tuple[list[Step], list[Effect]]:
    """Return what is left of a record's steps and effects, without what was set aside."""
    left: list[Step] = []
    kept = list(effects)
    for step in steps:
        if step.kind == "rewound":
            left = [one for one in left if one.version < step.since]
            kept = [one for one in kept if one.version < step.since or one.version > step.version]
        left.append(step)
    return left, kept


def _released_since(
    generations: Sequence[Recorded], steps: Sequence[Step]
) -> tuple[tuple[str, int], ...]:
    """Return the generations that are not open any more, and whom none of these steps released."""
    done = {(one.scope, one.generation) for one in steps}
    return tuple(
        one.key for one in generations if one.released_at is not None and one.key not in done
    )


def _find(record: Record, stage: str, visit: int | None, scope: str | None) -> Recorded | None:
    found = [
        one
        for one in record.generations
        if not one.void
        and one.stage.name == stage
        and visit in {None, one.stage.visit}
        and scope in {None, one.stage.scope}
    ]
    if visit is None and found:
        last = max(one.stage.visit for one in found)
        found = [one for one in found if one.stage.visit == last]
    return min(found, key=lambda one: one.opened_by, default=None)


def _from_rows(
    record: Record, program: Program, generations: Sequence[Recorded], screens: Screens | None
) -> Session:
    """Return the session with all that the rows tell, and its program not begun."""
    session = Session(record.opening, program, screens=screens)
    session.status = record.status
    session.reason = record.reason
    session.traceback = record.traceback
    session.present = set(record.present)
    session.standings.update(record.standings)
    session.paid.update(record.payoffs)
    session.calls.update(record.calls)
    session.acted = record.acted
    for name, known in record.scopes.items():
        session.scopes[name] = Scope(
            name=name,
            seats=known.seats,
            version=known.version,
            lasting=known.lasting,
            roles=known.roles,
            group=known.group,
            treatment=known.treatment,
        )
    session.bots = set(record.bots)
    session.settlements.update(record.settlements)
    for one in record.generations:
        scope = session.scopes[one.stage.scope]
        scope.last = max(scope.last, one.stage.generation)
    in_order = sorted(generations, key=lambda one: (one.opened_by, one.stage.opened_at))
    order = {one.key: at for at, one in enumerate(in_order, start=1)}
    session.openings = len(order)
    for one in sorted(generations, key=lambda one: one.stage.generation):
        if not one.void:
            current = session.scopes[one.stage.scope].current = _generation(one)
            current.order = order[one.key]
    return session


def _generation(one: Recorded) -> Generation:
    return Generation(
        stage=one.stage,
        private=one.private,
        barrier=Barrier(one.parties, frozenset(one.arrived_at)),
        answers=dict(one.answers),
        arrived_at=dict(one.arrived_at),
        how=dict(one.how),
        released_at=one.released_at,
        clock_paused=one.clock_paused,
        due_at=one.due_at,
        withdrawn=set(one.withdrawn),
        screen=one.screen,
        painted_at=dict(one.painted_at),
        posts=one.posts,
        attempts=dict(one.attempts),
    )


class _Replay:
    """One run of a program through a record; raises `ProgramFailed` and `ProgramDiverged`."""

    def __init__(
        self,
        session: Session,
        generations: Sequence[Recorded],
        effects: Sequence[Effect],
        deeds: Sequence[Deed],
    ) -> None:
        self._session = session
        self._execution = session.execution
        self._effects: Mapping[tuple[str, str, int], JsonValue] = {
            (one.scope, one.name, one.visit): one.value for one in effects
        }
        #: What the program is still to open, in each scope.
        self._ahead: defaultdict[str, deque[Recorded]] = defaultdict(deque)
        for one in sorted(generations, key=lambda one: one.stage.generation):
            self._ahead[one.stage.scope].append(one)
        #: What it opened last, in each scope.
        self._open: dict[str, Generation] = {}
        keys = {one.key for one in generations}
        #: What is still to be done in live stages, and how much in each in all.
        self._deeds = deque(one for one in deeds if one.key in keys)
        self._done = Counter(one.key for one in self._deeds)

    def go_through(self, steps: Sequence[Step]) -> None:
        for step in steps:
            self._do_until(step.version)
            self._go(step)
        self._do_until(None)
        for scope in self._ahead.values():
            for one in scope:
                raise self._diverged(one, "opens nothing there")
        if self._execution.finished:
            raise ProgramDiverged(
                f"The program of {self._session.name} is at its end now, where its record goes on: "
                "bring back the program as it was, or resume from an earlier stage.",
                traceback="",
            )
        for name, generation in self._open.items():
            current = self._session.scopes[name].current
            assert current is not None
            current.form, current.defaults = generation.form, generation.defaults
            current.live = generation.live
            current.quiz = generation.quiz
            if generation.quiz is not None:
                # no row says so
                current.stage = current.stage.model_copy(update={"quiz": True})
            if not current.stage.title:
                # written before rows had what is shown
                current.stage = generation.stage

    def check_payoffs(self, record: Record) -> None:
        for one in self._execution.participants:
            kept = record.payoffs.get(one.seat)
            if kept is not None and kept != one.payoff:
                last = max(
                    (one for one in record.generations if not one.void),
                    key=lambda one: one.opened_by,
                    default=None,
                )
                where = f" by stage {last.stage.name!r}" if last else ""
                raise ProgramDiverged(
                    f"The record of {self._session.name} has paid {one.seat} {kept:f}{where}, and "
                    f"the program comes to {one.payoff:f} now: it was changed, or its payoffs hang "
                    "on something that is not on the record (use session.random, session.now() "
                    "and session.once()).",
                    traceback="",
                )

    def _do_until(self, version: int | None) -> None:
        """Do what was done in live stages up to a place of the log."""
        while self._deeds and (version is None or self._deeds[0].after < version):
            deed = self._deeds.popleft()
            generation = self._open.get(deed.scope)
            if (
                generation is None
                or generation.number != deed.generation
                or generation.live is None
                or deed.action not in generation.live.actions
            ):
                raise ProgramDiverged(
                    f"The record of {self._session.name} has {deed.seat} do {deed.action!r} in "
                    f"scope {deed.scope!r} next, and the program has no live stage there that "
                    "knows it: bring back the program as it was, or resume from an earlier stage.",
                    traceback="",
                )
            generation.live.again(deed, of=self._done[deed.key])

    def _go(self, step: Step) -> None:
        if step.kind == "rewound":
            for one in self._execution.participants:
                one.excluded = one.seat in step.excluded
        match step.does:
            case "started":
                self._compare(self._execution.start(at=step.at, perform=self._perform), step)
            case "released":
                self._release(step)
            case "abandoned":
                asked = self._execution.abandon(step.scope, at=step.at, perform=self._perform)
                self._compare(asked, step)
            case kind:
                self._execution.exclude(step.seat, excluded=kind == "excluded")

    def _release(self, step: Step) -> None:
        generation = self._open.get(step.scope)
        if generation is None or generation.number != step.generation:
            raise ProgramDiverged(
                f"The record of {self._session.name} has generation {step.generation} of scope "
                f"{step.scope!r} released next, and the program has not opened it: bring back the "
                "program as it was when the session was opened.",
                traceback="",
            )
        try:
            answers = generation.given()
        except ValidationError as error:
            raise ProgramDiverged(
                f"The answers on record for stage {generation.stage.name!r} (visit "
                f"{generation.stage.visit}, scope {step.scope!r}) no longer pass its form: "
                f"{error.errors(include_url=False)[0]['msg']}.",
                traceback="",
            ) from None
        asked = self._execution.resume(step.scope, answers, at=step.at, perform=self._perform)
        self._compare(asked, step)

    def _perform(self, request: OnceRequest) -> JsonValue:
        try:
            return self._effects[request.scope, request.name, request.visit]
        except KeyError:
            raise ProgramDiverged(
                f"The record of {self._session.name} has no side effect {request.name!r} (visit "
                f"{request.visit}) in scope {request.scope!r}, for which the program asks now: "
                "bring back the program as it was, or resume from an earlier stage.",
                traceback="",
            ) from None

    def _compare(self, asked: list[Asked], step: Step) -> None:
        for one in asked:
            if isinstance(one, ScopeRequest):
                known = self._session.scopes.get(one.scope)
                if known is None or (known.seats != one.seats and self._ahead[one.scope]):
                    raise ProgramDiverged(
                        f"The program of {self._session.name} forms scope {one.scope!r} of "
                        f"{', '.join(one.seats)} now, which its record does not have.",
                        traceback="",
                    )
                if known.treatment != one.treatment and self._ahead[one.scope]:
                    raise ProgramDiverged(
                        f"The program of {self._session.name} gives scope {one.scope!r} treatment "
                        f"{one.treatment!r} now, and {known.treatment!r} on its record.",
                        traceback="",
                    )
            else:
                self._compare_stage(one, step)

    def _compare_stage(self, asked: StageRequest, step: Step) -> None:
        ahead = self._ahead[asked.scope]
        if not ahead:
            raise ProgramDiverged(
                f"The program of {self._session.name} opens stage {asked.name!r} (visit "
                f"{asked.visit}) in scope {asked.scope!r} now, where its record has none: bring "
                "back the program as it was, or resume from an earlier stage.",
                traceback="",
            )
        recorded = ahead.popleft()
        stage = recorded.stage
        if (stage.name, stage.visit) != (asked.name, asked.visit):
            raise self._diverged(recorded, f"opens stage {asked.name!r} (visit {asked.visit})")
        if recorded.opened_by > 0 and recorded.opened_by != step.version:
            raise self._diverged(recorded, "opens it at another point")
        if dict(asked.public) != stage.data or _full(asked.private) != _full(recorded.private):
            raise self._diverged(recorded, "shows other data there")
        generation = opened(
            asked, number=stage.generation, parties=tuple(recorded.parties), at=step.at
        )
        generation.answers = dict(recorded.answers)
        self._open[asked.scope] = generation

    def _diverged(self, recorded: Recorded, found: str) -> ProgramDiverged:
        stage = recorded.stage
        return ProgramDiverged(
            f"The record of {self._session.name} has stage {stage.name!r} (visit {stage.visit}) in "
            f"scope {stage.scope!r} next, but the program now {found}. It was changed, or its "
            "course hangs on something that is not on the record (use session.random, "
            "session.now() and session.once()). Bring back the program as it was and retry, or "
            f"let the session go on from here: palier session resume --from {stage.name}.",
            traceback="",
        )


def _full(
    private: Mapping[str, Mapping[str, JsonValue]],
) -> dict[str, dict[str, JsonValue]]:
    """Return the private data of those who have any."""
    return {seat: dict(own) for seat, own in private.items() if own}
