"""An author's transactions within a worker's: what is nobody's fault is tried again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError

from palier.program.entities.work import OnConnection
from palier.workers.errors import Fenced
from palier.workers.persistence.patience import outage


class Transactions(OnConnection):
    """A unit of work on the connection of a batch: committed with it, or not at all.

    Raises `DatabaseUnavailable` and `Fenced` besides: then the batch is tried again.
    """

    def failed(self, function: Callable[..., Any], error: SQLAlchemyError) -> Exception:
        """Tell an author's mistake from a database that is gone, and from somebody faster."""
        if isinstance(error, StaleDataError):
            return Fenced(f"A row was changed elsewhere meanwhile: {error}")
        return outage(error) or super().failed(function, error)
