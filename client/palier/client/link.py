"""The link: a seat's side of RabbitMQ, without a window.

It keeps the connection, takes what the worker says, asks for a snapshot whenever there is doubt,
and sends each command until its result has come, always with the same message id. What a
participant may see is `Link.state`; a face is told of every change. With a journal a command is on
disk before it is sent, and a link that is started anew goes on where the last one ended.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Coroutine, Mapping
from dataclasses import replace
from typing import Self

from palier.broker.errors import PublishRefused, TransportError
from palier.broker.transport import Account, Connection, Publication, Transport
from palier.client.clocks import WorkersClock
from palier.client.credentials import Credentials
from palier.client.drafts import Drafts
from palier.client.ear import Ear
from palier.client.entries import Key, Put
from palier.client.errors import JournalFailed
from palier.client.journal import Journal
from palier.client.scribe import Scribe
from palier.client.seat_connection import SeatConnection
from palier.client.state import (
    Asking,
    ClientState,
    Connectivity,
    Note,
    Notice,
    Step,
    View,
)
from palier.client.unsettled import Pending, Unsettled
from palier.schemas.addresses import COMMANDS, CommandKey
from palier.schemas.commands import GetSnapshot, Submit
from palier.schemas.envelope import DIRECT_REPLY, Envelope
from palier.schemas.errors import OversizedMessage
from palier.schemas.events import Released, SeatChanged, SessionAssigned, Stage
from palier.schemas.forms import Answer
from palier.schemas.message import Message
from palier.schemas.replies import LATER, Refused, Snapshot, Submitted

_log = logging.getLogger(__name__)

#: Seconds of silence after which a participant who waits asks how things are.
_DOUBT = 5.0
#: Seconds after which a snapshot that did not come is asked for again.
_AGAIN = 5.0
_TICK = 1.0
#: Events that wait for the first snapshot; if there are more, a gap in versions tells.
_EARLY = 1000
#: Seconds in which the last results of a session come by themselves.
_LAST = 0.5


class Link:
    """One seat's link. An async context manager; all in one event loop.

    ``on_change`` is called in that loop after every change; it must not block. The journal stays
    its owner's, to be closed once the link is left.
    """

    def __init__(
        self,
        transport: Transport,
        credentials: Credentials,
        *,
        journal: Journal | None = None,
        on_change: Callable[[Link], None] | None = None,
    ) -> None:
        self.state = ClientState(
            seat=credentials.seat, session=credentials.session, partition=credentials.partition
        )
        self.round_trip: float | None = None
        self._seat = credentials.seat
        self._on_change = on_change
        self._connection = SeatConnection(
            transport,
            Account(
                user=credentials.seat,
                password=credentials.password,
                connection_name=f"seat {credentials.seat}",
            ),
            set_up=self._set_up,
            on_up=self._resume,
            on_change=self._changed,
        )
        self._scribe = Scribe(journal) if journal is not None else None
        self._unsettled = Unsettled(credentials.seat, scribe=self._scribe)
        self._drafts = Drafts(self._scribe)
        self._ear = Ear(
            credentials.seat,
            told=self._hear,
            replied=self._take_reply,
            deaf=self._ask,
            cut=lambda connection: self._spawn(connection.close()),
        )
        #: Whether a snapshot has come. What is heard before may be old, for it is not known what an
        #: earlier client has heard: so it waits for the snapshot.
        self._certain = False
        self._early: deque[Message] = deque(maxlen=_EARLY)
        self._doubtful = True
        self._snapshot: str | None = None
        self._asked_at = 0.0
        self._heard_at = time.monotonic()
        self._clock = WorkersClock()
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        if self._scribe is not None:
            self._scribe.start()
        self._connection.start()
        self._spawn(self._watch())
        return self

    async def __aexit__(self, *reason: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await self._connection.close()
        if self._scribe is not None:
            await self._scribe.close()

    # -- what a face uses -------------------------------------------------------------------------

    @property
    def connectivity(self) -> Connectivity:
        """How the connection is."""
        return self._connection.connectivity

    @property
    def note(self) -> str:
        """Why it is so."""
        return self._connection.note

    @property
    def refused(self) -> bool:
        """Whether the seat is refused for good: this link does nothing any more."""
        return self._connection.refused

    def submit(self, answer: Answer | None, *, stage: Stage | None = None) -> bool:
        """Send the answer to the open stage; False when none is asked for, or it is too large.

        ``stage`` is the one that was answered: if another is open by now, the answer is not given
        to that, and the state says so (`Note.GONE_ON`). An answer goes out once it is in the
        journal; where the disk does not take it, the state says so (`Note.UNWRITTEN`) and nothing
        is sent.
        """
        state = self.state
        if stage is not None and not state.is_at(stage):
            self._follow(Step(state=state.gone_on()))
            return False
        if not state.may_submit or state.stage is None:
            return False
        try:
            pending = self._unsettled.add(state.session, state.stage, answer, state.partition)
        except OversizedMessage as error:
            refusal = Refused(session=state.session, code=error.code, reason=str(error))
            self._follow(state.refused(state.stage.scope, state.stage.generation, refusal))
            return False
        pending.doubtful = self._doubtful
        self.state = state.submitting(answer)
        self._changed()
        self._spawn(self._hand_in(pending))
        return True

    def draft(self, stage: Stage, fields: Mapping[str, Put]) -> None:
        """Keep what is typed into the form of a stage; without a journal, do nothing.

        Returns at once: it is on disk some moments later.
        """
        if self._open == (self.state.session, stage.scope, stage.generation):
            self._drafts.keep(self.state.session, stage, fields)

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
            notice=self._connection.notice or state.told,
            held=state.held,
            reason=state.reason if state.held else "",
            countdown=self._clock.countdown(state.clock),
            pending=len(self._unsettled),
            round_trip=self.round_trip,
            draft=self._drafts.found(state.session, state.stage),
        )

    async def settled(self, *, deadline: float) -> bool:
        """Wait until every command has its result; False if that took longer, in seconds."""
        try:
            async with asyncio.timeout(deadline):
                while len(self._unsettled):  # noqa: ASYNC110 - once, at the end of a session
                    await asyncio.sleep(_TICK / 20)
        except TimeoutError:
            return False
        return True

    @property
    def _open(self) -> Key | None:
        """Which stage this participant works on."""
        stage = self.state.unanswered
        return None if stage is None else (self.state.session, stage.scope, stage.generation)

    # -- the connection ---------------------------------------------------------------------------

    async def _set_up(self, connection: Connection) -> None:
        """Listen first and ask then: so nothing falls between the snapshot and the events."""
        self._doubt()  # what waited in the queue comes before anything that is asked now
        await self._ear.listen(connection)

    def _resume(self) -> None:
        self._ask()
        self._unsettled.hurry()
        self._send()

    async def _hand_in(self, pending: Pending) -> None:
        command = pending.command
        try:
            await self._unsettled.keep(pending)
        except JournalFailed as error:
            self.state = self.state.unwritten(command.scope, command.generation, error.reason)
            self._changed()
        else:
            self._send()

    def _send(self) -> None:
        """Send what is due; what cannot be sent now stays due."""
        connection = self._connection.current()
        if connection is None or connection.blocked:
            return
        for one in self._unsettled.due():
            # a session that is over, or is not ours any more, tells its results to nobody's queue
            back = self.state.over or one.command.session != self.state.session
            self._spawn(self._publish(connection, self._unsettled.publication(one, back=back)))

    async def _publish(self, connection: Connection, publication: Publication) -> None:
        try:
            await connection.publish([publication])
        except PublishRefused as refused:
            _log.error("RabbitMQ refused a command of seat %s: %s", self._seat, refused)
        except TransportError as error:
            _log.info("Sending again once the connection is back: %s", error)

    # -- what comes in ----------------------------------------------------------------------------

    def _take_reply(self, reply: Envelope[Message]) -> None:
        self._heard_at = time.monotonic()
        if isinstance(reply.message, Submitted) or (
            isinstance(reply.message, Refused) and reply.causation_id != self._snapshot
        ):
            self._settle(reply.causation_id, reply.message)
            return
        if reply.causation_id != self._snapshot:
            return  # asked over an earlier connection
        self._snapshot = None
        match reply.message:
            case Snapshot() as snapshot:
                self._synchronise(snapshot)
            case Refused(reason=reason):
                _log.info("Seat %s has no session now: %s", self._seat, reason)
                self._unsettled.check(self.state.session, None)
                self._send()
            case _:
                pass

    def _synchronise(self, snapshot: Snapshot) -> None:
        self._clock = self._clock.heard(snapshot.now, at=self._heard_at, asked=self._asked_at)
        step = self.state.synchronised(snapshot)
        if step.ask:
            self._follow(step)
            return
        self._certain, self._doubtful = True, False
        stage = snapshot.stage
        state = step.state
        if self._unsettled.check(snapshot.session, stage):
            state = replace(state, notice=Notice(note=Note.EARLIER_SESSION))
        self._follow(replace(step, state=state))
        if stage is not None and snapshot.submitted:
            self._settle_submitted(snapshot, stage)
        self._send()
        while self._early:
            self._take_event(self._early.popleft())

    def _settle_submitted(self, snapshot: Snapshot, stage: Stage) -> None:
        """Strike off what the snapshot proves to be committed: this very answer."""
        key = (snapshot.session, stage.scope, stage.generation)
        pending = self._unsettled.answering(key)
        ours = snapshot.how in {None, "submitted"}
        if pending is not None and ours and pending.command.answer == snapshot.answer:
            self._settle(pending.entry.message_id, _submitted(pending.command))

    def _hear(self, envelope: Envelope[Message]) -> None:
        self._heard_at = time.monotonic()
        match envelope.message:
            case Submitted() | Refused() as result:
                self._settle(envelope.causation_id, result)
            case SessionAssigned(session=session, partition=partition):
                if session != self.state.session:
                    self.state = ClientState(seat=self._seat, session=session, partition=partition)
                    self._certain = False
                    self._early.clear()
                    self._unsettled.hurry()
                    self._send()
                    self._changed()
                self._ask()
            case event:
                self._clock = self._clock.told(event, at=self._heard_at)
                if self._certain:
                    self._take_event(event)
                else:
                    self._early.append(event)

    def _take_event(self, event: Message) -> None:
        if isinstance(event, Released):
            self._settle_released(event)
        elif isinstance(event, SeatChanged):
            self._doubt()
        self._follow(self.state.heard(event))

    def _settle(self, cause: str | None, result: Submitted | Refused) -> None:
        if isinstance(result, Refused) and result.code in LATER:
            self._put_off(cause)
            return
        pending = self._unsettled.settle(cause or "")
        if pending is None:
            return  # answered twice
        command = pending.command
        if command.session != self.state.session:
            _log.info("Seat %s: a command of session %s: %s", self._seat, command.session, result)
            self._changed()
            return
        self.round_trip = (time.monotonic() - pending.began) * 1000
        scope, generation = command.scope, command.generation
        if isinstance(result, Submitted):
            self._follow(Step(state=self.state.accepted(scope, generation)))
        else:
            self._follow(self.state.refused(scope, generation, result))
        self._changed()

    def _put_off(self, cause: str | None) -> None:
        pending = self._unsettled.put_off(cause or "")
        if pending is not None and pending.command.session == self.state.session:
            command = pending.command
            self._follow(Step(state=self.state.put_off(command.scope, command.generation)))

    def _doubt(self) -> None:
        """Note that this seat may have been answered for, or left out, until a snapshot tells."""
        self._doubtful = True
        self._unsettled.doubt()
        self._snapshot = None  # one that is on its way may be older than that

    def _settle_released(self, released: Released) -> None:
        """Strike off the submit that this release waited for: it is committed.

        One of which that is not sure is sent again, for its own result.
        """
        pending = self._unsettled.answering((released.session, released.scope, released.generation))
        if pending is None:
            return
        if pending.doubtful:
            pending.due = 0.0
            self._send()
        else:
            self._settle(pending.entry.message_id, _submitted(pending.command))

    def _follow(self, step: Step) -> None:
        before, state = self.state, step.state
        pending = self._unsettled.answering_stage(state.session, state.stage)
        if pending is None:
            state = state.nothing_on_the_way()
        else:
            state = state.on_the_way(pending.command.answer)
        if state is not before:
            self.state = state
            if self._certain:
                self._drafts.leave(but=self._open)
            self._changed()
        if before.held and not state.held:
            self._unsettled.hurry()
            self._send()
        elif state.over and not before.over:
            # what is not answered by then will not be without being asked for
            self._unsettled.hurry(within=_LAST)
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
        connection = self._connection.current()
        if connection is None or connection.blocked:
            return  # asked when it is there again
        properties, body = envelope.pack()
        key = CommandKey(self.state.partition, self.state.session, self._seat, GetSnapshot.verb())
        publication = Publication(
            exchange=COMMANDS, routing_key=str(key), properties=properties, body=body
        )
        self._spawn(self._publish(connection, publication))

    async def _watch(self) -> None:
        """Send again what was not answered, and ask after a silence: hints can be lost."""
        while True:
            await asyncio.sleep(_TICK)
            if self._connection.look():
                self._unsettled.hurry()
            self._send()
            now = time.monotonic()
            screen = self.state.screen
            works = isinstance(screen, Asking) and not (screen.sending or screen.locked)
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


def _submitted(command: Submit) -> Submitted:
    return Submitted(session=command.session, scope=command.scope, generation=command.generation)
