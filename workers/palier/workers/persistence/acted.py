"""What was done in live stages, as rows: written, and read to be done again."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, func, insert, select

from palier.workers.domain.facts import Acted
from palier.workers.domain.record import Deed
from palier.workers.persistence import tables

_INSERT = insert(tables.action)


class Actions:
    """The rows of one transaction's actions. Used once, by one thread."""

    def __init__(self) -> None:
        self._rows: list[dict[str, Any]] = []

    def fact(self, session: str, fact: Acted, *, after: int) -> None:
        """Write what was done, or tried, after this version of the session's log."""
        done = fact.done
        outcome = "taken" if done is not None else "failed" if fact.failed else "refused"
        self._rows.append(
            {
                "session": session,
                "number": fact.number,
                "after": after,
                "scope": fact.scope,
                "generation": fact.generation,
                "seat": fact.seat,
                "action": fact.action,
                "body": None if fact.body is None else dict(fact.body),
                "outcome": outcome,
                # PostgreSQL keeps every character but this one
                "reason": fact.refusal.replace("\0", ""),
                "results": [list(one) for one in done.results] if done else [],
                "changed": sorted(done.own) if done else [],
                "seen": done.seen if done else "",
                "message_id": fact.message_id,
                "at": fact.at,
            }
        )

    def flush(self, db: Connection) -> None:
        """Send everything; what it hangs on has been sent."""
        if self._rows:
            db.execute(_INSERT, self._rows)


def read_deeds(db: Connection, session: str) -> tuple[tuple[Deed, ...], int]:
    """Return what was done in a session's live stages, in order, and how much was tried."""
    table = tables.action
    rows = db.execute(
        select(table)
        .where(table.c.session == session, table.c.outcome == "taken")
        .order_by(table.c.number)
    )
    deeds = tuple(
        Deed(
            number=one.number,
            after=one.after,
            scope=one.scope,
            generation=one.generation,
            seat=one.seat,
            action=one.action,
            body=one.body,
            results=tuple((name, value) for name, value in one.results),
            changed=tuple(one.changed),
            seen=one.seen,
            at=one.at,
        )
        for one in rows
    )
    tried = db.execute(
        select(func.coalesce(func.max(table.c.number), 0)).where(table.c.session == session)
    ).scalar_one()
    return deeds, tried
