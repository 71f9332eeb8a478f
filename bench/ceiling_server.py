"""The ceiling's server: by hand, pika and the driver, nothing that W1 and W2 do not ask for.

``python ceiling_server.py``, with the URLs of RabbitMQ and of the database in ``BENCH_AMQP`` and
``BENCH_DATABASE`` (a command line can be read by everyone); prints ``ready``.

Commands are taken as they come, up to two hundred at a time: one transaction with a few statements
of many rows, answers to each sender and a release to all, acknowledged at once when the broker has
confirmed them. No roles, no forms, no log of events, no record of what is still to be told; it
imports nothing of Palier's.
"""

from __future__ import annotations

import asyncio
import json
import os
import sqlite3
import sys
from collections import Counter, deque
from typing import Any, Protocol

import pika
import psycopg
from pika.adapters.asyncio_connection import AsyncioConnection

QUEUE = "bench.commands"
RELEASES = "bench.releases"

_BATCH = 200

_TABLES = (
    "CREATE TABLE inbox (message_id TEXT PRIMARY KEY, seat TEXT NOT NULL, result TEXT NOT NULL)",
    """
    CREATE TABLE decision (
        run TEXT, generation INTEGER, seat TEXT, number INTEGER, text TEXT NOT NULL,
        PRIMARY KEY (run, generation, seat, number)
    )
    """,
    """
    CREATE TABLE barrier (
        run TEXT, generation INTEGER, parties INTEGER NOT NULL, arrived INTEGER NOT NULL,
        PRIMARY KEY (run, generation)
    )
    """,
)
_INBOX = "INSERT INTO inbox VALUES (?, ?, ?)"
_DECISION = "INSERT INTO decision VALUES (?, ?, ?, ?, ?)"
_ARRIVED = (
    "INSERT INTO barrier VALUES (?, ?, ?, ?) ON CONFLICT (run, generation) "
    "DO UPDATE SET arrived = barrier.arrived + excluded.arrived RETURNING arrived"
)

Row = tuple[Any, ...]


class Database(Protocol):
    """One connection; ``keep`` is one transaction, on the disk when it returns."""

    def keep(self, inbox: list[Row], decisions: list[Row], arrivals: list[Row]) -> list[Row]:
        """Write everything; return (run, generation) of the barriers that are complete."""


class Sqlite:
    """SQLite as Palier has it: WAL, synchronous FULL."""

    def __init__(self, path: str) -> None:
        self._db = sqlite3.connect(path, isolation_level=None)
        for statement in ("PRAGMA journal_mode = WAL", "PRAGMA synchronous = FULL", *_TABLES):
            self._db.execute(statement)

    def keep(self, inbox: list[Row], decisions: list[Row], arrivals: list[Row]) -> list[Row]:
        """See `Database`."""
        self._db.execute("BEGIN IMMEDIATE")
        self._db.executemany(_INBOX, inbox)
        self._db.executemany(_DECISION, decisions)
        complete = [
            one[:2] for one in arrivals if self._db.execute(_ARRIVED, one).fetchone() == (one[2],)
        ]
        self._db.execute("COMMIT")
        return complete


class Postgresql:
    """PostgreSQL by psycopg, whose executemany is a pipeline."""

    def __init__(self, url: str) -> None:
        self._db = psycopg.connect(url, autocommit=True)
        for statement in _TABLES:
            self._db.execute(statement.encode())
        self._statements = [
            one.replace("?", "%s").encode() for one in (_INBOX, _DECISION, _ARRIVED)
        ]

    def keep(self, inbox: list[Row], decisions: list[Row], arrivals: list[Row]) -> list[Row]:
        """See `Database`."""
        put_inbox, put_decision, arrive = self._statements
        with self._db.transaction(), self._db.cursor() as cursor:
            cursor.executemany(put_inbox, inbox)
            cursor.executemany(put_decision, decisions)
            return [
                one[:2] for one in arrivals if cursor.execute(arrive, one).fetchone() == (one[2],)
            ]


