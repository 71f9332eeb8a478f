"""Faults of a client. They are patches, put in when its process starts; the product has none."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from palier.client import journal


def forgets_what_was_sent() -> None:
    """The journal keeps nothing through the end of its process."""
    patched: Any = journal.Journal
    patched._put = staticmethod(lambda *_: None)


#: Faults by name, and what plants each in this process before the client begins.
FAULTS: dict[str, Callable[[], None]] = {"forgetful-journal": forgets_what_was_sent}
