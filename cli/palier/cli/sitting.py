"""A session that is played here and now: desks in windows, bots, and a table in the terminal."""

from __future__ import annotations

import asyncio
import os
import shlex
from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.live import Live

from palier.cli.bots import folder_of, play
from palier.cli.children import Child
from palier.cli.disturbing import Disturbance
from palier.cli.errors import CommandError
from palier.cli.keeping import KeptServer
from palier.cli.operating import operator_of
from palier.cli.saving import Saving
from palier.cli.server import Server
from palier.cli.showing import err, out, overview_table
from palier.cli.strategies import minds
from palier.client.asking import Operator
from palier.client.errors import NoAnswer
from palier.schemas.commands import OpenSession
from palier.schemas.replies import Overview

#: Seconds between two looks at the session, and how long the end stays on the windows.
_LOOK = 0.25
_GOODBYE = 3.0

#: Seconds that bots are given to hear of the end.
_LEAVING = 10.0

_SAVED = "program.py was saved"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cast:
    """Who plays, and how: bots have the last seats."""

    bots: int
    pause: float
    strategy: str | None = None


def _places(count: int) -> list[list[str]]:
    """Return the arguments that put so many windows beside each other, if all can be seen so."""
    from palier.client.screens.display import screen_size
    from palier.client.screens.look import tiles

    screen = screen_size()
    if screen is None:
        return [[]] * count
    return [["--place", ",".join(map(str, place))] for place in tiles(count, screen)]


class Sitting:
    """One session, from its opening to its end."""

    def __init__(
        self,
        server: Server,
        kept: KeptServer,
        folder: Path,
        command: OpenSession,
        trouble: Disturbance | None = None,
        *,
        programs: Path,
        saving: Saving | None = None,
    ) -> None:
        self._programs = programs
        self._server = server
        self._kept = kept
        self._trouble = trouble
        self._folder = folder
        self._command = command
        self._saving = saving
        self._windows: dict[Child, str] = {}  # and what is told when one has closed

    async def play(self, cast: Cast) -> str:
        """Open the session, fill its seats, show it until it is over; return its name.

        When the program is saved meanwhile, the session is closed, and another one opened.
        """
        seats = self._command.seats
        people, machines = seats[: len(seats) - cast.bots], seats[len(seats) - cast.bots :]
        number = 1
        with ExitStack() as windows:
            async with operator_of(self._server) as operator, asyncio.TaskGroup() as tasks:
                keeping = tasks.create_task(self._keep())
                while True:
                    await operator.open(self._command)
                    codes = await self._codes(operator, people)
                    codes |= await self._codes(operator, machines, bots=True)
                    if self._saving is not None:
                        _tell(f"Session {self._command.session} is open; saving begins another.")
                    shown = windows.enter_context(ExitStack())
                    if people:
                        # desks that are there already are sent on to the new session
                        sitting_down = people if number == 1 else ()
                        self._open_desks(windows, {one: codes[one] for one in sitting_down})
                        self._open_overview(shown, len(people))
                    playing = tasks.create_task(self._bots(cast, codes))
                    again = await self._watch(operator)
                    if not again:
                        break
                    number += 1
                    shown.close()
                    await self._leave(playing)
                    self._command = _next(self._command, number)
                keeping.cancel()  # who closes a window now does so in time
                await self._leave(playing)
                if people:
                    await asyncio.sleep(_GOODBYE)
        return self._command.session

    async def _codes(
        self, operator: Operator, seats: tuple[str, ...], *, bots: bool = False
    ) -> dict[str, str]:
        return await operator.codes(self._command.session, seats, bots=bots) if seats else {}

    async def _bots(self, cast: Cast, codes: Mapping[str, str]) -> None:
        seats = self._command.seats[len(self._command.seats) - cast.bots :]
        seed = self._command.seed or 0
        folder = folder_of(self._programs, self._command.program)
        await play(
            self._server.transport(),
            {one: codes[one] for one in seats},
            room_password=self._server.room_password,
            pause=cast.pause,
            seed=seed,
            decides=minds(folder, cast.strategy, seats=seats, seed=seed, told=_tell),
        )

    @staticmethod
    async def _leave(playing: asyncio.Task[None]) -> None:
        """Give bots the time to hear of the end."""
        await asyncio.wait({playing}, timeout=_LEAVING)
        playing.cancel()

    def _open_desks(self, windows: ExitStack, codes: Mapping[str, str]) -> None:
        places = _places(len(codes) + 1)[:-1]
        for (seat, code), place in zip(codes.items(), places, strict=True):
            kept = ["--state", str(self._folder / f"desk-{seat}")]
            kept += ["--programs", str(self._programs)]
            again = ["desk", "--seat", seat, *kept]
            window = self._window(f"desk-{seat}", ["desk", "--join", code, *kept, *place], again)
            windows.enter_context(window)

    def _open_overview(self, windows: ExitStack, desks: int) -> None:
        again = ["overview", self._command.session]
        window = self._window("overview", [*again, *_places(desks + 1)[-1]], again)
        windows.callback(self._windows.pop, window, None)
        windows.enter_context(window)

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

    async def _watch(self, operator: Operator) -> bool:
        """Show seats × stages until the session is over; tell whether it is to be opened anew."""
        overview = await operator.overview(self._command.session)
        with Live(
            overview_table(overview), console=out, refresh_per_second=8, transient=True
        ) as live:
            while overview.status not in {"finished", "closed"}:
                await asyncio.sleep(_LOOK)
                try:
                    overview = await operator.overview(self._command.session)
                    if self._saved():
                        await operator.close(self._command.session, reason=_SAVED)
                        return True
                except NoAnswer:
                    # who keeps the server running says why
                    continue
                live.update(overview_table(overview))
                if self._trouble is not None and (said := self._trouble.look(overview)):
                    _console().print(said, style="bold", soft_wrap=True)
        out.print(overview_table(overview))
        _tell_end(overview)
        return False

    def _saved(self) -> bool:
        """Tell whether the program was saved, and can be played."""
        problem = None if self._saving is None else self._saving.look()
        if problem is None:
            return False
        if problem:
            _tell(f"{problem} The session goes on as it was.")
            return False
        _tell("program.py was saved: the session is closed, and another one opened.")
        return True

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


def _next(command: OpenSession, number: int) -> OpenSession:
    """Return what opens the session that follows."""
    stem, last, _ = command.session.rpartition("-")
    base = stem if last and stem else command.session
    return command.model_copy(update={"session": f"{base}-{number}"})


def _tell(sentence: str) -> None:
    _console().print(sentence, style="yellow", soft_wrap=True, markup=False)


def _console() -> Console:
    # a line in the middle of a live table must come through the table's own console
    return out if out.is_terminal else err


def _tell_end(overview: Overview) -> None:
    if overview.status != "finished":
        reason = f": {overview.reason}" if overview.reason else ""
        err.print(f"The session was {overview.status}{reason}.", style="yellow")
