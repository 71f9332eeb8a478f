"""The errors of a worker.

::

    WorkerError
    ├── UnknownProgram       no folder of programs has one of this name
    ├── BrokenProgram        the program's file cannot be loaded
    ├── ProgramFailed        the author's code raised; carries the traceback
    │   └── ProgramDiverged  run again, it did not do what its record says
    ├── Fenced               another worker has conducted this session meanwhile
    ├── Unwelcome            a message whose sender may not send it
    ├── ExportRefused        a session cannot be exported like this
    └── DatabaseUnavailable  the database cannot be reached
"""

from __future__ import annotations

from palier.schemas.errors import PalierError


class WorkerError(PalierError):
    """Something went wrong in a worker."""


class UnknownProgram(WorkerError):
    """No folder of programs has one of this name."""

    def __init__(self, name: str, *, known: tuple[str, ...]) -> None:
        offer = ", ".join(known) or "none"
        super().__init__(f"There is no program {name!r}; the worker knows: {offer}.")
        self.name = name


class BrokenProgram(WorkerError):
    """The program's file cannot be loaded."""


class ProgramFailed(WorkerError):
    """The author's code raised; ``traceback`` shows where."""

    def __init__(self, reason: str, *, traceback: str) -> None:
        super().__init__(reason)
        self.reason = reason
        self.traceback = traceback


class ProgramDiverged(ProgramFailed):
    """Run again, the program did not do what its record says."""


class Fenced(WorkerError):
    """Another worker has conducted this session meanwhile: what is known of it is old."""


class Unwelcome(WorkerError):
    """A message whose sender may not send it; ``code`` is stable."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class ExportRefused(WorkerError):
    """A session cannot be exported like this: there is none, or the place is taken."""


class DatabaseUnavailable(WorkerError):
    """The database cannot be reached; nothing is lost, what came in stays unacknowledged."""
