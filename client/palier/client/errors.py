"""What can go wrong at a client.

::

    ClientError
    ├── NoDisplay                there is no screen to open a window on
    ├── Rejected                 the worker, or RabbitMQ, refused what was asked
    ├── NoAnswer                 nobody answered in time
    ├── NotSeated                nobody said where the server is, or which seat, or with which code
    ├── BadOption                an option of a command cannot be had so
    ├── BadPreparation           what was prepared on this computer cannot be read
    ├── NoSuchLanguage           the windows have no words of the language asked for
    ├── BadWords                 a file of words has mistakes
    └── JournalFailed            this computer's disk did not take what has to be kept
        └── JournalInUse         another process has this seat's journal open

Each message is a sentence that tells a person what to do; what a program needs is in attributes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Literal

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


class NoSuchLanguage(ClientError):
    """The windows have no words of the language that was asked for."""

    def __init__(self, language: str, *, known: Sequence[str], places: Sequence[Path]) -> None:
        where = " or ".join(str(one) for one in places)
        super().__init__(
            f"There are no words of the language {language!r} here: there are {', '.join(known)}. "
            f"`palier words export {language}` writes a file to translate; it is looked for in "
            f"{where}."
        )
        self.language = language


class BadWords(ClientError):
    """A file of words has mistakes: ``flaws`` are lines of it, each with a sentence."""

    def __init__(self, name: str, flaws: Sequence[tuple[int, str]]) -> None:
        super().__init__("\n".join(f"{name}:{line}: {said}" for line, said in flaws))
        self.flaws = tuple(flaws)


class Rejected(ClientError):
    """The worker, or RabbitMQ, refused what was asked; ``code`` is stable.

    ``fields`` says what is wrong with which part of it.
    """

    def __init__(self, code: str, reason: str, fields: Mapping[str, str] | None = None) -> None:
        super().__init__(reason)
        self.code = code
        self.fields = dict(fields or {})


class NoAnswer(ClientError):
    """Nobody answered in time."""

    def __init__(self, verb: str, *, deadline: float) -> None:
        super().__init__(
            f"Nobody answered {verb} within {deadline:g} s: is a worker running, "
            "and does this address lead to its RabbitMQ?"
        )
        self.verb = verb


class NotSeated(ClientError):
    """Nobody said where the server is, or which seat, or with which code; ``what`` is missing."""

    def __init__(
        self, sentence: str, *, what: Literal["server", "password", "code", "seat"] = "seat"
    ) -> None:
        super().__init__(sentence)
        self.what = what


class BadOption(ClientError):
    """An option of a command cannot be had so."""


class BadPreparation(ClientError):
    """What was prepared on this computer cannot be read."""

    def __init__(self, path: Path, *, reason: str) -> None:
        super().__init__(f"{path} cannot be used: {reason}")
        self.path = path
        self.reason = reason


class JournalFailed(ClientError):
    """This computer's disk did not take what has to be kept; ``reason`` is the system's word."""

    def __init__(self, path: Path, *, reason: str, sentence: str = "") -> None:
        super().__init__(
            sentence
            or f"{path} could not be written to ({reason}), and nothing is sent that is not on "
            "disk. Make room there, or choose another folder for the journal."
        )
        self.path = path
        self.reason = reason


class JournalInUse(JournalFailed):
    """Another process has this seat's journal open."""

    def __init__(self, path: Path) -> None:
        super().__init__(
            path,
            reason="in use",
            sentence=f"This seat is open in another window of this computer (it has {path}): "
            "go on there, or close it first.",
        )
