"""What is done in live stages: taken in order, kept, told, and done again by whoever takes over.

One action changes what its author's object holds; one that is refused, or raises, changes nothing.
"""

from __future__ import annotations

import hashlib
import json
from collections import Counter, deque
from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from pydantic import JsonValue
from pydantic_core import to_json

from palier.program.errors import ProgramError, Refuse
from palier.program.live import Begun, Perform, do, is_over, keep, restore, seen
from palier.program.participant import Participant
from palier.program.requests import OnceRequest, StageRequest
from palier.program.scope import Scope
from palier.schemas.forms import Form
from palier.schemas.live import ActionSpec, Change, LiveMark, change
from palier.workers.domain.execution import failure
from palier.workers.domain.record import Deed
from palier.workers.errors import DatabaseUnavailable, Fenced, ProgramDiverged

#: Actions after which the state is kept anew: one that is refused costs a copy of it, and these
#: done again.
_SINCE = 64

#: A scope with its chance, and with what is known of its participants.
_Remembered: TypeAlias = tuple[Scope, Any, list[tuple[Participant, dict[str, Any]]]]

#: Bytes of what a seat is shown that fit into a message, together with the stage.
_LARGEST = 700_000

#: Characters of a digest: enough to tell two states apart.
_DIGEST = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """What an action changed: for all, and for some seats alone."""

    change: Change
    own: Mapping[str, Change]
    results: tuple[tuple[str, JsonValue], ...]
    seen: str


@dataclass(frozen=True, slots=True)
class _Step:
    """An action as it is done again when a later one is taken back."""

    action: str
    who: Participant
    body: Form | None
    results: tuple[tuple[str, JsonValue], ...]
    at: datetime


@dataclass(slots=True)
class _Kept:
    """The state at some point, and what was done since."""

    state: Any
    since: list[_Step] = field(default_factory=list)


