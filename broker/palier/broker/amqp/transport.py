"""Where AMQP connections come from."""

from __future__ import annotations

import asyncio
import logging
import ssl
from contextlib import suppress
from typing import TYPE_CHECKING

from pika import ConnectionParameters, PlainCredentials, SSLOptions

from palier.broker.amqp.connection import AmqpConnection
from palier.broker.amqp.stream import Stream
from palier.broker.errors import (
    ConnectionFailed,
    DeadlinePassed,
    LoginRefused,
    TooManyConnections,
)
from palier.broker.transport import Account, Transport
from palier.schemas.addresses import VHOST

if TYPE_CHECKING:
    from palier.broker.transport import Connection

#: Unconfirmed publications of one connection; more would only wait in our own memory.
WINDOW = 1000

#: Seconds of a client's heartbeat: long, since a desk on a busy computer may fall silent for a
#: while and nobody else waits for it to be noticed.
HEARTBEAT = 10


class AmqpTransport(Transport):
    """Connections to one RabbitMQ.

    ``heartbeat``, in whole seconds, is how both ends notice that the other is silent: we after two
    of them at most, RabbitMQ after three. A broker that is short of memory or disk
    takes no messages and is not lost: it says so, and its heartbeats go on. With ``tls`` the
    connection is encrypted and the server's name checked as the context says. On Windows the event
    loop has to be a `SelectorEventLoop`.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        vhost: str = VHOST,
        heartbeat: int = HEARTBEAT,
        window: int = WINDOW,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._host = host
        self._port = port
        self._vhost = vhost
        self._heartbeat = heartbeat
        self._window = window
        self._tls = tls
        log = logging.getLogger("pika")
        if log.level == logging.NOTSET:
            # what pika logs comes out of here as errors and reasons, once, in sentences
            log.setLevel(logging.CRITICAL)

    def __repr__(self) -> str:
        return f"AmqpTransport({self._host!r}, {self._port})"

    async def connect(self, account: Account, *, deadline: float = 10.0) -> Connection:
        """See `Transport`."""
        connection = AmqpConnection(window=self._window)
        opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

        def fail(_stream: object, error: BaseException) -> None:
            if not opened.done():
                opened.set_exception(self._explain(error, account))
            connection.end(f"The connection was never open: {error!r}")

        def succeed(_stream: object) -> None:
            if not opened.done():
                opened.set_result(None)

        stream = Stream(
            self._parameters(account, deadline),
            on_open_callback=succeed,
            on_open_error_callback=fail,
            on_close_callback=lambda _stream, reason: connection.end(_in_words(reason)),
        )
        try:
            async with asyncio.timeout(deadline):
                await opened
        except TimeoutError:
            _give_up(stream)
            raise DeadlinePassed(
                f"{self._host}:{self._port} did not let us in within {deadline:g} s."
            ) from None
        except asyncio.CancelledError:
            _give_up(stream)
            raise
        connection.opened(stream)
        return connection

    def _parameters(self, account: Account, deadline: float) -> object:
        return ConnectionParameters(
            host=self._host,
            port=self._port,
            virtual_host=self._vhost,
            credentials=PlainCredentials(account.user, account.password),
            heartbeat=self._heartbeat,
            # trying again is the standing connection's, with its own patience
            connection_attempts=1,
            socket_timeout=min(5.0, deadline),
            stack_timeout=max(10.0, deadline),
            client_properties={"connection_name": account.connection_name, "product": "Palier"},
            ssl_options=SSLOptions(self._tls, self._host) if self._tls is not None else None,
        )

    def _explain(self, error: BaseException, account: Account) -> ConnectionFailed:
        # pika keeps only the text of what the broker said
        said = repr(error)
        where = f"{self._host}:{self._port}"
        if "NOT_ALLOWED" in said and "limit" in said:
            return TooManyConnections(
                f"{account.user} has as many connections to {where} as it may: close another."
            )
        if "ACCESS_REFUSED" in said or "NOT_ALLOWED" in said:
            return LoginRefused(
                f"{where} does not let {account.user} into {self._vhost}: "
                "check the user, the password and the virtual host."
            )
        return ConnectionFailed(f"No RabbitMQ answers at {where}: is it running? ({said})")


def _give_up(stream: Stream) -> None:
    with suppress(Exception):
        stream.close()


def _in_words(reason: BaseException) -> str:
    # the text of many of pika's errors is empty, their repr is not
    return str(reason) or repr(reason)
