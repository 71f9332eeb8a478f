"""A connection to the broker in memory that is lost while something is asked of it."""

from __future__ import annotations

import pytest

from palier.broker import topology
from palier.broker.errors import ConnectionLost
from palier.broker.memory.queue import Channel, Consumer
from palier.broker.memory.server import MemoryServer
from palier.broker.transport import Account
from tests.brokers import run


def test_what_is_asked_over_a_lost_connection_is_told_so() -> None:
    server = MemoryServer()

    async def test() -> None:
        from palier.broker.memory.connection import MemoryConnection

        account = Account(user=server.user, password=server.password, connection_name="test")
        connection = await server.transport().connect(account)
        assert isinstance(connection, MemoryConnection)

        # the broker knows before the connection's loop has heard of it
        server.drop_connections()

        with pytest.raises(ConnectionLost):
            server.declare(connection, topology.base(partitions=1))
        with pytest.raises(ConnectionLost):
            server.consume(
                Consumer(Channel(connection, "presence"), lambda _: None, None, 1, exclusive=False)
            )
        await connection.close()

    run(test())
