"""Messages on which a worker dies, and with it everybody's: found out, and handled no more.

RabbitMQ counts how often a message came back. With the one that is to blame come back all that
were sent ahead to the worker that died, so its limit takes innocents along, and it takes a minute
of deaths until then. We handle alone what came back, and write down first which message it is: the
one that is written down again and again is the one to blame.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import Connection, Engine

from palier.broker.letters import REPLAYS
from palier.broker.transport import Delivery
from palier.workers.persistence import suspects
from palier.workers.persistence.database import answering
from palier.workers.runtime.asked import Asked

#: How often a message is handled alone without anybody living to tell: after that it is to blame.
#: Less, and a worker that is killed from outside three times in a row blames whoever was served.
ATTEMPTS = 3


class Suspects:
    """Tells the messages that are to blame; one thread. May raise `DatabaseUnavailable`."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        self._engine = engine
        self._clock = clock
        self._guilty: frozenset[str] | None = None
        #: What is handled alone now.
        self._begun: tuple[Delivery, str] | None = None

    def convict(self, wanted: Sequence[tuple[Delivery, object]]) -> list[Delivery]:
        """Return what must not be handled; note what is handled alone, having come back.

        To be asked again about the same delivery changes nothing: the database may have been away.
        """
        if self._guilty is None:
            self._guilty = self._remember()
        alone = len(wanted) == 1 and wanted[0][0].redelivered
        if not alone:
            self._begun = None
        if not alone and not self._guilty:
            return []  # almost always: then nothing is computed
        found = [
            (delivery, _digest(delivery, asked))
            for delivery, asked in wanted
            if isinstance(asked, Asked)
        ]
        if alone and found:
            self._begin(*found[0])
        return [delivery for delivery, digest in found if digest in self._guilty]

    def acquit(self, db: Connection) -> None:
        """Note, with what comes of it, that a message was handled which is handled alone."""
        if self._begun is not None:
            suspects.acquit(db, self._begun[1])

    def _remember(self) -> frozenset[str]:
        with answering(), self._engine.begin() as db:
            suspects.forget(db, now=self._clock())
            return suspects.guilty(db, attempts=ATTEMPTS)

    def _begin(self, delivery: Delivery, digest: str) -> None:
        if self._begun is not None and self._begun[0] is delivery:
            return
        with answering(), self._engine.begin() as db:
            suspects.begin(db, digest, at=self._clock())
            # another worker may have found out more meanwhile
            self._guilty = suspects.guilty(db, attempts=ATTEMPTS)
        self._begun = (delivery, digest)


def _digest(delivery: Delivery, asked: Asked) -> str:
    """Return what a message is known by: its copies have the same, its replays have another."""
    replays = asked.replay.properties.headers[REPLAYS] if asked.replay else 0
    digest = hashlib.sha256(delivery.body)
    for part in (asked.seat, asked.envelope.message_id, delivery.routing_key, str(replays)):
        digest.update(b"\0" + part.encode())
    return digest.hexdigest()
