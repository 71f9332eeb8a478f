"""A program played in memory to see what only shows when it runs."""

from __future__ import annotations

import traceback
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from palier.program import Bot, Program
from palier.program.bots import DEFAULT, method_name, named
from palier.program.testing import PlayError, Result, play
from palier.schemas.errors import PalierError
from palier.schemas.screens.errors import Mistake

_SEED = 1

_AGAIN = (
    "A worker that takes over goes through the program again: use session.random, session.now() "
    "and session.once(), and keep nothing in the class."
)


@dataclass(slots=True)
class Trial:
    """What came of playing a program: what is wrong, and which stages opened."""

    path: Path
    mistakes: list[Mistake] = field(default_factory=list)
    opened: frozenset[str] = frozenset()
    said: list[str] = field(default_factory=list)

    def play(
        self,
        program: type[Program],
        *,
        seats: int | None,
        settings: Mapping[str, Any],
        strategies: Mapping[str, type[Bot]],
    ) -> None:
        """Play it by chance, once more the same way, and with each strategy of its bots."""
        first = self._played(program, seats, settings, Bot, "by chance")
        if first is None:
            return
        self.opened |= {one.name for one in first.stages}
        self.said.append(
            f"Played by chance with {len(first.seats)} seats: {len(first.stages)} stages."
        )
        again = self._played(program, seats, settings, Bot, "by chance once more")
        if again is not None and (where := _difference(first, again)):
            self._add(f"Played twice with the same seed, {where}.", hint=_AGAIN)
        for name, strategy in strategies.items():
            if strategy is Bot:
                continue
            result = self._played(program, seats, settings, strategy, f"by strategy {name}")
            if result is not None:
                self.opened |= {one.name for one in result.stages}
                self.said.append(f"Played by strategy {name}: {len(result.stages)} stages.")
        self._unused(strategies)

    def _played(
        self,
        program: type[Program],
        seats: int | None,
        settings: Mapping[str, Any],
        bots: type[Bot],
        how: str,
    ) -> Result | None:
        try:
            return play(program, seats=seats, settings=settings, seed=_SEED, bots=bots)
        except PlayError as error:
            self._add(f"Played {how}: {error}")
        except PalierError as error:
            self._add(f"Played {how}: {error}", error=error)
        except Exception as error:  # noqa: BLE001 - an author's code raises what it likes
            self._add(f"Played {how}: {type(error).__name__}: {error}", error=error)
        return None

    def _unused(self, strategies: Mapping[str, type[Bot]]) -> None:
        """Tell which methods of strategies are for no stage: a name that is misspelt is one."""
        known = {method_name(one) for one in self.opened}
        for name, strategy in strategies.items():
            own = {one for one, value in vars(strategy).items() if callable(value)}
            odd = sorted(one for one in own - known - set(vars(Bot)) if one[0] != "_")
            if odd and not own & known and name in {DEFAULT, named(strategy)}:
                self._add(
                    f"bots.py: strategy {name} answers {', '.join(odd)}, and no stage that opened "
                    f"is called so.",
                    hint=f"There are {', '.join(sorted(self.opened))}.",
                )

    def _add(self, reason: str, *, hint: str = "", error: BaseException | None = None) -> None:
        line = line_in(self.path, error)
        found = Mistake(file=str(self.path), line=line, column=1, reason=reason, hint=hint)
        self.mistakes.append(found)


def line_in(path: Path, error: BaseException | None) -> int:
    """Return the line of a file on which an error arose, or 1 where it arose elsewhere."""
    whole = path.resolve()
    if isinstance(error, SyntaxError) and Path(error.filename or "").resolve() == whole:
        return error.lineno or 1
    frames = [] if error is None else traceback.extract_tb(error.__traceback__)
    lines = (one.lineno for one in reversed(frames) if Path(one.filename).resolve() == whole)
    return next(lines, None) or 1


def _difference(first: Result, again: Result) -> str:
    """Return in what two results differ that should be alike; nothing if they do not."""
    for one, other in zip(first.stages, again.stages, strict=False):
        here = f"stage {one.name!r} (visit {one.visit}, scope {one.group!r})"
        if (one.name, one.visit, one.group) != (other.name, other.visit, other.group):
            return f"{here} opened the first time and {other.name!r} the second"
        if one.seats != other.seats:
            return f"{here} was for other seats the second time"
        for seat in one.seats:
            mine, then = one.data(seat), other.data(seat)
            if mine != then:
                names = sorted(key for key in {*mine, *then} if mine.get(key) != then.get(key))
                return f"{here} showed another {', '.join(names)} the second time"
    if len(first.stages) != len(again.stages):
        return f"{len(first.stages)} stages opened, and then {len(again.stages)}"
    if first.payoffs != again.payoffs:
        return "it paid something else"
    return ""
