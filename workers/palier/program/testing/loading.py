"""Programs by their folders, with the screens beside them."""

from __future__ import annotations

from pathlib import Path
from weakref import WeakKeyDictionary

from palier.program.bots import Bot, strategies
from palier.program.program import Program
from palier.program.testing.errors import PlayError
from palier.schemas.names import is_name
from palier.workers.domain.screens import Screens
from palier.workers.runtime.catalogue import Catalogue, read_screens

#: What each program shows, as it was when it was first played.
_SCREENS: WeakKeyDictionary[type[Program], Screens] = WeakKeyDictionary()


def load(folder: str | Path) -> type[Program]:
    """Return the program in a folder, as a worker loads it: its ``program.py`` is run.

    Raises `PlayError` where there is none, and `palier.workers.errors.BrokenProgram` where it or
    one of its screens cannot be read.
    """
    path = Path(folder).resolve()
    if not (path / "program.py").is_file():
        raise PlayError(f"There is no program.py in {path}: name the folder of a program.")
    name = path.name.replace("_", "-")
    if not is_name(name) or "-" in path.name:
        raise PlayError(
            f"The folder {path.name!r} cannot be a program's: use 1 to 32 lower-case letters, "
            "digits and underscores."
        )
    catalogue = Catalogue([path.parent])
    program = catalogue.program(name)
    _SCREENS[program] = catalogue.screens(name)
    return program


def load_bots(folder: str | Path) -> dict[str, type[Bot]]:
    """Return the strategies of the program in a folder, by name (`palier.program.bots`)."""
    return strategies(Path(folder))


def screens_of(program: type[Program]) -> Screens:
    """Return what a program shows: the screens beside its ``program.py``, or none."""
    found = _SCREENS.get(program)
    if found is None:
        found = _SCREENS[program] = _beside(program)
    return found


def _beside(program: type[Program]) -> Screens:
    path = Path(program.run.__code__.co_filename)
    # what was written at a prompt, or in a test, has no screens
    return Screens(read_screens(path.parent)) if path.name == "program.py" else Screens()
