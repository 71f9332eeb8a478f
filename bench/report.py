"""What was measured, for people and for programs."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import median

from figures import (
    BarrierShape,
    DeskRow,
    ExportRow,
    Figures,
    LiveShape,
    Shape,
    SimulationRow,
    SubmitsShape,
    middle,
)
from rich.console import Console
from rich.table import Table

_BUSY = 1.0

_WORKLOADS = {BarrierShape: "barrier", SubmitsShape: "submits", LiveShape: "live"}

Facts = Mapping[str, str | float | int]


@dataclass(slots=True)
class Report:
    """All repetitions, by workload, database and contestant."""

    facts: dict[str, str | float | int]
    notes: list[str] = field(default_factory=list)
    desk: list[DeskRow] = field(default_factory=list)
    simulation: list[SimulationRow] = field(default_factory=list)
    export: list[ExportRow] = field(default_factory=list)
    found: dict[tuple[Shape, str], dict[str, list[Figures]]] = field(default_factory=dict)

    def add(self, shape: Shape, database: str, name: str, figures: Figures) -> None:
        """Take one repetition."""
        self.found.setdefault((shape, database), {}).setdefault(name, []).append(figures)

    def show(self, console: Console) -> None:
        """Print the facts, the tables and the notes."""
        console.print("  ".join(f"{key} {value}" for key, value in self.facts.items()))
        if float(self.facts["load"]) > _BUSY:
            console.print(
                f"The machine was busy (load {self.facts['load']}): do not trust these figures.",
                style="bold red",
            )
        for table in (
            self._barriers(),
            self._submits(),
            self._live(),
            self._desk(),
            self._simulation(),
            self._export(),
        ):
            if table.rows:
                console.print(table)
        for note in self.notes:
            console.print(note, style="yellow", soft_wrap=True)

    def _barriers(self) -> Table:
        table = Table(title="W1 durable barrier: last submit → everyone has the next stage, ms")
        for head in ("seats", "database", "", "p50", "p99", "worst", "gen/s", "submits/s"):
            table.add_column(head, justify="right")
        _ratios(table)
        for (shape, database), sides in self.found.items():
            if not isinstance(shape, BarrierShape):
                continue
            for name, one, ratios in _sides(sides, lambda one: one.generations or 0.0):
                table.add_row(
                    str(shape.seats),
                    database,
                    name,
                    *(_number(each) for each in (one.p50, one.p99, one.worst, one.generations)),
                    _number(one.submits),
                    *ratios,
                    _number(one.cpu),
                )
            table.add_section()
        return table

    def _submits(self) -> Table:
        table = Table(title="W2 acknowledged commands a second: senders × under way")
        for head in ("senders", "database", "", "commands/s"):
            table.add_column(head, justify="right")
        _ratios(table)
        for (shape, database), sides in self.found.items():
            if not isinstance(shape, SubmitsShape):
                continue
            for name, one, ratios in _sides(sides, lambda one: one.submits):
                table.add_row(
                    str(shape), database, name, _number(one.submits), *ratios, _number(one.cpu)
                )
            table.add_section()
        return table

    def _live(self) -> Table:
        table = Table(
            title="W5 live: action sent → everyone has what it changed, ms (aim p99 ≤ 100)"
        )
        for head in ("", "database", "p50", "p99", "worst", "actions/s", "server µs"):
            table.add_column(head, justify="right")
        for (shape, database), sides in self.found.items():
            if isinstance(shape, LiveShape):
                for one in map(middle, sides.values()):
                    figures = (one.p50, one.p99, one.worst, one.submits, one.cpu)
                    table.add_row(str(shape), database, *map(_number, figures))
        return table

    def _desk(self) -> Table:
        table = Table(title="W3 a desk, beside Dear PyGui's own loop and bare items")
        for head in ("", "Palier", "library", "/ library", "aim", "unit"):
            table.add_column(head, justify="left" if head in {"", "unit"} else "right")
        for row in self.desk:
            late = row.aim is not None and row.ours > row.aim
            table.add_row(
                row.what,
                f"[red]{_small(row.ours)}[/red]" if late else _small(row.ours),
                _small(row.theirs),
                _small(row.ratio),
                "" if row.aim is None else f"≤ {row.aim:g}",
                row.unit,
            )
        return table

    def _simulation(self) -> Table:
        table = Table(title="W6 sessions in memory a second: public goods, 4 seats, 10 rounds")
        for head in ("processes", "sessions/s", "ms a session"):
            table.add_column(head, justify="right")
        for row in self.simulation:
            table.add_row(str(row.processes), _number(row.rate), _small(1000 / row.rate))
        return table

    def _export(self) -> Table:
        table = Table(title="W7 export of a whole session: its tables, in files")
        heads = (
            "seats × rounds",
            "database",
            "formats",
            "seconds",
            "CPU s",
            "peak MB",
            "of it libraries",
        )
        for head in (*heads, "rows", "files MB"):
            table.add_column(head, justify="left" if head in heads[1:3] else "right")
        for row in self.export:
            table.add_row(
                *(
                    row.shape,
                    row.database,
                    row.formats,
                    _number(median(row.seconds)),
                    _number(row.processor),
                ),
                *(f"{row.peak:.0f}", f"{row.libraries:.0f}", f"{row.rows:,}"),
                _number(row.megabytes),
            )
        return table

    def write(self, path: Path) -> None:
        """Write everything as JSON, each repetition included."""
        measured = [
            {
                "workload": _WORKLOADS[type(shape)],
                "shape": str(shape),
                "database": database,
                "contestant": name,
                "median": middle(repetitions).as_dict(),
                "repetitions": [one.as_dict() for one in repetitions],
            }
            for (shape, database), sides in self.found.items()
            for name, repetitions in sides.items()
        ]
        whole = {
            "machine": self.facts,
            "notes": self.notes,
            "measured": measured,
            "desk": [asdict(one) for one in self.desk],
            "simulation": [asdict(one) for one in self.simulation],
            "export": [asdict(one) for one in self.export],
        }
        path.write_text(json.dumps(whole, indent=2) + "\n")


def _ratios(table: Table) -> None:
    for one in ("/ ceiling", "/ original", "server µs"):
        table.add_column(one, justify="right")


def _sides(
    sides: Mapping[str, list[Figures]], rate: Callable[[Figures], float]
) -> list[tuple[str, Figures, tuple[str, str]]]:
    """Return name, median and ratios of each contestant; the ratios are Palier's."""
    middles = {name: middle(repetitions) for name, repetitions in sides.items()}
    rows = []
    for name, one in middles.items():
        ratios = tuple(
            f"{rate(one) / rate(middles[other]):.2f}"
            if name == "Palier" and other in middles
            else ""
            for other in ("ceiling", "original")
        )
        rows.append((name, one, (ratios[0], ratios[1])))
    return rows


def _number(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}"


def _small(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}" if value < 10 else _number(value)