class Server:
    """One channel to consume, one to publish, on one connection; batches one after the other."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: deque[tuple[Any, Any, bytes]] = deque()
        #: Tag of a batch's last publication, and of the last command it answers.
        self._unconfirmed: deque[tuple[int, int]] = deque()
        self._published = 0
        self._due = False
        self._loop = asyncio.get_running_loop()
        self._commands: Any
        self._answers: Any

    async def connect(self, url: str) -> None:
        """Connect, declare, consume."""
        connection: Any = await opened(lambda done: connect(url, done))
        self._commands = await opened(lambda done: connection.channel(on_open_callback=done))
        self._answers = await opened(lambda done: connection.channel(on_open_callback=done))
        commands = self._commands
        arguments = {"x-queue-type": "quorum"}
        await opened(
            lambda done: commands.queue_declare(
                QUEUE, durable=True, arguments=arguments, callback=done
            )
        )
        await opened(lambda done: commands.exchange_declare(RELEASES, "fanout", callback=done))
        await opened(lambda done: self._answers.confirm_delivery(self._confirmed, callback=done))
        await opened(lambda done: commands.basic_qos(prefetch_count=2 * _BATCH, callback=done))
        await opened(lambda done: commands.basic_consume(QUEUE, self._take, callback=done))

    def _take(self, _channel: Any, method: Any, properties: Any, body: bytes) -> None:
        self._waiting.append((method, properties, body))
        if not self._due:
            self._due = True
            self._loop.call_soon(self._work)

    def _work(self) -> None:
        batch = [self._waiting.popleft() for _ in range(min(_BATCH, len(self._waiting)))]
        self._handle(batch)
        self._due = bool(self._waiting)
        if self._due:
            self._loop.call_soon(self._work)

    def _handle(self, batch: list[tuple[Any, Any, bytes]]) -> None:
        inbox: list[Row] = []
        decisions: list[Row] = []
        arrived: Counter[Row] = Counter()
        for _, properties, body in batch:
            command = json.loads(body)
            run, generation, parties = command["run"], command["generation"], command["parties"]
            seat, message_id = command["seat"], properties.message_id
            inbox.append((message_id, seat, "submitted"))
            decisions.append((run, generation, seat, command["number"], command["text"]))
            if parties:
                arrived[run, generation, parties] += 1
        released = self._database.keep(
            inbox, decisions, [(*key, count) for key, count in arrived.items()]
        )
        for _, properties, _ in batch:
            answer = {"submitted": properties.message_id}
            self._publish("", properties.reply_to, answer)
        for run, generation in released:
            self._publish(RELEASES, "", {"released": generation, "run": run})
        self._unconfirmed.append((self._published, batch[-1][0].delivery_tag))

    def _publish(self, exchange: str, key: str, message: dict[str, Any]) -> None:
        self._published += 1
        self._answers.basic_publish(exchange, key, json.dumps(message).encode(), _TRANSIENT)

    def _confirmed(self, frame: Any) -> None:
        up_to = frame.method.delivery_tag
        acknowledged = 0
        # confirms of a channel to classic queues come in order
        while self._unconfirmed and self._unconfirmed[0][0] <= up_to:
            _, acknowledged = self._unconfirmed.popleft()
        if acknowledged:
            self._commands.basic_ack(acknowledged, multiple=True)


_TRANSIENT = pika.BasicProperties(delivery_mode=1, content_type="application/json")


def connect(url: str, done: Any) -> None:
    """Begin a connection in the running event loop; it is dropped when it fails."""
    parameters = pika.URLParameters(url)
    AsyncioConnection(
        parameters,
        on_open_callback=done,
        on_open_error_callback=lambda _connection, error: _die(error),
        custom_ioloop=asyncio.get_running_loop(),
    )


def _die(error: object) -> None:
    raise SystemExit(f"no connection: {error!r}")


async def opened(begin: Any) -> Any:
    """Wait for what a call of pika's calls back with."""
    future = asyncio.get_running_loop().create_future()

    def done(*given: Any) -> None:
        if not future.done():
            future.set_result(given[0] if given else None)

    begin(done)
    async with asyncio.timeout(10):
        return await future


async def _serve(amqp: str, database: str) -> None:
    scheme, _, path = database.partition(":///")
    server = Server(Sqlite(path) if scheme == "sqlite" else Postgresql(database))
    await server.connect(amqp)
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(os.environ["BENCH_AMQP"], os.environ["BENCH_DATABASE"]))
