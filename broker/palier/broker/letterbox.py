"""The letters of a queue, held while somebody looks at them, replays or drops them.

Nothing is lost, whenever this process dies: what is held is unacknowledged, and RabbitMQ puts it
back in its place when the connection ends. These queues are classic, and count no deliveries, so
one may look as often as one likes. A letter is replayed first and taken out when the replay is
confirmed: a death in between leaves both, and the worker handles a message once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from palier.broker import letters
from palier.broker.errors import AlreadyInUse, DeadlinePassed, PublishRefused
from palier.broker.letters import Letter
from palier.broker.transport import Account, Connection, Delivery, Outcome, Transport

#: Bytes of bodies that a box keeps.
ROOM = 64 * 1024 * 1024

#: Replays that are confirmed together.
_STRIDE = 100

#: Seconds of silence after which nothing more comes; to wait for whoever is at the queue; between
#: two attempts.
_SILENCE, _TURN, _AGAIN = 5.0, 10.0, 0.2


@dataclass(slots=True)
class _Held:
    """A letter with all its copies, and its body if that is kept."""

    letter: Letter
    copies: list[Delivery] = field(default_factory=list)
    body: bytes | None = None


@asynccontextmanager
async def opened(
    transport: Transport,
    account: Account,
    queue: str,
    *,
    keep: Callable[[Letter], bool] = lambda _: False,
    room: int = ROOM,
) -> AsyncIterator[Letterbox]:
    """Hold all letters of a queue, exclusively; what is not dropped or replayed goes back.

    Of those that ``keep`` wants the bodies are kept, as far as there is ``room`` for them (bytes):
    only these can be shown and replayed. Raises what connecting raises, `NotThere`, `AccessRefused`
    and, when somebody else does not leave the queue, `AlreadyInUse`.
    """
    connection = await transport.connect(account)
    try:
        box = Letterbox(connection, queue=queue, account=account.user, keep=keep, room=room)
        await box.fill()
        yield box
    finally:
        await connection.close()


class Letterbox:
    """The letters of one queue, oldest first; made by `opened`, in one event loop."""

    def __init__(
        self,
        connection: Connection,
        *,
        queue: str,
        account: str,
        keep: Callable[[Letter], bool],
        room: int,
    ) -> None:
        self._connection = connection
        self._queue = queue
        self._account = account
        self._keep = keep
        self._room = room
        self._held: dict[str, _Held] = {}
        self._count = 0
        self._came = asyncio.Event()
        self._filled = False

    @property
    def letters(self) -> list[Letter]:
        """What is there, each message once."""
        return [one.letter for one in self._held.values()]

    def copies(self, letter: Letter) -> int:
        """Return how often it lies here: a worker that died may have written it twice."""
        return len(self._held[letter.digest].copies)

    def body(self, letter: Letter) -> bytes | None:
        """Return a letter's body, or None if it was not kept."""
        return self._held[letter.digest].body

    def drop(self, letter: Letter) -> None:
        """Take a letter out for good, with its copies."""
        for one in self._held.pop(letter.digest).copies:
            self._connection.ack(one)

    async def replay(self, wanted: Iterable[Letter]) -> list[Letter]:
        """Send letters as they were sent, and take out those that RabbitMQ has; return these.

        Letters whose body was not kept stay, and those that RabbitMQ does not take.
        """
        ready = [
            one for one in (self._held[each.digest] for each in wanted) if one.body is not None
        ]
        sent: list[Letter] = []
        for start in range(0, len(ready), _STRIDE):
            for one in await self._published(ready[start : start + _STRIDE]):
                self.drop(one.letter)
                sent.append(one.letter)
        return sent

    async def _published(self, ready: Sequence[_Held]) -> list[_Held]:
        publications = [
            letters.replay(
                one.letter, replace(one.copies[0], body=one.body or b""), account=self._account
            )
            for one in ready
        ]
        try:
            outcomes = await self._connection.publish(publications)
        except PublishRefused:
            if len(ready) == 1:
                return []
            # the broker closed the channel on one of them: find it, so that the others go out
            return [done for one in ready for done in await self._published([one])]
        confirmed = zip(ready, outcomes, strict=True)
        return [one for one, outcome in confirmed if outcome is Outcome.CONFIRMED]

    # -- filling it

    async def fill(self) -> None:
        """Hold all that is there; what arrives from now on is none of it. Called once.

        Exclusively, so that of two who look at once neither sees a part only; and without a limit,
        which would ask for more consumers than one. A classic queue sends no more than 200 messages
        ahead of what its client takes, so RabbitMQ's memory does not suffer.
        """
        there = await self._begin()
        if there is None:
            await self._settle()
        else:
            await self._reach(there)
        self._filled = True

    async def _begin(self) -> int | None:
        """Begin to take letters, once nobody else does; return how many there are, if we know."""
        clock = asyncio.get_running_loop().time
        end, waited = clock() + _TURN, False
        while True:
            there = (await self._connection.status(self._queue)).messages
            try:
                await self._connection.consume(self._queue, self._take, prefetch=0, exclusive=True)
            except AlreadyInUse:
                if clock() > end:
                    raise AlreadyInUse(
                        f"Somebody else is at the letters of {self._queue}: try again in a moment."
                    ) from None
                waited = True
                await asyncio.sleep(_AGAIN)
            else:
                # what another held until this moment was not counted
                return None if waited or not there else there

    async def _settle(self) -> None:
        """Wait until nothing is left in the queue and nothing comes, or until others never end."""
        end = asyncio.get_running_loop().time() + _SILENCE
        count = -1
        while count < self._count or (await self._connection.status(self._queue)).messages:
            count = self._count
            await asyncio.sleep(_AGAIN)
            if asyncio.get_running_loop().time() > end:
                return

    async def _reach(self, goal: int) -> None:
        """Wait until so many letters are here, or all there are."""
        while self._count < goal:
            self._came.clear()
            try:
                async with asyncio.timeout(_SILENCE):
                    await self._came.wait()
            except TimeoutError:
                if (await self._connection.status(self._queue)).messages:
                    raise DeadlinePassed(
                        f"RabbitMQ holds back the letters of {self._queue}: try again in a moment."
                    ) from None
                return  # a full queue has let its oldest go

    def _take(self, delivery: Delivery) -> None:
        if self._filled:
            return  # it goes back with the others
        self._count += 1
        self._came.set()
        letter = letters.read(delivery, account=self._account)
        held = self._held.setdefault(letter.digest, _Held(letter))
        if held.body is None and len(delivery.body) <= self._room and self._keep(letter):
            held.body = delivery.body
            self._room -= len(delivery.body)
        # what lies here twice was replayed by somebody who died before taking it out
        held.letter = replace(letter, replays=max(letter.replays, held.letter.replays))
        held.copies.append(replace(delivery, body=b""))
