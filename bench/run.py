"""`./run bench`: durable barriers, acknowledged submits and desks, each beside others.

Everything runs on this machine and is stopped in the end, also by Ctrl-C. README.md says what is
measured, and how to read it.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import desk_side
import export_side
import machine
import original_side
import postgres
import simulation_side
from ceiling_side import ceiling_side
from contestant import Contestant
from desk_side import DeskShape
from export_side import ExportShape
from figures import BarrierShape, LiveShape, Shape, SubmitsShape, WrongCount
from palier_side import Seats, palier_side
from process import DidNotStart
from report import Report
from rich.console import Console

from palier.broker.errors import TransportError
from palier.broker.node import PrivateNode
from palier.schemas.errors import PalierError

_DATABASES = ("sqlite", "postgresql")
_WORKLOADS = ("barrier", "submits", "live", "desk", "simulation", "export")

#: Arrivals of one repetition, about; and the fewest and most generations.
_ARRIVALS, _FEWEST, _MOST = 3000, 10, 200

#: Seconds after which what is left is not measured any more.
_LIMIT = 1800.0

_err = Console(stderr=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to measure, and how often."""

    shapes: tuple[Shape, ...]
    databases: tuple[str, ...]
    repetitions: int
    original: bool
    desk: DeskShape | None = None
    #: Sessions to play in memory.
    simulation: int = 0
    export: ExportShape | None = None

    @classmethod
    def of(cls, options: argparse.Namespace) -> Plan:
        """Return what the options ask for."""
        quick: bool = options.quick
        seats = options.seats or ([4, 24] if quick else [4, 24, 100, 300])
        shapes: list[Shape] = []
        if options.only in {None, "barrier"}:
            shapes += [
                BarrierShape(seats=one, generations=_generations(options, one)) for one in seats
            ]
        if options.only in {None, "submits"}:
            shapes += _submits(quick=quick)
        if options.only in {None, "live"}:
            shapes += [
                LiveShape(seats=one, seconds=5 if quick else 20)
                for one in options.seats or ([24] if quick else [4, 24])
            ]
        return cls(
            shapes=tuple(shapes),
            databases=tuple(options.databases or (_DATABASES[:1] if quick else _DATABASES)),
            repetitions=options.repetitions or (1 if quick else 3),
            original=not (quick or options.without_original),
            desk=_desk(quick=quick, desks=options.desks)
            if options.only in {None, "desk"}
            else None,
            export=(ExportShape(seats=24, rounds=20) if quick else ExportShape())
            if options.only in {None, "export"}
            else None,
            simulation=(100 if quick else 1000) if options.only in {None, "simulation"} else 0,
        )


