"""A batch of deliveries as one transaction.

Let in → one transaction (inbox, answers, arrivals, releases, log, outbox) → told → acknowledged.
Nothing here touches RabbitMQ: what is to be told comes back as `Handled`.
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import IntegrityError

from palier.broker.transport import Delivery, Publication
from palier.program.transactions import bound
from palier.schemas.registry import message_type
from palier.schemas.replies import LATER, Refused
from palier.workers.domain.facts import PresenceChanged, Progress
from palier.workers.domain.session import Session
from palier.workers.errors import DatabaseUnavailable, Fenced
from palier.workers.persistence import record, writer
from palier.workers.persistence.database import answering
from palier.workers.persistence.transactions import Transactions
from palier.workers.runtime.asked import Asked
from palier.workers.runtime.catalogue import Catalogue
from palier.workers.runtime.handlers import HANDLERS
from palier.workers.runtime.known import Memory
from palier.workers.runtime.outbox import Outbox
from palier.workers.runtime.parcel import Item
from palier.workers.runtime.reception import Presence, Received, Reception
from palier.workers.runtime.suspects import ATTEMPTS, Suspects
from palier.workers.runtime.telling import Teller
from palier.workers.runtime.work import Work

_log = logging.getLogger(__name__)

#: How often a batch is tried again when another worker was faster.
_TRIES = 3

Wanted = Asked | Presence


@dataclass(slots=True)
class Handled:
    """What came of a transaction, now that it is committed.

    ``items`` are told in order and are parcel ``number`` of the outbox until then; ``replies`` need
    not outlive a crash; ``progress`` may be told now and then (None: no longer of interest).
    """

    items: list[Item] = field(default_factory=list)
    number: int | None = None
    replies: list[Publication] = field(default_factory=list)
    progress: dict[tuple[str, str], Progress | None] = field(default_factory=dict)


class BatchHandler:
    """Handles batches, one at a time, in one thread. Blocking; repeating a batch is harmless.

    Every method may raise `DatabaseUnavailable`, and then nothing has happened.
    """

    def __init__(
        self,
        engine: Engine,
        *,
        catalogue: Catalogue,
        teller: Teller,
        partition: int = 0,
        partitions: int = 1,
        reception: Reception | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._engine = engine
        self._catalogue = catalogue
        self._teller = teller
        self._partition = partition
        self._partitions = partitions
        self._clock = clock
        self._memory = Memory(catalogue)
        self._reception = reception or Reception(teller)
        #: A batch that is sorted and not handled yet, so that it counts against nobody twice.
        self._sorted: tuple[Sequence[Delivery], Received] | None = None
        self._outbox = Outbox(partition)
        self._suspects = Suspects(engine, clock)

    def enrol_operator(self, name: str) -> None:
        """Let an account give operator's commands."""
        with answering(), self._engine.begin() as db:
            writer.keep_operator(db, name)
            self._reception.operators = record.operators(db)

    def lasting_scopes(self) -> list[tuple[str, str, tuple[str, ...]]]:
        """Return session, scope and seats of every lasting scope whose session is not over."""
        with answering(), self._engine.begin() as db:
            return record.lasting_scopes(db)

    def untold(self) -> list[Handled]:
        """Return what was committed and, as far as this worker knows, never told, in order."""
        with answering(), self._outbox.transaction(self._engine) as outbox:
            return [Handled(items=items, number=number) for number, items in outbox.adopt()]

    def seated(self) -> list[record.SeatRecord]:
        """Return the seats of all sessions that are not over."""
        with answering(), self._engine.begin() as db:
            return record.seated_now(db)

    def due(self, before: datetime) -> list[tuple[str, int, datetime]]:
        """Return session, partition and time of all that is due by then, of any partition."""
        with answering(), self._engine.begin() as db:
            return record.due_sessions(db, before)

    def programs(self) -> dict[str, list[str]]:
        """Return the sessions that are not over, by program, of any partition."""
        with answering(), self._engine.begin() as db:
            return record.running_programs(db)

    def in_mind(self) -> list[Session]:
        """Return the sessions that this worker has in mind, as far as they are not over."""
        return [one for one in self._memory.sessions() if not one.over]

    def joined_with(self, seats: Collection[str]) -> dict[str, str | None]:
        """Return by which message each of these seats was joined last."""
        with answering(), self._engine.begin() as db:
            return {one.name: one.joined_with for one in record.read_seats(db, seats).values()}

    def told(self, number: int) -> None:
        """Note that a parcel was told: it leaves the outbox soon. Any thread."""
        self._outbox.told(number)

    def sweep(self) -> None:
        """Take told parcels out of the outbox now, if no transaction has since."""
        if self._outbox.swept:
            return
        with answering(), self._outbox.transaction(self._engine):
            pass

    def handle(self, deliveries: Sequence[Delivery]) -> list[Handled]:
        """Handle a batch, in one transaction unless something is wrong with it.

        A delivery that is no message of ours, or on which this worker's code fails, becomes a dead
        letter that says why; the others are not disturbed.
        """
        handled = self._handled(self._received(deliveries))
        self._sorted = None
        return handled

    def _received(self, deliveries: Sequence[Delivery]) -> Received:
        """Sort a batch: once, also if it comes again because the database did not answer."""
        if self._sorted is None or self._sorted[0] is not deliveries:
            received = Received()
            for one in deliveries:
                self._reception.receive(one, received)
            self._sorted = (deliveries, received)
        return self._sorted[1]

    def _handled(self, received: Received) -> list[Handled]:
        handled = [Handled(replies=received.refusals)] if received.refusals else []
        wanted, killers = received.wanted, self._suspects.convict(received.wanted)
        if killers:
            handled += [self._killed(one) for one in killers]
            wanted = [one for one in wanted if one[0] not in killers]
        if not wanted:
            return handled
        try:
            return handled + self._transaction([asked for _, asked in wanted])
        except _Broken as broken:
            if len(wanted) > 1:
                # one at a time, so that whoever is to blame takes nobody along
                for delivery, asked in wanted:
                    handled += self._alone(delivery, asked)
                return handled
            return [*handled, self._buried(wanted[0][0], broken)]

    def presence(self, changes: dict[str, bool]) -> list[Handled]:
        """Take what a look at the seats' own queues told."""
        return self._transaction([Presence(seat, present) for seat, present in changes.items()])

    def _alone(self, delivery: Delivery, asked: Wanted) -> list[Handled]:
        try:
            return self._transaction([asked])
        except _Broken as broken:
            return [self._buried(delivery, broken)]

    def _buried(self, delivery: Delivery, broken: _Broken) -> Handled:
        reason = "".join(traceback.format_exception_only(broken.error)).strip()
        _log.error("A message could not be handled.", exc_info=broken.error)
        return Handled(
            replies=self._reception.refuse(
                delivery, "worker-error", f"The worker failed on this message: {reason}"
            )
        )

    def _killed(self, delivery: Delivery) -> Handled:
        reason = f"A worker died each time that it handled this message, {ATTEMPTS} times alone."
        return Handled(replies=self._reception.refuse(delivery, "worker-died", reason))

    def _transaction(self, wanted: Sequence[Wanted]) -> list[Handled]:
        for attempt in range(1, _TRIES + 1):
            try:
                with answering():
                    return self._attempt(wanted)
            except DatabaseUnavailable:
                raise
            except (IntegrityError, Fenced) as error:
                if attempt == _TRIES:
                    raise _Broken(error) from error
                _log.info("A session was conducted elsewhere meanwhile; it is read again.")
            except Exception as error:
                raise _Broken(error) from error
        raise AssertionError("the last attempt returns or raises")

    def _attempt(self, wanted: Sequence[Wanted]) -> list[Handled]:
        sessions: set[str] = set()
        try:
            with self._outbox.transaction(self._engine) as outbox:
                db = outbox.db
                seats = _seats(db, wanted)
                sessions = _sessions(wanted, seats)
                work = Work(
                    db=db,
                    now=self._clock(),
                    memory=self._memory,
                    catalogue=self._catalogue,
                    teller=self._teller,
                    partition=self._partition,
                    partitions=self._partitions,
                    stamps=record.lock_sessions(db, sessions) if sessions else {},
                )
                self._suspects.acquit(db)
                with bound(Transactions(db)):
                    self._fill(work, wanted, seats)
                work.stamp()
                work.writer.flush(db)
                adopted = [Handled(items=items, number=one) for one, items in outbox.adopt()]
                told = work.telling()
                number = outbox.put(told) if told else None
        except BaseException:
            # what was decided in memory was not kept
            self._memory.forget(*sessions)
            raise
        for seat, reply in work.answered:
            self._reception.answered(seat, reply)
        return [*adopted, Handled(told, number, work.replies, work.progress)]

    def _fill(
        self, work: Work, wanted: Sequence[Wanted], seats: dict[str, record.SeatRecord]
    ) -> None:
        keys = [
            (one.seat, one.envelope.message_id)
            for one in wanted
            if isinstance(one, Asked) and HANDLERS[one.envelope.message.kind].stored
        ]
        results = record.stored_results(work.db, keys) if keys else {}
        for one in wanted:
            if isinstance(one, Presence):
                _note_presence(work, one, seats.get(one.seat))
            else:
                self._handle(work, one, results)

    def _handle(
        self, work: Work, asked: Asked, results: dict[tuple[str, str], tuple[str, str]]
    ) -> None:
        envelope = asked.envelope
        message = envelope.message
        session: str = message.session  # type: ignore[attr-defined] # a command or a query
        key = (asked.seat, envelope.message_id)
        handler = HANDLERS[message.kind]
        if handler.stored and (stored := results.get(key)):
            kind, body = stored
            reply = message_type(kind).decode(body.encode())
            work.replies.append(self._teller.reply(reply, seat=asked.seat, cause=envelope))
            return
        answer = handler.handle(work, asked, message)
        if answer is None:
            return
        later = answer if isinstance(answer, Refused) and answer.code in LATER else None
        if not later:
            work.answered.append((asked.seat, answer))
        if later and asked.replay:
            # no client keeps it to send it again: it is a letter until it can be handled
            work.replies += self._reception.refuse(asked.replay, later.code, later.reason)
        elif handler.stored and not later:
            told = work.answer(answer, session=session, seat=asked.seat, cause=envelope)
            results[key] = (answer.kind, told)
        else:
            work.replies.append(self._teller.reply(answer, seat=asked.seat, cause=envelope))


