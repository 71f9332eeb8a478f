"""The programs that a worker can run: folders with a ``program.py``."""

from __future__ import annotations

import importlib.util
import traceback
from collections.abc import Sequence
from pathlib import Path

from palier.program.program import Program
from palier.workers.errors import BrokenProgram, UnknownProgram


class Catalogue:
    """Programs by name: the folder ``public_goods`` is the program ``public-goods``.

    A program is read when a session of it is first opened or taken over; it stays the same until
    the worker ends, or somebody asks to `reload` it.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = tuple(folders)
        self._loaded: dict[str, type[Program]] = {}
        #: Those that were added: there is no file to read them from again.
        self._added: set[str] = set()

    def names(self) -> tuple[str, ...]:
        """Return the names of all programs, in order."""
        return tuple(
            sorted(
                one.parent.name.replace("_", "-")
                for folder in self._folders
                for one in folder.glob("*/program.py")
            )
        )

    def add(self, name: str, program: type[Program]) -> None:
        """Offer a program that is in no folder, as tests and benchmarks do."""
        self._loaded[name] = program
        self._added.add(name)

    def program(self, name: str) -> type[Program]:
        """Return a program; raises `UnknownProgram` or `BrokenProgram`."""
        if name not in self._loaded:
            self._loaded[name] = self._load(name)
        return self._loaded[name]

    def reload(self, name: str) -> type[Program]:
        """Read a program's file anew; raises `UnknownProgram` or `BrokenProgram`."""
        if name not in self._added:
            self._loaded.pop(name, None)
        return self.program(name)

    def _load(self, name: str) -> type[Program]:
        folder = name.replace("-", "_")
        for one in self._folders:
            path = one / folder / "program.py"
            if path.is_file():
                return _read(path, name)
        raise UnknownProgram(name, known=self.names())


def _read(path: Path, name: str) -> type[Program]:
    spec = importlib.util.spec_from_file_location(f"palier_program_{path.parent.name}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{last.filename}:{last.lineno}"
        raise BrokenProgram(
            f"{path} cannot be loaded: {type(error).__name__}: {error} ({where})"
        ) from error
    found = [
        one
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, Program) and one.__module__ == module.__name__
    ]
    if len(found) != 1:
        raise BrokenProgram(f"{path} must define one Program, it defines {len(found)} ({name}).")
    return found[0]
