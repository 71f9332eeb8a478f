"""The ceiling's clients: plain pika too, each its own connection and its own exclusive queue."""

from __future__ import annotations

import asyncio
import itertools
import json
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pika
from ceiling_server import QUEUE, RELEASES, connect, opened
from contestant import Contestant
from figures import (
    DECISION,
    BarrierShape,
    Figures,
    SubmitsShape,
    WrongCount,
    of_barrier,
    of_submits,
)
from machine import cpu_of
from process import process

#: Seconds for a generation or a lap.
_DEADLINE = 60.0


class _Client:
    """One connection; counts what it sends and hears."""

    def __init__(self, seat: str, *, run: str) -> None:
        self._seat = seat
        self._run = run
        self._numbers = itertools.count(1)
        self._channel: Any
        self._connection: Any
        self._queue = ""
        self.under_way: set[str] = set()
        self.faults = 0
        self.on_result: Callable[[], None] = lambda: None
        self.on_release: Callable[[int], None] = lambda _generation: None

    async def connect(self, url: str) -> None:
        """Connect and listen to its own queue."""
        self._connection = await opened(lambda done: connect(url, done))
        channel = await opened(lambda done: self._connection.channel(on_open_callback=done))
        declared = await opened(
            lambda done: channel.queue_declare("", exclusive=True, callback=done)
        )
        self._queue = declared.method.queue
        self._channel = channel
        await opened(lambda done: channel.queue_bind(self._queue, RELEASES, callback=done))
        await opened(
            lambda done: channel.basic_consume(
                self._queue, self._take, auto_ack=True, callback=done
            )
        )

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()

    def submit(self, *, generation: int, parties: int = 0) -> None:
        """Send a decision."""
        number = next(self._numbers)
        message_id = f"{self._run}-{self._seat}-{number}"
        self.under_way.add(message_id)
        command = {
            "run": self._run,
            "seat": self._seat,
            "generation": generation,
            "parties": parties,
            "number": number,
            "text": DECISION,
        }
        properties = pika.BasicProperties(
            message_id=message_id,
            reply_to=self._queue,
            delivery_mode=2,
            content_type="application/json",
        )
        self._channel.basic_publish("", QUEUE, json.dumps(command).encode(), properties)

    def _take(self, _channel: Any, _method: Any, _properties: Any, body: bytes) -> None:
        message = json.loads(body)
        if (answered := message.get("submitted")) is not None:
            if answered not in self.under_way:
                self.faults += 1
            self.under_way.discard(answered)
            self.on_result()
        elif message["run"] == self._run:
            self.on_release(message["released"])


class CeilingSide(Contestant):
    """The hand-written ceiling."""

    name = "ceiling"

    def __init__(self, amqp: str, *, pid: int) -> None:
        self._amqp = amqp
        self._pid = pid
        self._runs = (f"run{number}" for number in itertools.count(1))

    async def barrier(self, shape: BarrierShape) -> Figures:
        """See `Contestant`."""
        async with self._clients(shape.seats) as clients:
            latencies: list[float] = []
            for number in range(shape.warm_up + shape.generations):
                if number == shape.warm_up:
                    begun, cpu = time.perf_counter(), cpu_of(self._pid)
                found = await _generation(clients, number + 1)
                if number >= shape.warm_up:
                    latencies += found
            seconds, cpu = time.perf_counter() - begun, cpu_of(self._pid) - cpu
            await _settled(clients)
        return of_barrier(shape, seconds=seconds, latencies=latencies, cpu=cpu)

    async def submits(self, shape: SubmitsShape) -> Figures:
        """See `Contestant`."""
        seconds = cpu = 0.0
        async with self._clients(shape.senders) as clients:
            for _ in range(shape.laps):
                begun, cpu_before = time.perf_counter(), cpu_of(self._pid)
                async with asyncio.timeout(_DEADLINE):
                    await asyncio.gather(
                        *(_lap(one, shape.each, outstanding=shape.outstanding) for one in clients)
                    )
                seconds += time.perf_counter() - begun
                cpu += cpu_of(self._pid) - cpu_before
                await _settled(clients)
        return of_submits(shape, seconds=seconds, cpu=cpu)

    @asynccontextmanager
    async def _clients(self, count: int) -> AsyncIterator[list[_Client]]:
        run = next(self._runs)
        clients = [_Client(f"c{number}", run=run) for number in range(1, count + 1)]
        try:
            for one in clients:
                await one.connect(self._amqp)
            yield clients
        finally:
            for one in clients:
                one.close()
            await asyncio.sleep(0.2)  # until pika has said goodbye


async def _generation(clients: list[_Client], generation: int) -> list[float]:
    """Let everyone submit at once; return how long after the last one each was released."""
    released: list[float] = []
    everyone = asyncio.Event()

    def release(number: int) -> None:
        if number == generation:
            released.append(time.perf_counter())
            if len(released) == len(clients):
                everyone.set()

    for one in clients:
        one.on_release = release
        one.submit(generation=generation, parties=len(clients))
    handed = time.perf_counter()
    async with asyncio.timeout(_DEADLINE):
        await everyone.wait()
    return [one - handed for one in released]


async def _lap(client: _Client, each: int, *, outstanding: int) -> None:
    """Send so many commands, a few at a time, and wait for the last result."""
    left = each
    done = asyncio.get_running_loop().create_future()

    def go_on() -> None:
        nonlocal left
        if left:
            left -= 1
            client.submit(generation=1)
        elif not client.under_way and not done.done():
            done.set_result(None)

    client.on_result = go_on
    for _ in range(min(outstanding, each)):
        left -= 1
        client.submit(generation=1)
    await done


async def _settled(clients: list[_Client]) -> None:
    """Wait until every command has its result, and see that none had two."""
    end = time.perf_counter() + _DEADLINE
    while any(one.under_way for one in clients) and time.perf_counter() < end:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    await asyncio.sleep(0.2)
    if any(one.under_way or one.faults for one in clients):
        raise WrongCount("the ceiling did not answer each command exactly once")


@asynccontextmanager
async def ceiling_side(amqp: str, *, folder: Path, database: str) -> AsyncIterator[CeilingSide]:
    """Run the ceiling's server; yield the contestant."""
    log = folder / f"ceiling-{database.partition(':')[0]}.log"
    script = Path(__file__).with_name("ceiling_server.py")
    environment = {"BENCH_AMQP": amqp, "BENCH_DATABASE": database}

    def ready() -> bool:
        return "ready" in log.read_text()

    with process([sys.executable, script], log=log, ready=ready, environment=environment) as pid:
        yield CeilingSide(amqp, pid=pid)
