"""Groups by arrival: who has come goes on as soon as there are enough."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine, Sequence
from contextlib import suppress
from typing import Any, Generic, TypeVar

from palier.program.participant import Participant
from palier.program.requests import Abandoned

T = TypeVar("T")
G = TypeVar("G")


class Meeting(Generic[G, T]):
    """Participants who come one by one, ``coming`` of them, and go on in groups of ``sizes``.

    The last to come of a group goes on with it; the coroutines of the others end. So what waits
    for something is always a stage, and the order of releases is the order of arrivals.
    """

    def __init__(
        self,
        coming: int,
        sizes: tuple[int, int],
        *,
        form: Callable[[Sequence[Participant]], Awaitable[G]],
        then: Callable[[G], Coroutine[Any, Any, T]],
    ) -> None:
        #: What each group returned, in the order in which they began.
        self.results: list[T | None] = []
        self._out = coming
        self._least, self._most = sizes
        self._form = form
        self._then = then
        self._waiting: list[Participant] = []

    async def come(
        self,
        one: Participant,
        first: Callable[[], Coroutine[Any, Any, object]],
        *,
        rest: Callable[[G], Coroutine[Any, Any, object]] | None,
    ) -> None:
        """Let one come, and go on with a group if this one completes it.

        The last of all goes on with the ``rest``, if that is too small for a group.
        """
        # who is excluded does not come, and may be the one for whom the rest has waited
        with suppress(Abandoned):
            await first()
            self._waiting.append(one)
        self._out -= 1
        there = [each for each in self._waiting if not each.excluded]
        if len(there) >= self._most:
            await self._play(there[: self._most])
        elif there and not self._out:
            if len(there) >= self._least or rest == self._then:
                await self._play(there)
            elif rest is not None:
                await rest(await self._group(there))

    async def _play(self, members: Sequence[Participant]) -> None:
        group = await self._group(members)
        place = len(self.results)
        self.results.append(None)
        self.results[place] = await self._then(group)

    async def _group(self, members: Sequence[Participant]) -> G:
        self._waiting = [one for one in self._waiting if one not in members]
        return await self._form(members)
