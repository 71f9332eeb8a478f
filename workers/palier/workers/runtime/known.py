"""The sessions that a worker has in mind, each with the stamp it was read with.

The database is the truth: a session whose stamp there is another's is read again, and gone
through again from its record. That is also how a worker takes over from another.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass

from sqlalchemy import Connection

from palier.workers.domain.session import Session
from palier.workers.errors import ProgramFailed
from palier.workers.persistence.record import SessionRecord, read_session
from palier.workers.runtime.catalogue import Catalogue

_log = logging.getLogger(__name__)

#: Sessions kept in mind; more are read again when they are needed.
_KEPT = 100


@dataclass(slots=True)
class Known:
    """A session as this worker knows it; ``version`` and ``releases`` number what comes next."""

    session: Session
    stamp: int
    version: int = 0
    releases: int = 0


class Memory:
    """Sessions by name. Used by one thread."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: OrderedDict[str, Known] = OrderedDict()

    def recall(self, db: Connection, name: str, *, stamp: int) -> Known:
        """Return a session as the database has it; raises what loading its program raises."""
        known = self._known.get(name)
        if known is None or known.stamp != stamp:
            record = read_session(db, name)
            assert record is not None, "its row is locked"
            known = self._restored(record)
            self.keep(known)
        self._known.move_to_end(name)
        return known

    def keep(self, known: Known) -> None:
        """Keep a session in mind."""
        self._known[known.session.name] = known
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)

    def forget(self, *names: str) -> None:
        """Forget sessions whose picture may be wrong."""
        for name in names:
            self._known.pop(name, None)

    def _restored(self, record: SessionRecord) -> Known:
        opening = record.opening
        program = self._catalogue.program(opening.program)
        session = Session(opening, program(program.Settings.model_validate(opening.settings)))
        session.present = set(record.present)
        if record.started_at is not None:
            try:
                session.restore(started_at=record.started_at, record=record.generations)
            except ProgramFailed:
                if record.status != "failed":
                    raise
                _log.info("Session %s is read up to where its program failed.", opening.name)
        session.status = record.status
        session.reason = record.reason
        return Known(
            session=session,
            stamp=record.stamp,
            version=record.version,
            releases=max((one.order for one in record.generations), default=0),
        )
