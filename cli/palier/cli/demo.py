"""`palier demo`: a whole session of a ready program, here and now."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
from collections.abc import Mapping
from contextlib import ExitStack
from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.live import Live

from palier.broker.errors import NodeFailed
from palier.cli import options
from palier.cli.bots import play
from palier.cli.children import Child
from palier.cli.desk import need_windows
from palier.cli.disturbing import Disturbance
from palier.cli.errors import CommandError, MissingPart
from palier.cli.keeping import KeptServer
from palier.cli.operating import operator_of
from palier.cli.running import run
from palier.cli.server import Server
from palier.cli.showing import LOOKED_AT, err, first_look, out, overview_table
from palier.cli.stack import need_programs, stack
from palier.cli.up import stop_on_signals, tell
from palier.client.asking import Operator
from palier.client.errors import NoAnswer, NoDisplay
from palier.program import Program
from palier.schemas.commands import OpenSession
from palier.schemas.replies import Overview

_PROGRAM = "public-goods"
_SESSION = "demo"
#: The stage that each round has.
_STAGE = "contribute"
_DATABASE = "palier.db"

#: The folder of what is exported in the end.
_EXPORT = "export"

#: Seconds between two looks at the session, and how long the end stays on the windows.
_LOOK = 0.25
_GOODBYE = 3.0

#: Seconds that bots are given to hear of the end.
_LEAVING = 10.0


def demo(  # noqa: PLR0913 - each is an option of its own
    *,
    bots: Annotated[
        int | None, typer.Option(min=0, help="Seats that bots play; all without a display.")
    ] = None,
    program: Annotated[str, typer.Option(help="Which of the ready programs.")] = _PROGRAM,
    seats: Annotated[
        int | None, typer.Option(min=1, help="Seats in all; one group unless you say so.")
    ] = None,
    rounds: Annotated[
        int, typer.Option(min=1, max=100, help="Rounds, where the program has any.")
    ] = 5,
    pause: Annotated[float, typer.Option(min=0, help="Seconds a bot thinks, at most.")] = 1.0,
    chaos: Annotated[
        bool, typer.Option("--chaos", help="Kill the worker and RabbitMQ in the middle.")
    ] = False,
    seed: Annotated[int, typer.Option(help="Makes groups and bots repeatable.")] = 1,
    runs: Annotated[Path, typer.Option(help="Where the data of each demo go.")] = Path("runs"),
    programs: options.Programs = options.PROGRAMS,
    watch: options.Watch = False,
) -> None:
    """Play the public-goods game, or another: in desk windows, by bots where there is no display.

    A private RabbitMQ and a worker are started and stopped; the data stay. With --chaos both are
    killed in the middle, and payoffs compared with those of the same session without trouble.
    """
    from palier.cli.exports import read_exports, write_export

    stop_on_signals()
    need_programs(programs)
    played = _program(programs, program)
    seats = _seats(played, seats, bots)
    if chaos and program != _PROGRAM:
        raise CommandError(f"--chaos compares payoffs of {_PROGRAM}: leave out --program.")
    filled = _bots(bots, seats)
    folder = _folder(runs, program)
    command = OpenSession(
        session=_SESSION,
        program=program,
        seats=tuple(f"p{number}" for number in range(1, seats + 1)),
        settings={"rounds": rounds} if "rounds" in played.Settings.model_fields else {},
        auto_start=True,
        seed=seed,
    )
    try:
        with stack(folder, programs=programs, database=None, progress=tell, watch=watch) as (
            server,
            kept,
        ):
            _tell_where(server)
            trouble = Disturbance(kept, stage=_STAGE, rounds=rounds) if chaos else None
            try:
                session = _Demo(server, kept, folder, command, trouble, programs=programs)
                run(session.play(bots=filled, pause=pause))
            except KeyboardInterrupt:
                tell("Stopping.")
                raise
            database = server.database
    except NodeFailed:
        _forget(folder, unless=("node",))  # its sentence points to the node's log
        raise
    except KeyboardInterrupt:
        _forget_node(folder)
        _forget(folder, unless=(_DATABASE,))
        if folder.exists():
            err.print(f"What was decided until now is in {folder}.", style="dim", soft_wrap=True)
        raise
    except BaseException:
        _forget_node(folder)
        _forget(folder, unless=(_DATABASE, "worker.log"))
        raise
    _forget_node(folder)
    written = write_export(database, _SESSION, folder / _EXPORT)
    for one in LOOKED_AT:
        out.print(first_look(written.heads[one]))
    out.print(f"database  {(folder / _DATABASE).resolve()}", soft_wrap=True)
    for path in written.files.values():
        out.print(f"export    {path}", soft_wrap=True)
    if trouble is not None:
        exports = read_exports(database, _SESSION)
        trouble.compare(exports, program=played, command=command, bots=filled)


def _seats(played: type[Program], seats: int | None, bots: int | None) -> int:
    """Return how many seats there are: those wanted, or one group, or what the bots need."""
    group = played.group_size or 1
    count = max(seats or group, bots or 0)
    if count % group:
        raise CommandError(f"{count} seats cannot form groups of {group}: take a multiple of it.")
    return count


def _program(programs: Path, name: str) -> type[Program]:
    from palier.workers.runtime.catalogue import Catalogue

    return Catalogue([programs]).program(name)


def _forget_node(folder: Path) -> None:
    """Remove what a node keeps: worth nothing once its session is over; the rest stays."""
    shutil.rmtree(folder / "node", ignore_errors=True)


def _forget(folder: Path, *, unless: tuple[str, ...]) -> None:
    """Remove a folder that has none of these: a demo that never began leaves nothing."""
    if not any((folder / one).exists() for one in unless):
        shutil.rmtree(folder, ignore_errors=True)


def _bots(wanted: int | None, seats: int) -> int:
    """Return how many seats bots play: those wanted, or all where no window can be opened."""
    if wanted is not None and wanted >= seats:
        return seats
    try:
        need_windows()
    except (NoDisplay, MissingPart) as error:
        err.print(f"{error} Bots play all {seats} seats.", style="yellow")
        return seats
    return wanted or 0


def _folder(runs: Path, program: str) -> Path:
    """Return a new folder for this run."""
    stem = f"{datetime.now().astimezone():%Y-%m-%d-%H%M%S}-{program}"
    for number in range(1, 100):
        folder = runs / (stem if number == 1 else f"{stem}-{number}")
        try:
            folder.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise CommandError(f"{runs} cannot be written to: {error.strerror}.") from None
        return folder
    raise CommandError(f"Too many demos at once in {runs}.")


def _tell_where(server: Server) -> None:
    err.print(
        f"Management console: {server.management}, user {server.user}, password {server.password}",
        style="dim",
        soft_wrap=True,
    )


def _places(count: int) -> list[list[str]]:
    """Return the arguments that put so many windows beside each other, if all can be seen so."""
    from palier.client.screens.display import screen_size
    from palier.client.screens.look import tiles

    screen = screen_size()
    if screen is None:
        return [[]] * count
    return [["--place", ",".join(map(str, place))] for place in tiles(count, screen)]


class _Demo:
    """One session, from its opening to its end."""

    def __init__(
        self,
        server: Server,
        kept: KeptServer,
        folder: Path,
        command: OpenSession,
        trouble: Disturbance | None,
        *,
        programs: Path,
    ) -> None:
        self._programs = programs
        self._server = server
        self._kept = kept
        self._trouble = trouble
        self._folder = folder
        self._command = command
        self._windows: dict[Child, str] = {}  # and what is told when one has closed

    async def play(self, *, bots: int, pause: float) -> None:
        """Open the session, fill its seats, show it until it is over."""
        seats = self._command.seats
        people, machines = seats[: len(seats) - bots], seats[len(seats) - bots :]
        with ExitStack() as windows:
            async with operator_of(self._server) as operator, asyncio.TaskGroup() as tasks:
                keeping = tasks.create_task(self._keep())
                await operator.open(self._command)
                codes = await operator.codes(_SESSION, seats)
                if people:
                    self._open_windows(windows, {one: codes[one] for one in people})
                playing = tasks.create_task(
                    play(
                        self._server.transport(),
                        {one: codes[one] for one in machines},
                        room_password=self._server.room_password,
                        pause=pause,
                        seed=self._command.seed or 0,
                    )
                )
                await self._watch(operator)
                keeping.cancel()  # who closes a window now does so in time
                await asyncio.wait({playing}, timeout=_LEAVING)
                playing.cancel()
                if people:
                    await asyncio.sleep(_GOODBYE)

    def _open_windows(self, windows: ExitStack, codes: Mapping[str, str]) -> None:
        *places, last = _places(len(codes) + 1)
        for (seat, code), place in zip(codes.items(), places, strict=True):
            kept = ["--state", str(self._folder / f"desk-{seat}")]
            kept += ["--programs", str(self._programs)]
            again = ["desk", "--seat", seat, *kept]
            window = self._window(f"desk-{seat}", ["desk", "--join", code, *kept, *place], again)
            windows.enter_context(window)
        again = ["overview", _SESSION]
        windows.enter_context(self._window("overview", [*again, *last], again))

    def _window(self, name: str, arguments: list[str], again: list[str]) -> Child:
        """Open a window; ``again`` are the arguments that open it once more."""
        where = ["--data", str(self._folder)]
        child = Child(
            "palier.cli",
            [*arguments, *where],
            environment={key: one for key, one in os.environ.items() if key != "PALIER_SERVER"},
            log=self._folder / f"{name}.log",
        )
        self._windows[child] = f"The window {name} has closed; to go on there: " + shlex.join(
            ["palier", *again, *where]
        )
        return child

    async def _watch(self, operator: Operator) -> None:
        """Show seats × stages until the session is over."""
        overview = await operator.overview(_SESSION)
        with Live(
            overview_table(overview), console=out, refresh_per_second=8, transient=True
        ) as live:
            while overview.status not in {"finished", "closed"}:
                await asyncio.sleep(_LOOK)
                try:
                    overview = await operator.overview(_SESSION)
                except NoAnswer:
                    # who keeps the server running says why
                    continue
                live.update(overview_table(overview))
                if self._trouble is not None and (said := self._trouble.look(overview)):
                    _console().print(said, style="bold", soft_wrap=True)
        out.print(overview_table(overview))
        _tell_end(overview)

    async def _keep(self) -> None:
        """See to it that the worker and a window live; raises `CommandError` when they do not."""
        console = _console()
        told: set[Child] = set()
        while True:
            if said := self._kept.look():
                console.print(said, style="yellow", soft_wrap=True)
            closed = {one for one in self._windows if one.code is not None}
            words = next((said for one in closed if (said := one.last_words(lines=1))), "")
            if self._windows and len(closed) == len(self._windows):
                raise CommandError(
                    f"Every window was closed before the session was over. {words}".strip()
                )
            for one in closed - told:
                console.print(self._windows[one], style="yellow", soft_wrap=True)
            told |= closed
            await asyncio.sleep(_LOOK)


def _console() -> Console:
    # a line in the middle of a live table must come through the table's own console
    return out if out.is_terminal else err


def _tell_end(overview: Overview) -> None:
    if overview.status != "finished":
        reason = f": {overview.reason}" if overview.reason else ""
        err.print(f"The session was {overview.status}{reason}.", style="yellow")
