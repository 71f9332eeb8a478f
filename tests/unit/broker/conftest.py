"""A management API for tests that have no RabbitMQ."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from tests.unit.broker.management import Management


@pytest.fixture
def management() -> Iterator[Management]:
    """A management API that takes everything."""
    management = Management()
    thread = threading.Thread(target=management.server.serve_forever, args=(0.01,))
    thread.start()
    yield management
    management.server.shutdown()
    thread.join()
    management.server.server_close()
