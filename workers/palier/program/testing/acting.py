"""What participants of a test do in live stages: scripts by stage, strategies, else chance."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime
from typing import Any, Literal, TypeAlias

from palier.program.bots import GO_ON, Bot, method_of
from palier.program.participant import Participant
from palier.program.testing.errors import BadAnswer
from palier.program.testing.scripts import MISSING
from palier.schemas.commands import Act
from palier.schemas.events import Stage
from palier.schemas.live import Do, as_do
from palier.workers.domain.acting import act
from palier.workers.domain.facts import Fact
from palier.workers.domain.live import LiveStage
from palier.workers.domain.scope import Generation
from palier.workers.domain.session import Session
from palier.workers.errors import ProgramFailed

#: What somebody does in a live stage, given what it shows them now: the name of an action, a name
#: with what its form asks for, None to wait a little, `GO_ON`, `MISSING` to do nothing any more.
LiveScript: TypeAlias = Callable[[Participant, Stage], Any]

#: What came of a turn: something was done, or not now; somebody goes on, or does nothing any more.
Turn: TypeAlias = Literal["done", "waits", "goes-on", "gone"]

#: How often chance does something before it goes on.
_FEW = (3, 8)

#: What is refused because of how a script is written, not because of how the game stands.
_MISTAKES = frozenset({"invalid", "unknown-action"})


class Acting:
    """The turns that participants have in live stages."""

    def __init__(
        self,
        session: Session,
        *,
        scripts: Mapping[str, LiveScript],
        bots: Mapping[str, Bot],
    ) -> None:
        self._session = session
        self._scripts = scripts
        self._bots = bots
        self._people = {one.seat: one for one in session.execution.participants}
        #: Who had nothing to do since something was done last, by scope and generation.
        self._idle: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        self._away: defaultdict[tuple[str, int], set[str]] = defaultdict(set)
        #: What chance has left to do.
        self._left: dict[tuple[str, int, str], int] = {}
        #: What the author's code raised in an action.
        self.raised: BaseException | None = None

    def turn(
        self,
        generation: Generation,
        stage: Stage,
        seat: str,
        *,
        away: AbstractSet[str],
        at: datetime,
    ) -> tuple[Turn, list[Fact]]:
        """Let a seat do something; raises `BadAnswer` where its script cannot be understood.

        ``away`` are those who do nothing in any stage.
        """
        key = (stage.scope, stage.generation)
        decided = self._decided(stage, seat)
        if decided is MISSING:
            self._away[key].add(seat)
            return "gone", []
        if decided is GO_ON:
            return "goes-on", []
        try:
            do = as_do(decided)
        except ValueError as error:
            raise BadAnswer(
                stage, seat=seat, answer=decided, reason=str(error), fields={}
            ) from None
        if do is None:
            self._idle[key].add(seat)
            # where no time passes and nobody has anything to do, nothing will happen any more
            playing = generation.barrier.missing - away - self._away[key]
            waits = generation.due_at is not None or not playing <= self._idle[key]
            return ("waits" if waits else "goes-on"), []
        self._idle[key].clear()
        return "done", self._act(generation, stage, seat, do, at)

    def _decided(self, stage: Stage, seat: str) -> Any:
        script = self._scripts.get(stage.name)
        if script is not None:
            return script(self._people[seat], stage)
        bot = self._bots[seat]
        if (method := method_of(bot, stage)) is not None:
            return method(stage)
        key = (stage.scope, stage.generation, seat)
        if not self._left.setdefault(key, bot.random.randint(*_FEW)):
            return GO_ON
        self._left[key] -= 1
        drawn = bot.random.choice(stage.actions)
        return Do(action=drawn.name, body=drawn.form.draw(bot.random) if drawn.form else None)

    def _act(
        self, generation: Generation, stage: Stage, seat: str, do: Do, at: datetime
    ) -> list[Fact]:
        assert generation.live is not None
        self._watch(generation.live)
        command = Act(
            session=self._session.name,
            scope=stage.scope,
            generation=stage.generation,
            action=do.action,
            body=do.body,
        )
        facts, refusal = act(self._session, command, seat=seat, message_id="act", at=at)
        if self.raised is not None:
            raise self.raised
        if refusal is not None and refusal.code in _MISTAKES:
            raise BadAnswer(
                stage, seat=seat, answer=do, reason=refusal.reason, fields=refusal.fields
            )
        return facts

    def _watch(self, live: LiveStage) -> None:
        """Keep what the author's code raises: of that a session goes on, and a test does not."""
        original = live.do
        if getattr(original, "watched", False):
            return

        def do(*given: Any, **more: Any) -> Any:
            try:
                return original(*given, **more)
            except ProgramFailed as failure:
                self.raised = failure.__cause__ or failure
                raise

        do.watched = True  # type: ignore[attr-defined]
        live.do = do  # type: ignore[method-assign]
