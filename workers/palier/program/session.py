"""Everyone in a session, and the groups they form."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Literal, TypeVar

from palier.program.errors import ProgramError
from palier.program.matching import check_groups
from palier.program.participant import Participant
from palier.program.requests import Gather, ScopeRequest
from palier.program.scope import Moment, Scope
from palier.schemas.names import ALL

T = TypeVar("T")


class Group(Scope):
    """Participants who stay together; groups go on independently of each other."""


class Session(Scope):
    """Everyone in the session, and the groups they form."""

    def __init__(
        self, participants: Sequence[Participant], *, seed: int, moment: Moment | None = None
    ) -> None:
        super().__init__(ALL, participants, seed=seed, moment=moment or Moment())
        self._partners: dict[int, tuple[Group, ...]] = {}

    async def each_group(
        self,
        play: Callable[[Group], Coroutine[Any, Any, T]],
        *,
        size: int,
        matching: Literal["partners"] = "partners",
    ) -> list[T | None]:
        """Run ``play`` for each group of ``size``, side by side; return what each returned.

        ``partners``: groups are drawn by chance once, and are the same ones each time. A group
        from which everyone was excluded ends where it is, with None. Raises `ProgramError` when
        the participants do not divide into groups of that size.
        """
        if matching != "partners":
            raise ProgramError(f"There is no matching {matching!r}: use 'partners'.")
        groups = self._partners.get(size)
        if groups is None:
            groups = self._draw(size)
            self._partners[size] = groups
            for group in groups:
                await ScopeRequest(
                    scope=group.name, seats=tuple(one.seat for one in group.everyone)
                )
        results: list[T | None] = await Gather(coroutines=tuple(play(group) for group in groups))
        return results

    def _draw(self, size: int) -> tuple[Group, ...]:
        drawn = list(self.participants)
        check_groups(len(drawn), size)
        self.random.shuffle(drawn)
        # the first size of groups is the usual one: its groups have the plain names
        prefix = "g" if not self._partners else f"g{size}x"
        return tuple(
            Group(
                f"{prefix}{at // size + 1}",
                drawn[at : at + size],
                seed=self._seed,
                moment=self._moment,
            )
            for at in range(0, len(drawn), size)
        )
