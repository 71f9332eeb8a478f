"""`palier bots`: seats without windows."""

from __future__ import annotations

import asyncio
import random as chance
from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer
from platformdirs import user_state_path

from palier.broker.transport import Transport
from palier.cli import options
from palier.cli.errors import CommandError
from palier.cli.operating import operator_of, seat_names
from palier.cli.running import run
from palier.cli.server import DATA, Server, find_server
from palier.cli.showing import err, out
from palier.cli.strategies import minds
from palier.client.asking import join
from palier.client.bot import Bot, Decide, at_random
from palier.client.credentials import of_server
from palier.client.journal import Journal
from palier.program.bots import RANDOM
from palier.schemas.names import check_name

#: Joins at the same time: each asks the worker for an account.
_JOINING = 20


def bots(  # noqa: PLR0913 - each is an option of its own
    session: Annotated[str, typer.Argument(help="The session's name.")],
    *,
    seats: Annotated[
        str | None, typer.Option(help="Which ones: p1,p2. All that nobody sits at by default.")
    ] = None,
    pause: Annotated[float, typer.Option(min=0, help="Seconds to think, at most.")] = 0.5,
    seed: Annotated[int, typer.Option(help="Makes the answers repeatable.")] = 1,
    strategy: options.Strategy = None,
    programs: options.Programs = options.PROGRAMS,
    journal: options.Journals = None,
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Fill seats of a session with bots, also beside people.

    They play as the program's bots.py says, and draw any answer that the forms allow where it says
    nothing.
    """
    found = find_server(server, data)
    chosen = seat_names(seats) if seats else None
    journals = of_server(journal or user_state_path("palier"), found.amqp)
    how = _How(pause=pause, seed=seed, strategy=strategy, programs=programs)
    outcomes = run(_play(found, check_name(session), chosen, journals, how))
    if as_json:
        out.print_json(data=outcomes)
    else:
        counts = Counter(outcomes.values())
        out.print("; ".join(f"{count} × {outcome}" for outcome, count in counts.items()))


@dataclass(frozen=True, slots=True, kw_only=True)
class _How:
    """How bots are to play."""

    pause: float
    seed: int
    strategy: str | None
    programs: Path


async def _play(
    server: Server, session: str, seats: tuple[str, ...] | None, journals: Path, how: _How
) -> dict[str, str]:
    async with operator_of(server) as operator:
        overview = await operator.overview(session)
        if overview.status in {"finished", "closed"}:
            raise CommandError(f"Session {session} is {overview.status}: nobody plays it any more.")
        if seats is None:
            seats = tuple(one.seat for one in overview.seats if not one.present)
        if not seats:
            raise CommandError(f"Every seat of {session} is taken: there is nothing for bots.")
        listed = (await operator.sessions()).sessions
        program = next(one.program for one in listed if one.session == session)
        folder = folder_of(how.programs, program)
        if folder is None and how.strategy not in {None, RANDOM}:
            raise CommandError(
                f"There is no program {program} in {how.programs}, so that no strategy of it is "
                "known: say with --programs where it is."
            )
        decides = minds(folder, how.strategy, seats=seats, seed=how.seed, told=_told)
        codes = await operator.codes(session, seats, bots=True)
    room = server.need("room_password", "PALIER_ROOM_PASSWORD")
    err.print(f"{len(codes)} bots join session {session}.", style="dim")
    return await play(
        server.transport(),
        codes,
        room_password=room,
        pause=how.pause,
        seed=how.seed,
        decides=decides,
        journals=journals,
    )


def folder_of(programs: Path, name: str) -> Path | None:
    """Return the folder of a program, if it is here."""
    folder = programs / name.replace("-", "_")
    return folder if (folder / "program.py").is_file() else None


def _told(sentence: str) -> None:
    err.print(sentence, style="yellow", soft_wrap=True, markup=False)


async def play(
    transport: Transport,
    codes: Mapping[str, str],
    *,
    room_password: str,
    pause: float,
    seed: int,
    decides: Mapping[str, Decide] | None = None,
    journals: Path | None = None,
) -> dict[str, str]:
    """Play these seats to the end; return the outcome of each.

    ``decides`` is how each seat decides, where not by chance. With a folder for their journals,
    what they decide outlives this process.
    """
    few = asyncio.Semaphore(_JOINING)

    async def one(seat: str, code: str) -> str:
        async with few:
            credentials = await join(transport, code=code, room_password=room_password)
        thought = chance.Random(f"{seed}:{seat}:pause")  # noqa: S311 - how long a bot thinks
        with nullcontext() if journals is None else Journal(journals / f"{seat}.journal") as kept:
            bot = Bot(
                transport,
                credentials,
                journal=kept,
                decide=(decides or {}).get(seat) or at_random(f"{seed}:{seat}"),
                pause=lambda: thought.uniform(pause / 3, pause),
            )
            return await bot.play()

    async with asyncio.TaskGroup() as tasks:
        playing = {seat: tasks.create_task(one(seat, code)) for seat, code in codes.items()}
    return {seat: task.result() for seat, task in playing.items()}
