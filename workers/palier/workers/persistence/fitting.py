"""Whether a program fits its tables: asked for every session, at no cost where there are none."""

from __future__ import annotations

import sys

from sqlalchemy import Connection

from palier.program.errors import ProgramError
from palier.program.program import Program


class Unfit(ProgramError):
    """A program's entities are not what its tables were made for."""


def fit(db: Connection, name: str, program: type[Program]) -> None:
    """Let a program's entities be the rows of its tables, which are made where there are none.

    Within the transaction of ``db``. Raises `Unfit`, which says what differs and what to do, and
    `ProgramError`.
    """
    if "palier.program.entities" not in sys.modules:
        return
    from palier.workers.persistence.program_tables import fit_tables

    fit_tables(db, name, program)
