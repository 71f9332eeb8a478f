"""The programs that a worker can run: folders with a ``program.py``, and what they show."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import JsonValue

from palier.program.errors import ProgramError
from palier.program.program import Program
from palier.schemas import bundle
from palier.schemas.screens.errors import BadScreen
from palier.schemas.screens.folder import ScreenFolder, StoredContent, read_folder
from palier.workers.domain.screens import NOTHING, Screens, told
from palier.workers.errors import BrokenProgram, UnknownProgram
from palier.workers.runtime.origin import origin_of

#: Beside ``program.py``: screens with their pictures.
SCREENS = "screens"

#: Bytes of a bundle that fit into a message.
_LARGEST_BUNDLE = 700_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """A program, and where it was read from: an added one may have no folder."""

    program: type[Program]
    screens: Screens
    folder: Path | None
    #: Hash and commit of its files as they were when it was read.
    origin: Mapping[str, JsonValue]
    #: When its file was written last, as far as that can be known.
    written: int = 0


class Catalogue:
    """Programs by name: the folder ``public_goods`` is the program ``public-goods``.

    A program is read when a session of it is first opened or taken over; it stays the same until
    the worker ends, or somebody asks to `reload` it. ``watched``: it is read again for a session
    that is opened after its file was saved. Used by one thread.
    """

    def __init__(self, folders: Sequence[Path], *, watched: bool = False) -> None:
        self._folders = tuple(folders)
        self._watched = watched
        self._loaded: dict[str, Loaded] = {}
        #: Those that were added: there is no file to read them from again, but for their screens.
        self._added: dict[str, tuple[type[Program], Path | None]] = {}
        #: What each program shows: one for all its sessions, however often it is read.
        self._screens: dict[str, Screens] = {}

    def names(self) -> tuple[str, ...]:
        """Return the names of all programs, in order."""
        return tuple(
            sorted(
                one.parent.name.replace("_", "-")
                for folder in self._folders
                for one in folder.glob("*/program.py")
            )
        )

    def add(self, name: str, program: type[Program], *, folder: Path | None = None) -> None:
        """Offer a program that is in no folder, as tests and benchmarks do.

        ``folder`` is where its screens are below, if it has any.
        """
        self._added[name] = (program, folder)
        self._loaded.pop(name, None)

    def loaded(self) -> dict[str, Loaded]:
        """Return what was read until now, by name."""
        return dict(self._loaded)

    def program(self, name: str) -> type[Program]:
        """Return a program; raises `UnknownProgram` or `BrokenProgram`."""
        return self._found(name).program

    def to_open(self, name: str) -> type[Program]:
        """Return a program for a new session; raises `UnknownProgram` or `BrokenProgram`."""
        loaded = self._loaded.get(name)
        if self._watched and loaded is not None and loaded.written != _written(loaded.folder):
            return self.reload(name)
        return self.program(name)

    def screens(self, name: str) -> Screens:
        """Return what a program shows; raises `UnknownProgram` or `BrokenProgram`."""
        return self._found(name).screens

    def origin(self, name: str) -> Mapping[str, JsonValue]:
        """Return of which files a program was read; raises `UnknownProgram` or `BrokenProgram`."""
        return self._found(name).origin

    def reload(self, name: str) -> type[Program]:
        """Read a program's file and its screens anew; raises `UnknownProgram`, `BrokenProgram`."""
        self._loaded.pop(name, None)
        return self.program(name)

    def _found(self, name: str) -> Loaded:
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def _load(self, name: str) -> Loaded:
        program, folder = self._added.get(name) or self._read(name)
        _settle(program)
        origin = origin_of(folder)
        screens = self._screens.setdefault(name, Screens())
        if folder is None:
            screens.replace(NOTHING)
        else:
            screens.replace(read_screens(folder), bundle=_bundle(folder / bundle.FILE))
        return Loaded(program, screens, folder, origin, _written(folder))

    def _read(self, name: str) -> tuple[type[Program], Path]:
        folder = name.replace("-", "_")
        for one in self._folders:
            path = one / folder / "program.py"
            if path.is_file():
                return _read(path, name), path.parent
        raise UnknownProgram(name, known=self.names())


def _settle(program: type[Program]) -> None:
    """Check a program's entities; raises `BrokenProgram` with the line to change."""
    if "palier.program.entities" not in sys.modules:
        return
    from palier.program.entities.found import family_of_program

    try:
        if (family := family_of_program(program)) is not None:
            family.settle()
    except ProgramError as error:
        raise BrokenProgram(f"The entities have a mistake: {error}") from error


def _written(folder: Path | None) -> int:
    try:
        return 0 if folder is None else (folder / "program.py").stat().st_mtime_ns
    except OSError:
        return 0


def read_screens(folder: Path) -> ScreenFolder:
    """Return the screens of the program in a folder; raises `BrokenProgram` with the mistakes."""
    try:
        return read_folder(folder / SCREENS)
    except BadScreen as error:
        raise BrokenProgram(f"The screens have mistakes.\n{told(error.mistakes)}") from error
    except OSError as error:
        raise BrokenProgram(f"The screens in {folder} cannot be read: {error.strerror}.") from error


def _bundle(path: Path) -> StoredContent | None:
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise BrokenProgram(f"{path} cannot be read: {error.strerror}.") from error
    if len(data) > _LARGEST_BUNDLE:
        raise BrokenProgram(
            f"{path} has {len(data)} bytes, and a bundle at most {_LARGEST_BUNDLE}: "
            "take out what its controllers do not need."
        )
    return StoredContent(media=bundle.MEDIA, data=data)


def _read(path: Path, name: str) -> type[Program]:
    spec = importlib.util.spec_from_file_location(f"palier_program_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ProgramError as error:
        raise BrokenProgram(f"{path} cannot be loaded: {error}") from error
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where, said = f"{last.filename}:{last.lineno}", str(error)
        if isinstance(error, SyntaxError):
            # what cannot be read was never run: its place is in the error
            where, said = f"{error.filename}:{error.lineno}", error.msg
        raise BrokenProgram(
            f"{path} cannot be loaded: {type(error).__name__}: {said} ({where})"
        ) from error
    found = [
        one
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Program) and one.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise BrokenProgram(f"{path} must define one Program, it defines {len(found)} ({name}).")
    return found[0]
