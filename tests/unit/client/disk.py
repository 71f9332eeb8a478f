"""A disk that can be slow, or full."""

from __future__ import annotations

import threading
from pathlib import Path

from palier.client.entries import Changes
from palier.client.errors import JournalFailed
from palier.client.journal import Journal


class Disk(Journal):
    """A journal on such a disk; counts what is begun, and what is written."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.begun = self.commits = 0
        self.full = False
        self.ready = threading.Event()
        self.ready.set()

    def write(self, changes: Changes) -> None:
        self.begun += 1
        assert self.ready.wait(10)
        if self.full:
            raise JournalFailed(self.path, reason="the disk is full")
        super().write(changes)
        self.commits += 1
