"""What tests need of a broker, the one in memory or a real one, and a few hands to hold it."""

from __future__ import annotations

import asyncio
import json
import urllib.error
import urllib.request
import uuid
from abc import ABC, abstractmethod
from base64 import b64encode
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar
from urllib.parse import quote

import pytest

from palier.broker.address import Address
from palier.broker.memory import MemoryServer
from palier.broker.node import PrivateNode
from palier.broker.queues import ManagementQueues, Queues
from palier.broker.seats import Accounts, ManagementAccounts
from palier.broker.transport import Account, Connection, Delivery, Publication, Transport
from palier.schemas.envelope import Properties
from palier.schemas.identifiers import message_id

T = TypeVar("T")

#: Seconds after which what a test waits for will not come any more. How fast things are is measured
#: by `./run bench` and `./run chaos`: a test that waits too short fails where a computer is busy.
PATIENCE = 45.0


def run(test: Coroutine[Any, Any, T], *, deadline: float = 100.0) -> T:
    """Run a test's coroutine in an event loop of its own; what is left over in it is an error."""
    with asyncio.Runner() as runner:
        return runner.run(asyncio.wait_for(test, deadline))


def unique(prefix: str) -> str:
    """Return a name that no other test has, so that tests on one broker need no order."""
    return f"{prefix}-{uuid.uuid4().hex[:10]}"


async def until(condition: Callable[[], object], *, deadline: float = PATIENCE) -> None:
    """Wait for a condition that changes by itself."""
    async with asyncio.timeout(deadline):
        while not condition():  # noqa: ASYNC110 - conditions of others have no event
            await asyncio.sleep(0.005)


class Server(ABC):
    """A broker to test with."""

    name: str
    user: str
    password: str

    @abstractmethod
    def transport(self) -> Transport:
        """Return where connections come from."""

    @abstractmethod
    def accounts(self) -> Accounts:
        """Return its accounts."""

    @abstractmethod
    def queues(self) -> Queues:
        """Return what looks after its queues."""

    @abstractmethod
    def delete_queue(self, queue: str) -> None:
        """Delete a queue, as an operator could."""

    @abstractmethod
    def shortage(self) -> Any:
        """Return a context in which the broker is short of memory."""

    @property
    def administrator(self) -> Account:
        """The account that may do everything."""
        return Account(user=self.user, password=self.password, connection_name="test")

    def seat(self, name: str, *, password: str = "secret") -> Account:
        """Make the account of a seat."""
        self.accounts().grant_seat(name, password)
        return Account(user=name, password=password, connection_name=f"test {name}")

    def room(self) -> Account:
        """Make the account of the room."""
        self.accounts().grant_room("secret")
        return Account(user="room", password="secret", connection_name="test room")

    @asynccontextmanager
    async def connected(self, account: Account | None = None) -> AsyncIterator[Connection]:
        """Connect, as administrator unless told otherwise, and close in the end."""
        connection = await self.transport().connect(account or self.administrator)
        try:
            yield connection
        finally:
            await connection.close()


class Memory(Server):
    """The broker in memory."""

    name = "memory"

    def __init__(self) -> None:
        self.server = MemoryServer()
        self.user = self.server.user
        self.password = self.server.password

    def transport(self) -> Transport:
        return self.server.transport()

    def accounts(self) -> Accounts:
        return self.server.accounts()

    def queues(self) -> Queues:
        return self.server.queues()

    def delete_queue(self, queue: str) -> None:
        self.server.delete_queue(queue)

    @contextmanager
    def shortage(self) -> Iterator[None]:
        self.server.block()
        try:
            yield
        finally:
            self.server.unblock()


class Real(Server):
    """RabbitMQ, by its AMQP and its management port."""

    def __init__(self, name: str, address: Address, management: str) -> None:
        self.name = name
        self.address = address
        self.management = management.rstrip("/")
        self.user = address.user
        self.password = address.password

    def transport(self) -> Transport:
        return self.address.transport()

    def accounts(self) -> Accounts:
        return ManagementAccounts(self.management, self.user, self.password)

    def queues(self) -> Queues:
        return ManagementQueues(self.management, self.user, self.password)

    def ask(self, method: str, path: str, body: object = None) -> Any:
        """Ask the management API."""
        credentials = b64encode(f"{self.user}:{self.password}".encode()).decode()
        request = urllib.request.Request(
            f"{self.management}/api/{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"Basic {credentials}", "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
            text = answer.read()
        return json.loads(text) if text else None

    def delete_queue(self, queue: str) -> None:
        self.ask("DELETE", f"queues/{self.address.vhost}/{quote(queue, safe='')}")

    def shortage(self) -> Any:
        pytest.skip("this RabbitMQ is not ours: nothing here makes it short of memory")


class Private(Real):
    """The private node."""

    def __init__(self, node: PrivateNode) -> None:
        address = Address(
            host="127.0.0.1", port=node.amqp_port, user=node.user, password=node.password
        )
        super().__init__("private node", address, f"http://127.0.0.1:{node.management_port}")
        self.node = node

    @contextmanager
    def shortage(self) -> Iterator[None]:
        self.node.control("set_vm_memory_high_watermark", "absolute", "1MB")
        try:
            yield
        finally:
            self.node.control("set_vm_memory_high_watermark", "0.4")


class Inbox:
    """Takes deliveries and lets a test wait for them."""

    def __init__(self) -> None:
        self.deliveries: list[Delivery] = []
        self.endings: list[str] = []

    def __call__(self, delivery: Delivery) -> None:
        self.deliveries.append(delivery)

    def ended(self, reason: str) -> None:
        """Note that the broker ended the consumer."""
        self.endings.append(reason)

    @property
    def bodies(self) -> list[bytes]:
        """What has come so far."""
        return [one.body for one in self.deliveries]

    async def get(self, count: int) -> list[Delivery]:
        """Wait until so many deliveries have come."""
        await until(lambda: len(self.deliveries) >= count)
        return self.deliveries[:count]

    async def first(self) -> Delivery:
        """Wait for the first delivery."""
        return (await self.get(1))[0]


def message(
    exchange: str,
    key: str,
    body: bytes = b"{}",
    *,
    user_id: str | None = None,
    reply_to: str | None = None,
    correlation_id: str | None = None,
    headers: dict[str, object] | None = None,
    persistent: bool = True,
) -> Publication:
    """Return a publication with an identity of its own."""
    return Publication(
        exchange=exchange,
        routing_key=key,
        body=body,
        properties=Properties(
            message_id=message_id(),
            kind="submit.v1",
            user_id=user_id,
            reply_to=reply_to,
            correlation_id=correlation_id,
            content_type="application/json",
            persistent=persistent,
            headers=headers or {},
        ),
    )
