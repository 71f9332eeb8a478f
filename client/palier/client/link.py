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

from palier.broker.transport import Account, Connection, Publication, Transport
from palier.client.clocks import WorkersClock
from palier.client.credentials import Credentials
from palier.client.doubt import Doubt
from palier.client.drafts import Drafts
from palier.client.ear import Ear
from palier.client.entries import Key, Put
from palier.client.errors import JournalFailed, Rejected
from palier.client.help import Help
from palier.client.journal import Journal
from palier.client.scribe import Scribe
from palier.client.seat_connection import SeatConnection
from palier.client.shelf import Shelf
from palier.client.showing import Showing
from palier.client.state import (
    Asking,
    ClientState,
    Connectivity,
    Note,
    Notice,
    Step,
    View,
)
from palier.client.unanswered import Unanswered
from palier.client.unsettled import Pending, Unsettled
from palier.client.voice import Voice
from palier.schemas.commands import Submit
from palier.schemas.envelope import Envelope
from palier.schemas.errors import OversizedMessage
from palier.schemas.events import Released, SeatChanged, SessionAssigned, Stage
from palier.schemas.forms import Answer
from palier.schemas.message import Message
from palier.schemas.replies import LATER, Refused, Snapshot, Submitted

_log = logging.getLogger(__name__)

_TICK = 1.0
#: Events that wait for the first snapshot; if there are more, a gap in versions tells.
_EARLY = 1000
#: Seconds in which the last results of a session come by themselves.
_LAST = 0.5


