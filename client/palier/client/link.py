"""The link: a seat's side of RabbitMQ, without a window.

It keeps the connection, takes what the worker says, asks for a snapshot whenever there is doubt,
and sends each command until its result has come, always with the same message id. What a
participant may see is `Link.state`; a face is told of every change.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Self

from palier.broker.errors import PublishRefused, TransportError
from palier.broker.standing import StandingConnection, StandingState
from palier.broker.transport import Account, Connection, Delivery, Publication, Transport
from palier.client.credentials import Credentials
from palier.client.state import Asking, ClientState, Connectivity, Step, View
from palier.schemas.addresses import COMMANDS, CommandKey, seat_queue
from palier.schemas.commands import GetSnapshot, Submit
from palier.schemas.envelope import DIRECT_REPLY, Envelope, unpack
from palier.schemas.errors import OversizedMessage, UnreadableMessage
from palier.schemas.events import Released, SessionAssigned
from palier.schemas.forms import Answer
from palier.schemas.message import Command, Message, Query
from palier.schemas.replies import Refused, Snapshot, Submitted

_log = logging.getLogger(__name__)

#: Seconds of silence after which a participant who waits asks how things are.
_DOUBT = 5.0
#: Seconds after which what was not answered is sent again.
_AGAIN = 5.0
_TICK = 1.0
#: What came in is acknowledged together: after so many deliveries, or so many seconds. What is not
#: acknowledged comes again after a reconnection, and is recognised by its version.
_ACKNOWLEDGED, _ACKNOWLEDGED_AFTER = 20, 0.2
_PREFETCH = 100

_SETTLED = {StandingState.UP: Connectivity.ONLINE, StandingState.REFUSED: Connectivity.REFUSED}


@dataclass(slots=True)
class _Pending:
    """A submit on its way, and when it was first and last sent (monotonic seconds)."""

    command: Submit
    publication: Publication
    began: float
    sent: float = field(default=0.0)


class Link:
    """One seat's link. An async context manager; all in one event loop.

    ``on_change`` is called in that loop after every change; it must not block.
    """

    def __init__(
        self,
        transport: Transport,
        credentials: Credentials,
        *,
        on_change: Callable[[Link], None] | None = None,
    ) -> None:
        self.state = ClientState(
            seat=credentials.seat, session=credentials.session, partition=credentials.partition
        )
        self.connectivity = Connectivity.CONNECTING
        self.note = ""
        self.round_trip: float | None = None
        self._seat = credentials.seat
        self._on_change = on_change
        self._standing = StandingConnection(
            transport,
            Account(
                user=credentials.seat,
                password=credentials.password,
                connection_name=f"seat {credentials.seat}",
            ),
            set_up=self._set_up,
            on_state=self._note_state,
        )
        self._pending: dict[str, _Pending] = {}
        self._snapshot: str | None = None
        self._asked_at = 0.0
        self._heard_at = time.monotonic()
        self._unacknowledged: tuple[Connection, Delivery] | None = None
        self._taken = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        await self._standing.__aenter__()
        self._spawn(self._watch())
        return self

    async def __aexit__(self, *reason: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._standing.close()

    # -- what a face uses -------------------------------------------------------------------------

    def submit(self, answer: Answer | None) -> bool:
        """Send the answer to the open stage; False when none is asked for, or it is too large."""
        state = self.state
        if not state.may_submit or state.stage is None:
            return False
        command = Submit(
            session=state.session,
            scope=state.stage.scope,
            generation=state.stage.generation,
            answer=None if answer is None else dict(answer),
        )
        envelope = Envelope(message=command, user_id=self._seat)
        try:
            publication = self._publication(envelope)
        except OversizedMessage as error:
            refusal = Refused(session=state.session, code=error.code, reason=str(error))
            self._follow(state.refused(command.scope, command.generation, refusal))
            return False
        pending = _Pending(command, publication, began=time.monotonic())
        self._pending[envelope.message_id] = pending
        self.state = state.submitting(answer)
        self._changed()
        self._spawn(self._send(pending))
        return True

    def view(self) -> View:
        """Return all that a face shows."""
        state = self.state
        return View(
            seat=self._seat,
            session=state.session,
            program=state.program,
            steps=state.steps,
            screen=state.screen,
            connectivity=self.connectivity,
            note=self.note,
            pending=len(self._pending),
            round_trip=self.round_trip,
        )

    # -- the connection ---------------------------------------------------------------------------

    async def _set_up(self, connection: Connection) -> None:
        """Listen first and ask then: so nothing falls between the snapshot and the events."""
        await connection.replies(self._take_reply)

        def take(delivery: Delivery) -> None:
            self._take(connection, delivery)

        def cancelled(reason: str) -> None:
            _log.warning("The broker ended the consumer of seat %s: %s", self._seat, reason)
            self._spawn(connection.close())

        await connection.consume(
            seat_queue(self._seat), take, prefetch=_PREFETCH, exclusive=True, on_cancel=cancelled
        )
        self._snapshot = None
        self._spawn(self._resume())

    async def _resume(self) -> None:
        with contextlib.suppress(TransportError):
            await self._standing.up()
        self._ask()
        for pending in list(self._pending.values()):
            await self._send(pending)

    def _note_state(self, state: StandingState, reason: str) -> None:
        fresh = self.connectivity is Connectivity.CONNECTING
        underway = Connectivity.CONNECTING if fresh else Connectivity.RECONNECTING
        self.connectivity = _SETTLED.get(state, underway)
        self.note = "" if state is StandingState.UP else reason
        self._changed()

    def _note_blocked(self) -> None:
        connection = self._standing.current()
        if connection is None:
            return
        now = Connectivity.BLOCKED if connection.blocked else Connectivity.ONLINE
        if now is not self.connectivity:
            self.connectivity = now
            self.note = "" if now is Connectivity.ONLINE else "The server is short of room."
            self._changed()

    async def _send(self, pending: _Pending) -> None:
        pending.sent = time.monotonic()
        await self._publish(pending.publication)

    async def _publish(self, publication: Publication) -> None:
        connection = self._standing.current()
        if connection is None:
            return  # sent when there is one again
        try:
            await connection.publish([publication])
        except PublishRefused as refused:
            _log.error("RabbitMQ refused a command of seat %s: %s", self._seat, refused)
        except TransportError as error:
            _log.info("Sending again once the connection is back: %s", error)

    def _publication(self, envelope: Envelope[Message]) -> Publication:
        message = envelope.message
        assert isinstance(message, Command | Query)
        properties, body = envelope.pack()
        key = CommandKey(self.state.partition, message.session, self._seat, message.verb())
        return Publication(
            exchange=COMMANDS, routing_key=str(key), properties=properties, body=body
        )

    # -- what comes in ----------------------------------------------------------------------------

    def _take(self, connection: Connection, delivery: Delivery) -> None:
        self._heard_at = time.monotonic()
        try:
            self._hear(unpack(delivery.properties, delivery.body))
        except UnreadableMessage as error:
            # a newer worker may say what this client does not understand: a snapshot tells more
            _log.warning("Seat %s was told something unreadable: %s", self._seat, error)
            self._ask()
        if not self._taken:
            asyncio.get_running_loop().call_later(_ACKNOWLEDGED_AFTER, self._acknowledge)
        self._taken += 1
        self._unacknowledged = (connection, delivery)
        if self._taken % _ACKNOWLEDGED == 0:
            connection.ack(delivery, multiple=True)

    def _acknowledge(self) -> None:
        self._taken = 0
        if self._unacknowledged is not None:
            connection, delivery = self._unacknowledged
            self._unacknowledged = None
            connection.ack(delivery, multiple=True)

    def _take_reply(self, delivery: Delivery) -> None:
        self._heard_at = time.monotonic()
        try:
            reply = unpack(delivery.properties, delivery.body)
        except UnreadableMessage as error:
            _log.warning("An answer could not be read: %s", error)
            return
        if reply.causation_id != self._snapshot:
            return  # asked over an earlier connection
        self._snapshot = None
        match reply.message:
            case Snapshot() as snapshot:
                self._follow(self.state.synchronised(snapshot))
            case Refused(reason=reason):
                _log.info("Seat %s has no session now: %s", self._seat, reason)
            case _:
                pass

    def _hear(self, envelope: Envelope[Message]) -> None:
        match envelope.message:
            case Submitted() as submitted:
                self._settle(envelope.causation_id, submitted)
            case Refused() as refused:
                self._settle(envelope.causation_id, refused)
            case SessionAssigned(session=session, partition=partition):
                if session != self.state.session:
                    self.state = ClientState(seat=self._seat, session=session, partition=partition)
                    self._pending.clear()
                    self._changed()
                self._ask()
            case event:
                if isinstance(event, Released):
                    self._settle_released(event)
                self._follow(self.state.heard(event))

    def _settle(self, message_id: str | None, result: Submitted | Refused) -> None:
        pending = self._pending.pop(message_id or "", None)
        if pending is None:
            return  # answered twice, or asked before this client was started
        self.round_trip = (time.monotonic() - pending.began) * 1000
        scope, generation = pending.command.scope, pending.command.generation
        if isinstance(result, Submitted):
            self._follow(Step(state=self.state.accepted(scope, generation)))
        else:
            self._follow(self.state.refused(scope, generation, result))

    def _settle_released(self, released: Released) -> None:
        """Strike off the submit that this release waited for: it is committed."""
        for message_id, pending in list(self._pending.items()):
            command = pending.command
            if (command.session, command.scope, command.generation) == (
                released.session,
                released.scope,
                released.generation,
            ):
                self._settle(
                    message_id,
                    Submitted(
                        session=command.session,
                        scope=command.scope,
                        generation=command.generation,
                    ),
                )

    def _follow(self, step: Step) -> None:
        if step.state is not self.state:
            self.state = step.state
            self._changed()
        if step.ask:
            self._ask()

    # -- doubt ------------------------------------------------------------------------------------

    def _ask(self) -> None:
        """Ask for a snapshot, unless one is on its way."""
        now = time.monotonic()
        if self._snapshot is not None and now - self._asked_at < _AGAIN:
            return
        envelope = Envelope(
            message=GetSnapshot(session=self.state.session),
            user_id=self._seat,
            reply_to=DIRECT_REPLY,
        )
        self._snapshot = envelope.message_id
        self._asked_at = now
        self._spawn(self._publish(self._publication(envelope)))

    async def _watch(self) -> None:
        """Send again what was not answered, and ask after a silence: hints can be lost."""
        while True:
            await asyncio.sleep(_TICK)
            self._note_blocked()
            now = time.monotonic()
            if self.state.over:
                # the session hears and tells nothing more: what it has not answered it never will
                self._pending.clear()
            for pending in list(self._pending.values()):
                if now - pending.sent > _AGAIN:
                    await self._send(pending)
            screen = self.state.screen
            works = isinstance(screen, Asking) and not screen.sending
            waits = self._snapshot is not None or not works
            if waits and not self.state.over and now - max(self._heard_at, self._asked_at) > _DOUBT:
                self._ask()

    def _changed(self) -> None:
        if self._on_change is not None:
            self._on_change(self)

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
