"""Bringing a program's tables to its entities, or saying what that would do."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import NoReturn

from sqlalchemy import Connection, Engine, event
from sqlalchemy.exc import DBAPIError

from palier.program.entities.family import Family
from palier.program.entities.found import family_of_program
from palier.program.errors import ProgramError
from palier.program.program import Program
from palier.workers.persistence.database import answering, rebuilding
from palier.workers.persistence.migrating.carrying import Carrying
from palier.workers.persistence.migrating.changes import plan
from palier.workers.persistence.migrating.plan import Plan
from palier.workers.persistence.program_tables import known_shape, lock, make


class Refused(ProgramError):
    """A migration that would lose something, or cannot be done."""


@dataclass(frozen=True, slots=True)
class Migration:
    """What was done, or would be: the plan, its SQL, and where what goes is kept."""

    plan: Plan
    sql: tuple[str, ...]
    kept: tuple[str, ...]


class _TakenBack(Exception):
    """It was only tried."""


def migrate_program(
    engine: Engine,
    name: str,
    program: type[Program],
    *,
    apply: bool = False,
    drop: bool = False,
    renames: Sequence[str] = (),
) -> Migration | None:
    """Bring a program's tables to its entities; None where there is nothing to do.

    Without ``apply`` all is done and taken back: what is told is what would be. Raises `Refused`
    where something would be lost without ``drop``, or stands in the way, `ProgramError`, and
    `DatabaseUnavailable`.
    """
    family = family_of_program(program)
    if family is None:
        raise ProgramError(f"The program {name} has no entities: there is nothing to migrate.")
    done: Migration | None = None
    try:
        with answering(), rebuilding(engine) as db:
            family.map(name, db.dialect.name)
            lock(db, name)
            before = known_shape(db, name)
            if before is None:
                if apply:
                    make(db, name, family)
                return None
            found = plan(db, name, family, before, renames=renames)
            if found.empty:
                return None
            if apply and (found.problems or (found.loses and not drop)):
                raise Refused(_why_not(found))
            done = _carried_out(db, found, family)
            if not apply:
                _take_back()
    except _TakenBack:
        pass
    except DBAPIError as error:
        said = " ".join(str(error.orig).split())
        raise ProgramError(f"The tables of {name} cannot be changed: {said}") from error
    return done


def _take_back() -> NoReturn:
    raise _TakenBack


def _why_not(found: Plan) -> str:
    if found.problems:
        return "Nothing was changed. " + " ".join(found.problems)
    losing = " ".join(one.sentence for one in found.changes if one.loses)
    return (
        f"Nothing was changed. {losing} Say --drop to take that out of the tables (it is kept in "
        "tables of its own), or --rename what has another name now."
    )


def _carried_out(db: Connection, found: Plan, family: Family) -> Migration:
    if found.problems:
        return Migration(found, (), ())
    with _heard(db) as said:
        kept = Carrying(db, found, family).go()
    return Migration(found, tuple(said), tuple(kept))


@contextmanager
def _heard(db: Connection) -> Iterator[list[str]]:
    """Note the statements that change something."""
    said: list[str] = []

    def hear(
        _db: object,
        _cursor: object,
        statement: str,
        _values: object,
        _context: object,
        _many: object,
    ) -> None:
        words = " ".join(statement.split())
        if not words.startswith(("SELECT", "PRAGMA", "WITH")) and words not in said:
            said.append(words)

    event.listen(db, "before_cursor_execute", hear)
    try:
        yield said
    finally:
        event.remove(db, "before_cursor_execute", hear)
