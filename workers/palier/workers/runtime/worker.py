"""A worker: its connections, and a conductor for each partition."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import TypeVar

from sqlalchemy import Engine

from palier.broker import topology
from palier.broker.errors import DeadlinePassed, LoginRefused, NotThere
from palier.broker.queues import TELLS, Queues
from palier.broker.seats import Accounts
from palier.broker.standing import Patience, StandingConnection, StandingState
from palier.broker.transport import Account, Connection, Delivery, Transport
from palier.schemas.addresses import commands_queue, seat_queue
from palier.schemas.names import ALL, OPERATOR, ROOM
from palier.workers.persistence.database import migrate
from palier.workers.runtime.batch import BatchHandler
from palier.workers.runtime.catalogue import Catalogue
from palier.workers.runtime.conductor import PREFETCH, Conductor
from palier.workers.runtime.lookout import Lookout
from palier.workers.runtime.pace import SEAT_RATE, Pace, seat_limits
from palier.workers.runtime.porter import Pauses, Porter
from palier.workers.runtime.reception import Reception
from palier.workers.runtime.register import Register
from palier.workers.runtime.relay import Relay
from palier.workers.runtime.tally import Tally, watch
from palier.workers.runtime.telling import Teller, enrolment
from palier.workers.runtime.timekeeper import Timekeeper
from palier.workers.runtime.watch import Watch
from palier.workers.runtime.watch import watch as watch_screens

_log = logging.getLogger(__name__)

T = TypeVar("T")

#: Workers are few: none of them waits long before it looks for its broker again (seconds).
_PATIENCE = Patience(longest=2.0)
_CONNECTING = 5.0

#: Seconds in which RabbitMQ gives a worker a queue of commands: after them it can tell why not.
_TAKING = TELLS + 2.0

#: Seconds that the batch in hand may take when the worker stops.
_LAST_BATCH = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Secrets:
    """The passwords of the accounts that a worker makes when it starts."""

    operator: str
    room: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """All that a worker needs from outside, wired once by whoever starts it."""

    transport: Transport
    account: Account
    accounts: Accounts
    queues: Queues
    engine: Engine
    catalogue: Catalogue
    secrets: Secrets
    partitions: int = 1
    #: Messages a second that a seat may send for long.
    seat_rate: float = SEAT_RATE
    #: Whether screens are shown anew as soon as they are saved: for who writes a program.
    watch: bool = False
    #: How long a seat is kept out that floods.
    pauses: Pauses = Pauses()  # noqa: RUF009 - frozen


class Worker:
    """Conducts sessions until it is cancelled.

    Two connections, since a broker that is short of memory stops reading from one that publishes,
    and acknowledgements must not stop with it.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self._given = surroundings
        self._ready = asyncio.Event()
        self._stopping = False
        self._refusal: list[str] = []
        self._refusal_came = asyncio.Event()
        self._tally = Tally()

    async def ready(self) -> None:
        """Wait until commands are taken."""
        await self._ready.wait()

    def counts(self) -> dict[tuple[str, str], int]:
        """Return how often each account was refused with each code, since this worker began."""
        return self._tally.counts()

    async def run(self) -> None:
        """Run until cancelled; then the batch in hand is told and acknowledged before it ends.

        Raises `LoginRefused`, `DatabaseUnavailable`, `ManagementFailed` when it cannot begin.
        """
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="database") as executor:
            await _call(executor, partial(migrate, self._given.engine))
            await _call(executor, self._make_accounts)
            await self._run(executor)

    def _make_accounts(self) -> None:
        for make in self._standing_accounts().values():
            make()

    def _standing_accounts(self) -> dict[str, Callable[[], None]]:
        """Return what makes each account that does not hang on a session."""
        accounts, secrets = self._given.accounts, self._given.secrets
        return {
            OPERATOR: partial(accounts.grant_operator, OPERATOR, secrets.operator),
            ROOM: partial(accounts.grant_room, secrets.room),
        }

    async def _run(self, executor: Executor) -> None:
        teller = Teller(self._given.account.user)
        loop = asyncio.get_running_loop()
        pace = Pace(
            seat=seat_limits(self._given.seat_rate),
            on_flood=lambda account: _post(loop, porter.shut_out, account),
        )
        # one for all partitions: whoever is held up on one of them is not heard on another
        reception = Reception(teller, pace=pace, tally=self._tally)
        handlers = [
            BatchHandler(
                self._given.engine,
                catalogue=self._given.catalogue,
                teller=teller,
                partition=partition,
                partitions=self._given.partitions,
                reception=reception,
            )
            for partition in range(self._given.partitions)
        ]
        for handler in handlers:
            await _call(executor, partial(handler.enrol_operator, OPERATOR))
        secret = self._given.secrets.operator
        register = Register(handlers[0], executor, secret=secret)
        porter = Porter(
            accounts=self._given.accounts,
            pace=pace,
            held=register.held,
            standing=self._standing_accounts(),
            pauses=self._given.pauses,
        )
        relay = Relay(
            accounts=self._given.accounts,
            teller=teller,
            secret=secret,
            joined_with=register.joined_with,
            on_granted=porter.admitted,
        )
        publishing = StandingConnection(
            self._given.transport,
            _named(self._given.account, "publish"),
            set_up=partial(self._declare, handlers[0], executor),
            patience=_PATIENCE,
            deadline=_CONNECTING,
        )
        conductors = [
            Conductor(
                handler,
                relay=relay,
                teller=teller,
                executor=executor,
                publishing=publishing.up,
            )
            for handler in handlers
        ]
        consuming = StandingConnection(
            self._given.transport,
            _named(self._given.account, "consume"),
            set_up=partial(self._consume, publishing, handlers, conductors, executor),
            on_state=partial(self._note_state, porter),
            patience=_PATIENCE,
            deadline=_CONNECTING,
        )

        async def due(before: datetime) -> list[tuple[str, int, datetime]]:
            return await _call(executor, partial(handlers[0].due, before))

        timekeeper = Timekeeper(account=self._given.account.user, due=due, publishing=publishing.up)
        beside = [
            timekeeper.run(),
            porter.run(),
            watch(self._tally, teller=teller, publishing=publishing.current),
        ]
        if self._given.watch:
            look = Watch(self._given.catalogue, handlers).look
            beside.append(
                watch_screens(
                    partial(_call, executor, look), teller=teller, publishing=publishing.current
                )
            )
        async with publishing, consuming:
            await self._conduct(conductors, beside)

    async def _conduct(
        self, conductors: Sequence[Conductor], beside: Sequence[Coroutine[None, None, None]]
    ) -> None:
        """Conduct, and do what is done beside, until cancelled or until one of them fails."""
        conducting = [asyncio.create_task(one.run()) for one in conductors]
        others = [asyncio.create_task(one) for one in (self._refused(), *beside)]
        try:
            waiting = {*conducting, *others}
            done, _ = await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            for one in done:
                one.result()
        finally:
            self._stopping = True
            for task in others:
                task.cancel()
            for conductor in conductors:
                conductor.stop()
            await asyncio.wait(conducting, timeout=_LAST_BATCH)
            for task in conducting:
                task.cancel()
            await asyncio.gather(*conducting, *others, return_exceptions=True)

    def _note_state(self, porter: Porter, state: StandingState, reason: str) -> None:
        if state is StandingState.UP:
            porter.look()
            self._ready.set()
            return
        self._ready.clear()
        if state is StandingState.REFUSED:
            self._refusal.append(reason)
            self._refusal_came.set()
        elif state is StandingState.DOWN and not self._stopping:
            _log.warning("No connection to RabbitMQ, trying again: %s", reason)

    async def _refused(self) -> None:
        await self._refusal_came.wait()
        raise LoginRefused(self._refusal[0])

    async def _declare(
        self, handler: BatchHandler, executor: Executor, connection: Connection
    ) -> None:
        """Declare everything anew: a broker that lost its memory gets it back."""
        scopes = await _call(executor, handler.lasting_scopes)
        await connection.declare(
            *topology.base(partitions=self._given.partitions),
            *topology.staff(OPERATOR),
            *_standing(scopes),
        )

    async def _consume(
        self,
        publishing: StandingConnection,
        handlers: Sequence[BatchHandler],
        conductors: Sequence[Conductor],
        executor: Executor,
        connection: Connection,
    ) -> None:
        """Tell what was left untold, see who is there, then take commands."""
        await publishing.up()
        # the queues may have gone since, and the connection that declares them may not
        await connection.declare(*topology.base(partitions=self._given.partitions))

        def forget(_: object) -> None:
            for one in conductors:
                one.lost(connection)

        connection.lost.add_done_callback(forget)
        for conductor in conductors:
            await conductor.tell_untold()
        await conductors[0].note_presence(await self._look(handlers[0], executor, connection))
        for partition, conductor in enumerate(conductors):
            await self._take_commands(connection, commands_queue(partition), conductor)
        look = Lookout(partial(self._look_again, handlers[0], conductors[0], executor, connection))
        connection.lost.add_done_callback(lambda _: look.stop())
        await _consume(connection, topology.PRESENCE, conductors[0], also=look.hear)

    async def _take_commands(
        self, connection: Connection, queue: str, conductor: Conductor
    ) -> None:
        """Have a partition's commands; raises `DeadlinePassed` when its queue says nothing.

        One that RabbitMQ has lost is dropped, to be declared the next time. Whoever has no result
        to what was in it sends that again.
        """
        try:
            await _consume(connection, queue, conductor, deadline=_TAKING)
        except DeadlinePassed:
            queues = self._given.queues
            if await asyncio.to_thread(queues.is_lost, queue):
                _log.error(
                    "RabbitMQ has lost %s, as it can when it is killed right after its first "
                    "start: it is made anew. What was in it is sent again.",
                    queue,
                )
                await asyncio.to_thread(queues.drop, queue)
            raise

    async def _look_again(
        self,
        handler: BatchHandler,
        conductor: Conductor,
        executor: Executor,
        connection: Connection,
    ) -> None:
        await conductor.note_presence(await self._look(handler, executor, connection))

    async def _look(
        self, handler: BatchHandler, executor: Executor, connection: Connection
    ) -> dict[str, bool]:
        """Return the seats that are there, or not, other than the database has it."""
        changes: dict[str, bool] = {}
        for seat in await _call(executor, handler.seated):
            present = False
            with contextlib.suppress(NotThere):
                present = (await connection.status(seat_queue(seat.name))).consumers > 0
            if present != seat.present:
                changes[seat.name] = present
        return changes


