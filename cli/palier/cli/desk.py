"""`palier desk` and `palier overview`: the windows."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer
from platformdirs import user_state_path

from palier.cli import options
from palier.cli.errors import CommandError, MissingPart
from palier.cli.running import run
from palier.cli.server import DATA, Server, find_server
from palier.client.asking import join
from palier.client.controllers import InFolders, Installed, OneOf
from palier.client.credentials import Credentials, CredentialsFile, journal_file
from palier.client.journal import Journal
from palier.client.screens.look import Look, PaletteChoice, Place
from palier.client.seating import show_desk
from palier.schemas.names import check_name

Palette = Annotated[PaletteChoice, typer.Option(help="Light or dark, or as the system has it.")]
Scale = Annotated[float | None, typer.Option(min=1.0, max=2.0, help="1.25 is 125 %.")]
Language = Annotated[str | None, typer.Option(help="en or fr; the system's by default.")]
Where = Annotated[str | None, typer.Option("--place", help="left,top,width,height in pixels.")]


def need_windows() -> None:
    """Raise `MissingPart` or `NoDisplay` where no window can be opened."""
    if importlib.util.find_spec("dearpygui") is None:
        raise MissingPart("The windows are not installed here: `pip install palier-client`.")
    from palier.client.screens.display import require_display

    require_display()


def desk(  # noqa: PLR0913 - each is an option of its own
    *,
    code: Annotated[str | None, typer.Option("--join", help="A one-time code.")] = None,
    seat: Annotated[str | None, typer.Option(help="A seat joined from here before.")] = None,
    palette: Palette = "system",
    scale: Scale = None,
    language: Language = None,
    place: Where = None,
    server: options.Address = None,
    data: options.Data = DATA,
    journal: options.Journals = None,
    programs: options.Programs = options.PROGRAMS,
    state: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Sit down at a seat: with a code the first time, without one ever after."""
    need_windows()
    found = find_server(server, data)
    folder = state or user_state_path("palier")
    kept = CredentialsFile(folder, server=found.amqp)
    look = Look(palette=palette, scale=scale, language=language, place=_place(place))
    credentials = _credentials(found, kept, code, seat)
    file = journal_file(journal or folder, server=found.amqp, seat=credentials.seat)
    with Journal(file) as opened:
        known = OneOf(Installed(), InFolders(programs))
        show_desk(found.transport(), credentials, opened, look, controllers=known)


def _credentials(
    server: Server, kept: CredentialsFile, code: str | None, seat: str | None
) -> Credentials:
    if code is not None:
        password = server.need("room_password", "PALIER_ROOM_PASSWORD")
        server.need_answer()
        credentials = run(join(server.transport(), code=code, room_password=password))
        kept.save(credentials)
        return credentials
    seats = kept.seats()
    if seat is None and len(seats) == 1:
        (seat,) = seats
    if seat is None:
        known = f" Joined from here: {', '.join(seats)}." if seats else ""
        raise CommandError(f"Say which seat: --join CODE, or --seat NAME.{known}")
    if (found := kept.load(check_name(seat))) is None:
        raise CommandError(
            f"Seat {seat} was never joined from this computer: ask the operator for a code, "
            "then `palier desk --join CODE`."
        )
    return found


def _place(given: str | None) -> Place | None:
    if given is None:
        return None
    try:
        left, top, width, height = map(int, given.split(","))
    except ValueError:
        raise CommandError(f"--place {given}: write it as left,top,width,height.") from None
    return left, top, width, height


def overview(
    session: Annotated[str, typer.Argument(help="The session's name.")],
    *,
    palette: Palette = "system",
    scale: Scale = None,
    language: Language = None,
    place: Where = None,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Watch a session as its operator: start it, see who everyone waits for, close it."""
    need_windows()
    from palier.cli.overseeing import show_overview

    look = Look(palette=palette, scale=scale, language=language, place=_place(place))
    show_overview(find_server(server, data), check_name(session), look)
