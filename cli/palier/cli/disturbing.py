"""Trouble on purpose, in the middle of a demo: what kills, when, and how long until it goes on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from palier.cli.errors import CommandError
from palier.cli.keeping import KeptServer
from palier.cli.showing import out, rows_table
from palier.client.bot import Wait, at_random
from palier.program.program import Program
from palier.schemas.commands import OpenSession
from palier.schemas.events import Stage
from palier.schemas.forms import Answer
from palier.schemas.live import Do
from palier.schemas.replies import Overview, SeatRow

if TYPE_CHECKING:
    from palier.workers.persistence.export import Export


@dataclass(frozen=True, slots=True)
class Blow:
    """What is killed, once the session is this far (0 to 1)."""

    what: str
    when: float
    kill: Callable[[], None]


class Disturbance:
    """Kills the worker a third on the way and RabbitMQ at two thirds; says so in sentences.

    ``rounds`` is how often the stage ``stage`` is visited in all.
    """

    def __init__(self, server: KeptServer, *, stage: str, rounds: int) -> None:
        self._stage = stage
        self._rounds = rounds
        self._blows = [
            Blow("the worker", 1 / 3, server.worker.kill),
            Blow("RabbitMQ", 2 / 3, server.node.kill),
        ]
        self._struck: tuple[Blow, float, int] | None = None
        #: Seconds from each blow until somebody went on, by what was killed.
        self.recoveries: dict[str, float] = {}

    def look(self, overview: Overview) -> str | None:
        """Strike if it is time, or see that the session has gone on; return a sentence about it."""
        far = sum(one.generation for one in overview.seats)
        if self._struck is not None:
            blow, at, before = self._struck
            if far == before and overview.status == "running":
                return None
            self._struck = None
            self.recoveries[blow.what] = time.monotonic() - at
            return f"Somebody went on {self.recoveries[blow.what]:.1f} s after {blow.what} died."
        if not self._blows or self._progress(overview) < self._blows[0].when:
            return None
        blow = self._blows.pop(0)
        blow.kill()
        self._struck = (blow, time.monotonic(), far)
        return f"{blow.what[0].upper()}{blow.what[1:]} is killed, without a warning."

    def compare(
        self, exports: Sequence[Export], *, program: type[Program], command: OpenSession, bots: int
    ) -> None:
        """Show the payoffs beside those of the same session without trouble.

        Bots decide there once more; people are given the answers that were theirs. Raises
        `CommandError` when there is a difference, or when something that was to die did not.
        """
        from palier.cli.undisturbed import undisturbed

        answers, payoffs = ({one.name: one for one in exports}[name] for name in _COMPARED)
        came_to = {row["seat"]: f"{row['payoff']:f}" for row in _rows(payoffs)}
        expected = undisturbed(program, command, _minds(answers, command, bots))
        shown = {seat: f"{payoff:f}" for seat, payoff in expected.items()}
        killed = ", ".join(f"{one} ({took:.1f} s)" for one, took in self.recoveries.items())
        rows = [
            (seat, came_to[seat], shown[seat], "same" if came_to[seat] == shown[seat] else "OTHER")
            for seat in command.seats
        ]
        columns = ("seat", "killed", "undisturbed", "")
        out.print(rows_table("Payoffs, with trouble and without", columns, rows))
        out.print(f"Killed, and gone on after: {killed or 'nothing'}.")
        if came_to != shown:
            raise CommandError("The payoffs are other than without trouble: please report this.")
        if self._blows or self._struck is not None:
            raise CommandError("The session was over before everything was killed: more --rounds.")

    def _progress(self, overview: Overview) -> float:
        return max((self._visit(one) for one in overview.seats), default=0) / self._rounds

    def _visit(self, row: SeatRow) -> int:
        return row.visit if row.stage == self._stage else 0


#: The tables of an export that are compared.
_COMPARED = ("answers", "payoffs")


def _minds(
    answers: Export, command: OpenSession, bots: int
) -> Callable[[str, Stage], Answer | None]:
    """Return what each seat answers: a bot what it draws, a person what is on record."""
    machines = command.seats[len(command.seats) - bots :]
    minds = {seat: at_random(f"{command.seed or 0}:{seat}") for seat in machines}
    given = {(row["seat"], row["stage"], row["visit"]): row for row in _rows(answers)}

    def decide(seat: str, stage: Stage) -> Answer | None:
        if seat in minds:
            decided = minds[seat](stage)
            while isinstance(decided, Do | Wait):
                # who was faster in a live stage is chance of another kind: nothing is done again
                decided = minds[seat](stage)
            return decided
        if stage.form is None:
            return None
        row = given[seat, stage.name, stage.visit]
        return {field.name: row[field.name] for field in stage.form.fields}

    return decide


def _rows(table: Export) -> list[dict[str, Any]]:
    return [dict(zip(table.columns, row, strict=True)) for row in table.rows]
