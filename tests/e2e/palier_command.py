"""The command `palier` as a person runs it: in a process and a terminal's group of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeVar

import pytest

from palier.cli.__main__ import main

ROOT = Path(__file__).parents[2]
PALIER = [sys.executable, "-m", "palier.cli"]

#: Seconds after which what a test waits for will not come any more.
PATIENCE = 60.0

T = TypeVar("T")


def until(condition: Callable[[], T], *, what: str, deadline: float = PATIENCE) -> T:
    """Return what the condition returns once it is true."""
    end = time.monotonic() + deadline
    while not (result := condition()):
        assert time.monotonic() < end, f"not within {deadline:g} s: {what}"
        time.sleep(0.02)
    return result


def environment(**more: str) -> dict[str, str]:
    """Return ours, without a display and without anything that leads to a server."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PALIER_") and name not in {"DISPLAY", "WAYLAND_DISPLAY"}
    }
    return {**kept, "COLUMNS": "80", "PALIER_PROGRAMS": str(ROOT / "programs"), **more}


class Done:
    """A command that has ended."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code = code
        self.out = out
        self.err = err

    def __repr__(self) -> str:
        return f"exit code {self.code}\n--- out\n{self.out}\n--- err\n{self.err}"

    def json(self) -> Any:
        """Return what it printed, as a script would read it."""
        assert self.code == 0, self
        return json.loads(self.out)

    @property
    def sentence(self) -> str:
        """Return the one line in which it says what went wrong; nothing else is on stderr."""
        assert self.code == 1, self
        lines = self.err.strip().splitlines()
        assert len(lines) == 1, self
        assert lines[0].startswith("palier: "), self
        return lines[0].removeprefix("palier: ")


def palier(*arguments: object, **more: str) -> Done:
    """Run a command to its end, without a display; ``more`` goes to its environment."""
    with running(*arguments, **more) as command:
        return command.wait()


def palier_here(*arguments: object, **more: str) -> Done:
    """Run a command in this process: sooner, where only its words matter."""
    out, err = StringIO(), StringIO()
    signals = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    handlers = {one: signal.getsignal(one) for one in signals}
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr(sys, "argv", ["palier", *map(str, arguments)])
        for name in os.environ.keys() - (given := environment(**more)).keys():
            patch.delenv(name)
        for name, value in given.items():
            patch.setenv(name, value)
        try:
            main()
        except SystemExit as end:
            return Done(int(end.code or 0), out.getvalue(), err.getvalue())
        finally:
            for one, handler in handlers.items():
                signal.signal(one, handler)
    raise AssertionError("a command ends with an exit code")


class Running:
    """A command that runs: what it has said until now, and the signals it can be sent."""

    def __init__(self, process: subprocess.Popen[bytes], out: Path, err: Path) -> None:
        self.process = process
        self._out = out
        self._err = err

    @property
    def out(self) -> str:
        return self._out.read_text()

    @property
    def err(self) -> str:
        return self._err.read_text()

    def says(self, words: str) -> None:
        """Wait until it has said these words, on either output."""

        def said() -> bool:
            assert self.process.poll() is None or words in self.out + self.err, self.done()
            return words in self.out + self.err

        until(said, what=f"it says {words!r}")

    def interrupt(self) -> None:
        """Press Ctrl-C: the terminal tells every process of its group."""
        os.killpg(self.process.pid, signal.SIGINT)

    def wait(self, *, deadline: float = 50.0) -> Done:
        self.process.wait(deadline)
        return self.done()

    def done(self) -> Done:
        return Done(self.process.returncode, self.out, self.err)


@contextmanager
def running(*arguments: object, **more: str) -> Iterator[Running]:
    """Start a command; when the test is over it is over too."""
    # outside of any folder that a test looks into
    with TemporaryDirectory(prefix="palier-said-") as folder:
        out, err = Path(folder, "out"), Path(folder, "err")
        with out.open("wb") as to_out, err.open("wb") as to_err:
            process = subprocess.Popen(
                [*PALIER, *map(str, arguments)],
                stdin=subprocess.DEVNULL,
                stdout=to_out,
                stderr=to_err,
                env=environment(**more),
                start_new_session=True,
            )
        try:
            yield Running(process, out, err)
        finally:
            with suppress(ProcessLookupError):
                process.terminate()
            try:
                process.wait(40)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


# -- processes ----------------------------------------------------------------------------------


def processes_of(folder: Path, *, having: str = "") -> Mapping[int, str]:
    """Return the processes that name a folder in their command or environment.

    With ``having``, only those with these words in their command.
    """
    mark = str(folder).encode()
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            command = (entry / "cmdline").read_bytes()
            named = mark in command or mark in (entry / "environ").read_bytes()
            words = command.replace(b"\0", b" ").decode(errors="replace").strip()
            # what has ended and is not reaped yet has no command any more
            if named and words and having in words:
                found[int(entry.name)] = words
    return {pid: words for pid, words in found.items() if pid != os.getpid()}


def worker_of(folder: Path) -> int:
    """Return the worker itself, not its warden."""

    def alone() -> list[int]:
        return [
            pid
            for pid, words in processes_of(folder, having="-m palier.workers").items()
            if "warden" not in words
        ]

    (pid,) = until(alone, what="the worker runs")
    return pid


def nothing_is_left_of(folder: Path, *, deadline: float = 3.0) -> None:
    """Wait until no process names the folder any more."""
    end = time.monotonic() + deadline
    while left := processes_of(folder):
        assert time.monotonic() < end, left
        time.sleep(0.05)
