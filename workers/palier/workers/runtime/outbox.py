"""The outbox: what a committed transaction has still to tell, and who tells it.

A parcel stays in the database until it was told; it leaves with a later transaction, so that
telling costs no transaction of its own. A worker that takes over finds the parcels that the other
one did not live to tell, and adopts them ahead of its own.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from sqlalchemy import Connection, Engine

from palier.workers.persistence import record, writer
from palier.workers.runtime.parcel import Item, decode, encode


class Outbox:
    """One partition's parcels. Transactions in one thread; `told` from any."""

    def __init__(self, partition: int) -> None:
        self._partition = partition
        #: Parcels that this worker tells or has told, as long as they are in the database.
        self._mine: set[int] = set()
        self._told: deque[int] = deque()

    @property
    def swept(self) -> bool:
        """Whether no told parcel is left in the database."""
        return not self._told

    def told(self, number: int) -> None:
        """Note that a parcel was told."""
        self._told.append(number)

    @contextmanager
    def transaction(self, engine: Engine) -> Iterator[OutboxTransaction]:
        """Begin a transaction; what is told by now leaves the outbox with it."""
        told = list(self._told)
        taken: set[int] = set()
        try:
            with engine.begin() as db:
                if told:
                    writer.drop_told(db, told)
                yield OutboxTransaction(db, self._partition, self._mine, taken)
        except BaseException:
            # also when the commit itself fails: then nothing of it is ours to tell
            self._mine -= taken
            raise
        for _ in told:
            self._told.popleft()
        self._mine -= set(told)


class OutboxTransaction:
    """The outbox within one transaction, ``db``."""

    def __init__(self, db: Connection, partition: int, mine: set[int], taken: set[int]) -> None:
        self.db = db
        self._partition = partition
        self._mine = mine
        self._taken = taken

    def put(self, items: Sequence[Item]) -> int:
        """Put a parcel of this worker's; return its number."""
        number = writer.put(self.db, partition=self._partition, parcel=encode(items))
        self._take(number)
        return number

    def adopt(self) -> list[tuple[int, list[Item]]]:
        """Return number and items of each parcel that is nobody's, in order: now it is ours."""
        adopted = [
            (number, decode(parcel))
            for number, parcel in record.untold(self.db, self._partition)
            if number not in self._mine
        ]
        for number, _ in adopted:
            self._take(number)
        return adopted

    def _take(self, number: int) -> None:
        self._mine.add(number)
        self._taken.add(number)