def _generations(options: argparse.Namespace, seats: int) -> int:
    if options.generations:
        return int(options.generations)
    wanted = max(_FEWEST, min(_MOST, _ARRIVALS // seats))
    return min(wanted, 20) if options.quick else wanted


def _desk(*, quick: bool, desks: int) -> DeskShape:
    if quick:
        return DeskShape(starts=2, messages=15, rounds=10, watched=4.0, desks=desks)
    return DeskShape(desks=desks)


def _submits(*, quick: bool) -> list[Shape]:
    if quick:
        return [
            SubmitsShape(senders=1, outstanding=1, each=100),
            SubmitsShape(senders=8, outstanding=100, each=100, laps=2),
        ]
    return [
        SubmitsShape(senders=1, outstanding=1, each=400),
        SubmitsShape(senders=1, outstanding=100, each=400, laps=5),
        SubmitsShape(senders=8, outstanding=1, each=400),
        SubmitsShape(senders=8, outstanding=100, each=400, laps=3),
    ]


class Bench:
    """One run of the benchmark, in a folder of its own."""

    def __init__(self, plan: Plan, folder: Path) -> None:
        self._plan = plan
        self._folder = folder
        self._end = time.monotonic() + _LIMIT
        self.report = Report(facts=machine.facts(folder))

    async def run(self) -> None:
        """Measure everything; what was measured stands in `report`, also when it is cut short."""
        if self._plan.desk is not None:
            await asyncio.to_thread(self._measure_desk, self._plan.desk)
        if self._plan.simulation:
            await asyncio.to_thread(self._simulate, self._plan.simulation)
        if self._plan.export is not None:
            await asyncio.to_thread(self._export, self._plan.export)
        if not self._plan.shapes:
            return
        python = await self._python()
        with PrivateNode(self._folder / "node", progress=_say) as node:
            self.report.facts["rabbitmq"] = machine.rabbitmq_version(node)
            seats = Seats(node.accounts())
            for kind in self._plan.databases:
                with self._database(kind) as urls:
                    if urls:
                        async with self._sides(node, seats, urls, python) as sides:
                            await self._measure(kind, sides)

    def _measure_desk(self, shape: DeskShape) -> None:
        """Measure windows first: a broker beside them would be a guest at their table."""
        try:
            self.report.desk += desk_side.measure(shape, folder=self._folder, say=_say)
        except (desk_side.Missing, DidNotStart) as why:
            self.report.notes.append(f"The desk is not measured: {why}.")

    def _simulate(self, sessions: int) -> None:
        """Play in memory while nothing else runs."""
        try:
            self.report.simulation += simulation_side.measure(
                sessions, repetitions=self._plan.repetitions, say=_say
            )
        except simulation_side.Failed as why:
            self.report.notes.append(f"Sessions in memory are not measured: {why}.")

    def _export(self, shape: ExportShape) -> None:
        """Write a long session to files while nothing else runs."""
        try:
            self.report.export += export_side.measure(
                shape,
                databases=self._plan.databases,
                repetitions=self._plan.repetitions,
                folder=self._folder,
                say=_say,
            )
        except (export_side.Failed, postgres.Missing) as why:
            self.report.notes.append(f"Exports are not all measured: {why}.")

    async def _python(self) -> list[str] | None:
        if not self._plan.original:
            return None
        _say("Bringing Twisted, for the comparison alone.")
        try:
            return await asyncio.to_thread(original_side.find_python)
        except original_side.Missing as missing:
            self.report.notes.append(f"The original stack is not measured: {missing}.")
            return None

    def _database(self, kind: str) -> _Urls:
        return _Urls(kind, self._folder, self.report)

    @asynccontextmanager
    async def _sides(
        self,
        node: PrivateNode,
        seats: Seats,
        urls: dict[str, str],
        python: list[str] | None,
    ) -> AsyncIterator[list[Contestant]]:
        """Start the servers of all contestants on one kind of database."""
        folder = self._folder
        amqp = f"amqp://{node.user}:{node.password}@127.0.0.1:{node.amqp_port}/palier"
        async with AsyncExitStack() as stack:
            sides: list[Contestant] = [
                await stack.enter_async_context(
                    palier_side(node, seats, folder=folder, database=urls["palier"])
                ),
                await stack.enter_async_context(
                    ceiling_side(amqp, folder=folder, database=urls["ceiling"])
                ),
            ]
            if python is not None:
                sides.append(
                    await stack.enter_async_context(
                        original_side.original_side(
                            python,
                            folder=folder,
                            database=urls["original"],
                        )
                    )
                )
            yield sides

    async def _measure(self, kind: str, sides: list[Contestant]) -> None:
        """Let the contestants take turns, so that a busy moment of the machine meets them all."""
        for shape in self._plan.shapes:
            for repetition in range(1, self._plan.repetitions + 1):
                for side in sides:
                    if side.takes(shape) and not self._too_late():
                        _say(f"{kind}: {shape}, {side.name}, {repetition}")
                        await self._once(kind, shape, side)

    async def _once(self, kind: str, shape: Shape, side: Contestant) -> None:
        try:
            figures = await side.measure(shape)
        except (WrongCount, TimeoutError, PalierError, TransportError) as error:
            why = str(error) or type(error).__name__
            self.report.notes.append(f"{side.name}, {shape}, {kind}: not measured: {why}")
        else:
            self.report.add(shape, kind, side.name, figures)

    def _too_late(self) -> bool:
        late = time.monotonic() > self._end
        note = f"Not everything is measured: {_LIMIT:g} s are over."
        if late and note not in self.report.notes:
            self.report.notes.append(note)
        return late


class _Urls:
    """The databases of one kind, one for each contestant, as a context manager; none if missing."""

    def __init__(self, kind: str, folder: Path, report: Report) -> None:
        self._kind = kind
        self._folder = folder
        self._report = report
        self._open = ExitStack()

    def __enter__(self) -> dict[str, str]:
        names = ("palier", "ceiling", "original")
        if self._kind == "sqlite":
            return {one: f"sqlite:///{self._folder / one}.db" for one in names}
        try:
            _say("PostgreSQL is starting.")
            folder = self._folder / "postgresql"
            urls = self._open.enter_context(postgres.cluster(folder, names=names))
            self._report.facts["postgresql"] = postgres.version()
        except postgres.Missing as missing:
            self._report.notes.append(f"PostgreSQL is not measured: {missing}.")
            return {}
        return urls

    def __exit__(self, *reason: object) -> None:
        self._open.close()


def _say(sentence: str) -> None:
    _err.print(sentence, style="dim", highlight=False)


def _options(arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="./run bench", description=__doc__)
    parser.add_argument("--seats", type=_numbers, help="W1: how many, 4,24,100,300")
    parser.add_argument("--generations", type=int, help="W1: how many that count")
    parser.add_argument("--databases", type=_kinds, help="sqlite,postgresql")
    parser.add_argument("--repetitions", type=int, help="how often; the median is shown (3)")
    parser.add_argument("--only", choices=_WORKLOADS, help="one workload")
    parser.add_argument("--desks", type=int, default=0, metavar="N", help="W3: so many at once")
    parser.add_argument("--quick", action="store_true", help="small sizes, once, within a minute")
    parser.add_argument("--without-original", action="store_true", help="no Twisted")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write all figures there")
    parser.add_argument("--keep", type=Path, metavar="FOLDER", help="a new folder for logs, kept")
    return parser.parse_args(arguments)


def _numbers(text: str) -> list[int]:
    return [int(one) for one in text.split(",")]


def _kinds(text: str) -> list[str]:
    kinds = text.split(",")
    if strangers := set(kinds) - set(_DATABASES):
        raise argparse.ArgumentTypeError(f"there is no database {', '.join(strangers)} here")
    return kinds


def _folder(stack: ExitStack, kept: Path | None) -> Path:
    if kept is not None:
        kept.mkdir(parents=True)
        return kept.resolve()
    folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="palier-bench-")))
    folder.chmod(0o711)  # PostgreSQL's user passes through it
    return folder


def main(arguments: list[str]) -> int:
    """Run; return the exit code."""
    options = _options(arguments)
    # a request to end is a Ctrl-C: everything is stopped in order, also behind a shell's `&`
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    with ExitStack() as stack:
        bench = Bench(Plan.of(options), _folder(stack, options.keep))
        try:
            asyncio.run(bench.run())
        except KeyboardInterrupt:
            bench.report.notes.append("Interrupted: not everything is measured.")
            code = 130
        except (PalierError, DidNotStart) as error:
            _err.print(str(error), style="red", soft_wrap=True)
            return 1
        else:
            code = 0
        bench.report.show(Console(width=None if sys.stdout.isatty() else 120))
        if options.json is not None:
            bench.report.write(options.json)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
