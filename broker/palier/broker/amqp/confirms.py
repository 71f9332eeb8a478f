"""Which publications the broker has taken: the book-keeping of publisher confirms.

Tags count from 1 on each channel. Confirms come for one tag or for all up to one, in any order;
a return comes before the confirm of the same message and has no tag, so it is matched by what was
published. One future stands for a whole batch: a future for each message would cost more than
sending it.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Sequence

from palier.broker.transport import Outcome, Publication

_Mark = tuple[str | None, str, str]


class Batch:
    """The publications of one call and what became of them."""

    def __init__(self, publications: Sequence[Publication]) -> None:
        self.publications = publications
        self.outcomes: list[Outcome | None] = [None] * len(publications)
        self.left = len(publications)
        self.settled: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if not publications:
            self.settled.set_result(None)

    def settle(self, position: int, outcome: Outcome) -> None:
        """Note the outcome of one publication."""
        self.outcomes[position] = outcome
        self.left -= 1
        if not self.left and not self.settled.done():
            self.settled.set_result(None)

    def fail(self, error: Exception) -> None:
        """End the wait with an error; what is not settled is unknown."""
        if not self.settled.done():
            self.settled.set_exception(error)
            # nobody may be waiting any more: the deadline has passed
            self.settled.exception()


class _Run:
    """A run of consecutive tags that belong to one batch."""

    __slots__ = ("batch", "first", "last", "left", "lowest", "marks", "returned", "start")

    def __init__(self, batch: Batch, *, start: int, first: int, last: int) -> None:
        self.batch = batch
        self.start = start
        self.first = first
        self.last = last
        self.left = last - first + 1
        self.lowest = first
        self.marks: dict[_Mark, deque[int]] | None = None
        self.returned: set[int] = set()

    def settle(self, tag: int, *, accepted: bool) -> int:
        position = self.start + tag - self.first
        if self.batch.outcomes[position] is not None:
            return 0
        if not accepted:
            outcome = Outcome.REFUSED
        elif tag in self.returned:
            outcome = Outcome.UNROUTABLE
        else:
            outcome = Outcome.CONFIRMED
        self.batch.settle(position, outcome)
        self.left -= 1
        return 1

    def settle_up_to(self, tag: int, *, accepted: bool) -> int:
        last = min(tag, self.last)
        settled = sum(self.settle(one, accepted=accepted) for one in range(self.lowest, last + 1))
        self.lowest = max(self.lowest, last + 1)
        return settled

    def come_back(self, mark: _Mark) -> bool:
        if self.marks is None:
            # returns are rare: the index is made for the first of them
            self.marks = {}
            for tag in range(self.first, self.last + 1):
                one = self.batch.publications[self.start + tag - self.first]
                key = (one.properties.message_id, one.exchange, one.routing_key)
                self.marks.setdefault(key, deque()).append(tag)
        tags = self.marks.get(mark)
        while tags:
            tag = tags.popleft()
            if self.batch.outcomes[self.start + tag - self.first] is None:
                self.returned.add(tag)
                return True
        return False


class Confirms:
    """The unconfirmed publications of one channel."""

    def __init__(self) -> None:
        self._next = 1
        self._runs: deque[_Run] = deque()
        self.outstanding = 0

    def sent(self, batch: Batch, *, start: int, count: int) -> None:
        """Note that ``count`` publications of a batch, from ``start`` on, are on their way."""
        first = self._next
        self._next += count
        self.outstanding += count
        self._runs.append(_Run(batch, start=start, first=first, last=first + count - 1))

    def settle(self, tag: int, *, multiple: bool, accepted: bool) -> None:
        """Note a confirm of one tag, or of all up to it; one that is settled stays as it is."""
        for run in self._runs:
            if run.first > tag:
                break
            if multiple:
                self.outstanding -= run.settle_up_to(tag, accepted=accepted)
            elif tag <= run.last:
                self.outstanding -= run.settle(tag, accepted=accepted)
                break
        while self._runs and not self._runs[0].left:
            self._runs.popleft()

    def returned(self, *, message_id: str | None, exchange: str, routing_key: str) -> None:
        """Note that a message found no queue; its confirm follows."""
        mark = (message_id, exchange, routing_key)
        # any() stops at the first run that knows the message
        any(run.come_back(mark) for run in self._runs)

    def fail(self, error: Exception) -> None:
        """End every wait with an error."""
        for run in self._runs:
            run.batch.fail(error)
        self._runs.clear()
        self.outstanding = 0
