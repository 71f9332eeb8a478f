"""`palier demo`: a whole session of a ready program, here and now."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from palier.cli import options
from palier.cli.disturbing import Disturbance
from palier.cli.errors import CommandError
from palier.cli.given import settings_of
from palier.cli.here import bots_of, conduct, new_folder, seats_of
from palier.cli.sitting import Cast
from palier.cli.stack import need_programs
from palier.cli.up import stop_on_signals
from palier.program import Program
from palier.program.bots import RANDOM, chosen, strategies
from palier.schemas.commands import OpenSession

_PROGRAM = "public-goods"
_SESSION = "demo"
#: The stage that each round has.
_STAGE = "contribute"


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
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, such as rounds=5; repeatable.")
    ] = None,
    settings: options.SettingsFile = None,
    strategy: options.Strategy = None,
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
    stop_on_signals()
    need_programs(programs)
    played = _program(programs, program)
    seats = seats_of(played, seats, bots)
    if chaos and program != _PROGRAM:
        raise CommandError(f"--chaos compares payoffs of {_PROGRAM}: leave out --program.")
    filled = bots_of(bots, seats)
    # with trouble, payoffs are compared with those of bots that draw their answers
    cast = Cast(bots=filled, pause=pause, strategy=RANDOM if chaos else strategy)
    if strategy is not None:
        chosen(strategies(programs / program.replace("-", "_")), strategy)
    usual = {"rounds": rounds} if "rounds" in played.Settings.model_fields else {}
    chosen_settings = {**usual, **settings_of(played, settings, setting or [])}
    folder = new_folder(runs, program)
    command = OpenSession(
        session=_SESSION,
        program=program,
        seats=tuple(f"p{number}" for number in range(1, seats + 1)),
        settings=chosen_settings,
        auto_start=True,
        seed=seed,
    )
    disturb = partial(Disturbance, stage=_STAGE, rounds=rounds) if chaos else None
    database, trouble = conduct(
        command, programs=programs, folder=folder, cast=cast, watch=watch, disturb=disturb
    )
    if trouble is not None:
        from palier.cli.exports import read_exports

        exports = read_exports(database, _SESSION)
        trouble.compare(exports, program=played, command=command, bots=filled)


def _program(programs: Path, name: str) -> type[Program]:
    from palier.workers.runtime.catalogue import Catalogue

    return Catalogue([programs]).program(name)
