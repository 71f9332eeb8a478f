"""What came of a session that was played in memory."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from pydantic import BaseModel, JsonValue

from palier.program.participant import Participant
from palier.program.payment import Money
from palier.program.testing.errors import NoSuchStage
from palier.schemas.events import Stage, Standing
from palier.workers.domain.facts import Acted, Arrived, Fact, Opened, Released


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One opening of a stage: what it showed to whom."""

    stage: Stage
    seats: tuple[str, ...]
    own: Mapping[str, Mapping[str, JsonValue]]
    #: The name of its screen, empty if it is made from the form.
    screen: str

    @property
    def name(self) -> str:
        """The stage's name."""
        return self.stage.name

    @property
    def visit(self) -> int:
        """Which time it opened in its group, from 1."""
        return self.stage.visit

    @property
    def group(self) -> str:
        """The scope that it opened in: ``all``, or a group's name."""
        return self.stage.scope

    def data(self, seat: str) -> dict[str, JsonValue]:
        """Return what a seat was shown, its own data included."""
        return {**self.stage.data, **self.own.get(seat, {})}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Result:
    """A session that has ended. Rows are plain dictionaries: ``pandas.DataFrame`` takes them."""

    program: str
    seed: int
    settings: BaseModel
    participants: tuple[Participant, ...]
    payoffs: Mapping[str, Decimal]
    #: What each is paid in money, where the program pays any.
    payments: Mapping[str, Money]
    #: The treatment of each scope that has one.
    treatments: Mapping[str, str]
    standings: Mapping[str, Standing]
    stages: tuple[Shown, ...]
    #: Why it ended, where there is anything to say: everyone was excluded.
    reason: str
    #: How long it took by its own clock.
    seconds: float
    #: All that happened, as a worker would have kept it.
    facts: tuple[Fact, ...]

    def __repr__(self) -> str:
        paid = ", ".join(f"{seat} {payoff:f}" for seat, payoff in self.payoffs.items())
        return f"<{self.program}, seed {self.seed}: {len(self.stages)} stages; {paid}>"

    @property
    def seats(self) -> tuple[str, ...]:
        """The seats' names, in order."""
        return tuple(self.payoffs)

    def answers(self, stage: str) -> list[dict[str, Any]]:
        """Return a row for each answer to a stage, in the order in which they came.

        ``visit``, ``group`` and ``seat`` say whose it is, ``how`` whether it is the participant's
        (``submitted``), the stage's default or a bot's; a field of the form is a column of its own.
        Raises `NoSuchStage` for one that never opened.
        """
        shown = {(one.group, one.stage.generation): one for one in self._of(stage)}
        return [
            _row(shown[fact.scope, fact.generation], fact.seat, fact.answer, how=fact.how)
            for fact in self.facts
            if isinstance(fact, Arrived) and (fact.scope, fact.generation) in shown
        ]

    def actions(self, stage: str) -> list[dict[str, Any]]:
        """Return a row for each thing that was done in a live stage, in order, or refused there.

        ``action`` is what it was, ``refusal`` why it was not done; a field of its form is a column
        of its own. Raises `NoSuchStage` for one that never opened.
        """
        shown = {(one.group, one.stage.generation): one for one in self._of(stage)}
        return [
            _row(
                shown[fact.scope, fact.generation],
                fact.seat,
                fact.body,
                action=fact.action,
                refusal=fact.refusal,
            )
            for fact in self.facts
            if isinstance(fact, Acted) and (fact.scope, fact.generation) in shown
        ]

    def data(self, stage: str) -> list[dict[str, Any]]:
        """Return a row for each seat and visit of a stage: what it was shown.

        Raises `NoSuchStage` for one that never opened.
        """
        return [_row(one, seat, one.data(seat)) for one in self._of(stage) for seat in one.seats]

    def _of(self, stage: str) -> list[Shown]:
        found = [one for one in self.stages if one.name == stage]
        if not found:
            names = dict.fromkeys(one.name for one in self.stages)
            raise NoSuchStage(stage, opened=names, said="What is asked for")
        return found


def _row(
    shown: Shown, seat: str, values: Mapping[str, JsonValue] | None, **more: Any
) -> dict[str, Any]:
    row: dict[str, Any] = {"visit": shown.visit, "group": shown.group, "seat": seat, **more}
    for name, value in (values or {}).items():
        row[f"{shown.name}.{name}" if name in row else name] = value
    return row


def openings(facts: list[Fact]) -> Iterator[Opened]:
    """Yield the stages that some facts opened."""
    for fact in facts:
        if isinstance(fact, Opened):
            yield fact
        elif isinstance(fact, Released) and fact.then is not None:
            yield fact.then
