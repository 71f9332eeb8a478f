"""Workers as processes of their own, as they run in earnest, and what can be done to them."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.brokers import PATIENCE, Real, until
from tests.laboratory import PROGRAMS, SECRETS, Laboratory

#: Seconds in which a worker takes commands, also where RabbitMQ has lost their queue.
_STARTS = 90.0


class WorkerProcess:
    """A worker's process; `working_process` starts it."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path, health: Path) -> None:
        self.process = process
        self.health = health
        self._log = log

    @property
    def name(self) -> str:
        """What its connections begin with."""
        return f"worker {socket.gethostname()}/{self.process.pid}"

    @property
    def said(self) -> str:
        """What it has logged."""
        return self._log.read_text(errors="replace")

    @property
    def stopped(self) -> bool:
        """Whether it is stopped by a signal (Linux)."""
        stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        return stat.rpartition(")")[2].split()[0] == "T"

    async def ready(self) -> None:
        """Wait until it takes commands, or stands by."""
        await until(
            lambda: self.health.exists() or self.process.returncode is not None, deadline=_STARTS
        )
        assert self.process.returncode is None, self.said

    def kill(self) -> None:
        """End it without a word."""
        self.process.send_signal(signal.SIGKILL)

    def stop(self) -> None:
        """Let it stand still, with everything that it holds."""
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on as if nothing had been."""
        self.process.send_signal(signal.SIGCONT)

    async def end(self) -> int:
        """Ask it to end; return its exit code."""
        self.process.send_signal(signal.SIGTERM)
        return await asyncio.wait_for(self.process.wait(), PATIENCE)


@asynccontextmanager
async def working_process(
    laboratory: Laboratory,
    *,
    amqp: tuple[str, int] | None = None,
    database: str | None = None,
    programs: Sequence[Path] = (PROGRAMS,),
    environment: Mapping[str, str] | None = None,
) -> AsyncIterator[WorkerProcess]:
    """Start a worker as it is started in earnest, and wait for it; it is killed in the end.

    ``amqp`` (host, port) and ``database`` (URL) are for a worker that gets there by a wire.
    """
    server = laboratory.server
    assert isinstance(server, Real)
    address = server.address
    host, port = amqp or (address.host, address.port)
    with tempfile.TemporaryDirectory(prefix="palier-worker-") as folder:
        log, health = Path(folder, "log"), Path(folder, "health")
        settings = {
            "PALIER_AMQP": f"amqp://{address.user}:{address.password}@{host}:{port}/palier",
            "PALIER_MANAGEMENT": server.management,
            "PALIER_DATABASE": database or laboratory.database.url,
            "PALIER_PROGRAMS": os.pathsep.join(map(str, programs)),
            "PALIER_OPERATOR_PASSWORD": SECRETS.operator,
            "PALIER_ROOM_PASSWORD": SECRETS.room,
            "PALIER_HEALTH_FILE": str(health),
        }
        inherited = {
            name: one for name, one in os.environ.items() if not name.startswith("PALIER_")
        }
        process = await _start(log, {**inherited, **settings, **(environment or {})})
        worker = WorkerProcess(process, log, health)
        try:
            await worker.ready()
            yield worker
        finally:
            with suppress(ProcessLookupError):
                process.kill()  # also when it is stopped
            await process.wait()


async def _start(log: Path, environment: Mapping[str, str]) -> asyncio.subprocess.Process:
    output = os.open(log, os.O_WRONLY | os.O_CREAT)
    try:
        return await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "palier.workers"), env=environment, stderr=output
        )
    finally:
        os.close(output)
