"""Where a client has its controllers from, by the names that screens give them.

A controller is code: it runs with the rights of whoever sits here. So it comes from what is
installed on this computer, or from a folder that its user has named; never from a screen.
"""

from __future__ import annotations

import importlib.util
import logging
import sys
import traceback
from collections.abc import Iterable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Protocol

from palier.controller import Controller, ControllerError

_log = logging.getLogger(__name__)

#: The group of entry points that packages announce their controllers in.
GROUP = "palier.controllers"


class Controllers(Protocol):
    """Finds controllers by name: ``public_goods.Decision``."""

    def find(self, name: str) -> type[Controller] | None:
        """Return the class, None where it is not here; raises `ControllerError` if it is broken.

        Blocks for as long as its module takes to load.
        """


class NoControllers:
    """A client that shows screens and runs no code."""

    def find(self, name: str) -> type[Controller] | None:  # noqa: ARG002 - there is none of any name
        """Return None."""
        return None


class Installed:
    """The controllers of installed packages, by their entry points."""

    def __init__(self, points: Iterable[EntryPoint] | None = None) -> None:
        self._points = points

    def find(self, name: str) -> type[Controller] | None:
        """Return the class that an entry point of this name leads to."""
        points = entry_points(group=GROUP) if self._points is None else self._points
        point = next((one for one in points if one.name == name), None)
        if point is None:
            return None
        try:
            found = point.load()
        except Exception as error:
            raise broken(name, f"the installed {point.value}", error) from error
        return checked(found, name, f"the installed {point.value}")


class InFolders:
    """The controllers of programs that lie in folders: ``<folder>/public_goods/controllers.py``.

    A file that has changed is loaded anew.
    """

    def __init__(self, *folders: Path) -> None:
        self._folders = folders
        self._loaded: dict[Path, tuple[int, ModuleType]] = {}

    def find(self, name: str) -> type[Controller] | None:
        """Return the class of that name in the program's file."""
        program, _, class_name = name.partition(".")
        for folder in self._folders:
            path = folder / program / "controllers.py"
            if path.is_file():
                found = getattr(self._module(path, name), class_name, None)
                if found is None:
                    raise ControllerError(f"{path} has no class {class_name} ({name}).")
                return checked(found, name, str(path))
        return None

    def _module(self, path: Path, name: str) -> ModuleType:
        changed = path.stat().st_mtime_ns
        known = self._loaded.get(path)
        if known is not None and known[0] == changed:
            return known[1]
        spec = importlib.util.spec_from_file_location(
            f"palier_controllers_{path.parent.name}", path
        )
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module  # dataclasses look there for what their fields mean
        try:
            # compiled here: a cached one may be of a file of the same second
            exec(compile(path.read_bytes(), path, "exec"), vars(module))  # noqa: S102 - the author's
        except Exception as error:
            raise broken(name, str(path), error) from error
        self._loaded[path] = (changed, module)
        return module


class OneOf:
    """Several sources, asked in order."""

    def __init__(self, *sources: Controllers) -> None:
        self._sources = sources

    def find(self, name: str) -> type[Controller] | None:
        """Return what the first source has that has it."""
        found = (one.find(name) for one in self._sources)
        return next((one for one in found if one is not None), None)


def checked(found: object, name: str, where: str) -> type[Controller]:
    """Return what was found, if it is a controller; else raise `ControllerError`."""
    if isinstance(found, type) and issubclass(found, Controller):
        return found
    raise ControllerError(
        f"{name} in {where} is no controller: write `class {name.partition('.')[2]}(Controller)`."
    )


def broken(name: str, where: str, error: Exception) -> ControllerError:
    """Return, and log, that a controller cannot be loaded, with the line that raised."""
    if isinstance(error, SyntaxError):
        at = f"{error.filename}:{error.lineno}"
    else:
        last = traceback.extract_tb(error.__traceback__)[-1]
        at = f"{last.filename}:{last.lineno}"
    _log.error("Controller %s cannot be loaded", name, exc_info=error)
    return ControllerError(
        f"The controller {name} cannot be loaded from {where}: "
        f"{type(error).__name__}: {error} ({at})"
    )
