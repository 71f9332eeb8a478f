"""Seeing that a program was saved while it is played."""

from __future__ import annotations

from pathlib import Path

from palier.schemas.errors import PalierError
from palier.workers.runtime.catalogue import Catalogue


class Saving:
    """Looks at the ``program.py`` in a folder of a program."""

    def __init__(self, programs: Path, name: str) -> None:
        self._programs = programs
        self._name = name
        self._path = programs / name.replace("-", "_") / "program.py"
        self._seen = self._stamp()

    def look(self) -> str | None:
        """Return None where it is as it was, else what is wrong with it now; empty for nothing.

        A file that cannot be read is in the middle of being written: the next look sees it.
        """
        stamp = self._stamp()
        if stamp is None or stamp == self._seen:
            return None
        self._seen = stamp
        try:
            Catalogue([self._programs]).program(self._name)
        except PalierError as error:
            return str(error)
        return ""

    def _stamp(self) -> tuple[int, int] | None:
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_mtime_ns, found.st_size
