"""What a client knows, as pure data: which screen a participant may see, and why.

The truth is the worker's database; what arrives here are hints and snapshots. The rules that keep
a hint from doing harm are in `ClientState.heard` and `ClientState.synchronised`:

- a scope's version never falls, and what is not newer is dropped;
- a gap in versions, or data that did not come, means asking for a snapshot (`Step.ask`);
- a snapshot older than what is already known is not obeyed, but asked for again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from palier.client.live import LiveData
from palier.client.view import (
    Asking,
    Connectivity,
    Countdown,
    Ended,
    Excluded,
    Held,
    Lobby,
    Note,
    Notice,
    Screen,
    View,
    Waiting,
)
from palier.schemas.events import (
    Arrived,
    Clock,
    ClockChanged,
    LiveChanged,
    Released,
    SeatChanged,
    SessionFinished,
    Stage,
    StageOpened,
    Standing,
    StatusChanged,
)
from palier.schemas.forms import Answer
from palier.schemas.message import Message
from palier.schemas.names import ALL
from palier.schemas.replies import How, Refused, Snapshot

#: What there is to know of the client's state, and what a face shows of it.
__all__ = [
    "Asking",
    "ClientState",
    "Connectivity",
    "Countdown",
    "Ended",
    "Excluded",
    "Held",
    "Lobby",
    "Note",
    "Notice",
    "Screen",
    "Step",
    "View",
    "Waiting",
    "same_generation",
    "same_opening",
]

#: A refused submit with one of these codes means: this client's picture is old.
_OUTDATED = frozenset(
    {"released", "unknown-generation", "already-submitted", "not-running", "not-a-party"}
)

#: A refused submit with this code was the last attempt at a quiz.
_USED_UP = "attempts-used"

#: Statuses of a session that takes answers; of some of them no barrier opens.
_TAKES = frozenset({"running", "paused", "stopped"})

#: Two openings of one stage are further apart than this.
_OPENINGS = timedelta(milliseconds=100)
_OVER = frozenset({"finished", "closed"})


#: What is told of an answer that was refused with these codes: it does not count.
_LOST = {
    "released": Note.GONE_ON,
    "already-submitted": Note.NOT_FIRST,
    "not-running": Note.TOO_LATE,
    "no-session": Note.TOO_LATE,
    "not-a-party": Note.GONE_ON,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What follows from a message: the new state, and whether a snapshot is to be asked for."""

    state: ClientState
    ask: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientState:
    """Everything a client knows of the session of its seat."""

    seat: str
    session: str = ""
    program: str = ""
    partition: int = 0
    steps: tuple[tuple[str, str], ...] = ()
    status: str = ""
    reason: str = ""
    versions: Mapping[str, int] = field(default_factory=dict)
    stage: Stage | None = None
    released: bool = False
    submitted: bool = False
    answer: Answer | None = None
    #: How the answer came about, and what becomes of this seat.
    how: How | None = None
    standing: Standing = "active"
    sending: bool = False
    problems: Mapping[str, str] = field(default_factory=dict)
    refusal: str = ""
    #: What became of the answer to the open stage, and what is told until the next one is given.
    of_answer: Notice | None = None
    notice: Notice | None = None
    arrived: int = 0
    present: int = 0
    expected: int = 0
    #: This seat's own data of stages to come, by scope and generation.
    prepared: Mapping[tuple[str, int], Stage] = field(default_factory=dict)
    #: What the open stage shows, if it is live; ``stage`` has its data.
    live: LiveData | None = None

    # -- what the worker says -------------------------------------------------------------------

    def synchronised(self, snapshot: Snapshot) -> Step:
        """Take a snapshot; an older one than what is known is asked for again."""
        same = snapshot.session == self.session
        # scopes that it does not have are those that this seat has left: groups were drawn anew
        if same and any(
            version < self.versions.get(one, 0) for one, version in snapshot.versions.items()
        ):
            return Step(state=self, ask=True)
        stays = same and same_generation(snapshot.stage, self.stage)
        live = _live_data(snapshot, self.live if stays else None)
        return Step(
            ask=live is not None and live.lacks,
            state=replace(
                self,
                session=snapshot.session,
                program=snapshot.program,
                partition=snapshot.partition,
                steps=snapshot.steps,
                status=snapshot.status,
                reason=snapshot.reason,
                versions=dict(snapshot.versions),
                stage=_showing(snapshot.stage, live),
                live=live,
                released=snapshot.released,
                # one that was taken before the answer came in may be told after its result
                submitted=snapshot.submitted or (stays and self.submitted),
                answer=self.answer if stays and not snapshot.submitted else snapshot.answer,
                how=snapshot.how,
                standing=snapshot.standing,
                sending=stays and self.sending and not snapshot.submitted,
                problems=self.problems if stays else {},
                refusal=self.refusal if stays else "",
                of_answer=self.of_answer if stays and not snapshot.submitted else None,
                notice=self.notice if same else None,
                arrived=max(snapshot.arrived, self.arrived) if stays else snapshot.arrived,
                present=snapshot.present,
                expected=snapshot.expected,
                prepared={},
            ),
        )

    def heard(self, event: Message) -> Step:  # noqa: PLR0911 - one for each kind
        """Take an event; those of other sessions change nothing."""
        if getattr(event, "session", None) != self.session or not self.session:
            return Step(state=self)
        match event:
            case StageOpened(hold=True, stage=stage):
                return Step(state=self._prepare(stage))
            case StageOpened(stage=stage, version=version):
                return self._advance(stage.scope, version, stage)
            case Released(scope=scope, version=version, next=upcoming):
                return self._advance(scope, version, upcoming)
            case SessionFinished(version=version, outcome=outcome, reason=reason):
                finished = replace(self, status=outcome, reason=reason, sending=False)
                return Step(state=replace(finished, versions={**self.versions, ALL: version}))
            case StatusChanged() | ClockChanged():
                return self._changed(event)
            case SeatChanged(seat=seat):
                return Step(state=self, ask=seat == self.seat)
            case Arrived():
                return Step(state=self._count(event))
            case LiveChanged():
                return self._change(event)
            case _:
                return Step(state=self)

    def _prepare(self, stage: Stage) -> ClientState:
        return replace(self, prepared={**self.prepared, (stage.scope, stage.generation): stage})

    def _changed(self, event: StatusChanged | ClockChanged) -> Step:
        """Take a change that opens nothing, if it is news."""
        if isinstance(event, StatusChanged):
            scope, changed = ALL, replace(self, status=event.status, reason=event.reason)
        else:
            scope, stage = event.scope, self.stage
            if stage is not None and self._at(scope, event.generation):
                stage = stage.model_copy(update={"clock": event.clock})
            changed = replace(self, stage=stage)
        known = self.versions.get(scope, 0)
        if event.version <= known:
            return Step(state=self)
        versions = {**self.versions, scope: event.version}
        return Step(state=replace(changed, versions=versions), ask=event.version > known + 1)

    def _change(self, event: LiveChanged) -> Step:
        if self.live is None or not self._at(event.scope, event.generation):
            # of a stage that is not open here yet: what lacks then is asked for
            return Step(state=self)
        live = self.live.heard(event)
        return Step(
            state=replace(self, stage=_showing(self.stage, live), live=live), ask=live.lacks
        )

    def _advance(self, scope: str, version: int, upcoming: Stage | None) -> Step:
        known = self.versions.get(scope, 0)
        if version <= known:
            return Step(state=self)
        gap = version > known + 1
        moved = replace(self, versions={**self.versions, scope: version}, status="running")
        if upcoming is None:
            ours = self.stage is not None and self.stage.scope == scope
            return Step(state=replace(moved, released=True) if ours else moved, ask=gap)
        complete = upcoming
        if upcoming.private:
            own = self.prepared.get((scope, upcoming.generation))
            if own is None:
                # the barrier is open, but what this seat alone may see has not come
                return Step(state=replace(moved, released=True), ask=True)
            complete = own
        return Step(
            state=replace(
                moved,
                stage=complete,
                live=LiveData(data=complete.data) if complete.actions else None,
                released=False,
                submitted=False,
                answer=None,
                how=None,
                sending=False,
                problems={},
                refusal="",
                of_answer=None,
                arrived=0,
                expected=complete.parties,
                prepared={
                    key: one
                    for key, one in self.prepared.items()
                    if key[0] != scope or key[1] > complete.generation
                },
            ),
            ask=gap,
        )

    def _count(self, event: Arrived) -> ClientState:
        stage = self.stage
        if stage is None:
            return (
                replace(self, present=event.arrived, expected=event.expected)
                if event.generation == 0
                else self
            )
        if (event.scope, event.generation) != (stage.scope, stage.generation):
            return self
        return replace(self, arrived=max(self.arrived, event.arrived), expected=event.expected)

    # -- what the participant does --------------------------------------------------------------

    @property
    def may_submit(self) -> bool:
        """Whether an answer to the open stage can be sent now."""
        return (
            self.stage is not None
            and self.status in _TAKES
            and self.standing != "excluded"
            and not (self.submitted or self.sending or self.released)
        )

    def is_at(self, stage: Stage) -> bool:
        """Whether this very stage is the open one."""
        return same_generation(stage, self.stage)

    def gone_on(self) -> ClientState:
        """Return the state when an answer was given to a stage that is not open any more."""
        return replace(self, notice=Notice(note=Note.GONE_ON))

    def submitting(self, answer: Answer | None) -> ClientState:
        """Return the state while an answer is on its way."""
        return replace(
            self,
            sending=True,
            answer=answer,
            problems={},
            refusal="",
            of_answer=None,
            notice=None,
        )

    def on_the_way(self, answer: Answer | None) -> ClientState:
        """Return the state of a client that finds an answer on its way, given before it began."""
        return replace(self, sending=True, answer=answer) if self.may_submit else self

    def nothing_on_the_way(self) -> ClientState:
        """Return the state when no answer to this stage is on its way, whatever was thought."""
        return replace(self, sending=False) if self.sending else self

    def accepted(self, scope: str, generation: int) -> ClientState:
        """Return the state once the worker has committed the answer to this generation."""
        if not self._at(scope, generation):
            return self
        return replace(
            self,
            sending=False,
            submitted=True,
            how="submitted",
            of_answer=None,
            arrived=max(self.arrived, 1),
        )

    def refused(self, scope: str, generation: int, refusal: Refused) -> Step:
        """Return the state after a refusal; the participant can correct the answer.

        An answer that does not count for good is told of, wherever the session is by now.
        """
        lost = _LOST.get(refusal.code)
        told = self if lost is None else replace(self, notice=Notice(note=lost))
        if not self._at(scope, generation):
            return Step(state=told)
        if refusal.code in _OUTDATED:
            return Step(state=replace(told, sending=False, of_answer=None), ask=True)
        used_up = refusal.code == _USED_UP
        words = "" if refusal.fields or used_up else refusal.reason
        return Step(
            state=replace(
                told,
                sending=False,
                answer=None,
                problems=dict(refusal.fields),
                refusal=words,
                of_answer=Notice(note=Note.ATTEMPTS_USED) if used_up else None,
            )
        )

    def put_off(self, scope: str, generation: int) -> ClientState:
        """Return the state while the worker takes no answers: this one is sent again later."""
        if not self._at(scope, generation):
            return self
        return replace(self, of_answer=Notice(note=Note.LATER))

    def unwritten(self, scope: str, generation: int, reason: str) -> ClientState:
        """Return the state when an answer could not be kept on this computer: it was not sent."""
        if not self._at(scope, generation):
            return replace(self, notice=Notice(note=Note.UNWRITTEN, detail=reason))
        return replace(
            self,
            sending=False,
            answer=None,
            of_answer=Notice(note=Note.UNWRITTEN, detail=reason),
        )

    def _at(self, scope: str, generation: int) -> bool:
        stage = self.stage
        return stage is not None and (stage.scope, stage.generation) == (scope, generation)

    # -- what follows ---------------------------------------------------------------------------

    @property
    def over(self) -> bool:
        """Whether nothing more can come in this session."""
        return self.status in _OVER

    @property
    def held(self) -> Held | None:
        """Whether the session does not go on for now; answers are taken."""
        match self.status:
            case "paused" | "stopped" as status:
                return status
            case _:
                return None

    @property
    def unanswered(self) -> Stage | None:
        """The open stage that this participant has not handed in, even if left out for now."""
        answered = self.submitted or self.released or self.over
        return None if answered else self.stage

    @property
    def clock(self) -> Clock | None:
        """How much time the open stage gives, where that concerns this seat."""
        if self.stage is None or self.released or self.over or self.standing == "excluded":
            return None
        return self.stage.clock

    @property
    def told(self) -> Notice | None:
        """What is told beside the screen; what holds for longest goes first."""
        if self.standing == "bot" and not self.over:
            return Notice(note=Note.STOOD_IN)
        return self.notice

    @property
    def screen(self) -> Screen:
        """The one screen that fits."""
        if self.over:
            return Ended(outcome=self.status, reason=self.reason, stage=self.stage)
        if self.standing == "excluded":
            return Excluded()
        if self.stage is None:
            return Lobby(present=self.present, expected=self.expected)
        if self.submitted or self.released:
            return Waiting(
                stage=self.stage,
                answer=self.answer,
                arrived=self.arrived,
                expected=self.expected,
                how=None if self.how == "submitted" else self.how,
                released=self.released,
            )
        return Asking(
            stage=self.stage,
            sending=self.sending,
            locked=self.held is not None,
            problems=self.problems,
            refusal=self.refusal,
            notice=self.of_answer,
        )


def _live_data(snapshot: Snapshot, known: LiveData | None) -> LiveData | None:
    """Return what a live stage shows by a snapshot, or by what is newer than that."""
    if snapshot.live is None or snapshot.stage is None:
        return None
    if known is None:
        return LiveData(data=snapshot.stage.data, mark=snapshot.live)
    return known.synchronised(snapshot.stage.data, snapshot.live)


def _showing(stage: Stage | None, live: LiveData | None) -> Stage | None:
    """Return a stage with the data that it shows now."""
    if stage is None or live is None or live.data is stage.data:
        return stage
    return stage.model_copy(update={"data": dict(live.data)})


def same_generation(one: Stage | None, other: Stage | None) -> bool:
    """Tell whether two stages are one opening of one stage, or both none."""
    if one is None or other is None:
        return one is other
    return (one.scope, one.generation) == (other.scope, other.generation) and same_opening(
        one.opened_at, other.opened_at
    )


def same_opening(one: datetime, other: datetime) -> bool:
    """Tell whether two times are those of one opening, however often it was read again.

    A stage that an operator has opened anew has its old number, and so has one of a session of the
    same name on a server that was made anew: an answer to one is none to the other.
    """
    return abs(one - other) < _OPENINGS
