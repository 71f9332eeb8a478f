"""An author's transaction within a worker's, where the database has something against it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm.exc import StaleDataError

from palier.program.entities.work import OnConnection
from palier.workers.errors import Fenced
from palier.workers.persistence.patience import outage


class Within(OnConnection):
    """A unit of work that tells an author's mistake from what is nobody's fault."""

    def failed(self, function: Callable[..., Any], error: SQLAlchemyError) -> Exception:
        """Return `DatabaseUnavailable` or `Fenced` where the batch is to be tried again."""
        if isinstance(error, StaleDataError):
            return Fenced(f"A row was changed elsewhere meanwhile: {error}")
        return outage(error) or super().failed(function, error)
