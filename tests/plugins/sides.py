"""Which tests run beside which: ``./run test`` has two processes.

Windows come one after the other, in one of them: two that are drawn at the same time on a small
machine without a graphics card are slower than a person ever sees them. Everything else goes file
by file, so that what a module sets up is set up once.
"""

from __future__ import annotations

import pytest


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which process may take a test: the one that has the others of its group."""
    for item in items:
        alone = item.get_closest_marker("gui") is not None
        group = "windows" if alone else item.nodeid.partition("::")[0]
        item.add_marker(pytest.mark.xdist_group(group))
