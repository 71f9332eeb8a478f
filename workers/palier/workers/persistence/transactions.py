"""An author's transactions within a worker's: what is nobody's fault is tried again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from palier.program.transactions import UnitOfWork


class Transactions:
    """A unit of work on the connection of a batch: committed with it, or not at all.

    Raises `DatabaseUnavailable` and `Fenced` besides what a `UnitOfWork` raises: then the batch is
    tried again. What it needs is imported with the first transaction.
    """

    def __init__(self, db: Connection) -> None:
        self._db = db

    @cached_property
    def _unit(self) -> UnitOfWork:
        from palier.workers.persistence.program_work import Within

        return Within(self._db)

    def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Return what a function returns, as JSON; where it raises, it has changed nothing."""
        return self._unit.run(function, *arguments)

    @contextmanager
    def as_one(self) -> Iterator[None]:
        """Undo the transactions of what is within, where that raises."""
        if "palier.program.entities" not in sys.modules:
            # there are none
            yield
            return
        with self._unit.as_one():
            yield
