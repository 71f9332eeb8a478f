"""W2 for Palier: seats with many submits under way, on bare connections.

A session has a seat for each sender and one that stays away as long as the clock runs, so that no
barrier opens meanwhile: what is measured are commands and their results, as for everybody else.
Each submit goes the whole way of one: role, form, barrier, inbox, answer, outbox; its result comes
to its seat's own queue. After a lap the one who stayed away arrives, and the next stages open.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable, Mapping
from contextlib import AsyncExitStack
from typing import Self

from figures import DECISION, Figures, SubmitsShape, WrongCount, of_submits
from machine import cpu_of

from palier.broker.transport import Account, Connection, Delivery, Outcome, Publication, Transport
from palier.cli.server import Server
from palier.client.asking import Operator
from palier.client.errors import NoAnswer
from palier.schemas.addresses import COMMANDS, CommandKey, seat_queue
from palier.schemas.commands import OpenSession, Submit
from palier.schemas.envelope import Envelope
from palier.schemas.events import Released, StageOpened
from palier.schemas.replies import Refused, Submitted

_PREFETCH = 1000

#: Of those who stay away a few commands at a time are under way.
_FEW = 50

#: Seconds for a lap, and to see that no result comes twice.
_DEADLINE, _AFTER = 120.0, 0.2


class _Sender:
    """One seat: keeps so many submits under way until it has had all results."""

    def __init__(self, *, session: str, seat: str, scopes: int) -> None:
        self._session = session
        self._seat = seat
        self._scopes = scopes
        self._room = 0
        self._to_send: list[str] = []
        #: The group of each submit under way, by message id.
        self._under_way: dict[str, str] = {}
        self._last: Delivery | None = None
        self._publishing: set[asyncio.Task[list[Outcome]]] = set()
        self._connection: Connection
        self._generation = 0
        self._open = 0
        self._results = 0
        self._fault = ""
        self._changed = asyncio.Event()

    async def connect(self, transport: Transport, password: str) -> Self:
        """Connect and listen."""
        self._connection = await transport.connect(
            Account(user=self._seat, password=password, connection_name=f"bench {self._seat}")
        )
        await self._connection.consume(
            seat_queue(self._seat), self._take, prefetch=_PREFETCH, exclusive=True
        )
        return self

    async def close(self) -> None:
        """Disconnect."""
        await self._connection.close()

    async def all_open(self) -> None:
        """Wait until the next stage of every group is open for this seat."""
        await self._until(lambda: self._open >= self._scopes)
        self._open -= self._scopes
        self._generation += 1

    def begin(self, *, outstanding: int) -> None:
        """Begin a lap: a submit for each group."""
        self._room = outstanding
        self._results = 0
        self._to_send = [f"s{number}" for number in range(self._scopes, 0, -1)]
        self._fill()

    async def done(self) -> None:
        """Wait for the last result of a lap."""
        await self._until(lambda: self._results >= self._scopes)

    def check(self) -> None:
        """Raise `WrongCount` unless every submit had exactly one result."""
        if self._fault or self._results != self._scopes or self._under_way:
            raise WrongCount(self._fault or f"{self._results} results of {self._scopes}")

    def _fill(self) -> None:
        count = min(self._room - len(self._under_way), len(self._to_send))
        if count <= 0:
            return
        publications = [self._submit(self._to_send.pop()) for _ in range(count)]
        task = asyncio.ensure_future(self._connection.publish(publications, deadline=_DEADLINE))
        self._publishing.add(task)
        task.add_done_callback(self._published)

    def _submit(self, scope: str) -> Publication:
        command = Submit(
            session=self._session,
            scope=scope,
            generation=self._generation,
            answer={"text": DECISION},
        )
        envelope = Envelope(message=command, user_id=self._seat)
        self._under_way[envelope.message_id] = scope
        properties, body = envelope.pack()
        key = CommandKey(0, self._session, self._seat, command.verb())
        return Publication(
            exchange=COMMANDS, routing_key=str(key), properties=properties, body=body
        )

    def _published(self, task: asyncio.Task[list[Outcome]]) -> None:
        self._publishing.discard(task)
        if not task.cancelled() and (error := task.exception()):
            self._fail(f"a submit could not be published: {error}")

    def _take(self, delivery: Delivery) -> None:
        if self._last is None:
            asyncio.get_running_loop().call_soon(self._after)
        self._last = delivery
        kind = delivery.properties.kind
        if kind == Submitted.kind:
            cause = str(delivery.properties.headers.get("causation_id"))
            if cause not in self._under_way:
                self._fail(f"a second result for {cause}")
            self._under_way.pop(cause, None)
            self._results += 1
        elif kind == Released.kind:
            self._release(Released.decode(delivery.body))
        elif kind == StageOpened.kind:
            self._open += 1
        elif kind == Refused.kind:
            self._fail(f"a submit was refused: {delivery.body.decode()}")

    def _release(self, released: Released) -> None:
        """Take a release: the next stage is open, and the submit that arrived last is committed."""
        self._open += 1
        for message_id, scope in list(self._under_way.items()):
            if scope == released.scope and released.generation == self._generation:
                del self._under_way[message_id]
                self._results += 1

    def _after(self) -> None:
        """Acknowledge what came in one go, and send the next."""
        assert self._last is not None
        self._connection.ack(self._last, multiple=True)
        self._last = None
        self._fill()
        self._changed.set()

    def _fail(self, reason: str) -> None:
        self._fault = self._fault or f"{self._seat}: {reason}"
        self._changed.set()

    async def _until(self, condition: Callable[[], bool]) -> None:
        while not condition():
            if self._fault:
                raise WrongCount(self._fault)
            self._changed.clear()
            await self._changed.wait()


class Field:
    """A session with so many senders and so many groups; an async context manager.

    To make it takes seconds, a fanout and its bindings for each group; so one is used by all
    measurements with as many senders.
    """

    def __init__(
        self, server: Server, passwords: Mapping[str, str], *, session: str, scopes: int
    ) -> None:
        """Take the passwords of all seats, the last of which stays away."""
        self._server = server
        self._passwords = passwords
        self._session = session
        self._scopes = scopes
        self._senders: list[_Sender] = []
        self._away: _Sender
        self._open = AsyncExitStack()

    async def __aenter__(self) -> Self:
        transport = self._server.transport()
        try:
            operator = await self._open.enter_async_context(
                Operator(transport, password=self._server.operator_password)
            )
            command = OpenSession(
                session=self._session,
                program="submits",
                seats=tuple(self._passwords),
                settings={"scopes": self._scopes},
            )
            await operator.open(command)
            self._open.push_async_callback(_close, operator, self._session)
            for seat, password in self._passwords.items():
                one = _Sender(session=self._session, seat=seat, scopes=self._scopes)
                self._senders.append(await one.connect(transport, password))
                self._open.push_async_callback(one.close)
            with contextlib.suppress(NoAnswer):  # so many stages may take longer than it waits
                await operator.start(self._session)
            await self._all_open()
        except BaseException:
            await self._open.aclose()
            raise
        self._away = self._senders.pop()
        return self

    async def __aexit__(self, *reason: object) -> None:
        await self._open.aclose()

    async def measure(self, shape: SubmitsShape, *, pid: int | None) -> Figures:
        """Run all laps of a shape; ``pid`` is that of the worker."""
        assert (shape.senders, shape.each) == (len(self._senders), self._scopes)
        seconds = cpu = 0.0
        for _ in range(shape.laps):
            begun, cpu_before = time.perf_counter(), cpu_of(pid)
            await self._lap(self._senders, outstanding=shape.outstanding)
            seconds += time.perf_counter() - begun
            cpu += cpu_of(pid) - cpu_before
            await asyncio.sleep(_AFTER)
            for one in self._senders:
                one.check()
            await self._lap([self._away], outstanding=_FEW)
            await self._all_open([*self._senders, self._away])
        return of_submits(shape, seconds=seconds, cpu=cpu)

    async def _lap(self, senders: list[_Sender], *, outstanding: int) -> None:
        for one in senders:
            one.begin(outstanding=outstanding)
        async with asyncio.timeout(_DEADLINE):
            await asyncio.gather(*(one.done() for one in senders))

    async def _all_open(self, senders: list[_Sender] | None = None) -> None:
        async with asyncio.timeout(_DEADLINE):
            await asyncio.gather(*(one.all_open() for one in senders or self._senders))


async def _close(operator: Operator, session: str) -> None:
    with contextlib.suppress(Exception):
        await operator.close(session)
