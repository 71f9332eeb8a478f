"""Facts as messages: who is told what, and in which order.

What a seat alone may see goes to that seat, ahead of the barrier's release; the release itself is
one small message on the fanout of its scope, or where that does not last one for each seat: a
client takes both alike. All are hints (transient): a client that missed one
asks for a snapshot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace

from palier.broker import topology
from palier.broker.topology import Declaration, Removal, Unbinding
from palier.broker.transport import Publication
from palier.schemas import events
from palier.schemas.addresses import (
    EVENTS,
    barrier_exchange,
    seat_queue,
    to_all,
    to_seat,
    to_staff,
)
from palier.schemas.envelope import Envelope
from palier.schemas.events import LiveChanged, ProgramFailed, SessionFinished, StageOpened
from palier.schemas.live import Change
from palier.schemas.message import Event, Message
from palier.schemas.names import ALL
from palier.workers.domain.facts import (
    Acted,
    Arrived,
    Attended,
    ClockChanged,
    Ended,
    Fact,
    Failed,
    HelpCalled,
    Intervened,
    Opened,
    Posted,
    PresenceChanged,
    Progress,
    Released,
    Rewound,
    ScopeFormed,
    StandingChanged,
    StatusChanged,
)
from palier.workers.domain.live import Done
from palier.workers.domain.session import Session
from palier.workers.runtime.log import entry
from palier.workers.runtime.parcel import Item

Cause = Envelope[Message]


class Teller:
    """Makes the worker's messages; ``account`` is its user, which the broker validates."""

    def __init__(self, account: str) -> None:
        self.account = account

    def publication(
        self,
        message: Message,
        *,
        exchange: str = EVENTS,
        routing_key: str = "",
        cause: Cause | None = None,
    ) -> Publication:
        """Return a message of the worker's, on its way."""
        properties, body = Envelope(
            message=message,
            user_id=self.account,
            correlation_id=cause.correlation_id if cause else None,
            causation_id=cause.message_id if cause else None,
        ).pack(persistent=False)
        return Publication(
            exchange=exchange, routing_key=routing_key, properties=properties, body=body
        )

    def reply(self, message: Message, *, seat: str, cause: Cause) -> Publication:
        """Return the answer to a command: to where it asks for, else to its sender's own queue.

        Straight to the queue and not by a session's bindings: it is heard when the session is over.
        """
        key = cause.reply_to or seat_queue(seat)
        return self.publication(message, exchange="", routing_key=key, cause=cause)

    def staff(self, message: Event, *, session: str, cause: Cause | None) -> Publication:
        """Return an event for operators."""
        return self.publication(message, routing_key=to_staff(session, message.verb()), cause=cause)

    def progress(self, progress: Progress) -> tuple[Publication, ...]:
        """Return the hint of how many have arrived, for a scope and for operators."""
        told = {**progress._asdict()}
        seats = told.pop("seats")
        arrived = events.Arrived.model_validate(told)
        return (
            *self._barrier(arrived, arrived.session, arrived.scope, None, alone=seats),
            self.staff(arrived, session=arrived.session, cause=None),
        )

    def tell(  # noqa: C901, PLR0912 - a table
        self, session: Session, fact: Fact, *, cause: Cause | None = None
    ) -> Iterator[Item]:
        """Yield what follows from a fact, in order; ``cause`` is the command behind it."""
        name = session.name
        match fact:
            case ScopeFormed(lasting=True):
                yield from self._formed(name, fact)
            case Opened(stage=stage, version=version):
                yield from self._own(session, fact, cause)
                opened = StageOpened(session=name, version=version, stage=stage)
                yield from self._scope(session, stage.scope, opened, cause)
                yield self.staff(opened, session=name, cause=cause)
            case Released(scope=scope, then=then):
                if then is not None:
                    yield from self._own(session, then, cause)
                released = events.Released(
                    session=name,
                    scope=scope,
                    generation=fact.generation,
                    version=fact.version,
                    stage=fact.stage,
                    next=then.stage if then else None,
                )
                yield from self._scope(session, scope, released, cause)
                yield self.staff(released, session=name, cause=cause)
            case Arrived(how=how, seat=seat) if how != "submitted":
                yield self._seat_changed(name, seat, cause)
                yield self._intervened(name, fact, cause)
            case StandingChanged(seat=seat) | Attended(seat=seat):
                yield self._seat_changed(name, seat, cause)
                yield self._intervened(name, fact, cause)
            case StatusChanged():
                yield from self._status(name, fact, cause)
            case ClockChanged(scope=scope, generation=generation, version=version, clock=clock):
                message = events.ClockChanged(
                    session=name, scope=scope, generation=generation, version=version, clock=clock
                )
                yield from self._scope(session, scope, message, cause)
                yield self.staff(message, session=name, cause=cause)
            case Intervened() | Rewound():
                yield self._intervened(name, fact, cause)
            case PresenceChanged(seat=seat, present=present, at=at):
                changed = events.PresenceChanged(session=name, seat=seat, present=present, at=at)
                yield self.staff(changed, session=name, cause=cause)
            case Posted(scope=scope, generation=generation, post=post):
                posted = events.Posted(session=name, scope=scope, generation=generation, post=post)
                yield from self._scope(session, scope, posted, cause)
                yield self.staff(posted, session=name, cause=cause)
            case Acted(done=Done(change=change, own=own)):
                yield from self._live(session, fact, change, own, cause)
            case HelpCalled(seat=seat, text=text, at=at):
                called = events.HelpCalled(session=name, seat=seat, at=at, text=text)
                yield self.staff(called, session=name, cause=cause)
            case Failed(reason=reason, traceback=traceback):
                failed = ProgramFailed(session=name, reason=reason, traceback=traceback)
                yield self.staff(failed, session=name, cause=cause)
            case Ended():
                yield from self._ended(session, fact, cause)
            case _:
                return

    def _formed(self, session: str, fact: ScopeFormed) -> Iterator[Item]:
        yield from topology.scope(session, fact.scope, fact.seats)
        # who is in another group now must not be led on by this one's releases
        exchange = barrier_exchange(session, fact.scope)
        yield from (Unbinding(exchange, seat_queue(one)) for one in fact.left)

    def _seat_changed(self, session: str, seat: str, cause: Cause | None) -> Publication:
        return self.publication(
            events.SeatChanged(session=session, seat=seat),
            routing_key=to_seat(session, seat, events.SeatChanged.verb()),
            cause=cause,
        )

    def _intervened(
        self,
        session: str,
        fact: Arrived | Attended | StandingChanged | StatusChanged | Intervened | Rewound,
        cause: Cause | None,
    ) -> Publication:
        found = entry(fact)
        assert found is not None
        what, author, body = found
        return self.staff(
            events.Intervened(
                session=session,
                what=what,
                author=author,
                reason=fact.cause.reason,
                at=fact.at,
                body=body,
            ),
            session=session,
            cause=cause,
        )

    def _status(self, session: str, fact: StatusChanged, cause: Cause | None) -> Iterator[Item]:
        yield self.publication(
            events.StatusChanged(
                session=session,
                version=fact.version,
                status=fact.status,
                # what an author's code raised is for the operator
                reason="" if fact.status == "stopped" else fact.cause.reason,
            ),
            routing_key=to_all(session, events.StatusChanged.verb()),
            cause=cause,
        )
        yield self._intervened(session, fact, cause)

    def _own(self, session: Session, opened: Opened, cause: Cause | None) -> Iterator[Item]:
        """Bring each seat's own data ahead of the hint that lets them be shown."""
        stage = opened.stage
        for seat, own in opened.private.items():
            yield self.publication(
                StageOpened(
                    session=session.name,
                    version=opened.version,
                    stage=stage.model_copy(update={"data": {**stage.data, **own}}),
                    hold=True,
                ),
                routing_key=to_seat(session.name, seat, StageOpened.verb()),
                cause=cause,
            )

    def _scope(
        self, session: Session, scope: str, message: Event, cause: Cause | None
    ) -> Iterator[Item]:
        """Tell all of a scope."""
        alone = session.scopes[scope].told_alone
        yield from self._barrier(message, session.name, scope, cause, alone=alone)

    def _barrier(
        self,
        message: Event,
        session: str,
        scope: str,
        cause: Cause | None,
        *,
        alone: tuple[str, ...] = (),
    ) -> Iterator[Publication]:
        """Tell a scope by its fanout; one without is told seat by ``alone`` seat, the same."""
        exchange = EVENTS if alone else barrier_exchange(session, scope)
        told = self.publication(message, exchange=exchange, cause=cause)
        if not alone:
            yield told
        for seat in alone:
            yield replace(told, routing_key=to_seat(session, seat, message.verb()))

    def _live(
        self,
        session: Session,
        fact: Acted,
        change: Change,
        own: Mapping[str, Change],
        cause: Cause | None,
    ) -> Iterator[Item]:
        name = session.name
        where = {"session": name, "scope": fact.scope, "generation": fact.generation}
        for seat, one in own.items():
            yield self.publication(
                LiveChanged.model_validate(
                    {**where, "version": fact.own[seat], "own": True, "change": one}
                ),
                routing_key=to_seat(name, seat, LiveChanged.verb()),
                cause=cause,
            )
        told = LiveChanged.model_validate({**where, "version": fact.version, "change": change})
        yield from self._scope(session, fact.scope, told, cause)

    def _ended(self, session: Session, fact: Ended, cause: Cause | None) -> Iterator[Item]:
        name = session.name
        yield self.publication(
            SessionFinished(
                session=name, version=fact.version, outcome=fact.outcome, reason=fact.reason
            ),
            routing_key=to_all(name, SessionFinished.verb()),
            cause=cause,
        )

    def farewell(self, session: Session) -> Iterator[Declaration]:
        """Yield what lets a session that is over be heard no more, its last results included."""
        yield from (
            Removal(barrier_exchange(session.name, one.name))
            for one in session.scopes.values()
            if one.lasting
        )
        yield from (
            Unbinding(one.exchange, one.queue, one.key)
            for seat in session.seats
            for one in topology.member(session.name, seat)
            if one.exchange == EVENTS
        )


def enrolment(session: str, seats: tuple[str, ...]) -> Iterator[Declaration]:
    """Yield the queues and bindings by which seats hear a session."""
    yield from (topology.seat(one) for one in seats)
    yield from topology.scope(session, ALL, seats)
    for seat in seats:
        yield from (one for one in topology.member(session, seat) if one.exchange == EVENTS)
