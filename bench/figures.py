"""What was measured, as values, and what repetitions come to."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import median

#: A decision, as every contestant sends it.
DECISION = "d" * 200


@dataclass(frozen=True, slots=True, kw_only=True)
class BarrierShape:
    """W1: so many seats go through so many generations, after some that do not count."""

    seats: int
    generations: int
    warm_up: int = 3

    def __str__(self) -> str:
        return f"{self.seats} seats × {self.generations} generations"


@dataclass(frozen=True, slots=True, kw_only=True)
class SubmitsShape:
    """W2: so many senders, each with so many commands under way.

    In each of ``laps`` every sender sends ``each`` commands; the clock stands between laps.
    """

    senders: int
    outstanding: int
    each: int
    laps: int = 1

    @property
    def count(self) -> int:
        """Commands in all."""
        return self.senders * self.each * self.laps

    def __str__(self) -> str:
        return f"{self.senders}×{self.outstanding}"


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveShape:
    """W5: so many seats act in one live stage, each so often a second, for so many seconds."""

    seats: int
    a_second: float = 1.0
    seconds: float = 20.0
    warm_up: float = 2.0

    def __str__(self) -> str:
        return f"{self.seats} seats, {self.seats * self.a_second:g} actions/s"


Shape = BarrierShape | SubmitsShape | LiveShape


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One repetition, or the median of several. Times in milliseconds, rates a second.

    ``submits`` are those acknowledged; ``cpu`` is the server's, in microseconds a command (0:
    unknown). Latencies are those of releases, and None where nothing is released.
    """

    submits: float
    cpu: float = 0.0
    generations: float | None = None
    p50: float | None = None
    p99: float | None = None
    worst: float | None = None

    def as_dict(self) -> dict[str, float]:
        """Return what is known, rounded."""
        return {key: round(one, 2) for key, one in asdict(self).items() if one is not None}


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskRow:
    """W3: one figure of a desk, beside that of the library alone; smaller is better.

    ``aim`` is what it should not exceed.
    """

    what: str
    unit: str
    ours: float
    theirs: float | None = None
    aim: float | None = None

    @property
    def ratio(self) -> float | None:
        """Ours, in theirs."""
        return self.ours / self.theirs if self.theirs else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulationRow:
    """W6: sessions a second, in memory, of each repetition."""

    processes: int
    rates: tuple[float, ...]

    @property
    def rate(self) -> float:
        """The median of the repetitions."""
        return median(self.rates)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportRow:
    """W7: seconds of each repetition; ``peak`` of memory, of it ``libraries`` before the first row.

    ``processor`` in seconds, the fewest; memory and files in megabytes; ``rows`` of all tables.
    """

    shape: str
    database: str
    formats: str
    seconds: tuple[float, ...]
    processor: float
    peak: float
    libraries: float
    rows: int
    megabytes: float


def of_barrier(
    shape: BarrierShape, *, seconds: float, latencies: Sequence[float], cpu: float = 0.0
) -> Figures:
    """Return the figures of W1; ``latencies`` in seconds, ``cpu`` in seconds for all of it."""
    expected = shape.seats * shape.generations
    if len(latencies) != expected:
        raise WrongCount(f"{len(latencies)} releases for {expected} arrivals")
    ordered = sorted(one * 1000 for one in latencies)
    return Figures(
        submits=expected / seconds,
        cpu=cpu / expected * 1e6,
        generations=shape.generations / seconds,
        p50=percentile(ordered, 50),
        p99=percentile(ordered, 99),
        worst=ordered[-1],
    )


def of_submits(shape: SubmitsShape, *, seconds: float, cpu: float = 0.0) -> Figures:
    """Return the figures of W2; ``seconds`` from first command to last result, over all laps."""
    return Figures(submits=shape.count / seconds, cpu=cpu / shape.count * 1e6)


def of_live(shape: LiveShape, *, latencies: Sequence[float], cpu: float = 0.0) -> Figures:
    """Return the figures of W5; ``latencies`` in seconds, ``cpu`` in seconds for all of it."""
    if not latencies:
        raise WrongCount("nothing was done")
    ordered = sorted(one * 1000 for one in latencies)
    return Figures(
        submits=len(ordered) / shape.seconds,
        cpu=cpu / len(ordered) * 1e6,
        p50=percentile(ordered, 50),
        p99=percentile(ordered, 99),
        worst=ordered[-1],
    )


def percentile(ordered: Sequence[float], percent: float) -> float:
    """Return the value below which so many percent lie: nearest rank."""
    rank = -(-len(ordered) * percent // 100)
    return ordered[max(0, int(rank) - 1)]


def middle(repetitions: Sequence[Figures]) -> Figures:
    """Return the median of each figure; of the worst, the worst."""
    together: dict[str, list[float]] = {}
    for one in repetitions:
        for key, value in asdict(one).items():
            if value is not None:
                together.setdefault(key, []).append(value)
    return Figures(
        **{key: max(some) if key == "worst" else median(some) for key, some in together.items()}
    )


class WrongCount(Exception):
    """Not exactly one result for each command: the measurement is worth nothing."""
