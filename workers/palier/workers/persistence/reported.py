"""Writing what desks and participants say besides their answers: onsets, posts, calls for help."""

from __future__ import annotations

from datetime import datetime
from typing import Any, assert_never

from sqlalchemy import Connection, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_sqlite

from palier.workers.domain.facts import Attended, HelpCalled, Painted, Posted
from palier.workers.persistence import tables

_PARTY, _ONSET = tables.party, tables.onset

#: Of parties alone: a report may be of a generation that nobody has in mind any more.
_PAINTED = select(
    _PARTY.c.session,
    _PARTY.c.scope,
    _PARTY.c.generation,
    _PARTY.c.seat,
    bindparam("painted", type_=_ONSET.c.painted_at.type),
    bindparam("off", type_=_ONSET.c.off_by.type),
).where(
    (_PARTY.c.session == bindparam("at_session"))
    & (_PARTY.c.scope == bindparam("at_scope"))
    & (_PARTY.c.generation == bindparam("at_generation"))
    & (_PARTY.c.seat == bindparam("at_seat"))
)

#: The first report stands.
_ONSETS = {
    dialect: make(_ONSET)
    .from_select([one.name for one in _ONSET.columns], _PAINTED)
    .on_conflict_do_nothing()
    for dialect, make in (("sqlite", insert_sqlite), ("postgresql", insert_postgresql))
}

_POSTS = insert(tables.post)
_CALL = (
    update(tables.participant)
    .where(
        (tables.participant.c.session == bindparam("at_session"))
        & (tables.participant.c.seat == bindparam("at_seat"))
    )
    .values(called_at=bindparam("since"), call=bindparam("words"))
)


class Reported:
    """The rows of one transaction's reports. Used once, by one thread."""

    def __init__(self) -> None:
        self._onsets: list[dict[str, Any]] = []
        self._posts: list[dict[str, Any]] = []
        self._calls: dict[tuple[str, str], dict[str, Any]] = {}

    def fact(self, session: str, fact: Painted | Posted | HelpCalled | Attended) -> None:
        """Write a fact."""
        match fact:
            case Painted(scope=scope, generation=generation, seat=seat):
                self._onsets.append(
                    {
                        "at_session": session,
                        "at_scope": scope,
                        "at_generation": generation,
                        "at_seat": seat,
                        "painted": fact.painted_at,
                        "off": fact.off_by,
                    }
                )
            case Posted(scope=scope, generation=generation, post=post):
                self._posts.append(
                    {
                        "session": session,
                        "scope": scope,
                        "generation": generation,
                        **post.model_dump(),
                        "message_id": fact.message_id,
                    }
                )
            case HelpCalled(seat=seat, text=text, at=at):
                self._call(session, seat, at, text)
            case Attended(seat=seat):
                self._call(session, seat, None, "")
            case _:
                assert_never(fact)

    def _call(self, session: str, seat: str, since: datetime | None, words: str) -> None:
        key = {"at_session": session, "at_seat": seat}
        self._calls[session, seat] = {**key, "since": since, "words": words}

    def flush(self, db: Connection) -> None:
        """Send everything; what it hangs on has been sent."""
        if self._onsets:
            db.execute(_ONSETS[db.dialect.name], self._onsets)
        if self._posts:
            db.execute(_POSTS, self._posts)
        if self._calls:
            db.execute(_CALL, list(self._calls.values()))
