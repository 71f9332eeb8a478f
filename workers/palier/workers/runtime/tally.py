"""What was refused, counted: by account and code, for the log and for whoever watches.

A flood is one line in the log every few seconds, whatever it consists of.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from palier.broker.errors import TransportError
from palier.broker.transport import Connection
from palier.schemas.events import SeatRefused
from palier.schemas.names import LOBBY, is_name
from palier.workers.runtime.telling import Teller

_log = logging.getLogger(__name__)

#: Seconds between two looks at what was refused.
_EVERY = 3.0

#: Characters of a reason that are worth a line of the log.
_REASON = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How often an account was refused with one code, in all; ``session`` it spoke of last."""

    account: str
    session: str
    code: str
    count: int

    @property
    def is_seat(self) -> bool:
        """Whether it is an account that a seat, the room or an operator can have."""
        return is_name(self.account)


class Tally:
    """Counts refusals. Any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._counts: Counter[tuple[str, str]] = Counter()
        self._sessions: dict[str, str] = {}
        self._reasons: dict[tuple[str, str], str] = {}
        self._unusual: set[str] = set()
        #: What was refused since somebody was told.
        self._untold: Counter[tuple[str, str]] = Counter()

    def note(
        self,
        account: str,
        code: str,
        reason: str = "",
        *,
        session: str = LOBBY,
        usual: bool = False,
    ) -> None:
        """Count one refusal; one that is ``usual`` is nothing to warn of."""
        key = (account, code)
        with self._lock:
            if not usual:
                self._unusual.add(account)
            self._counts[key] += 1
            self._untold[key] += 1
            self._sessions[account] = session
            self._reasons[key] = reason

    def counts(self) -> dict[tuple[str, str], int]:
        """Return how often each account was refused with each code."""
        with self._lock:
            return dict(self._counts)

    def changes(self) -> list[Count]:
        """Return the counts that rose since the last call, and log a line for each account."""
        with self._lock:
            untold, self._untold = self._untold, Counter()
            reasons, self._reasons = self._reasons, {}
            unusual, self._unusual = self._unusual, set()
            found = [
                Count(
                    account=account,
                    session=self._sessions[account],
                    code=code,
                    count=self._counts[account, code],
                )
                for account, code in untold
            ]
        for account in dict.fromkeys(one.account for one in found):
            _log.log(
                logging.WARNING if account in unusual else logging.INFO,
                "Refused of %s: %s",
                account,
                "; ".join(
                    f"{count} {code}{_because(reasons[who, code])}"
                    for (who, code), count in untold.items()
                    if who == account
                ),
            )
        return found


def _because(reason: str) -> str:
    # in one line, whatever a client has put into it
    return f" ({' '.join(reason.split())[:_REASON]})" if reason else ""


async def watch(
    tally: Tally, *, teller: Teller, publishing: Callable[[], Connection | None]
) -> None:
    """Log a tally now and then and tell operators of it, until cancelled."""
    try:
        while True:
            await asyncio.sleep(_EVERY)
            counts = [one for one in tally.changes() if one.is_seat]
            if counts and (connection := publishing()) is not None:
                await _tell(connection, teller, counts)
    finally:
        tally.changes()


async def _tell(connection: Connection, teller: Teller, counts: Sequence[Count]) -> None:
    """Tell operators: a hint, since the next one has the newer count."""
    events = [
        SeatRefused(session=one.session, seat=one.account, code=one.code, count=one.count)
        for one in counts
    ]
    try:
        await connection.publish(
            [teller.staff(one, session=one.session, cause=None) for one in events]
        )
    except TransportError as error:
        _log.info("Nobody was told what was refused: %s", error)
