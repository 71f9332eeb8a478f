"""How fast accounts may send: what is too fast is refused, and who will not stop is shut out.

The queue of a partition is one line for all its seats: whoever fills it makes everybody wait. So a
seat has a bucket of tokens for what it sends; an answer that is accepted is put back, since the
program itself asks for no more than one. What goes beyond is refused for next to nothing; and
each refusal, of whatever kind, takes from a second bucket. When that is empty too, what still comes
is dropped unread, and somebody is told to close the door.

An honest client gets into the second bucket after an outage: what it said again and again
meanwhile comes in at once. It is large enough for hours of that.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

#: Bytes that a message has for what one costs; a larger one counts for several.
_BYTES = 16 * 1024

#: Accounts, and joiners, that are kept in mind; of more, the first are forgotten.
_KEPT = 20_000


@dataclass(frozen=True, slots=True)
class Rate:
    """So many at once, and then so many a second."""

    at_once: float
    a_second: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an account may send, and how often it may be refused; None: as often as it likes."""

    sends: Rate
    refusals: Rate | None
    #: Connections and channels that it opens: RabbitMQ closes a channel for each message that it
    #: refuses, and a client whose network is bad connects again and again.
    opens: Rate
    #: Dead letters that are kept: enough to see what is wrong.
    letters: Rate = Rate(20, 20 / 60)


#: Messages a second that a seat may send for long.
SEAT_RATE = 50.0


def seat_limits(a_second: float = SEAT_RATE) -> Limits:
    """Return the limits of a seat that sends so many messages a second for long, and no more.

    A live stage has some decisions a second; a client that comes back says a few things at once.
    """
    return Limits(sends=Rate(2 * a_second, a_second), refusals=Rate(500, 2), opens=Rate(100, 1))


#: Everybody who joins, together.
ROOM = Limits(sends=Rate(500, 100), refusals=Rate(2000, 50), opens=Rate(5000, 100))

#: Nobody shuts out the one who is to set things right.
OPERATOR = Limits(sends=Rate(2000, 500), refusals=None, opens=Rate(5000, 100))

_ANY = Rate(math.inf, 0)

#: Who speaks to themselves, and replays what others have sent.
WORKERS = Limits(sends=_ANY, refusals=None, opens=_ANY, letters=_ANY)

#: One who joins: one message, and the same again while no answer comes.
_JOINER = Rate(10, 1)

#: What is refused for each thing that is opened beyond: few lead out.
_OPENING = 10.0


class Verdict(Enum):
    """What becomes of a message, before anybody has read it."""

    WELCOME = "welcome"
    TOO_FAST = "too-fast"
    SHUT_OUT = "shut-out"


class Bucket:
    """Tokens: full at first, taken by what comes, filled by time. Pure.

    What costs more than it ever holds may be taken when it is full, and it is then in debt. Within
    any ``t`` seconds no more than ``at_once + a_second * t`` is taken, and that debt.
    """

    __slots__ = ("_at", "_level", "_rate")

    def __init__(self, rate: Rate, *, now: float) -> None:
        self._rate = rate
        self._level = rate.at_once
        self._at = now

    def take(self, cost: float = 1.0, *, now: float) -> bool:
        """Take so many tokens, or none and return False."""
        rate = self._rate
        gained = max(0.0, now - self._at) * rate.a_second
        self._level = min(rate.at_once, self._level + gained)
        self._at = max(self._at, now)
        if self._level < min(cost, rate.at_once):
            return False
        self._level -= cost
        return True

    def give_back(self, cost: float = 1.0) -> None:
        """Put back what was taken."""
        self._level = min(self._rate.at_once, self._level + cost)


@dataclass(frozen=True, slots=True)
class Sender:
    """Whose message it is.

    ``joiner`` tells those apart who share the account of the room: one who asks again and again
    does not keep the others from joining.
    """

    account: str
    limits: Limits
    joiner: str | None = None


@dataclass(slots=True)
class _Account:
    sends: Bucket
    refusals: Bucket | None
    letters: Bucket
    opens: Bucket
    shut_out: bool = False


class Pace:
    """Judges accounts by how fast they send. Reads no clock but the one that it is given.

    Used by the thread that handles batches; `forgive` may be called in any. ``on_flood`` is called
    in that first thread with the name of an account that is to be shut out: until it is forgiven,
    nothing of it is read.
    """

    def __init__(
        self,
        *,
        seat: Limits | None = None,
        on_flood: Callable[[str], None] = lambda _account: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        #: The limits of a seat.
        self.seat = seat or seat_limits()
        self._on_flood = on_flood
        self._clock = clock
        self._accounts: OrderedDict[str, _Account] = OrderedDict()
        self._joiners: OrderedDict[str, Bucket] = OrderedDict()

    def judge(self, sender: Sender, *, size: int) -> Verdict:
        """Say what becomes of a message with a body of so many bytes."""
        now = self._clock()
        known = self._known(sender, now)
        if known.shut_out:
            return Verdict.SHUT_OUT
        cost = _cost(size)
        in_turn = sender.joiner is None or self._joiner(sender.joiner, now).take(now=now)
        if in_turn and known.sends.take(cost, now=now):
            return Verdict.WELCOME
        self._refuse(sender, known, cost, now)
        return Verdict.TOO_FAST

    def accepted(self, account: str) -> None:
        """Note that an answer was taken: it cost nothing, however fast a program asks."""
        if (known := self._accounts.get(account)) is not None:
            known.sends.give_back()

    def refused(self, sender: Sender) -> None:
        """Note that a message was refused for another reason than haste."""
        now = self._clock()
        self._refuse(sender, self._known(sender, now), 1, now)

    def opened(self, sender: Sender) -> bool:
        """Note that somebody opened a connection or a channel; False if that is one too many."""
        now = self._clock()
        known = self._known(sender, now)
        if known.opens.take(now=now):
            return True
        self._refuse(sender, known, _OPENING, now)
        return False

    def keeps_letter(self, sender: Sender, *, size: int) -> bool:
        """Tell whether a dead letter of so many bytes is kept, or enough were of late."""
        now = self._clock()
        return self._known(sender, now).letters.take(_cost(size), now=now)

    def forgive(self, account: str) -> None:
        """Begin anew with an account. Any thread."""
        self._accounts.pop(account, None)

    def _refuse(self, sender: Sender, known: _Account, cost: float, now: float) -> None:
        refusals = known.refusals
        if refusals is not None and not known.shut_out and not refusals.take(cost, now=now):
            known.shut_out = True
            self._on_flood(sender.account)

    def _known(self, sender: Sender, now: float) -> _Account:
        known = self._accounts.get(sender.account)
        if known is None:
            limits = sender.limits
            known = self._accounts[sender.account] = _Account(
                sends=Bucket(limits.sends, now=now),
                refusals=None if limits.refusals is None else Bucket(limits.refusals, now=now),
                letters=Bucket(limits.letters, now=now),
                opens=Bucket(limits.opens, now=now),
            )
            if len(self._accounts) > _KEPT:
                self._accounts.popitem(last=False)
        return known

    def _joiner(self, joiner: str, now: float) -> Bucket:
        bucket = self._joiners.get(joiner)
        if bucket is None:
            bucket = self._joiners[joiner] = Bucket(_JOINER, now=now)
            if len(self._joiners) > _KEPT:
                self._joiners.popitem(last=False)
        return bucket


def _cost(size: int) -> float:
    return max(1.0, size / _BYTES)
