"""A session's data as tables for analysis: one consistent picture, also while it runs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, and_, select

from palier.schemas.names import ALL
from palier.workers.persistence import tables


@dataclass(frozen=True, slots=True)
class Export:
    """One table: its name, its columns, its rows."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Any, ...], ...]


def export(db: Connection, session: str) -> tuple[Export, ...]:
    """Return a session's tables; read in one transaction they fit each other.

    ``answers``: a row for each arrival, with a column for each field that any form had, how it came
    about, and whether it was ``set_aside`` when the session went on from an earlier stage;
    ``payoffs``: a row for each seat; ``stages``: a row for each generation; ``events``: the log;
    ``onset``: when each desk had shown a generation; ``posts``: what was said within stages.
    """
    groups = _groups(db, session)
    return (
        _answers(db, session, groups),
        _payoffs(db, session, groups),
        _stages(db, session),
        _events(db, session),
        _onset(db, session),
        _posts(db, session),
    )


def _groups(db: Connection, session: str) -> dict[str, str]:
    """Return the group of each seat that is in one."""
    scope = tables.scope
    rows = db.execute(
        select(scope.c.name, scope.c.seats)
        .where(scope.c.session == session, scope.c.name != ALL)
        .order_by(scope.c.name)
    )
    return {seat: one.name for one in rows for seat in one.seats}


def _answers(db: Connection, session: str, groups: dict[str, str]) -> Export:
    arrival, run, answer = tables.arrival, tables.stage_run, tables.answer
    same_answer = [
        arrival.c[one] == answer.c[one] for one in ("session", "scope", "generation", "seat")
    ]
    joined = arrival.join(run, _same_run(arrival)).outerjoin(
        answer, same_answer[0] & same_answer[1] & same_answer[2] & same_answer[3]
    )
    found = db.execute(
        select(arrival, run.c.stage, run.c.visit, run.c.opened_at, run.c.status, answer.c.value)
        .select_from(joined)
        .where(arrival.c.session == session)
        .order_by(run.c.opened_at, arrival.c.scope, arrival.c.generation, arrival.c.seat)
    ).all()
    fields = _fields(found)
    columns = (
        "session",
        "seat",
        "group",
        "scope",
        "stage",
        "visit",
        "generation",
        "opened_at",
        "arrived_at",
        "how",
        "set_aside",
    )
    return Export(
        "answers",
        # a field that is called like a column of ours keeps both apart
        (*columns, *(f"answer.{one}" if one in columns else one for one in fields)),
        tuple(
            (
                one.session,
                one.seat,
                groups.get(one.seat, ""),
                one.scope,
                one.stage,
                one.visit,
                one.generation,
                one.opened_at.isoformat(),
                one.at.isoformat(),
                one.how,
                int(one.status == "void"),
                *((one.value or {}).get(field, "") for field in fields),
            )
            for one in found
        ),
    )


def _fields(found: Iterable[Any]) -> tuple[str, ...]:
    """Return every field of every answer, in the order in which they first appear."""
    seen: dict[str, None] = {}
    for one in found:
        seen.update(dict.fromkeys(one.value or {}))
    return tuple(seen)


def _payoffs(db: Connection, session: str, groups: dict[str, str]) -> Export:
    table = tables.participant
    rows = db.execute(select(table).where(table.c.session == session).order_by(table.c.number))
    return Export(
        "payoffs",
        ("session", "seat", "number", "group", "standing", "payoff"),
        tuple(
            (
                one.session,
                one.seat,
                one.number,
                groups.get(one.seat, ""),
                one.standing,
                f"{one.payoff:f}",
            )
            for one in rows
        ),
    )


def _stages(db: Connection, session: str) -> Export:
    table = tables.stage_run
    rows = db.execute(
        select(table)
        .where(table.c.session == session)
        .order_by(table.c.opened_at, table.c.scope, table.c.generation)
    )
    columns = (
        "session",
        "scope",
        "generation",
        "stage",
        "visit",
        "title",
        "status",
        "missing",
        "expected",
        "arrived",
        "opened_at",
        "deadline_at",
        "released_at",
        "screen",
    )
    return Export("stages", columns, tuple(_plain(rows, columns)))


def _events(db: Connection, session: str) -> Export:
    table = tables.event_log
    rows = db.execute(select(table).where(table.c.session == session).order_by(table.c.version))
    columns = ("session", "version", "kind", "author", "at", "body")
    return Export("events", columns, tuple(_plain(rows, columns)))


def _onset(db: Connection, session: str) -> Export:
    onset, run = tables.onset, tables.stage_run
    rows = db.execute(
        select(onset, run.c.stage, run.c.visit, run.c.opened_at)
        .select_from(onset.join(run, _same_run(onset)))
        .where(onset.c.session == session)
        .order_by(run.c.opened_at, onset.c.scope, onset.c.generation, onset.c.seat)
    )
    columns = (
        *("session", "scope", "generation", "stage", "visit", "seat"),
        *("opened_at", "painted_at", "seconds", "off_by"),
    )
    return Export(
        "onset",
        columns,
        tuple(
            (
                one.session,
                one.scope,
                one.generation,
                one.stage,
                one.visit,
                one.seat,
                one.opened_at.isoformat(),
                one.painted_at.isoformat(),
                # a desk's clock may be a little ahead
                max(0.0, (one.painted_at - one.opened_at).total_seconds()),
                one.off_by,
            )
            for one in rows
        ),
    )


def _posts(db: Connection, session: str) -> Export:
    post, run = tables.post, tables.stage_run
    rows = db.execute(
        select(post, run.c.stage, run.c.visit, (run.c.status == "void").label("void"))
        .select_from(post.join(run, _same_run(post)))
        .where(post.c.session == session)
        .order_by(post.c.scope, post.c.generation, post.c.number)
    )
    columns = (
        *("session", "scope", "generation", "stage", "visit"),
        *("number", "stream", "seat", "at", "value", "set_aside"),
    )
    return Export(
        "posts",
        columns,
        tuple(
            (
                one.session,
                one.scope,
                one.generation,
                one.stage,
                one.visit,
                one.number,
                one.stream,
                one.seat,
                one.at.isoformat(),
                one.value,
                int(one.void),
            )
            for one in rows
        ),
    )


def _same_run(table: Table) -> ColumnElement[bool]:
    run = tables.stage_run
    return and_(*(table.c[one] == run.c[one] for one in ("session", "scope", "generation")))


def _plain(rows: Iterable[Any], columns: tuple[str, ...]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        values = (getattr(row, one) for one in columns)
        yield tuple(one.isoformat() if hasattr(one, "isoformat") else one for one in values)
