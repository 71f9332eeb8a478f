"""Which messages were being handled when a worker died: written down before they are handled."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select, text
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from palier.workers.persistence.tables import suspect

#: How long a message is remembered: as long as anybody sends it again.
_KEPT = timedelta(days=1)


def begin(db: Connection, digest: str, *, at: datetime) -> None:
    """Note that a message is being handled now."""
    if db.dialect.name == "postgresql":
        # it has to outlive this worker, and not the database: it need not wait for the disk
        db.execute(text("SET LOCAL synchronous_commit TO OFF"))
    make = insert_sqlite if db.dialect.name == "sqlite" else insert_postgresql
    statement = make(suspect).values(digest=digest, attempts=1, at=at)
    db.execute(
        statement.on_conflict_do_update(
            index_elements=["digest"], set_={"attempts": suspect.c.attempts + 1, "at": at}
        )
    )


def acquit(db: Connection, digest: str) -> None:
    """Note that a message was handled: with what came of it, or not at all."""
    db.execute(delete(suspect).where(suspect.c.digest == digest))


def guilty(db: Connection, *, attempts: int) -> frozenset[str]:
    """Return the messages that were begun more often than so."""
    found = db.execute(select(suspect.c.digest).where(suspect.c.attempts > attempts))
    return frozenset(found.scalars())


def forget(db: Connection, *, now: datetime) -> None:
    """Forget what was noted long ago."""
    db.execute(delete(suspect).where(suspect.c.at < now - _KEPT))
