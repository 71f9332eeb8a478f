"""Processes that are started again when they die, as `palier up` and docker compose do."""

from __future__ import annotations

import asyncio
import ctypes
import os
import signal
import sys
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self

#: Seconds after which a dead process is noticed: `palier up` looks as often.
_LOOK = 0.5

#: Seconds in which a process ends that was asked to.
_PATIENCE = 15.0

_PR_SET_PDEATHSIG = 1


def _die_with_the_campaign() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class Kept:
    """A Python module as a process, started again until it ends well; an async context manager.

    With ``forever`` it is started again though it has ended well.
    An end that nobody ordered by SIGKILL is counted: in `refusals` when it said why in a sentence
    of its own (``palier worker: ...``), in `crashes` when it did not.
    """

    def __init__(
        self,
        name: str,
        module: str,
        *arguments: str,
        environment: Mapping[str, str],
        log: Path,
        forever: bool = False,
    ) -> None:
        self.name = name
        self.starts = 0
        self.refusals = 0
        self.crashes: list[str] = []
        self.ended = asyncio.Event()
        self._module = module
        self._arguments = arguments
        self._environment = environment
        self._log = log
        self._forever = forever
        self._process: asyncio.subprocess.Process | None = None
        self._keeping: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        await self._start()
        self._keeping = asyncio.create_task(self._keep())
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self.stop()

    @property
    def running(self) -> bool:
        """Whether it lives now."""
        return self._process is not None and self._process.returncode is None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal, if it lives."""
        if self._process is not None and self.running:
            with suppress(ProcessLookupError):
                self._process.send_signal(number)

    def say(self, line: str) -> None:
        """Write a line to its standard input, if it lives."""
        if self._process is not None and self.running:
            assert self._process.stdin is not None
            self._process.stdin.write(f"{line}\n".encode())

    async def stop(self) -> None:
        """End it and start it no more."""
        if self._keeping is not None:
            self._keeping.cancel()
            await asyncio.wait({self._keeping})
        if self._process is None or not self.running:
            return
        self.signal(signal.SIGCONT)
        self.signal(signal.SIGTERM)
        try:
            code = await asyncio.wait_for(self._process.wait(), _PATIENCE)
        except TimeoutError:
            self.signal(signal.SIGKILL)
            await self._process.wait()
            self.crashes.append(f"{self.name} did not end when it was asked to")
        else:
            if code != -signal.SIGTERM:
                self._note_end(code)

    def _note_end(self, code: int) -> None:
        if code in {0, -signal.SIGKILL}:
            return
        lines = self._log.read_text(errors="replace").strip().splitlines()
        last = lines[-1] if lines else "nothing"
        if code > 0 and last.startswith("palier "):
            self.refusals += 1
        else:
            self.crashes.append(f"{self.name} ended with {code} and said last: {last}")

    async def _start(self) -> None:
        self.starts += 1
        with self._log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", self._module, *self._arguments),
                stdin=asyncio.subprocess.PIPE,
                stdout=log,
                stderr=log,
                env={**os.environ, **self._environment},
                start_new_session=True,  # Ctrl-C is for the campaign
                preexec_fn=_die_with_the_campaign,
            )

    async def _keep(self) -> None:
        while True:
            assert self._process is not None
            code = await self._process.wait()
            if code == 0 and not self._forever:
                self.ended.set()
                return
            self._note_end(code)
            await asyncio.sleep(_LOOK)
            await self._start()
