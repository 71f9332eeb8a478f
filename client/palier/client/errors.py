"""What can go wrong at a client.

::

    ClientError
    ├── NoDisplay                there is no screen to open a window on
    ├── Rejected                 the worker, or RabbitMQ, refused what was asked
    └── NoAnswer                 nobody answered in time

Each message is a sentence that tells a person what to do; what a program needs is in attributes.
"""

from __future__ import annotations

from palier.schemas.errors import PalierError


class ClientError(PalierError):
    """Root of what a client raises on purpose."""


class NoDisplay(ClientError):
    """There is no screen to open a window on."""

    def __init__(self, display: str) -> None:
        where = f"the display {display!r} does not answer" if display else "DISPLAY is not set"
        super().__init__(
            f"No window can be opened here: {where}. Start Palier from a desktop session, "
            "or use `palier bots` to fill seats without windows."
        )
        self.display = display


class Rejected(ClientError):
    """The worker, or RabbitMQ, refused what was asked; ``code`` is stable."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(reason)
        self.code = code


class NoAnswer(ClientError):
    """Nobody answered in time."""

    def __init__(self, verb: str, *, deadline: float) -> None:
        super().__init__(
            f"Nobody answered {verb} within {deadline:g} s: is a worker running, "
            "and does this address lead to its RabbitMQ?"
        )
        self.verb = verb
