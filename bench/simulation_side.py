"""W6: a program played in memory by bots, as its tests and `palier simulate` play it."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from pathlib import Path

from figures import SimulationRow

from palier.program.testing.simulation import WORTH_A_PROCESS, Plan, simulate

PROGRAM = Path(__file__).parents[1] / "programs" / "public_goods"

_WARM_UP = 20


class Failed(Exception):
    """A session did not come to its end: the measurement is worth nothing."""


def measure(sessions: int, *, repetitions: int, say: Callable[[str], None]) -> list[SimulationRow]:
    """Return how many sessions a second are played, in one process and in one a processor."""
    plan = Plan(folder=PROGRAM, seats=4, settings={"rounds": 10})
    simulate(plan, seeds=range(_WARM_UP))
    rows = []
    # a process more is not worth its start for a few sessions
    several = min(os.cpu_count() or 1, sessions // WORTH_A_PROCESS)
    for processes in dict.fromkeys((1, max(1, several))):
        rates = []
        for repetition in range(1, repetitions + 1):
            say(f"{sessions} sessions in memory, {processes} at once, {repetition}")
            began = time.perf_counter()
            found = simulate(plan, seeds=range(sessions), processes=processes)
            rates.append(sessions / (time.perf_counter() - began))
            if found.failed or len(found.rows) != 4 * sessions:
                raise Failed(f"{len(found.failed)} sessions failed")
        rows.append(SimulationRow(processes=processes, rates=tuple(rates)))
    return rows
