"""Keeping a server running: its RabbitMQ and its worker are started again when they die.

Nothing is lost by a death. What a worker had not acknowledged is delivered once more, and programs
go on by replay; what RabbitMQ had confirmed it has on disk, and whoever was connected comes back.
What dies again and again has a reason that starting it does not mend.

All in one thread, and without waiting: whoever keeps something looks at it now and then.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Generator
from pathlib import Path
from typing import Self

from palier.broker.errors import NodeFailed
from palier.broker.node import PrivateNode
from palier.cli.children import Child
from palier.cli.errors import NodeStopped, WorkerStopped

#: What dies more often than this within so many seconds is not started again. A message on which
#: workers die is put aside after four of them.
_DEATHS, _WHILE = 5, 60.0


class _Deaths:
    """Counts deaths, but for those that were asked for."""

    def __init__(self) -> None:
        self._times: deque[float] = deque(maxlen=_DEATHS + 1)
        self._asked = False

    def ask(self) -> None:
        """Expect a death: it has its reason."""
        self._asked = True

    def too_many(self) -> bool:
        """Count one; tell whether it is one too many in a while."""
        if self._asked:
            self._asked = False
            return False
        now = time.monotonic()
        self._times.append(now)
        return len(self._times) > _DEATHS and now - self._times[0] < _WHILE


class KeptNode:
    """A private RabbitMQ, ``node``; a context manager, which starts and stops it.

    It is started again on the same ports: worker and clients know no others.
    """

    def __init__(self, node: PrivateNode) -> None:
        self.node = node
        self._deaths = _Deaths()
        self._starting: Generator[None, None, None] | None = None
        self._died = 0.0

    def __enter__(self) -> Self:
        self.node.start()
        return self

    def __exit__(self, *reason: object) -> None:
        self.node.stop()

    @property
    def well(self) -> bool:
        """Whether it serves; False while it is started again."""
        return self._starting is None and self.node.alive

    def kill(self) -> None:
        """Kill it, on purpose: it is started again by the next looks, however often."""
        self._deaths.ask()
        if self._starting is not None:
            self._starting.close()
            self._starting = None
        self.node.kill()

    def look(self) -> str | None:
        """Start it again if it died, a step a look; return a sentence about it when there is one.

        Raises `NodeStopped` when it died too often.
        """
        if self._starting is not None:
            return self._go_on(self._starting)
        if self.node.alive:
            return None
        if self._deaths.too_many():
            raise NodeStopped(
                f"RabbitMQ has stopped {_DEATHS + 1} times within {_WHILE:g} s, and is not "
                f"started again; its story is in {self.node.log}. What was decided is in the "
                "database: with `palier up` a session goes on where it was."
            )
        self._died = time.monotonic()
        self._starting = self.node.starting(elsewhere=False)
        return f"RabbitMQ has died and is started again; why, {self.node.log} may tell."

    def _go_on(self, starting: Generator[None, None, None]) -> str | None:
        try:
            next(starting)
        except StopIteration:
            self._starting = None
            return f"RabbitMQ is back after {time.monotonic() - self._died:.0f} s."
        except NodeFailed as error:
            self._starting = None
            return str(error)
        return None


class KeptWorker:
    """A worker as a process; a context manager, which stops it."""

    def __init__(self, start: Callable[[], Child]) -> None:
        self._start = start
        self._child = start()
        self._deaths = _Deaths()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self._child.stop()

    @property
    def log(self) -> Path:
        """Where the worker writes what it does."""
        return self._child.log

    def check(self) -> None:
        """Raise `WorkerStopped`, with what it said last, if it has ended."""
        if self._child.code is not None:
            raise WorkerStopped(f"The worker has stopped:\n{self._child.last_words()}")

    def kill(self) -> None:
        """Kill it, on purpose: it is started again by the next look, however often."""
        self._deaths.ask()
        self._child.kill()

    def look(self) -> str | None:
        """Start it again if it died, and return a sentence about it; None while all is well.

        Does not wait until it is ready. Raises `WorkerStopped` when it died too often.
        """
        if self._child.code is None:
            return None
        if self._deaths.too_many():
            raise WorkerStopped(
                f"The worker has stopped {_DEATHS + 1} times within {_WHILE:g} s, and is not "
                f"started again; its whole story is in {self.log}. The last it said:\n"
                f"{self._child.last_words()}"
            )
        self._child.stop()
        self._child = self._start()
        return f"The worker has died and is started again; why, {self.log} may tell."


class KeptServer:
    """A RabbitMQ and a worker that are kept running; in one thread."""

    def __init__(self, node: KeptNode, worker: KeptWorker) -> None:
        self.node = node
        self.worker = worker

    def look(self) -> str | None:
        """Start again what died, and return a sentence about it; None while there is none.

        A look takes a moment. Raises `NodeStopped` or `WorkerStopped` when something died too
        often.
        """
        said = self.node.look()
        if said is None and self.node.well:
            # without RabbitMQ a worker that starts has nothing to do, and ends
            said = self.worker.look()
        return said
