"""Driving a program's coroutine from stage to stage, without an event loop.

A step is a plain call: it runs the author's code up to the next waits and returns what the code
asked for. So it fits in a transaction, and running it again with the same answers asks for the
same things in the same order, which is how another worker takes over.
"""

from __future__ import annotations

import contextlib
import traceback
from collections import deque
from collections.abc import Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from palier.program.errors import ProgramError
from palier.program.participant import Participant
from palier.program.program import Program
from palier.program.requests import Gather, ScopeRequest, StageRequest
from palier.program.scope import Session
from palier.schemas.forms import Form
from palier.workers.errors import ProgramFailed

#: What a step of a program asks for.
Asked: TypeAlias = StageRequest | ScopeRequest


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

    Not safe from several threads. After `ProgramFailed` it must not be used any more.
    """

    def __init__(self, program: Program, *, seats: tuple[str, ...], seed: int) -> None:
        self.participants = tuple(
            Participant(seat=seat, number=number) for number, seat in enumerate(seats, start=1)
        )
        self.finished = False
        self._program = program
        self._session = Session(self.participants, seed=seed)
        self._waiting: dict[str, _Task] = {}
        self._ready: deque[tuple[_Task, Any]] = deque()

    def start(self) -> list[Asked]:
        """Run from the beginning to the first waits; raises `ProgramFailed`."""
        self._ready.append((_Task(self._program.run(self._session)), None))
        return self._run()

    def resume(self, scope: str, answers: dict[str, Form | None]) -> list[Asked]:
        """Go on in the scope whose stage has all its answers; raises `ProgramFailed`."""
        self._ready.append((self._waiting.pop(scope), answers))
        return self._run()

    def close(self) -> None:
        """End every coroutine, so that none is left unfinished; never raises."""
        for task in (*self._waiting.values(), *(one for one, _ in self._ready)):
            step: _Task | None = task
            while step is not None:
                # what an author's code does on its way out must not keep a session from ending
                with contextlib.suppress(Exception):
                    step.coroutine.close()
                step = step.parent
        self._waiting.clear()
        self._ready.clear()

    def _run(self) -> list[Asked]:
        asked: list[Asked] = []
        try:
            while self._ready:
                task, value = self._ready.popleft()
                self._step(task, value, asked)
        except Exception as error:
            self.close()
            raise _failure(error) from error
        return asked

    def _step(self, task: _Task, value: Any, asked: list[Asked]) -> None:
        try:
            request = task.coroutine.send(value)
        except StopIteration as end:
            self._ended(task, end.value)
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


def _failure(error: Exception) -> ProgramFailed:
    shown = "".join(traceback.format_exception(error))
    return ProgramFailed(f"{type(error).__name__}: {error}", traceback=shown)
