"""The sessions that a worker has in mind, each with the stamp it was read with.

The database is the truth: a session whose stamp there is another's is read again, and gone
through again from its record. That is also how a worker takes over from another.
"""

from __future__ import annotations

import logging
from collections import OrderedDict
from dataclasses import dataclass

from sqlalchemy import Connection

from palier.program.program import Program
from palier.program.settings import BadSettings
from palier.schemas.errors import PalierError
from palier.workers.domain.record import Record
from palier.workers.domain.replay import restore
from palier.workers.domain.screens import Screens
from palier.workers.domain.session import Session
from palier.workers.errors import ProgramFailed
from palier.workers.persistence.fitting import fit
from palier.workers.persistence.record import read_session
from palier.workers.runtime.catalogue import Catalogue

_log = logging.getLogger(__name__)

#: Sessions kept in mind; more are read again when they are needed.
_KEPT = 100


@dataclass(slots=True)
class Known:
    """A session as this worker knows it.

    ``version`` and ``releases`` are those of the last entry in its log and of its last release,
    ``step`` the version of the last step that moved its program on.
    """

    session: Session
    stamp: int
    version: int = 0
    releases: int = 0
    step: int = 0

    @classmethod
    def read(cls, record: Record, session: Session) -> Known:
        """Return what a record tells, and the session that was made from it."""
        return cls(
            session=session,
            stamp=record.stamp,
            version=record.version,
            releases=record.releases,
            step=max((one.version for one in record.steps), default=0),
        )


class Memory:
    """Sessions by name. Used by one thread."""

    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._known: OrderedDict[str, Known] = OrderedDict()

    def recall(self, db: Connection, name: str, *, stamp: int) -> Known:
        """Return a session as the database has it.

        One whose program cannot be had, or does something else now, is there too: see
        `Session.fault`.
        """
        known = self._known.get(name)
        if known is None or known.stamp != stamp:
            known = self.reread(db, name)
        self._known.move_to_end(name)
        return known

    def reread(self, db: Connection, name: str, *, reload: bool = False) -> Known:
        """Read a session anew, with ``reload`` its program too."""
        record = read_session(db, name)
        assert record is not None, "its row is locked"
        ready = prepared(self._catalogue, record, reload=reload, db=db)
        known = Known.read(record, ready.restored())
        self.keep(known)
        return known

    def keep(self, known: Known) -> None:
        """Keep a session in mind."""
        self._known[known.session.name] = known
        while len(self._known) > _KEPT:
            self._known.popitem(last=False)

    def sessions(self) -> list[Session]:
        """Return the sessions that are in mind."""
        return [one.session for one in self._known.values()]

    def forget(self, *names: str) -> None:
        """Forget sessions whose picture may be wrong."""
        for name in names:
            self._known.pop(name, None)


@dataclass(frozen=True, slots=True)
class Prepared:
    """A session's record with its program and screens; or with a program that can do nothing.

    Then ``broken`` says why, and nothing is known of its screens.
    """

    record: Record
    program: Program
    screens: Screens
    broken: ProgramFailed | None = None

    def restored(self) -> Session:
        """Return the session that the record tells of."""
        return restore(self.record, self.program, screens=self.screens, broken=self.broken)


def prepared(
    catalogue: Catalogue, record: Record, *, reload: bool, db: Connection | None = None
) -> Prepared:
    """Return what a session goes on with; never raises on what its author got wrong.

    With ``db``, the program's tables are looked at too.
    """
    opening = record.opening
    try:
        find = catalogue.reload if reload else catalogue.program
        found = find(opening.program)
        if db is not None:
            fit(db, opening.program, found)
        return Prepared(
            record,
            found.planned(opening.settings, name=opening.program),
            catalogue.screens(opening.program),
        )
    except BadSettings as error:
        reason = f"The settings of {opening.name} no longer fit its program. {error}"
    except PalierError as error:
        reason = str(error)
    _log.warning("Session %s cannot be conducted: %s", opening.name, reason)
    return Prepared(record, Program(), Screens(), broken=ProgramFailed(reason, traceback=""))
