"""`palier desk` and `palier overview`: the windows."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Annotated

import typer
from platformdirs import user_state_path

from palier.broker.address import Address
from palier.cli import options
from palier.cli.errors import MissingPart
from palier.cli.server import DATA, find_server
from palier.client.controllers import InFolders, Installed, OneOf
from palier.client.screens.lock import read_unlock_code
from palier.client.screens.look import Look, PaletteChoice, read_place
from palier.client.seating import Seating
from palier.schemas.names import check_name

Palette = Annotated[PaletteChoice, typer.Option(help="Light or dark, or as the system has it.")]
Scale = Annotated[float | None, typer.Option(min=1.0, max=2.0, help="1.25 is 125 %.")]
Language = Annotated[
    str | None, typer.Option(help="en, fr, or one of `palier words list`; the system's by default.")
]
Where = Annotated[str | None, typer.Option("--place", help="left,top,width,height in pixels.")]


Locked = Annotated[
    bool,
    typer.Option(
        "--lock", envvar="PALIER_LOCK", help="Fill the screen; only the code closes the window."
    ),
]
CodeFile = Annotated[
    Path | None,
    typer.Option(help="A file with the code of --lock; else it is PALIER_UNLOCK_CODE."),
]


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
    lock: Locked = False,
    unlock_code_file: CodeFile = None,
    server: options.Address = None,
    data: options.Data = DATA,
    journal: options.Journals = None,
    programs: options.Programs = options.PROGRAMS,
    state: Annotated[Path | None, typer.Option(hidden=True)] = None,
) -> None:
    """Sit down at a seat: with a code the first time, without one ever after."""
    need_windows()
    found = find_server(server, data)
    seating = Seating(
        address=Address.parse(found.amqp),
        room_password=found.room_password,
        folder=state or user_state_path("palier"),
        journals=journal,
        command="palier desk",
        controllers=OneOf(Installed(), InFolders(programs)),
    )
    look = Look(
        palette=palette,
        scale=scale,
        language=language,
        place=read_place(place),
        unlock_code=read_unlock_code(unlock_code_file) if lock else "",
    )
    seating.sit(seating.take(code=code, seat=seat if code is None else None), look)


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

    look = Look(palette=palette, scale=scale, language=language, place=read_place(place))
    show_overview(find_server(server, data), check_name(session), look)
