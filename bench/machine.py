"""The machine it was measured on: absolute figures mean nothing without it."""

from __future__ import annotations

import os
import platform
import sqlite3
import time
from contextlib import suppress
from pathlib import Path

from palier.broker.node import PrivateNode

_TICK = os.sysconf("SC_CLK_TCK")

#: How long the disk is tried, in seconds.
_TRIAL = 0.5


def facts(folder: Path) -> dict[str, str | float | int]:
    """Return what to know about this machine; takes half a second, writes in ``folder``."""
    return {
        "cores": os.cpu_count() or 0,
        "processor": _processor(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "load": round(os.getloadavg()[0], 2),
        "syncs_per_second": round(_syncs(folder)),
    }


def rabbitmq_version(node: PrivateNode) -> str:
    """Return the version of a running node; takes a second."""
    return node.control("eval", "rabbit_misc:version().").strip().strip('"')


def _processor() -> str:
    with suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.machine()


def _syncs(folder: Path) -> float:
    """Return how often a second 4 KB can be appended and brought to the disk."""
    path = folder / "trial"
    block = b"\0" * 4096
    count = 0
    with path.open("wb", buffering=0) as file:
        begun = time.perf_counter()
        while (passed := time.perf_counter() - begun) < _TRIAL:
            file.write(block)
            os.fdatasync(file.fileno())
            count += 1
    path.unlink()
    return count / passed


def children() -> set[int]:
    """Return the processes that this one has started."""
    return {
        int(one)
        for file in Path("/proc/self/task").glob("*/children")
        for one in file.read_text().split()
    }


def cpu_of(pid: int | None) -> float:
    """Return the processor seconds of a process and all below it; 0 where there is no /proc."""
    if pid is None:
        return 0.0
    seconds = 0.0
    with suppress(OSError):
        # after the name, which may have spaces: utime and stime are fields 14 and 15
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        seconds = (int(fields[11]) + int(fields[12])) / _TICK
        for task in Path(f"/proc/{pid}/task").glob("*/children"):
            seconds += sum(cpu_of(int(one)) for one in task.read_text().split())
    return seconds
