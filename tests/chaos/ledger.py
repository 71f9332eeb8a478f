"""A ledger: what clients did, were told and were shown, kept apart from the code under test.

One file for each client process, a line of JSON for each entry, on disk before anything follows
from it: a process that is killed has written all that it let the world know. Each entry has the
time ``at`` (seconds since 1970, this machine's clock) and ``what`` it is about:

``decided``
    a participant has made up their mind: the answer, before the code under test has it
``sent``
    a submit leaves: its message id and answer, before it is on the wire
``accepted``, ``refused``
    the result of a submit came, by its message id
``released``
    a barrier's release came, which also acknowledges the submits it waited for
``kept``
    a snapshot came that says that this seat's answer is kept
``entered``
    a generation is shown to the participant
``noticed``
    a sentence is shown besides, or not any more: that an answer came too late, for one
``over``
    the session is over for this seat, with its outcome
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


class Ledger:
    """Writes a ledger; every entry is on disk when `write` returns."""

    def __init__(self, path: Path) -> None:
        self._file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)

    def write(self, what: str, **facts: Any) -> None:
        """Add an entry."""
        line = json.dumps({"at": time.time(), "what": what, **facts})
        os.write(self._file, f"{line}\n".encode())
        os.fdatasync(self._file)


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry, with the name of its ledger."""

    client: str
    at: float
    what: str
    facts: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def parse(cls, client: str, line: bytes) -> Entry:
        """Return an entry from its line."""
        facts = json.loads(line)
        return cls(client, facts.pop("at"), facts.pop("what"), facts)

    def __getattr__(self, name: str) -> Any:
        try:
            return self.facts[name]
        except KeyError:
            raise AttributeError(name) from None


class Reader:
    """Reads ledgers as they grow."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._read: dict[Path, int] = {}

    def new(self) -> Iterator[Entry]:
        """Yield the entries that were added since the last call; whole lines only."""
        for path in sorted(self._folder.glob("*.ledger")):
            at = self._read.get(path, 0)
            with path.open("rb") as file:
                file.seek(at)
                grown = file.read()
            whole = grown.rpartition(b"\n")[0]
            if not whole:
                continue
            self._read[path] = at + len(whole) + 1
            for line in whole.split(b"\n"):
                yield Entry.parse(path.stem, line)


def read(folder: Path) -> list[Entry]:
    """Return the entries of all ledgers in a folder, by time."""
    return sorted(Reader(folder).new(), key=lambda one: one.at)
