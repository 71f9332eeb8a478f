"""The database of the transaction that is under way, for entities to be used in."""

from __future__ import annotations

from contextvars import ContextVar
from typing import TYPE_CHECKING

from palier.program.errors import ProgramError

if TYPE_CHECKING:
    from sqlalchemy.orm import Session as Db

#: SQLAlchemy's session; here it is only ever called db.
CURRENT: ContextVar[Db | None] = ContextVar("db", default=None)


class OutsideTransaction(ProgramError, AttributeError):
    """An entity is used where no transaction is under way."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"{what} is used outside of a transaction: put what you do with it in a function, and "
            "`await session.transaction(function)`; what else you need, let the function return."
        )


def current(what: str) -> Db:
    """Return the database of the transaction; raises `ProgramError` where there is none."""
    db = CURRENT.get()
    if db is None:
        raise OutsideTransaction(what)
    return db
