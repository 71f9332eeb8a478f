"""The original stack's clients: Perspective Broker, each its own connection, all in one process.

``python original_clients.py <port> <run> barrier <seats> <generations> <warm-up>`` or
``... submits <senders> <outstanding> <each> <laps>``; prints seconds and latencies as JSON.
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

from figures import DECISION
from twisted.internet import defer, reactor
from twisted.spread import pb


class Client(pb.Referenceable):  # type: ignore[misc,unused-ignore]  # Twisted's is untyped
    """One connection."""

    def __init__(self, seat: str, run: str) -> None:
        self.seat = seat
        self.run = run
        self.root: Any
        self.number = 0
        self.results = 0
        self.on_release: Any = None

    def connect(self, port: int) -> Any:
        """Connect; returns a Deferred."""
        factory = pb.PBClientFactory()
        loop: Any = reactor
        loop.connectTCP("127.0.0.1", port, factory)
        found = factory.getRootObject()
        found.addCallback(self._listen)
        return found

    def _listen(self, root: Any) -> Any:
        self.root = root
        root.broker.transport.setTcpNoDelay(True)  # as the others have it
        return root.callRemote("listen", self)

    def remote_released(self, run: str, generation: int) -> None:
        """Go on."""
        if run == self.run:
            self.on_release(generation)

    def submit(self, generation: int, parties: int) -> Any:
        """Send a decision; returns a Deferred of its result."""
        self.number += 1
        message_id = f"{self.run}-{self.seat}-{self.number}"
        call = self.root.callRemote(
            "submit", message_id, self.run, generation, parties, self.seat, self.number, DECISION
        )
        return call.addCallback(self._check, message_id)

    def _check(self, answered: str, message_id: str) -> None:
        if answered != message_id:
            raise ValueError(answered)
        self.results += 1


@defer.inlineCallbacks  # type: ignore[untyped-decorator,unused-ignore]
def barrier(clients: list[Client], generations: int, warm_up: int) -> Any:
    """W1."""
    latencies: list[float] = []
    begun = 0.0
    for number in range(1, generations + warm_up + 1):
        if number == warm_up + 1:
            begun = time.perf_counter()
        released: list[float] = []
        everyone = defer.Deferred()

        def release(
            generation: int, now: int = number, released: Any = released, everyone: Any = everyone
        ) -> None:
            if generation == now:
                released.append(time.perf_counter())
                if len(released) == len(clients):
                    everyone.callback(None)

        answers = []
        for one in clients:
            one.on_release = release
            answers.append(one.submit(number, len(clients)))
        handed = time.perf_counter()
        yield everyone
        if number > warm_up:
            latencies += [one - handed for one in released]
        yield defer.gatherResults(answers)
    return time.perf_counter() - begun, latencies


@defer.inlineCallbacks  # type: ignore[untyped-decorator,unused-ignore]
def submits(clients: list[Client], outstanding: int, each: int, laps: int) -> Any:
    """W2."""

    @defer.inlineCallbacks  # type: ignore[untyped-decorator,unused-ignore]
    def line(client: Client, count: int) -> Any:
        for _ in range(count):
            yield client.submit(1, 0)

    seconds = 0.0
    for _ in range(laps):
        begun = time.perf_counter()
        lines = []
        for one in clients:
            shares = [
                each // outstanding + (number < each % outstanding) for number in range(outstanding)
            ]
            lines += [line(one, share) for share in shares]
        yield defer.gatherResults(lines)
        seconds += time.perf_counter() - begun
    return seconds, []


@defer.inlineCallbacks  # type: ignore[untyped-decorator,unused-ignore]
def _measure(port: str, run: str, what: str, count: str, *rest: str) -> Any:
    clients = [Client(f"c{number}", run) for number in range(int(count))]
    yield defer.gatherResults([one.connect(int(port)) for one in clients])
    workload: Any = barrier if what == "barrier" else submits
    seconds, latencies = yield workload(clients, *map(int, rest))
    results = sum(one.results for one in clients)
    sys.stdout.write(
        json.dumps({"seconds": seconds, "latencies": latencies, "results": results}) + "\n"
    )


def main(arguments: list[str]) -> None:
    """Measure, print, end; what goes wrong ends it with a traceback."""
    loop: Any = reactor

    def fail(failure: Any) -> None:
        failure.printTraceback(sys.stderr)

    done = _measure(*arguments)
    done.addErrback(fail)
    done.addBoth(lambda _: loop.stop())
    loop.run()


if __name__ == "__main__":
    main(sys.argv[1:])
