"""The folder of a program, as a person names it at the command line."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from palier.cli.errors import CommandError
from palier.schemas.names import is_name

#: A program's folder: where its program.py is.
Folder = Annotated[Path, typer.Argument(help="The program's folder.", metavar="FOLDER")]


def program_in(folder: Path) -> tuple[Path, str]:
    """Return the folder that has the programs, and the name of this one; raises `CommandError`."""
    path = folder.resolve()
    if path.name == "program.py":
        path = path.parent
    if not (path / "program.py").is_file():
        # what `palier new` refuses, for it is there or cannot be a name, is not proposed
        fits = is_name(folder.name.replace("_", "-")) and "-" not in folder.name
        fresh = folder.name if fits and not folder.exists() else "my_experiment"
        raise CommandError(
            f"There is no program.py in {folder}: name the folder of a program, or begin one with "
            f"`palier new {fresh}`."
        )
    name = path.name.replace("_", "-")
    if not is_name(name) or "-" in path.name:
        raise CommandError(
            f"The folder {path.name!r} cannot be a program's: call it by 1 to 32 lower-case "
            "letters, digits and underscores."
        )
    return path.parent, name
