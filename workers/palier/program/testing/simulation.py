"""Playing a program many times: what it pays, to whom, and which seeds it fails with."""

from __future__ import annotations

import statistics
import traceback
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import cycle
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Literal, TypeAlias

from palier.program.bots import chosen
from palier.program.testing.loading import load, load_bots
from palier.program.testing.playing import play
from palier.program.testing.result import Result

#: What payoffs are compared by.
By: TypeAlias = Literal["all", "seat", "role", "treatment"]

#: Sessions below which another process costs more than it brings.
WORTH_A_PROCESS = 250


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """One seat of one session, at its end."""

    seed: int
    seat: str
    role: str
    treatment: str
    payoff: Decimal
    #: In money, where the program pays any.
    payment: Decimal | None
    stages: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failed:
    """A session that could not be played to its end: its seed plays it again."""

    seed: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What some seats have earned; ``sd`` is the sample's, 0 of a single one."""

    by: str
    count: int
    mean: float
    sd: float
    minimum: Decimal
    maximum: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be played: the program in a folder, with which seats, settings and bots."""

    folder: Path
    seats: int | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    strategies: str | None = None


@dataclass(frozen=True, slots=True)
class Simulation:
    """What came of many sessions, in the order of their seeds."""

    rows: tuple[Simulated, ...]
    failed: tuple[Failed, ...]

    def by(self, what: By) -> list[Summary]:
        """Return what was earned by seat, role or treatment, in the order in which they come."""
        return [_summary(name, payoffs) for name, payoffs in self.payoffs(what).items()]

    def payoffs(self, what: By) -> dict[str, list[Decimal]]:
        """Return all payoffs by seat, role or treatment."""
        found: defaultdict[str, list[Decimal]] = defaultdict(list)
        for one in self.rows:
            found["all" if what == "all" else getattr(one, what)].append(one.payoff)
        return dict(found)


def simulate(plan: Plan, *, seeds: Sequence[int], processes: int = 1) -> Simulation:
    """Play a session for each seed, in so many processes; blocks.

    Raises what keeps a program from being loaded; what a session raises is in its `Failed`.
    """
    load(plan.folder), chosen(load_bots(plan.folder), plan.strategies)
    useful = max(1, min(processes, len(seeds) // WORTH_A_PROCESS))
    if useful == 1:
        return _joined([_some(plan, seeds)])
    # forking what may have threads is asking for trouble, and not to be had everywhere
    with ProcessPoolExecutor(useful, mp_context=get_context("spawn")) as pool:
        parts = [seeds[at::useful] for at in range(useful)]
        return _joined(pool.map(_some, [plan] * useful, parts))


def _some(plan: Plan, seeds: Sequence[int]) -> Simulation:
    program = load(plan.folder)
    turns = chosen(load_bots(plan.folder), plan.strategies)
    rows: list[Simulated] = []
    failed: list[Failed] = []
    for seed in seeds:
        seats = plan.seats or program.group_size or 1
        names = [f"p{number}" for number in range(1, seats + 1)]
        try:
            result = play(
                program,
                seats=names,
                settings=plan.settings,
                seed=seed,
                bots=dict(zip(names, cycle(turns), strict=False)),
            )
        except Exception as error:  # noqa: BLE001 - an author's code raises what it likes
            reason = f"{type(error).__name__}: {error}{_place(error, plan.folder)}"
            failed.append(Failed(seed=seed, reason=reason))
        else:
            rows += _rows(result)
    return Simulation(tuple(rows), tuple(failed))


def _place(error: Exception, folder: Path) -> str:
    """Return where in the program's file it arose, as `` (program.py:12)``; or nothing."""
    path = (folder / "program.py").resolve()
    lines = [
        one.lineno
        for one in traceback.extract_tb(error.__traceback__)
        if Path(one.filename).resolve() == path
    ]
    return f" ({path.name}:{lines[-1]})" if lines else ""


def _rows(result: Result) -> Iterator[Simulated]:
    treatments = {
        seat: treatment
        for shown in result.stages
        if (treatment := result.treatments.get(shown.group))
        for seat in shown.seats
    }
    for one in result.participants:
        money = result.payments.get(one.seat)
        yield Simulated(
            seed=result.seed,
            seat=one.seat,
            role=one.role,
            treatment=treatments.get(one.seat, ""),
            payoff=result.payoffs[one.seat],
            payment=None if money is None else money.amount,
            stages=len(result.stages),
        )


def _joined(parts: Iterable[Simulation]) -> Simulation:
    found = list(parts)
    return Simulation(
        tuple(sorted((row for one in found for row in one.rows), key=lambda row: row.seed)),
        tuple(sorted((one for part in found for one in part.failed), key=lambda one: one.seed)),
    )


def _summary(name: str, payoffs: list[Decimal]) -> Summary:
    numbers = [float(one) for one in payoffs]
    return Summary(
        by=name,
        count=len(payoffs),
        mean=statistics.fmean(numbers),
        sd=statistics.stdev(numbers) if len(numbers) > 1 else 0.0,
        minimum=min(payoffs),
        maximum=max(payoffs),
    )
