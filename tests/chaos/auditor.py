"""An auditor: hears what workers tell operators, and writes it down. It knows nothing of Palier's.

Its queue outlives its connection, not a restart of RabbitMQ: what workers tell is transient.
"""

from __future__ import annotations

import json
import threading
from contextlib import suppress
from pathlib import Path
from typing import Any

import pika
from pika.exceptions import AMQPError

from tests.chaos.ledger import Ledger
from tests.chaos.services import Rabbit

_QUEUE = "chaos-audit"

#: Seconds between two attempts to connect, and between two looks whether it is to stop.
_AGAIN, _LOOK = 0.3, 0.2

_PATIENCE = 30.0


class Auditor:
    """A thread that listens from `start` to `stop`; there must be a worker already.

    Ledger entries: ``told``, with the kind of message and what it is about.
    """

    def __init__(self, broker: Rabbit, path: Path) -> None:
        self._broker = broker
        self._ledger = Ledger(path)
        self._stop = threading.Event()
        self._listening = threading.Event()
        self._thread = threading.Thread(target=self._run, name="auditor", daemon=True)

    def start(self) -> None:
        """Listen; returns once it does."""
        self._thread.start()
        assert self._listening.wait(_PATIENCE), "the auditor hears nothing"

    def stop(self) -> None:
        """Listen to what has been said until now, and end."""
        self._stop.set()
        self._thread.join(_PATIENCE)

    def _run(self) -> None:
        while not self._stop.is_set():
            # a broker that is killed takes the connection along, and comes back
            with suppress(AMQPError, OSError):
                self._listen()
            self._stop.wait(_AGAIN)

    def _listen(self) -> None:
        host, port = self._broker.amqp
        credentials = pika.PlainCredentials(self._broker.user, self._broker.password)
        connection = pika.BlockingConnection(
            pika.ConnectionParameters(host, port, "palier", credentials, socket_timeout=5)
        )
        try:
            channel = connection.channel()
            channel.queue_declare(_QUEUE, durable=True)
            channel.queue_bind(_QUEUE, "palier.events", "evt.*.staff.#")
            channel.basic_consume(_QUEUE, self._hear)
            self._listening.set()
            while not self._stop.is_set():
                connection.process_data_events(time_limit=_LOOK)
            while channel.queue_declare(_QUEUE, passive=True).method.message_count:
                connection.process_data_events(time_limit=_LOOK)
            connection.process_data_events(time_limit=_LOOK)
            channel.queue_delete(_QUEUE)
        finally:
            with suppress(AMQPError, OSError):
                connection.close()

    def _hear(self, channel: Any, method: Any, properties: Any, body: bytes) -> None:
        said = json.loads(body)
        about = {one: said[one] for one in ("session", "scope", "generation") if one in said}
        self._ledger.write("told", kind=properties.type, **about)
        channel.basic_ack(method.delivery_tag)
