"""`palier new`: a program to begin with, which runs at once."""

from __future__ import annotations

import re
import sys
from enum import StrEnum
from keyword import iskeyword
from pathlib import Path
from typing import Annotated

import typer

from palier.cli.errors import CommandError
from palier.cli.showing import out
from palier.schemas.names import is_name

#: The programs to begin with, each a folder that runs as it is.
_BEGINNINGS = Path(__file__).parent / "beginnings"

#: What they are called, and how large their groups are.
_NAME, _CLASS, _TITLE, _SIZE = "my_experiment", "MyExperiment", "My experiment", 4

_LARGEST = 100


class Start(StrEnum):
    """What a program begins as."""

    GROUP = "group"
    PAIR = "pair"
    ALONE = "alone"


_SAYS = {
    Start.GROUP: "groups that stay together for some rounds",
    Start.PAIR: "pairs of two roles, one of whom decides after the other",
    Start.ALONE: "everyone decides alone, with questions at the end",
}


def new(
    name: Annotated[
        str | None,
        typer.Argument(help="The folder to make, such as my_experiment.", metavar="NAME"),
    ] = None,
    *,
    start: Annotated[Start | None, typer.Option(help="What it begins as.")] = None,
    size: Annotated[
        int | None, typer.Option(min=2, max=_LARGEST, help="Participants of a group.")
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", "-y", help="Ask nothing: take what is usual.")
    ] = False,
) -> None:
    """Make a folder with a program, its bots and its tests; it runs at once and needs no network.

    What it asks has an answer to begin with; nothing is asked where nobody can be.
    """
    asks = not yes and sys.stdin.isatty()
    if name is None:
        name = typer.prompt("Name", default=_NAME) if asks else _NAME
    folder = Path(name)
    _check(folder)
    if start is None:
        start = _asked_start() if asks else Start.GROUP
    if size is None:
        wants = asks and start is Start.GROUP
        size = typer.prompt("Participants of a group", default=_SIZE, type=int) if wants else _SIZE
    if not 1 < size <= _LARGEST:
        raise CommandError(f"A group has 2 to {_LARGEST} participants, not {size}.")
    made = _written(_BEGINNINGS / start.value, folder, size)
    for one in made:
        out.print(str(one), soft_wrap=True)
    out.print(
        f"\nNow:\n  palier check {folder}\n  palier run {folder}\n  palier simulate {folder}",
        soft_wrap=True,
    )


def _check(folder: Path) -> None:
    """Raise `CommandError` where no program can be made."""
    name = folder.name
    if not is_name(name.replace("_", "-")) or not name[0].isalpha() or "-" in name:
        plain = re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_").lstrip("0123456789_")[:32]
        meant = f", such as {plain}" if plain else ""
        raise CommandError(
            f"A program cannot be called {name!r}: use 1 to 32 lower-case letters, digits and "
            f"underscores, the first one a letter{meant}."
        )
    if iskeyword(name):
        raise CommandError(f"A program cannot be called {name!r}, which is a word of Python.")
    if folder.exists():
        raise CommandError(f"{folder} is there already: choose another name, or move it away.")


def _asked_start() -> Start:
    for number, one in enumerate(Start, start=1):
        out.print(f"  {number}  {one.value:<6} {_SAYS[one]}")
    chosen: int = typer.prompt("Begin as", default=1, type=int)
    if not 1 <= chosen <= len(Start):
        raise CommandError(f"There is no {chosen}: take one of 1 to {len(Start)}.")
    return tuple(Start)[chosen - 1]


def _written(beginning: Path, folder: Path, size: int) -> list[Path]:
    words = folder.name.split("_")
    program = "".join(one.capitalize() for one in words)
    taken = re.findall(r"\w+", (beginning / "program.py").read_text(encoding="utf-8"))
    if program in taken and program != _CLASS:
        program = f"My{program}"  # `palier new decision`: a form is called so
    replaced = {
        _NAME: folder.name,
        _CLASS: program,
        _TITLE: " ".join(words).capitalize(),
        f"group_size = {_SIZE}": f"group_size = {size}",
        f"Groups of {_SIZE}": f"Groups of {size}",
    }
    files = sorted(one for one in beginning.rglob("*") if one.is_file() and one.suffix != ".pyc")
    made = []
    try:
        for one in files:
            text = one.read_text(encoding="utf-8")
            for before, after in replaced.items():
                text = text.replace(before, after)
            to = folder / one.relative_to(beginning)
            to.parent.mkdir(parents=True, exist_ok=True)
            with to.open("x", encoding="utf-8", newline="\n") as file:
                file.write(text)
            made.append(to)
    except OSError as error:
        raise CommandError(f"{folder} cannot be written to: {error.strerror}.") from None
    return made
