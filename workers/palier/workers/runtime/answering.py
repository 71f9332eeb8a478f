"""Handlers of queries: they change nothing."""

from __future__ import annotations

from itertools import accumulate

from palier.schemas.commands import (
    GetContent,
    GetLog,
    GetOverview,
    GetPosts,
    GetSnapshot,
    ListSessions,
)
from palier.schemas.message import Reply
from palier.schemas.replies import (
    Posts,
    SessionLog,
    Sessions,
)
from palier.workers.domain import views
from palier.workers.persistence import record
from palier.workers.runtime.asked import Asked, no_session, refusal
from palier.workers.runtime.known import Known
from palier.workers.runtime.work import Work

#: Characters of a log that one message carries.
_LOG_SIZE = 400_000

#: Posts, and bytes of posts, that one message carries.
_POSTS, _POSTS_SIZE = 1000, 200_000


def get_snapshot(work: Work, asked: Asked, query: GetSnapshot) -> Reply:
    """Tell a seat where its session is: the one it takes part in now."""
    seat = record.read_seats(work.db, [asked.seat]).get(asked.seat)
    name = seat.session if seat and seat.session else query.session
    known = work.known(name) or _unlocked(work, name)
    if known is None or asked.seat not in known.session.seats:
        return no_session(name)
    return views.snapshot(known.session, asked.seat, now=work.now)


def get_content(work: Work, asked: Asked, query: GetContent) -> Reply:
    """Give a seat a screen, a picture or a bundle of its session's program."""
    known = work.known(query.session)
    if known is None or asked.seat not in known.session.seats:
        return no_session(query.session)
    content = known.session.screens.content(query.digest, session=query.session)
    if content is None:
        return refusal(
            query.session,
            "unknown-content",
            f"The program of {query.session} has no such content (any more): ask for a snapshot.",
        )
    return content


def get_posts(work: Work, asked: Asked, query: GetPosts) -> Reply:
    """Tell a party of a stage what was posted there."""
    session, scope, generation = query.session, query.scope, query.generation
    if session not in work.stamps:
        return no_session(session)
    if session in work.touched:
        # posts of this very transaction are no rows yet
        work.settle()
    if not record.is_party(work.db, session, scope, generation, asked.seat):
        return refusal(session, "not-a-party", f"Seat {asked.seat} takes no part in {scope!r}.")
    found = record.read_posts(
        work.db, session, scope, generation, after=query.after, limit=_POSTS + 1
    )
    sizes = accumulate(len(one.model_dump_json().encode()) for one in found[:_POSTS])
    # one alone always fits
    kept = found[: max(1, sum(size <= _POSTS_SIZE for size in sizes))]
    return Posts(
        session=session,
        scope=scope,
        generation=generation,
        posts=kept,
        more=len(kept) < len(found),
    )


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