class Link:
    """One seat's link. An async context manager; all in one event loop.

    ``on_change`` is called in that loop after every change; it must not block. The journal stays
    its owner's, as does the shelf, to be closed once the link is left. Without a shelf nothing that
    stages show is fetched: bots look at nothing.
    """

    def __init__(
        self,
        transport: Transport,
        credentials: Credentials,
        *,
        journal: Journal | None = None,
        shelf: Shelf | None = None,
        bundles: bool = False,
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
        self._doubt = Doubt(credentials.seat)
        self._voice = Voice(credentials.seat, current=self._connection.current)
        self._unanswered = Unanswered(
            credentials.seat,
            voice=self._voice,
            spawn=self._spawn,
            partition=lambda: self.state.partition,
        )
        self._showing = Showing(
            credentials.seat,
            shelf,
            voice=self._voice,
            unanswered=self._unanswered,
            spawn=self._spawn,
            changed=self._changed,
            bundles=bundles,
        )
        self._help = Help(self._unanswered, spawn=self._spawn, changed=self._changed)
        self._clock = WorkersClock()
        self._tasks: set[asyncio.Task[object]] = set()

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
        self._unanswered.give_up(
            Rejected("closed", "This window was closed before an answer came.")
        )
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
        pending.doubtful = self._doubt.doubtful
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

    def painted(self, stage: Stage, at: float) -> None:
        """Report that a stage was painted, at a reading of this computer's monotonic clock."""
        moment = self._clock.moment(at)
        if moment is not None:
            self._showing.painted(stage, moment)

    def call_for_help(self, text: str) -> None:
        """Ask the operator to come; it is sent until the worker has noted it."""
        self._help.call(self.state.session, text)

    async def post(self, stage: Stage, stream: str, value: str | float) -> int:
        """Post in a stage and return the post's number; raises `Rejected`.

        It is sent until its result comes, for as long as the stage is open.
        """
        return await self._showing.post(stage, stream, value)

    async def act(self, stage: Stage, action: str, body: Answer | None = None) -> int:
        """Do something in a live stage; return its number in the session. Raises `Rejected`.

        It is sent until its result comes, for as long as the stage is open.
        """
        return await self._showing.act(stage, action, body)

    async def ask(self) -> None:
        """Ask for a snapshot and wait until it has come; raises `Rejected`, `NoAnswer`."""
        if self.refused:
            raise Rejected("not-admitted", self.note)
        if not self._doubt.awaited:
            self._doubt.forget()
        self._ask()
        await self._doubt.resolved()

    def view(self) -> View:
        """Return all that a face shows."""
        state = self.state
        outdated = Notice(note=Note.OUTDATED) if self._showing.outdated else None
        return View(
            seat=self._seat,
            session=state.session,
            program=state.program,
            steps=state.steps,
            screen=state.screen,
            connectivity=self.connectivity,
            note=self.note,
            notice=self._connection.notice or outdated or state.told,
            held=state.held,
            reason=state.reason if state.held else "",
            countdown=self._clock.countdown(state.clock),
            shown=self._showing.shown(),
            arrived=state.arrived,
            expected=state.expected,
            called=self._help.called,
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
        self._begin_to_doubt()  # what waited in the queue comes before anything that is asked now
        await self._ear.listen(connection)

    def _resume(self) -> None:
        self._ask()
        self._unsettled.hurry()
        self._unanswered.hurry()
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
        if not self._voice.ready:
            return
        for one in self._unsettled.due():
            # a session that is over, or is not ours any more, tells its results to nobody's queue
            back = self.state.over or one.command.session != self.state.session
            self._say(self._unsettled.publication(one, back=back))
        self._unanswered.send()
        self._showing.send()

    def _say(self, publication: Publication) -> None:
        self._spawn(self._voice.say(publication))

    # -- what comes in ----------------------------------------------------------------------------

    def _take_reply(self, reply: Envelope[Message]) -> None:
        self._doubt.hear()
        if self._unanswered.answer(reply.causation_id, reply.message):
            return
        asked = self._doubt.answers(reply.causation_id)
        match reply.message:
            case Submitted() as result:
                self._settle(reply.causation_id, result)
            case Refused() as result if not asked:
                self._settle(reply.causation_id, result)
            case Snapshot() as snapshot if asked:
                self._synchronise(snapshot)
            case Refused(code=code, reason=reason):
                _log.info("Seat %s has no session now: %s", self._seat, reason)
                self._unsettled.check(self.state.session, None)
                self._doubt.settle(Rejected(code, reason))
                self._send()
            case _:
                pass  # asked over an earlier connection

    def _synchronise(self, snapshot: Snapshot) -> None:
        doubt = self._doubt
        self._clock = self._clock.heard(snapshot.now, at=doubt.heard_at, asked=doubt.asked_at)
        step = self.state.synchronised(snapshot)
        if step.ask:
            self._follow(step)
            return
        self._certain, doubt.doubtful = True, False
        stage = snapshot.stage
        state = step.state
        if self._unsettled.check(snapshot.session, stage):
            state = replace(state, notice=Notice(note=Note.EARLIER_SESSION))
        self._help.noted = snapshot.called
        self._follow(replace(step, state=state))
        self._showing.synchronise(snapshot)
        if stage is not None and snapshot.submitted:
            self._settle_submitted(snapshot, stage)
        doubt.settle()
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
        self._doubt.hear()
        if self._unanswered.answer(envelope.causation_id, envelope.message):
            return
        match envelope.message:
            case Submitted() | Refused() as result:
                self._settle(envelope.causation_id, result)
            case SessionAssigned(session=session, partition=partition):
                if session != self.state.session:
                    self._move_to(session, partition)
                self._ask()
            case event:
                self._clock = self._clock.told(event, at=self._doubt.heard_at)
                if self._certain:
                    self._take_event(event)
                else:
                    self._early.append(event)

    def _move_to(self, session: str, partition: int) -> None:
        self.state = ClientState(seat=self._seat, session=session, partition=partition)
        self._certain = False
        self._early.clear()
        self._unanswered.give_up(Rejected("gone-on", "This seat is in another session by now."))
        self._showing.follow(self.state)
        self._help.noted = False
        self._unsettled.hurry()
        self._send()
        self._changed()

    def _take_event(self, event: Message) -> None:
        match event:
            case Released():
                self._settle_released(event)
            case SeatChanged():
                self._begin_to_doubt()
            case _:
                self._showing.hear(event)
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

    def _begin_to_doubt(self) -> None:
        """Note that this seat may have been answered for, or left out, until a snapshot tells."""
        self._doubt.begin()
        self._unsettled.doubt()

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
            self._showing.follow(state)
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
        """Ask for a snapshot, unless one is on its way; without a connection, once there is one."""
        question = self._doubt.question(self.state.session, self.state.partition)
        if question is not None and self._voice.ready:
            self._say(question)

    async def _watch(self) -> None:
        """Send again what was not answered, and ask after a silence: hints can be lost."""
        while True:
            await asyncio.sleep(_TICK)
            if self._connection.look():
                self._unsettled.hurry()
            self._send()
            if self.refused:
                self._unanswered.give_up(Rejected("not-admitted", self.note))
            screen = self.state.screen
            works = isinstance(screen, Asking) and not (screen.sending or screen.locked)
            if isinstance(screen, Asking) and screen.stage.actions:
                # what others do may have been told, and lost
                works = False
            if not self.state.over and self._doubt.silence(waits=not works):
                self._ask()

    def _changed(self) -> None:
        if self._on_change is not None:
            self._on_change(self)

    def _spawn(self, work: Coroutine[object, object, object]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _submitted(command: Submit) -> Submitted:
    return Submitted(session=command.session, scope=command.scope, generation=command.generation)
