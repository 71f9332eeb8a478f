"""A program with screens in a folder, for tests: rehearsed without a broker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

from palier.program import Session as ProgramSession
from palier.schemas.screens.folder import read_file
from palier.workers.runtime.catalogue import SCREENS, Catalogue
from tests.databases import Database
from tests.rehearsal import Rehearsal, program

PNG = b"\x89PNG\r\n\x1a\n and the picture itself"

_NEXT = '<button on-click="next">Go on</button>'
_SUBMIT = '<button on-click="submit">Hand in</button>'


def plain(text: str) -> str:
    """Return a screen for a stage that asks for nothing."""
    return f"<screen><text>{text}</text>{_NEXT}</screen>"


def asking(field: str = "value") -> str:
    """Return a screen that asks for a number; on its second line, at the third place."""
    return f'<screen>\n  <number bind="answer.{field}"/>\n  {_SUBMIT}\n</screen>'


PLAIN, ASKING = plain("Welcome."), asking()

#: One that people talk on, and that follows prices.
TALKING = (
    f'<screen><chat stream="talk"/><plot><series source="stream.prices"/></plot>{_NEXT}</screen>'
)

Body = Callable[[ProgramSession], Awaitable[None]]


def write(folder: Path, name: str, text: str) -> Path:
    """Write a screen of the program in a folder; return its file."""
    screens = folder / SCREENS
    screens.mkdir(exist_ok=True)
    path = screens / f"{name}.xml"
    path.write_text(text, encoding="utf-8")
    return path


def digest_of(folder: Path, name: str) -> str:
    """Return the hash of a screen as its file is now."""
    return read_file(folder / SCREENS / f"{name}.xml").spec.digest


def screened(
    database: Database,
    folder: Path,
    body: Body,
    *,
    seats: Sequence[str] = ("p1", "p2"),
    start: bool = True,
) -> Rehearsal:
    """Open a session of the program that a coroutine function is, with the screens in a folder."""
    known = Catalogue([])
    known.add("example", program(body), folder=folder)
    rehearsal = Rehearsal(database, known, seats=seats, workers=2)
    rehearsal.open("example", start=start)
    rehearsal.overview()  # or it was not opened
    return rehearsal
