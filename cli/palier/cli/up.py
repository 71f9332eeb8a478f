"""`palier up` and `palier worker`: a server in the foreground."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Annotated

import typer

from palier.cli import options
from palier.cli.server import DATA, Server
from palier.cli.showing import err, out
from palier.cli.stack import stack

#: Seconds between two looks at the worker.
_LOOK = 0.5

#: Windows knows no SIGHUP.
_STOPS = [getattr(signal, one) for one in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, one)]


def up(
    *,
    data: options.Data = DATA,
    programs: options.Programs = options.PROGRAMS,
    database: Annotated[
        str | None, typer.Option(help="PostgreSQL instead of a SQLite file in the folder.")
    ] = None,
    watch: options.Watch = False,
) -> None:
    """Run a server here until Ctrl-C: a private RabbitMQ and a worker."""
    stop_on_signals()
    with stack(data, programs=programs, database=database, progress=tell, watch=watch) as (
        server,
        worker,
    ):
        out.print(_ready(server, data), soft_wrap=True)
        while True:
            time.sleep(_LOOK)
            if said := worker.look():
                err.print(said, style="yellow", soft_wrap=True)


def worker() -> None:
    """Run one more worker, with its settings from the environment (`python -m palier.workers`)."""
    from palier.workers.__main__ import main as run_worker  # brings SQLAlchemy along

    raise typer.Exit(run_worker([]))


def tell(sentence: str) -> None:
    """Tell how a start gets on."""
    err.print(sentence, style="dim")


def stop_on_signals() -> None:
    """Take a request to end, or a closed terminal, like Ctrl-C: everything is stopped first.

    Stopping takes seconds and nobody interrupts it: a second Ctrl-C changes nothing.
    """
    for one in _STOPS:
        signal.signal(one, _stop)


def _stop(_number: int, _frame: FrameType | None) -> None:
    for one in _STOPS:
        signal.signal(one, signal.SIG_IGN)
    if not _in_a_loop():  # what runs in a loop has a table on the terminal: it says so itself
        with suppress(OSError):  # the terminal may be what has gone
            # not by a console, which may be in the middle of a line
            os.write(
                sys.stderr.fileno(), b"\nStopping.\n" if sys.stderr.isatty() else b"Stopping.\n"
            )
    raise KeyboardInterrupt


def _in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _ready(server: Server, data: Path) -> str:
    return (
        f"Palier is up; Ctrl-C stops it.\n"
        f"  RabbitMQ   {server.amqp}\n"
        f"  console    {server.management}  (user {server.user}, password in "
        f"{data / 'server.json'})\n"
        f"  database   {server.database}\n"
        f"Now, in another terminal: palier session open public-goods --seats 4"
    )
