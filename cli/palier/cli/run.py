"""`palier run`: a program that is being written, on this computer, from its folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from palier.cli import options
from palier.cli.folders import Folder, program_in
from palier.cli.given import settings_of
from palier.cli.here import bots_of, conduct, new_folder, seats_of
from palier.cli.sitting import Cast
from palier.cli.up import stop_on_signals
from palier.program.bots import chosen, strategies
from palier.schemas.commands import OpenSession
from palier.workers.runtime.catalogue import Catalogue


def run(  # noqa: PLR0913 - each is an option of its own
    folder: Folder,
    *,
    seats: Annotated[
        int | None, typer.Option(min=1, help="Seats in all; one group unless you say so.")
    ] = None,
    bots: Annotated[
        int | None, typer.Option(min=0, help="Seats that bots play; all without a display.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, such as rounds=5; repeatable.")
    ] = None,
    settings: options.SettingsFile = None,
    strategy: options.Strategy = None,
    pause: Annotated[float, typer.Option(min=0, help="Seconds a bot thinks, at most.")] = 1.0,
    seed: Annotated[int, typer.Option(help="Makes groups and bots repeatable.")] = 1,
    watch: Annotated[bool, typer.Option(help="Take over what is saved while it is played.")] = True,
    runs: Annotated[Path, typer.Option(help="Where the data of each run go.")] = Path("runs"),
) -> None:
    """Play the program in a folder: a desk window a seat, and the operator's overview.

    A private RabbitMQ and a worker are started and stopped; the data stay. A screen that is saved
    is shown at once. When program.py is saved, the session is closed and another one opened at the
    same desks: a session goes through one program from beginning to end.
    """
    stop_on_signals()
    programs, name = program_in(folder)
    played = Catalogue([programs]).program(name)
    count = seats_of(played, seats, bots)
    chosen(strategies(programs / name.replace("-", "_")), strategy)
    command = OpenSession(
        session=f"{name[:28].rstrip('-')}-1",
        program=name,
        seats=tuple(f"p{number}" for number in range(1, count + 1)),
        settings=settings_of(played, settings, setting or []),
        auto_start=True,
        seed=seed,
    )
    conduct(
        command,
        programs=programs,
        folder=new_folder(runs, name),
        cast=Cast(bots=bots_of(bots, count), pause=pause, strategy=strategy),
        watch=watch,
        anew=watch,
    )
