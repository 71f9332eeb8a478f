"""The tables of programs: made when a session is first opened, compared when one is conducted."""

from __future__ import annotations

import zlib
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, select, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.schema import CreateSchema

from palier.program.entities.family import Family
from palier.program.entities.found import family_of_program
from palier.program.entities.shape import Shape, differences, shape_of
from palier.program.errors import ProgramError
from palier.program.program import Program
from palier.workers.persistence.fitting import Unfit
from palier.workers.persistence.patience import outage
from palier.workers.persistence.tables import program_schema


def fit_tables(db: Connection, name: str, program: type[Program]) -> None:
    """Let a program's entities be the rows of its tables, which are made where there are none.

    Within the transaction of ``db``. Raises `Unfit`, which says what differs and what to do, and
    `ProgramError`.
    """
    family = family_of_program(program)
    if family is None:
        return
    family.map(name, db.dialect.name)
    shape = shape_of(family)
    kept = known_shape(db, name)
    if kept is None:
        lock(db, name)
        kept = known_shape(db, name)
    if kept is None:
        make(db, name, family)
    elif kept != shape:
        raise Unfit(
            f"The entities of {name} no longer fit its tables: {' '.join(differences(kept, shape))}"
            f" See what would be done with `palier program migrate {name}`, and do it with --apply."
        )


def known_shape(db: Connection, name: str) -> Shape | None:
    """Return what a program's tables were made for, None where it has none yet."""
    found: Shape | None = db.execute(
        select(program_schema.c.shape).where(program_schema.c.program == name)
    ).scalar()
    return found


def lock(db: Connection, name: str) -> None:
    """Let nobody else change the tables of this program until the transaction ends."""
    if db.dialect.name == "postgresql":
        key = zlib.crc32(f"palier program {name}".encode())
        db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": key})


def make(db: Connection, name: str, family: Family) -> None:
    """Make a program's tables, and remember what for; raises `ProgramError`."""

    def made() -> None:
        if family.metadata.schema is not None:
            db.execute(CreateSchema(family.metadata.schema, if_not_exists=True))
        family.metadata.create_all(db)
        remember(db, name, family)

    carefully(db, f"The tables of {name} cannot be made", made)


def carefully(db: Connection, failed: str, change: Callable[[], Any]) -> None:
    """Make a change as a whole or not at all; raises `ProgramError` that begins with ``failed``."""
    try:
        with db.begin_nested():
            change()
    except DBAPIError as error:
        gone = outage(error)
        if gone is not None:
            raise gone from error
        raise ProgramError(f"{failed}: {' '.join(str(error.orig).split())}") from error


def remember(db: Connection, name: str, family: Family) -> None:
    """Note what a program's tables are made for now."""
    db.execute(program_schema.delete().where(program_schema.c.program == name))
    db.execute(
        program_schema.insert().values(program=name, shape=shape_of(family), at=datetime.now(UTC))
    )
