"""A client that means harm: ``python -m tests.flooder KIND AMQP USER PASSWORD SESSION SECONDS``.

It speaks AMQP itself, without confirms, as fast as it can, and comes back as soon as it is thrown
out. In the end it prints what it did, as JSON.
"""

from __future__ import annotations

import json
import os
import sys
import time
import uuid
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pika
from pika.exceptions import AMQPError, ChannelClosedByBroker

from palier.broker.address import Address
from palier.schemas.addresses import COMMANDS, CommandKey
from palier.schemas.commands import Submit
from palier.schemas.names import ALL

#: Messages between two looks at what the broker says.
_STRIDE = 100


class Flooder:
    """Floods as one seat, in one way."""

    def __init__(self, address: Address, *, user: str, password: str, session: str) -> None:
        self._parameters = pika.ConnectionParameters(
            host=address.host,
            port=address.port,
            virtual_host=address.vhost,
            credentials=pika.PlainCredentials(user, password),
        )
        self._user = user
        self._key = str(CommandKey(0, session, user, Submit.verb()))
        submit = Submit(session=session, scope=ALL, generation=1, answer={"value": 3})
        self._body = submit.encode()
        self._huge = submit.model_copy(update={"answer": {"value": "x" * 1_000_000}}).encode()
        self._same = self._properties()
        self.done: Counter[str] = Counter()

    def run(self, kind: str, seconds: float) -> None:
        """Flood for so long."""
        do = getattr(self, kind.replace("-", "_"))
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                connection = pika.BlockingConnection(self._parameters)
            except AMQPError:
                self.done["not let in"] += 1
                continue
            self.done["connections"] += 1
            with suppress(AMQPError):
                self._sit(connection, do, end)
            with suppress(AMQPError):
                connection.close()

    def _sit(self, connection: Any, do: Callable[[Any, Any], None], end: float) -> None:
        channel = connection.channel()
        while time.monotonic() < end:
            do(connection, channel)
            self.done["sent"] += 1
            if self.done["sent"] % _STRIDE == 0:
                connection.process_data_events(0)

    # -- ways to flood

    def commands(self, _connection: Any, channel: Any) -> None:
        """Send commands that look like any other."""
        channel.basic_publish(COMMANDS, self._key, self._body, self._properties())

    def malformed(self, _connection: Any, channel: Any) -> None:
        """Send what nobody can read."""
        channel.basic_publish(COMMANDS, self._key, b"\xff{", self._properties())

    def replays(self, _connection: Any, channel: Any) -> None:
        """Send one old command again and again."""
        channel.basic_publish(COMMANDS, self._key, self._body, self._same)

    def huge(self, _connection: Any, channel: Any) -> None:
        """Send bodies of a mebibyte."""
        channel.basic_publish(COMMANDS, self._key, self._huge, self._properties())

    def wrong_keys(self, connection: Any, _channel: Any) -> None:
        """Send as another seat, which costs a channel each time."""
        channel = connection.channel()
        with suppress(ChannelClosedByBroker):
            channel.confirm_delivery()
            channel.basic_publish(COMMANDS, "cmd.0.s.another.submit", b"{}", self._properties())

    def reconnects(self, connection: Any, _channel: Any) -> None:
        """Connect, open a channel, and go."""
        connection.close()
        connection.channel()  # raises: it is closed

    def _properties(self) -> Any:
        return pika.BasicProperties(
            user_id=self._user,
            type=Submit.kind,
            message_id=str(uuid.uuid4()),
            content_type="application/json",
            delivery_mode=2,
        )


def main(arguments: list[str]) -> None:
    """Flood, on what processor the others leave: a flooder has a computer of its own."""
    kind, amqp, user, password, session, seconds = arguments
    os.nice(19)
    flooder = Flooder(Address.parse(amqp), user=user, password=password, session=session)
    flooder.run(kind, float(seconds))
    sys.stdout.write(json.dumps(flooder.done))


if __name__ == "__main__":
    main(sys.argv[1:])
