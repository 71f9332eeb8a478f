"""Scripts run as processes of their own, which never outlive the benchmark.

As in `palier.cli.children`, below a warden; but for any program, not only for Palier's modules.
"""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from palier.broker import warden

#: Seconds to stop by itself, and in all.
_PATIENCE, _LIMIT = 5, 20


class DidNotStart(Exception):
    """A process ended, or was not ready in time; says what it said last."""


@contextmanager
def process(
    command: Sequence[str | Path],
    *,
    log: Path,
    ready: Callable[[], bool],
    environment: Mapping[str, str] | None = None,
    deadline: float = 30.0,
) -> Iterator[int]:
    """Run a program, yield the pid of its warden once it is ready, stop it in the end."""
    with log.open("ab") as output:
        running = subprocess.Popen(
            [sys.executable, "-IS", warden.__file__, str(_PATIENCE), *map(str, command)],
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=subprocess.STDOUT,
            env={**os.environ, **(environment or {})},
            start_new_session=True,  # Ctrl-C is for the benchmark, which stops them in order
        )
    try:
        _wait(running, ready, log=log, deadline=deadline)
        yield running.pid
    finally:
        assert running.stdin is not None
        running.stdin.close()
        try:
            running.wait(_LIMIT)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait()


def _wait(
    running: subprocess.Popen[bytes], ready: Callable[[], bool], *, log: Path, deadline: float
) -> None:
    end = time.monotonic() + deadline
    while not ready():
        if running.poll() is not None or time.monotonic() > end:
            said = log.read_text(errors="replace").strip().splitlines()[-5:]
            raise DidNotStart("\n".join([f"not ready after {deadline:g} s, see {log}:", *said]))
        time.sleep(0.05)