async def _consume(
    connection: Connection,
    queue: str,
    conductor: Conductor,
    *,
    also: Callable[[Delivery], None] | None = None,
    deadline: float = 10.0,
) -> None:
    def deliver(delivery: Delivery) -> None:
        conductor.deliver(connection, delivery)
        if also is not None:
            also(delivery)

    def cancelled(reason: str) -> None:
        _log.warning("The broker ended the consumer of %s: %s", queue, reason)
        # a connection without its consumer is as good as none: begin again
        asyncio.get_running_loop().create_task(connection.close())

    await connection.consume(
        queue, deliver, prefetch=PREFETCH, on_cancel=cancelled, deadline=deadline
    )


def _standing(
    scopes: Sequence[tuple[str, str, tuple[str, ...]]],
) -> list[topology.Declaration]:
    declarations: list[topology.Declaration] = []
    for session, scope, seats in scopes:
        if scope == ALL:
            declarations += enrolment(session, seats)
        else:
            declarations += topology.scope(session, scope, seats)
    return declarations


def _named(account: Account, purpose: str) -> Account:
    return Account(
        user=account.user,
        password=account.password,
        connection_name=f"{account.connection_name} ({purpose})",
    )


def _post(loop: asyncio.AbstractEventLoop, call: Callable[[str], None], account: str) -> None:
    """Have something called in a loop, from the thread that handles batches."""
    # a loop that is closed belongs to a worker that has stopped
    with contextlib.suppress(RuntimeError):
        loop.call_soon_threadsafe(call, account)


async def _call(executor: Executor, call: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(executor, call)
