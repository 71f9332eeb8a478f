"""`palier bots`: seats without windows."""

from __future__ import annotations

import asyncio
import random as chance
from collections import Counter
from collections.abc import Mapping
from contextlib import nullcontext
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
from palier.client.asking import join
from palier.client.bot import Bot, at_random
from palier.client.credentials import of_server
from palier.client.journal import Journal
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
    journal: options.Journals = None,
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Fill seats of a session with bots that draw any answer the forms allow."""
    found = find_server(server, data)
    chosen = seat_names(seats) if seats else None
    journals = of_server(journal or user_state_path("palier"), found.amqp)
    outcomes = run(_play(found, check_name(session), chosen, journals, pause=pause, seed=seed))
    if as_json:
        out.print_json(data=outcomes)
    else:
        counts = Counter(outcomes.values())
        out.print("; ".join(f"{count} × {outcome}" for outcome, count in counts.items()))


async def _play(
    server: Server,
    session: str,
    seats: tuple[str, ...] | None,
    journals: Path,
    *,
    pause: float,
    seed: int,
) -> dict[str, str]:
    async with operator_of(server) as operator:
        overview = await operator.overview(session)
        if overview.status in {"finished", "closed"}:
            raise CommandError(f"Session {session} is {overview.status}: nobody plays it any more.")
        if seats is None:
            seats = tuple(one.seat for one in overview.seats if not one.present)
        if not seats:
            raise CommandError(f"Every seat of {session} is taken: there is nothing for bots.")
        codes = await operator.codes(session, seats)
    room = server.need("room_password", "PALIER_ROOM_PASSWORD")
    err.print(f"{len(codes)} bots join session {session}.", style="dim")
    return await play(
        server.transport(), codes, room_password=room, pause=pause, seed=seed, journals=journals
    )


async def play(
    transport: Transport,
    codes: Mapping[str, str],
    *,
    room_password: str,
    pause: float,
    seed: int,
    journals: Path | None = None,
) -> dict[str, str]:
    """Play these seats to the end; return the outcome of each.

    With a folder for their journals, what they decide outlives this process.
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
                decide=at_random(f"{seed}:{seat}"),
                pause=lambda: thought.uniform(pause / 3, pause),
            )
            return await bot.play()

    async with asyncio.TaskGroup() as tasks:
        playing = {seat: tasks.create_task(one(seat, code)) for seat, code in codes.items()}
    return {seat: task.result() for seat, task in playing.items()}
