"""The original stack: Twisted Perspective Broker and SQLAlchemy, on the same machine.

Twisted is no dependency of Palier's: uv brings it into an environment of its own for the benchmark
alone, and where it cannot the comparison is left out.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import os
import shutil
import subprocess
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version
from pathlib import Path

from contestant import Contestant
from figures import (
    BarrierShape,
    Figures,
    Shape,
    SubmitsShape,
    WrongCount,
    of_barrier,
    of_submits,
)
from machine import cpu_of
from process import process

_HERE = Path(__file__).parent

#: Seconds for one measurement, and for uv to bring Twisted.
_DEADLINE, _PATIENCE = 120.0, 120.0

#: With more seats a generation of this one takes a second and tells nothing new.
_MOST_SEATS = 100


class Missing(Exception):
    """Twisted cannot be had here; says why."""


def find_python() -> list[str]:
    """Return the words that run a Python with Twisted and our SQLAlchemy; raises `Missing`.

    Takes seconds, the first time longer.
    """
    uv = os.environ.get("UV") or shutil.which("uv")
    own = Path(os.environ.get("XDG_DATA_HOME", Path.home() / ".local/share")) / "palier/uv/bin/uv"
    if own.exists():
        uv = str(own)
    if uv is None:
        raise Missing("uv is not on the PATH")
    needed = ("twisted>=24", f"sqlalchemy=={version('sqlalchemy')}", "psycopg[binary]>=3.2")
    python = [
        *(uv, "run", "--no-project", "--quiet", "--python", sys.executable),
        *(word for one in needed for word in ("--with", one)),
        "python",
    ]
    try:
        done = subprocess.run(
            [*python, "-c", "import twisted.spread.pb"],
            check=False,
            capture_output=True,
            text=True,
            timeout=_PATIENCE,
        )
    except subprocess.TimeoutExpired:
        raise Missing("uv took too long") from None
    if done.returncode:
        raise Missing(f"uv could not bring Twisted: {done.stderr.strip()[-200:]}")
    return python


class OriginalSide(Contestant):
    """Perspective Broker; its clients run in a process of their own."""

    name = "original"

    def __init__(self, python: list[str], *, port: int, pid: int) -> None:
        self._python = python
        self._port = port
        self._pid = pid
        self._runs = (f"run{number}" for number in itertools.count(1))

    def takes(self, shape: Shape) -> bool:
        """See `Contestant`."""
        few = not isinstance(shape, BarrierShape) or shape.seats <= _MOST_SEATS
        return super().takes(shape) and few

    async def barrier(self, shape: BarrierShape) -> Figures:
        """See `Contestant`; the processor time is without the warm-up's share."""
        before = cpu_of(self._pid)
        seconds, latencies, results = await self._clients(
            "barrier", shape.seats, shape.generations, shape.warm_up
        )
        rounds = shape.generations + shape.warm_up
        if results != shape.seats * rounds:
            raise WrongCount(f"{results} results of the original stack")
        cpu = (cpu_of(self._pid) - before) * shape.generations / rounds
        return of_barrier(shape, seconds=seconds, latencies=latencies, cpu=cpu)

    async def submits(self, shape: SubmitsShape) -> Figures:
        """See `Contestant`."""
        before = cpu_of(self._pid)
        seconds, _, results = await self._clients(
            "submits", shape.senders, shape.outstanding, shape.each, shape.laps
        )
        if results != shape.count:
            raise WrongCount(f"{results} results of the original stack")
        return of_submits(shape, seconds=seconds, cpu=cpu_of(self._pid) - before)

    async def _clients(self, *arguments: str | int) -> tuple[float, list[float], int]:
        running = await asyncio.create_subprocess_exec(
            *self._python,
            str(_HERE / "original_clients.py"),
            *map(str, (self._port, next(self._runs), *arguments)),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        try:
            async with asyncio.timeout(_DEADLINE):
                said, complaints = await running.communicate()
        finally:
            if running.returncode is None:
                running.terminate()  # uv passes it on
                await running.wait()
        if not said:
            raise WrongCount(complaints.decode(errors="replace").strip()[-300:])
        measured = json.loads(said)
        return measured["seconds"], measured["latencies"], measured["results"]


@asynccontextmanager
async def original_side(
    python: list[str], *, folder: Path, database: str
) -> AsyncIterator[OriginalSide]:
    """Run the original stack's server; yield the contestant."""
    log = folder / f"original-{database.partition(':')[0]}.log"
    url = database.replace("postgresql:", "postgresql+psycopg:")
    command = [*python, str(_HERE / "original_server.py")]

    def ready() -> bool:
        return log.read_text().strip().isdecimal()

    with process(command, log=log, ready=ready, environment={"BENCH_DATABASE": url}) as pid:
        yield OriginalSide(python, port=int(log.read_text()), pid=pid)
