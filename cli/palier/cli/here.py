"""A server for one session on this computer: started, played on, and stopped; the data stay."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from palier.broker.errors import NodeFailed
from palier.cli.desk import need_windows
from palier.cli.disturbing import Disturbance
from palier.cli.errors import CommandError, MissingPart
from palier.cli.keeping import KeptServer
from palier.cli.running import run
from palier.cli.saving import Saving
from palier.cli.server import Server
from palier.cli.showing import LOOKED_AT, err, first_look, out
from palier.cli.sitting import Cast, Sitting
from palier.cli.stack import stack
from palier.cli.up import tell
from palier.client.errors import NoDisplay
from palier.program import Program
from palier.schemas.commands import OpenSession

_DATABASE = "palier.db"

#: The folder of what is exported in the end.
_EXPORT = "export"


def conduct(
    command: OpenSession,
    *,
    programs: Path,
    folder: Path,
    cast: Cast,
    watch: bool = False,
    anew: bool = False,
    disturb: Callable[[KeptServer], Disturbance] | None = None,
) -> tuple[str, Disturbance | None]:
    """Play a session in a folder and show its data; blocks until it is over.

    Returns where the database is, and what has disturbed the session, if anything was to.
    ``watch``: screens are shown anew when they are saved; ``anew``: so is the program, in another
    session.
    """
    from palier.cli.exports import write_export

    saving = Saving(programs, command.program) if anew else None
    try:
        with stack(folder, programs=programs, database=None, progress=tell, watch=watch) as (
            server,
            kept,
        ):
            _tell_where(server)
            trouble = disturb(kept) if disturb is not None else None
            try:
                session = Sitting(
                    server, kept, folder, command, trouble, programs=programs, saving=saving
                )
                name = run(session.play(cast))
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
    written = write_export(database, name, folder / _EXPORT)
    for one in LOOKED_AT:
        out.print(first_look(written.heads[one]))
    out.print(f"database  {(folder / _DATABASE).resolve()}", soft_wrap=True)
    out.print(f"export    {written.folder}", soft_wrap=True)
    out.print(f"codebook  {written.files['codebook.md']}", soft_wrap=True)
    return database, trouble


def seats_of(played: type[Program], seats: int | None, bots: int | None) -> int:
    """Return how many seats there are: those wanted, or one group, or what the bots need."""
    group = played.group_size or 1
    count = max(seats or group, bots or 0)
    if count % group:
        raise CommandError(f"{count} seats cannot form groups of {group}: take a multiple of it.")
    return count


def _forget_node(folder: Path) -> None:
    """Remove what a node keeps: worth nothing once its session is over; the rest stays."""
    shutil.rmtree(folder / "node", ignore_errors=True)


def _forget(folder: Path, *, unless: tuple[str, ...]) -> None:
    """Remove a folder that has none of these: a demo that never began leaves nothing."""
    if not any((folder / one).exists() for one in unless):
        shutil.rmtree(folder, ignore_errors=True)


def bots_of(wanted: int | None, seats: int) -> int:
    """Return how many seats bots play: those wanted, or all where no window can be opened."""
    if wanted is not None and wanted >= seats:
        return seats
    try:
        need_windows()
    except (NoDisplay, MissingPart) as error:
        err.print(f"{error} Bots play all {seats} seats.", style="yellow")
        return seats
    return wanted or 0


def new_folder(runs: Path, program: str) -> Path:
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
    raise CommandError(f"Too many sessions at once in {runs}.")


def _tell_where(server: Server) -> None:
    err.print(
        f"Management console: {server.management}, user {server.user}, password {server.password}",
        style="dim",
        soft_wrap=True,
    )
