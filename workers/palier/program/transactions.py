"""The durable unit of work: what an author's function does to the database, once.

Whoever drives a program binds what carries transactions out: a worker the transaction that it is
in, a test a database in memory. Here is no database: only who is asked.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any, Protocol

from palier.program.errors import ProgramError
from palier.program.requests import as_recorded
from palier.schemas.errors import InvalidName
from palier.schemas.names import check_name

if TYPE_CHECKING:
    from palier.program.entities.entity import Entity
    from palier.program.program import Program


class UnitOfWork(Protocol):
    """Carries transactions out, one at a time, in one thread."""

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a function returns, as JSON; where it raises, it has changed nothing."""

    def as_one(self) -> AbstractContextManager[None]:
        """Undo the transactions of what is within, where that raises."""


_bound: ContextVar[UnitOfWork | None] = ContextVar("unit of work", default=None)


@contextmanager
def bound(unit: UnitOfWork) -> Iterator[None]:
    """Let transactions of this context be carried out by a unit of work."""
    token = _bound.set(unit)
    try:
        yield
    finally:
        _bound.reset(token)


def transact(function: Callable[..., Any], *arguments: Any) -> Any:
    """Run a function in the database transaction that is under way; return its result as JSON.

    Where it raises, what it changed is undone and nothing else. Whoever calls it keeps the result
    on the record: a replay must not call it again. Raises `ProgramError` and what it raises.
    """
    unit = _bound.get()
    if unit is None:
        raise ProgramError(
            "A transaction needs a database, and none is there: a worker brings one, a test "
            "`with in_memory(MyProgram):` of palier.program.transactions."
        )
    return unit.run(function, *arguments)


def as_one() -> AbstractContextManager[None]:
    """Let the transactions within take effect together: where it raises, none has.

    For whoever drives a program: a step that fails leaves nothing that its record does not have.
    """
    unit = _bound.get()
    return nullcontext() if unit is None else unit.as_one()


def called(function: Callable[..., Any]) -> str:
    """Return the name that the record has for a function: its own, in the form of names."""
    name = getattr(function, "__name__", "").strip("_").lower().replace("_", "-")[:32]
    try:
        return check_name(name)
    except InvalidName:
        return "transaction"


@contextmanager
def in_memory(*of: type[Program | Entity]) -> Iterator[UnitOfWork]:
    """Bind a database in memory with the tables of these programs or entities; yield it.

    For tests: nothing of it is left in the end. ``run`` of what is yielded looks into it.
    """
    if "palier.program.entities" in sys.modules:
        from palier.program.entities.memory import families, memory

        if found := families(of):
            with memory(found) as unit, bound(unit):
                yield unit
            return
    nothing = _NoTables()
    with bound(nothing):
        yield nothing


@contextmanager
def at_hand(program: type[Program]) -> Iterator[None]:
    """Use the database that is bound already, else one in memory."""
    if _bound.get() is not None:
        yield
        return
    with in_memory(program):
        yield


class _NoTables:
    """Runs functions of programs that have no entities."""

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Call it."""
        return as_recorded(function(*arguments))

    def as_one(self) -> AbstractContextManager[None]:
        """Undo nothing: there is nothing to undo."""
        return nullcontext()
