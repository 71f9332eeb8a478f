"""Runs the private node as its child, and sees to it that nothing of it outlives us.

``python warden.py <seconds> <program> <arguments...>``, as a script of its own that needs nothing
but the standard library. Standard input is a pipe whose other end the owner holds: when it closes,
because the owner said so or was killed, the program is asked to stop (SIGTERM), after so many
seconds killed, and then every process that descends from it. That includes epmd, which makes
itself a daemon: on Linux the warden is the one that adopts orphans. Elsewhere such a daemon is
left, without harm. An owner that writes a ``!`` first wants the program killed at once, and not
asked.
"""

from __future__ import annotations

import ctypes
import os
import select
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

_PR_SET_PDEATHSIG = 1
_PR_SET_CHILD_SUBREAPER = 36

_LOOK = 0.2

#: What an owner writes to end the program without patience.
AT_ONCE = b"!"


def _prctl(option: int, argument: int) -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, argument, 0, 0, 0)


def _die_with_the_warden() -> None:
    # runs in the child; safe here, since the warden has one thread and it lives as long as we do
    _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)


def _descendants() -> set[int]:
    """Return the processes below this one; none where there is no /proc."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError, ValueError, IndexError):
            # the name, in parentheses, may have spaces and parentheses of its own
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
    below = {os.getpid()}
    while more := {pid for pid, parent in parents.items() if parent in below} - below:
        below |= more
    return below - {os.getpid()}


def _reap(*, but: int) -> None:
    """Take note of the adopted children that have ended; ``but`` one, whose code is awaited."""
    with suppress(ChildProcessError):
        while ended := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT):
            if ended.si_pid == but:
                return
            os.waitpid(ended.si_pid, 0)


def _kill_the_rest() -> None:
    end = time.monotonic() + 5
    while (rest := _descendants()) and time.monotonic() < end:
        for pid in rest:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(_LOOK / 10)
        _reap(but=0)


def main() -> int:
    """Run until the program ends or standard input closes; returns the program's code."""
    patience = float(sys.argv[1])
    _prctl(_PR_SET_CHILD_SUBREAPER, 1)
    for ignored in (signal.SIGINT, signal.SIGHUP):
        signal.signal(ignored, signal.SIG_IGN)
    program = subprocess.Popen(  # noqa: S603 - the owner says which
        sys.argv[2:],
        stdin=subprocess.DEVNULL,
        preexec_fn=_die_with_the_warden,  # noqa: PLW1509 - there is one thread
    )
    signal.signal(signal.SIGTERM, lambda *_: os.close(0))
    asked = False
    while program.poll() is None:
        if not asked and (word := _last_word()) is not None:
            asked = True
            end = time.monotonic()
            if word != AT_ONCE:
                program.terminate()
                end += patience
        if asked and time.monotonic() > end:
            program.kill()
        if asked:
            time.sleep(_LOOK / 10)
        _reap(but=program.pid)
    _kill_the_rest()
    return program.returncode


def _last_word() -> bytes | None:
    """Return what the owner said when it went, nothing or `AT_ONCE`; None while it is there."""
    try:
        ready, _, _ = select.select([0], [], [], _LOOK)
        return os.read(0, 1) if ready else None
    except (OSError, ValueError):
        return b""


if __name__ == "__main__":
    sys.exit(main())
