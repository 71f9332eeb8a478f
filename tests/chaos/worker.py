"""A worker that can be told to die at a moment of its work: ``python -m tests.chaos.worker FILE``.

It is `palier.workers` as it is started in earnest, seen through two of its seams: the transport
and the engine. When FILE says so the first worker that comes to the moment kills itself (SIGKILL):

``before-commit``
    an answer is written and not yet committed
``after-commit``
    it is committed, and nobody was told
``after-release``
    the same, of an answer that was the last to come and opened a barrier
``before-ack``
    everybody was told, and RabbitMQ does not know: it will deliver the batch again

A second argument plants a fault: `tests.chaos.planted.workers`.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from sqlalchemy import Connection as Database
from sqlalchemy import event

from palier.broker.transport import (
    Account,
    Connection,
    Delivery,
    Outcome,
    Publication,
    Transport,
)
from palier.workers import __main__ as palier_worker
from palier.workers.runtime.worker import Surroundings
from tests.chaos.passing import Passing
from tests.chaos.planted import workers as planted


class Fate:
    """When to die: a word in a file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def comes(self, moment: str) -> None:
        """Die, if this is the moment."""
        try:
            if self._file.read_text() != moment:
                return
            self._file.unlink()
        except FileNotFoundError:
            return  # nobody is to die, or another worker was faster
        os.kill(os.getpid(), signal.SIGKILL)


class _Mortal(Passing):
    """A connection on which the fate may come."""

    def __init__(self, inner: Connection, fate: Fate) -> None:
        super().__init__(inner)
        self._fate = fate

    async def publish(
        self, publications: Sequence[Publication], *, deadline: float = 10.0
    ) -> list[Outcome]:
        # replies to questions and hints of progress follow no commit of a decision
        kinds = {one.properties.kind for one in publications}
        if "released.v1" in kinds:
            self._fate.comes("after-release")
        if kinds & {"submitted.v1", "released.v1"}:
            self._fate.comes("after-commit")
        return await super().publish(publications, deadline=deadline)

    def ack(self, delivery: Delivery, *, multiple: bool = False) -> None:
        if delivery.properties.kind == "submit.v1":
            self._fate.comes("before-ack")
        super().ack(delivery, multiple=multiple)


class _MortalTransport(Transport):
    def __init__(self, inner: Transport, fate: Fate) -> None:
        self._inner = inner
        self._fate = fate

    async def connect(self, account: Account, *, deadline: float = 10.0) -> Connection:
        return _Mortal(await self._inner.connect(account, deadline=deadline), self._fate)


def mortal(wire: Callable[..., Surroundings], fate: Fate) -> Callable[..., Surroundings]:
    """Return what wires a worker so that its fate can come."""

    def wired(settings: Any) -> Surroundings:
        given = wire(settings)
        #: Transactions in which an answer is written, by the identity of their connection.
        deciding: set[int] = set()

        def beginning(db: Database) -> None:
            deciding.discard(id(db))

        def stating(db: Database, _cursor: Any, statement: str, *_: Any) -> None:
            if statement.startswith("INSERT INTO arrival"):
                deciding.add(id(db))

        def committing(db: Database) -> None:
            if id(db) in deciding:
                fate.comes("before-commit")

        event.listen(given.engine, "begin", beginning)
        event.listen(given.engine, "before_cursor_execute", stating)
        event.listen(given.engine, "commit", committing)
        return replace(given, transport=_MortalTransport(given.transport, fate))

    return wired


def main(arguments: list[str]) -> int:
    """Run; return the exit code."""
    file, *faults = arguments
    palier_worker.surroundings = mortal(palier_worker.surroundings, Fate(Path(file)))
    for one in faults:
        planted.FAULTS[one]()
    return palier_worker.main([])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
