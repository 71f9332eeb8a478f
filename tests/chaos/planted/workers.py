"""Faults of a worker. They are patches, put in when its process starts; the product has none."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from sqlalchemy import Engine, bindparam, insert, text

from palier.broker.transport import Account, Connection, Delivery, OnDelivery, Transport
from palier.schemas.commands import Submit
from palier.schemas.envelope import Envelope, unpack
from palier.schemas.message import Message
from palier.schemas.replies import Submitted
from palier.workers import __main__ as palier_worker
from palier.workers.domain import scope as scopes
from palier.workers.domain import session as sessions
from palier.workers.domain.barrier import Barrier
from palier.workers.persistence import record, tables, writer
from palier.workers.runtime import batch, outbox
from palier.workers.runtime import worker as workers
from palier.workers.runtime.telling import Teller
from tests.chaos.passing import Passing

#: A module in which a name is put in the place of another one.
_WORKERS: Any = workers

# -- what a worker does too early


class _Hasty(Passing):
    """Says that an answer is kept, to its sender and to RabbitMQ, as soon as it has come."""

    def __init__(self, inner: Connection, account: Account) -> None:
        super().__init__(inner)
        self._teller = Teller(account.user)
        self._tasks: set[asyncio.Task[Any]] = set()

    async def consume(self, queue: str, on_delivery: OnDelivery, **given: Any) -> None:
        def take(delivery: Delivery) -> None:
            super(_Hasty, self).ack(delivery)
            if delivery.properties.kind == Submit.kind:
                self._say(unpack(delivery.properties, delivery.body))
            on_delivery(delivery)

        await super().consume(queue, take, **given)

    def ack(self, delivery: Delivery, *, multiple: bool = False) -> None:
        pass  # long ago

    def _say(self, envelope: Envelope[Message]) -> None:
        submit = envelope.message
        assert isinstance(submit, Submit)
        assert envelope.user_id is not None
        kept = Submitted(session=submit.session, scope=submit.scope, generation=submit.generation)
        told = self._teller.reply(kept, seat=envelope.user_id, cause=envelope)
        task = asyncio.get_running_loop().create_task(self.publish([told]))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


class _HastyTransport(Transport):
    def __init__(self, inner: Transport) -> None:
        self._inner = inner

    async def connect(self, account: Account, *, deadline: float = 10.0) -> Connection:
        return _Hasty(await self._inner.connect(account, deadline=deadline), account)


def acknowledges_before_the_commit() -> None:
    """An answer is acknowledged, to RabbitMQ and to its sender, and then it is committed."""
    wire = palier_worker.surroundings

    def hasty(settings: Any) -> Any:
        given = wire(settings)
        return replace(given, transport=_HastyTransport(given.transport))

    palier_worker.surroundings = hasty


def has_no_outbox() -> None:
    """What a transaction has to tell is in the memory of the process alone."""
    numbers = itertools.count(-1, -1)
    outbox.OutboxTransaction.put = lambda *_: next(numbers)  # type: ignore[method-assign]


# -- what a worker does twice


def has_no_inbox() -> None:
    """A message that comes again is handled again."""
    record.stored_results = lambda *_: {}
    writer._INSERTS[tables.inbox] = insert(tables.inbox).prefix_with("OR IGNORE")


def stores_twice() -> None:
    """A decision that comes again is stored again, and no key keeps that from happening."""
    migrate = _WORKERS.migrate

    def migrate_without_keys(engine: Engine) -> None:
        migrate(engine)
        with engine.begin() as db:
            for one in ("arrival", "answer"):
                # a table made from a question has no keys
                db.execute(text(f"CREATE TABLE IF NOT EXISTS {one}_2 AS SELECT * FROM {one}"))
                db.execute(text(f"DROP TABLE {one}"))
                db.execute(text(f"ALTER TABLE {one}_2 RENAME TO {one}"))

    _WORKERS.migrate = migrate_without_keys
    handle = batch.BatchHandler._handle

    def handle_again(self: Any, work: Any, asked: Any, results: Any) -> None:
        message = asked.envelope.message
        if isinstance(message, Submit) and (asked.seat, asked.envelope.message_id) in results:
            for one in ("arrival", "answer"):
                work.db.execute(
                    text(
                        f"INSERT INTO {one} SELECT * FROM {one} WHERE session = :session "
                        "AND scope = :scope AND generation = :generation AND seat = :seat LIMIT 1"
                    ),
                    {**message.model_dump(exclude={"answer"}), "seat": asked.seat},
                )
        handle(self, work, asked, results)

    batch.BatchHandler._handle = handle_again  # type: ignore[method-assign]


def counts_arrivals() -> None:
    """The barrier counts arrivals, whoever they are from."""
    has_no_inbox()
    asked_of, arrive = sessions.Session._asked_of, sessions.Session.arrive

    def asked_of_anyone(self: Any, command: Submit, seat: str) -> Any:
        scope = self.scopes.get(command.scope)
        current = scope.current if scope else None
        if current and command.generation == current.number and current.open:
            return scope, current
        return asked_of(self, command, seat)

    def arrive_as_anyone(self: Any, scope: Any, seat: str, *args: Any, **given: Any) -> Any:
        barrier = scope.current.barrier
        if seat in barrier.arrived:
            seat = min(barrier.missing)
        return arrive(self, scope, seat, *args, **given)

    sessions.Session._asked_of = asked_of_anyone  # type: ignore[method-assign]
    sessions.Session.arrive = arrive_as_anyone  # type: ignore[method-assign]


# -- what a worker does wrong


def releases_one_too_early() -> None:
    """The barrier opens when one is still missing, whose answer is made up."""
    Barrier.released = property(  # type: ignore[method-assign, assignment]
        lambda self: len(self.arrived) >= max(1, len(self.parties) - 1)
    )
    run = tables.stage_run
    writer._RELEASE = (
        run.update()
        .where(writer._SAME_RUN)
        .values(
            status="released",
            released_at=bindparam("released_at"),
            released_as=bindparam("released_as"),
        )
    )
    given = scopes.Generation.given

    def given_to_all(self: Any) -> Any:
        found = given(self)
        return {one: found.get(one, next(iter(found.values()))) for one in self.barrier.parties}

    scopes.Generation.given = given_to_all  # type: ignore[method-assign]


def alters_answers() -> None:
    """Now and then another answer is stored than was sent."""
    arrived = writer.Writer._arrived
    often = itertools.count()

    def arrived_altered(self: Any, session: str, fact: Any) -> None:
        if fact.answer is not None and next(often) % 5 == 0:
            numbers = {one: 0 for one, value in fact.answer.items() if isinstance(value, int)}
            fact = replace(fact, answer={**fact.answer, **numbers})
        arrived(self, session, fact)

    writer.Writer._arrived = arrived_altered  # type: ignore[method-assign]


def shows_what_is_anothers() -> None:
    """Each seat is shown the private data of its neighbour."""
    open_stage = sessions.Session._open

    def open_askew(self: Any, request: Any, *args: Any, **given: Any) -> Any:
        seats = sorted(request.private)
        private = {seat: request.private[seats[place - 1]] for place, seat in enumerate(seats)}
        return open_stage(self, replace(request, private=private), *args, **given)

    sessions.Session._open = open_askew  # type: ignore[method-assign]


#: Faults by name, and what plants each in this process before the worker begins.
FAULTS: dict[str, Callable[[], None]] = {
    "ack-before-commit": acknowledges_before_the_commit,
    "no-outbox": has_no_outbox,
    "no-inbox": has_no_inbox,
    "stores-twice": stores_twice,
    "counter": counts_arrivals,
    "one-too-early": releases_one_too_early,
    "altered": alters_answers,
    "private-swapped": shows_what_is_anothers,
}
