"""Which tests run beside which: ``./run test`` has two processes.

Windows come one after the other, in one of them: two that are drawn at the same time on a small
machine without a graphics card are slower than a person ever sees them. Everything else goes file
by file, so that what a module or a document sets up is set up once.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling


class Sides(LoadScopeScheduling):  # type: ignore[misc] # pytest-xdist is not typed
    """Hands a file at a time to a process, and all files with windows to the same."""

    def _split_scope(self, nodeid: str) -> str:
        return _side(nodeid.partition("::")[0])


@cache
def _side(file: str) -> str:
    path = Path(file)
    return "windows" if path.suffix == ".py" and "mark.gui" in path.read_text() else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Sides:
    """Give pytest-xdist this way of sharing tests out."""
    return Sides(config, log)