class LiveStage:
    """A live stage while it is open. Not safe from several threads.

    ``public`` and ``private`` are what is shown now; ``version`` counts what was done, ``own`` how
    often what a seat alone is shown has changed.
    """

    def __init__(self, begun: Begun, request: StageRequest) -> None:
        live = self.live = begun.live
        self.actions = begun.actions
        self.version = 0
        self.own: Counter[str] = Counter()
        self.public: Mapping[str, JsonValue] = dict(request.public)
        self.private: Mapping[str, Mapping[str, JsonValue]] = dict(request.private)
        self._who = {one.seat: one for one in live.scope.participants}
        # what the stage itself shows, besides
        self._public = {key: one for key, one in request.public.items() if key not in begun.public}
        self._private = {
            seat: {key: one for key, one in data.items() if key not in begun.private.get(seat, {})}
            for seat, data in request.private.items()
        }
        self._kept = _Kept(begun.kept)

    @property
    def specs(self) -> tuple[ActionSpec, ...]:
        """What can be done, as a client is told."""
        return tuple(one.spec for one in self.actions.values())

    @property
    def over(self) -> bool:
        """Whether an action has ended the stage."""
        return is_over(self.live)

    def shown_to(self, seat: str) -> dict[str, JsonValue]:
        """Return all that a seat is shown now."""
        return {**self.public, **self.private.get(seat, {})}

    def mark(self, seat: str) -> LiveMark:
        """Return up to where this is what a seat has been told."""
        return LiveMark(version=self.version, own=self.own[seat])

    def do(
        self, action: str, seat: str, body: Form | None, *, at: datetime, perform: Perform
    ) -> Done:
        """Do an action; raises `Refuse`, and `ProgramFailed` for whatever else its code raises.

        Then nothing has changed.
        """
        step = _Step(action, self._who[seat], body, (), at)
        results: list[tuple[str, JsonValue]] = []
        before = self._remembered()
        try:
            self._do(step, perform, results)
            public, private = self._seen()
            self._check_size(public, private)
            kept = self._kept_anew()
        except (DatabaseUnavailable, Fenced, KeyboardInterrupt):
            # nothing of the whole batch is kept, nor this object
            raise
        except Refuse:
            self._take_back(before)
            raise
        except BaseException as error:
            # also what would end the worker, as exit() does: others are conducted by it too
            self._take_back(before)
            raise failure(error) from error
        changed = change(self.public, public)
        own = {
            seat: found
            for seat in self._who
            if (found := change(self.private.get(seat, {}), private.get(seat, {})))
        }
        self.public, self.private = public, private
        done = Done(change=changed, own=own, results=tuple(results), seen=_digest(public, private))
        self._note(step, done.results, own, kept)
        return done

    def again(self, deed: Deed, *, of: int) -> None:
        """Do what the record has; the last one ``of`` so many must show what it showed then.

        Raises `ProgramDiverged`.
        """
        last = self.version + 1 == of
        try:
            body = self._body(deed)
            step = _Step(deed.action, self._who[deed.seat], body, (), deed.at)
            self._apply(step, _found(deed.results))
            # nothing is taken back before the last ones
            kept = self._kept_anew() if of - self.version <= _SINCE else None
            if last:
                self.public, self.private = self._seen()
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            raise self._diverged(deed, f"raises {type(error).__name__} ({error})") from error
        if last and _digest(self.public, self.private) != deed.seen:
            raise self._diverged(deed, "comes to something else than was shown then")
        self._note(step, deed.results, deed.changed, kept)

    def _body(self, deed: Deed) -> Form | None:
        form = self.actions[deed.action].form
        return None if form is None else form.model_validate(dict(deed.body or {}))

    def _do(self, step: _Step, perform: Perform, results: list[tuple[str, JsonValue]]) -> None:
        """Do an action, and note the results of its side effects."""
        lost: list[Exception] = []

        def performed(request: OnceRequest) -> JsonValue:
            try:
                value = perform(request)
            except (DatabaseUnavailable, Fenced) as error:
                lost.append(error)
                raise
            results.append((request.name, deepcopy(value)))
            return value

        try:
            self._apply(step, performed)
        finally:
            if lost:
                # whatever its author makes of it: nothing of the whole batch is kept
                raise lost[0]

    def _apply(self, step: _Step, perform: Perform) -> None:
        do(self.live, step.action, step.who, step.body, at=step.at, perform=perform)

    def _seen(self) -> tuple[dict[str, JsonValue], dict[str, dict[str, JsonValue]]]:
        public, own = seen(self.live, tuple(self._who.values()))
        return {**self._public, **public}, {
            seat: {**self._private.get(seat, {}), **own.get(seat, {})} for seat in self._who
        }

    def _note(
        self,
        step: _Step,
        results: tuple[tuple[str, JsonValue], ...],
        changed: Mapping[str, Change] | tuple[str, ...],
        kept: _Kept | None,
    ) -> None:
        self.version += 1
        self.own.update(dict.fromkeys(changed, 1))
        self._kept.since.append(_Step(step.action, step.who, step.body, results, step.at))
        if kept is not None:
            self._kept = kept

    def _kept_anew(self) -> _Kept | None:
        """Return the state if it is time to keep it; raises `ProgramError` if it cannot be."""
        return None if (self.version + 1) % _SINCE else _Kept(keep(self.live))

    def _check_size(
        self, public: Mapping[str, JsonValue], private: Mapping[str, Mapping[str, JsonValue]]
    ) -> None:
        """Raise `ProgramError` where what a seat is shown fits into no message."""
        all_see = len(to_json(public))
        most = all_see + max((len(to_json(own)) for own in private.values() if own), default=0)
        if most > _LARGEST:
            raise ProgramError(
                f"Live stage shows {most} bytes, and a message has room for {_LARGEST}: of what "
                "grows without end let shown() and shown_to() give the last alone."
            )

    def _take_back(self, before: list[_Remembered]) -> None:
        """Let everything be as before the action that has not been taken.

        Raises `Fenced` where that cannot be: then this object is read again from the record.
        """
        try:
            restore(self.live, self._kept.state)
            for step in self._kept.since:
                self._apply(step, _found(step.results))
        except Exception as error:
            raise Fenced(
                "An action cannot be taken back: those before it, done again, come to "
                f"{type(error).__name__} ({error}). Keep everything in the object itself."
            ) from error
        for scope, chance, paid in before:
            scope.random.setstate(chance)
            for one, known in paid:
                one.recall(known)

    def _remembered(self) -> list[_Remembered]:
        """Return what an action can change besides its object: payoffs, and its scopes' chance."""
        return [
            (one, one.random.getstate(), [(each, each.remember()) for each in one.everyone])
            for one in self.live.scope.around
        ]

    def _diverged(self, deed: Deed, found: str) -> ProgramDiverged:
        return ProgramDiverged(
            f"The record has {deed.seat} do {deed.action!r} (action {deed.number} of the session, "
            f"scope {deed.scope!r}), and done again that {found}. The program was changed, or "
            "its course hangs on something that is not on the record: in a live stage use "
            "self.random, self.now() and self.once(), and keep everything in the object itself. "
            "Bring back the program as it was and retry, or let the session go on from an earlier "
            "stage: palier session resume --from.",
            traceback="",
        )


def _found(results: Sequence[tuple[str, JsonValue]]) -> Perform:
    """Return what finds the results of an action's side effects, in order.

    One that failed has none, and its author may have gone on: it fails again.
    """
    left = deque(results)

    def found(request: OnceRequest) -> JsonValue:
        if not left or left[0][0] != request.name:
            raise _Unrecorded(request.name)
        return deepcopy(left.popleft()[1])

    return found


class _Unrecorded(Exception):
    def __init__(self, name: str) -> None:
        super().__init__(f"the record has no side effect {name!r} there")


def _digest(public: Mapping[str, JsonValue], private: Mapping[str, Mapping[str, JsonValue]]) -> str:
    shown = [public, {seat: own for seat, own in private.items() if own}]
    text = json.dumps(shown, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_DIGEST]
