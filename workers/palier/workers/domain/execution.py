"""Driving a program's coroutine from stage to stage, without an event loop.

A step is a plain call: it runs the author's code up to the next waits and returns what the code
asked for. So it fits in a transaction, and running it again with the same answers asks for the
same things in the same order, which is how another worker takes over.
"""

from __future__ import annotations

import contextlib
import traceback
from collections import deque
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeAlias

from pydantic import JsonValue

from palier.program.errors import ProgramError
from palier.program.participant import Participant
from palier.program.payment import Payroll
from palier.program.program import Program
from palier.program.requests import Abandoned, Gather, OnceRequest, ScopeRequest, StageRequest
from palier.program.scope import Moment
from palier.program.session import Session
from palier.program.treatments import Treatments
from palier.schemas.forms import Form
from palier.workers.errors import DatabaseUnavailable, Fenced, ProgramFailed

#: What a step of a program asks for.
Asked: TypeAlias = StageRequest | ScopeRequest

#: Gives the result of a side effect: calls it, or finds it in the record.
Perform: TypeAlias = Callable[[OnceRequest], JsonValue]

#: What ends a coroutine whose scope has nobody left, in place of a result.
_ABANDON = object()


@dataclass(slots=True)
class _Task:
    """A coroutine and, if it is one of several side by side, its place among them."""

    coroutine: Coroutine[Any, Any, Any]
    parent: _Task | None = None
    place: int = 0
    #: Results of the coroutines this one waits for, and how many are still out.
    results: list[Any] = field(default_factory=list)
    outstanding: int = 0


class Execution:
    """One run of a program for the seats of a session.

    Each step is given the time that ``session.now()`` tells during it, and what performs its side
    effects. Not safe from several threads. After `ProgramFailed` it must not be used any more.
    """

    def __init__(self, program: Program, *, seats: tuple[str, ...], seed: int) -> None:
        #: What they have earned, and what they are paid for it.
        self.payroll = Payroll(payment=program.payment, seed=seed)
        self.participants = tuple(
            Participant(seat=seat, number=number, payroll=self.payroll)
            for number, seat in enumerate(seats, start=1)
        )
        self.finished = False
        self._program = program
        self._moment = Moment(treatments=Treatments(program.all_settings, seed=seed))
        self._session = Session(self.participants, seed=seed, moment=self._moment)
        self._waiting: dict[str, _Task] = {}
        self._ready: deque[tuple[_Task, Any]] = deque()

    @property
    def treatment(self) -> str:
        """The treatment of the session as a whole; empty without one."""
        return self._session.treatment

    def start(self, *, at: datetime, perform: Perform) -> list[Asked]:
        """Run from the beginning to the first waits; raises `ProgramFailed`."""
        self._ready.append((_Task(self._program.run(self._session)), None))
        return self._run(at, perform)

    def resume(
        self, scope: str, answers: dict[str, Form | None], *, at: datetime, perform: Perform
    ) -> list[Asked]:
        """Go on in the scope whose stage has all its answers; raises `ProgramFailed`."""
        self._ready.append((self._waiting.pop(scope), answers))
        return self._run(at, perform)

    def abandon(self, scope: str, *, at: datetime, perform: Perform) -> list[Asked]:
        """End what waits in a scope that nobody is left in; raises `ProgramFailed`."""
        self._ready.append((self._waiting.pop(scope), _ABANDON))
        return self._run(at, perform)

    def exclude(self, seat: str, *, excluded: bool = True) -> None:
        """Take a participant out of all scopes, or let it be in them again."""
        for one in self.participants:
            if one.seat == seat:
                one.excluded = excluded

    def close(self) -> None:
        """End every coroutine, so that none is left unfinished; never raises."""
        for task in (*self._waiting.values(), *(one for one, _ in self._ready)):
            step: _Task | None = task
            while step is not None:
                # what an author's code does on its way out must not keep a session from ending
                with contextlib.suppress(BaseException):
                    step.coroutine.close()
                step = step.parent
        self._waiting.clear()
        self._ready.clear()

    def _run(self, at: datetime, perform: Perform) -> list[Asked]:
        self._moment.at = at
        asked: list[Asked] = []
        try:
            while self._ready:
                task, value = self._ready.popleft()
                self._step(task, value, asked, perform)
        except (ProgramFailed, DatabaseUnavailable, Fenced, KeyboardInterrupt):
            self.close()
            raise
        except BaseException as error:
            # also what would end the worker, as exit() does: others are conducted by it too
            self.close()
            raise failure(error) from error
        return asked

    def _step(self, task: _Task, value: Any, asked: list[Asked], perform: Perform) -> None:
        try:
            if value is _ABANDON:
                request = task.coroutine.throw(Abandoned())
            else:
                request = task.coroutine.send(value)
        except StopIteration as end:
            self._ended(task, end.value)
            return
        except Abandoned:
            self._ended(task, None)
            return
        match request:
            case StageRequest(scope=scope):
                if scope in self._waiting:
                    raise ProgramError(
                        f"Scope {scope!r} is already in a stage: await one stage after the other."
                    )
                self._waiting[scope] = task
                asked.append(request)
            case ScopeRequest():
                asked.append(request)
                self._ready.append((task, None))
            case OnceRequest():
                self._ready.appendleft((task, perform(request)))
            case Gather(coroutines=coroutines):
                if not coroutines:
                    self._ready.append((task, []))
                task.results = [None] * len(coroutines)
                task.outstanding = len(coroutines)
                self._ready.extend(
                    (_Task(one, parent=task, place=place), None)
                    for place, one in enumerate(coroutines)
                )
            case _:
                raise ProgramError(
                    f"run() awaited {request!r}: await only the stages and groups of the session."
                )

    def _ended(self, task: _Task, value: Any) -> None:
        parent = task.parent
        if parent is None:
            self.finished = True
            return
        parent.results[task.place] = value
        parent.outstanding -= 1
        if not parent.outstanding:
            self._ready.append((parent, parent.results))


def failure(error: BaseException) -> ProgramFailed:
    """Return what an author's code raised, with its traceback."""
    shown = "".join(traceback.format_exception(error))
    return ProgramFailed(f"{type(error).__name__}: {error}", traceback=shown)
