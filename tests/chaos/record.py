"""The database and the queues as the checker reads them: by plain SQL and AMQP, without Palier."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pika
import psycopg
from psycopg.rows import dict_row

#: Session, scope, generation; and with a seat.
Where = tuple[str, str, int]
Place = tuple[str, str, int, str]

Row = dict[str, Any]


@dataclass(slots=True, kw_only=True)
class Record:
    """What is kept of all sessions, a row as the database has it; times in seconds since 1970."""

    sessions: dict[str, Row] = field(default_factory=dict)
    runs: dict[Where, Row] = field(default_factory=dict)
    parties: dict[Where, dict[str, Row]] = field(default_factory=dict)
    #: All rows there are for a place: there should be one.
    arrivals: dict[Place, list[Row]] = field(default_factory=dict)
    answers: dict[Place, list[Row]] = field(default_factory=dict)
    results: dict[tuple[str, str], list[Row]] = field(default_factory=dict)
    log: dict[str, list[Row]] = field(default_factory=dict)
    payoffs: dict[tuple[str, str], Decimal] = field(default_factory=dict)
    #: What was committed and is still to be told.
    outbox: int = 0


def read(url: str) -> Record:
    """Return what a database has, by its URL (sqlite:///file or postgresql://...)."""
    record = Record()
    with _rows(url) as ask:
        for one in ask("SELECT * FROM session"):
            record.sessions[one["name"]] = {**one, "settings": _json(one["settings"])}
        for one in ask("SELECT * FROM stage_run"):
            record.runs[_where(one)] = {
                **one,
                "opened_at": _seconds(one["opened_at"]),
                "released_at": _seconds(one["released_at"]),
            }
        for one in ask("SELECT * FROM party"):
            parties = record.parties.setdefault(_where(one), {})
            parties[one["seat"]] = {**one, "data": _json(one["data"])}
        for one in ask("SELECT * FROM arrival"):
            place = (*_where(one), one["seat"])
            record.arrivals.setdefault(place, []).append({**one, "at": _seconds(one["at"])})
        for one in ask("SELECT * FROM answer"):
            place = (*_where(one), one["seat"])
            record.answers.setdefault(place, []).append({**one, "value": _json(one["value"])})
        for one in ask("SELECT * FROM inbox"):
            key = (one["seat"], one["message_id"])
            record.results.setdefault(key, []).append({**one, "result": _json(one["result"])})
        for one in ask("SELECT * FROM event_log ORDER BY session, version"):
            record.log.setdefault(one["session"], []).append({**one, "body": _json(one["body"])})
        for one in ask("SELECT session, seat, payoff FROM participant"):
            record.payoffs[one["session"], one["seat"]] = Decimal(one["payoff"])
    record.outbox = untold(url)
    return record


def untold(url: str) -> int:
    """Return how many parcels are in the outbox."""
    with _rows(url) as ask:
        count: int = next(ask("SELECT count(*) AS left_over FROM outbox"))["left_over"]
        return count


@contextmanager
def _rows(url: str) -> Iterator[Any]:
    if url.startswith("sqlite:///"):
        path = url.removeprefix("sqlite:///")
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as db:
            db.row_factory = sqlite3.Row
            yield lambda question: iter([dict(one) for one in db.execute(question)])
    else:
        with psycopg.connect(url, row_factory=dict_row, connect_timeout=10) as postgresql:
            yield lambda question: iter(postgresql.execute(question).fetchall())


def _where(row: Row) -> Where:
    return row["session"], row["scope"], row["generation"]


def _json(value: Any) -> Any:
    # SQLite has text, PostgreSQL's driver has read JSON already; a result is text in both
    return json.loads(value) if isinstance(value, str) else value


def _seconds(value: Any) -> float | None:
    if value is None:
        return None
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    # SQLite keeps moments in UTC without saying so
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def left_in(address: tuple[str, int], user: str, password: str, *, partitions: int) -> list[str]:
    """Return what is ready in queues where nothing should be left; nobody consumes them any more.

    It is taken out.
    """
    host, port = address
    parameters = pika.ConnectionParameters(
        host, port, "palier", pika.PlainCredentials(user, password)
    )
    found: list[str] = []
    with closing(pika.BlockingConnection(parameters)) as connection:
        channel = connection.channel()
        for queue in (f"commands.{one}" for one in range(partitions)):
            # nobody may get a message from a queue with a single active consumer
            count = channel.queue_declare(queue, passive=True).method.message_count
            if count:
                found.append(f"{queue}: {count} messages")
                channel.queue_purge(queue)
        for queue in ("dead-letters", "unroutable"):
            while (got := channel.basic_get(queue, auto_ack=True))[0] is not None:
                method, properties, body = got
                found.append(
                    f"{queue}: {method.routing_key} {properties.type} {properties.headers} {body!r}"
                )
    return found
