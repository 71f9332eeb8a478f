"""A RabbitMQ in the memory of this process, for tests, and for trying things without a broker.

It routes, refuses, redelivers and dead-letters as RabbitMQ 3.10 does, so far as Palier uses it:
the suite in ``tests/contracts`` runs on both. What it does not do: keep anything when the process
ends, let queues expire, limit channels.
"""

from palier.broker.memory.accounts import MemoryAccounts
from palier.broker.memory.connection import MemoryTransport
from palier.broker.memory.server import MemoryServer

__all__ = ["MemoryAccounts", "MemoryServer", "MemoryTransport"]