class _Broken(Exception):
    """A transaction that no retry will mend."""

    def __init__(self, error: Exception) -> None:
        super().__init__(str(error))
        self.error = error


def _seats(db: Connection, wanted: Sequence[Wanted]) -> dict[str, record.SeatRecord]:
    """Return the seats of presences, which name no session themselves."""
    names = {one.seat for one in wanted if isinstance(one, Presence)}
    return record.read_seats(db, names) if names else {}


def _sessions(wanted: Sequence[Wanted], seats: dict[str, record.SeatRecord]) -> set[str]:
    named = {
        one.envelope.message.session  # type: ignore[attr-defined] # a command or a query
        for one in wanted
        if isinstance(one, Asked)
    }
    return named | {one.session for one in seats.values() if one.session is not None}


def _note_presence(work: Work, presence: Presence, seat: record.SeatRecord | None) -> None:
    if seat is None:
        return
    known = None if seat.session is None else work.known(seat.session)
    if known is None or seat.session_over:
        work.writer.presence(seat.name, present=presence.present, at=work.now)
        if known is not None:
            known.session.note_presence(seat.name, present=presence.present)
        return
    facts = known.session.presence(seat.name, present=presence.present, at=work.now)
    if facts:
        assert isinstance(facts[0], PresenceChanged)
        work.keep(known, facts, cause=None)
