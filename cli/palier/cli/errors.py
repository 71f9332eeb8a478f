"""What can go wrong at the command line, in a sentence that says what to do.

::

    CommandError
    ├── BrokenFile       a program's file cannot be loaded, so that its forms are not known
    ├── NoServer         nobody said where the server is, and none runs here
    ├── MissingPart      a part of Palier that this command needs is not installed
    ├── NodeStopped      the RabbitMQ that was started here has ended, again and again
    └── WorkerStopped    the worker that was started here has ended
"""

from __future__ import annotations

from palier.schemas.errors import PalierError


class CommandError(PalierError):
    """A command cannot do what was asked."""


class BrokenFile(CommandError):
    """A program's file cannot be loaded, so that its forms are not known."""


class NoServer(CommandError):
    """Nobody said where the server is, and none runs here."""


class MissingPart(CommandError):
    """A part of Palier that this command needs is not installed."""


class NodeStopped(CommandError):
    """The RabbitMQ that was started here has ended, again and again."""


class WorkerStopped(CommandError):
    """The worker that was started here has ended."""
