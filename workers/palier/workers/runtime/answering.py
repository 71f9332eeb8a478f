"""Handlers of queries: they change nothing."""

from __future__ import annotations

from palier.schemas.commands import (
    GetLog,
    GetOverview,
    GetSnapshot,
    ListSessions,
)
from palier.schemas.message import Reply
from palier.schemas.replies import (
    SessionLog,
    Sessions,
)
from palier.workers.domain import views
from palier.workers.persistence import record
from palier.workers.runtime.asked import Asked, no_session
from palier.workers.runtime.known import Known
from palier.workers.runtime.work import Work

#: Characters of a log that one message carries.
_LOG_SIZE = 400_000


def get_snapshot(work: Work, asked: Asked, query: GetSnapshot) -> Reply:
    """Tell a seat where its session is: the one it takes part in now."""
    seat = record.read_seats(work.db, [asked.seat]).get(asked.seat)
    name = seat.session if seat and seat.session else query.session
    known = work.known(name) or _unlocked(work, name)
    if known is None or asked.seat not in known.session.seats:
        return no_session(name)
    return views.snapshot(known.session, asked.seat, now=work.now)


def get_overview(work: Work, _asked: Asked, query: GetOverview) -> Reply:
    """Tell an operator where every seat is."""
    known = work.known(query.session)
    if known is None:
        return no_session(query.session)
    return views.overview(known.session, now=work.now)


def get_log(work: Work, _asked: Asked, query: GetLog) -> Reply:
    """Tell an operator what happened in a session."""
    if query.session not in work.stamps:
        return no_session(query.session)
    entries = record.read_log(work.db, query.session, after=query.after, limit=query.limit + 1)
    kept = entries[: query.limit]
    while len(kept) > 1 and sum(len(one.model_dump_json()) for one in kept) > _LOG_SIZE:
        kept = kept[: len(kept) // 2]
    return SessionLog(session=query.session, entries=kept, more=len(kept) < len(entries))


def list_sessions(work: Work, _asked: Asked, _query: ListSessions) -> Reply:
    """Tell an operator which sessions there are."""
    return Sessions(partitions=work.partitions, sessions=record.list_sessions(work.db))


def _unlocked(work: Work, name: str) -> Known | None:
    """Return a session that no command of this batch named, locked now."""
    work.stamps.update(record.lock_sessions(work.db, [name]))
    return work.known(name)
