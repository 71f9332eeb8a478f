"""A session as it stands in the tables after many rounds, without anybody having played it."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import Connection, Engine, Table, insert, text

from palier.schemas.names import ALL
from palier.workers.persistence import tables
from palier.workers.persistence.database import migrate

SESSION = "large"

#: Players of a group, and seconds of a stage.
_GROUP, _STAGE = 4, 20

_ROWS = 2000

#: Rounds after which PostgreSQL is told how large its tables are.
_LOOKED_AT = {1, 10}

_FORM = {
    "fields": [
        {
            "type": "integer",
            "name": "amount",
            "title": "How much do you put in the pot?",
            "help": None,
            "required": True,
            "default": None,
            "minimum": 0,
            "maximum": 20,
        },
        {
            "type": "text",
            "name": "why",
            "title": "Why?",
            "help": "In a few words.",
            "required": False,
            "default": None,
            "min_length": 0,
            "max_length": 200,
        },
    ]
}


def fill(engine: Engine, *, seats: int, rounds: int) -> int:
    """Write a session of a public-goods game; return how many answers it has.

    As the ready program keeps it: each round a stage that asks and one that shows results with the
    history until then, every screen painted, every release in the log.
    """
    migrate(engine)
    with engine.begin() as db:
        _opening(db, seats=seats, rounds=rounds)
        chance = random.Random(1)
        groups = range(1, seats // _GROUP + 1)
        for number in range(1, rounds + 1):
            rows: dict[Table, list[dict[str, Any]]] = {one: [] for one in _WRITTEN}
            for group in groups:
                _round(rows, group=group, number=number, groups=len(groups), chance=chance)
            for table, values in rows.items():
                for start in range(0, len(values), _ROWS):
                    db.execute(insert(table), values[start : start + _ROWS])
            if number in _LOOKED_AT and engine.dialect.name == "postgresql":
                # it keeps the plans by which it checks keys, made when the tables were empty
                db.execute(text("ANALYZE"))
    return seats * rounds


_WRITTEN = (
    *(tables.stage_run, tables.party, tables.arrival, tables.answer, tables.onset),
    tables.event_log,
)
_NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)


def _opening(db: Connection, *, seats: int, rounds: int) -> None:
    names = [f"p{one}" for one in range(1, seats + 1)]
    session: dict[str, Any] = {
        "name": SESSION,
        "program": "public-goods",
        "status": "running",
        "settings": {"rounds": rounds},
        "partition": 0,
        "seed": 1,
        "auto_start": True,
        "opened_by": "operator",
        "opened_at": _NOON,
        "started_at": _NOON,
        "version": 0,
        "stamp": 0,
    }
    db.execute(insert(tables.session), session)
    db.execute(
        insert(tables.seat),
        [{"name": one, "role": "participant", "session": SESSION} for one in names],
    )
    db.execute(
        insert(tables.participant),
        [
            {"session": SESSION, "seat": one, "number": number, "payoff": Decimal("20.4") * rounds}
            for number, one in enumerate(names, start=1)
        ],
    )
    groups = {f"g{one}": list(_seats(one)) for one in range(1, seats // _GROUP + 1)}
    db.execute(
        insert(tables.scope),
        [
            {"session": SESSION, "name": one, "version": 0, "seats": some, "group": group}
            for one, some, group in [
                (ALL, names, ""),
                *((name, some, name) for name, some in groups.items()),
            ]
        ],
    )


def _seats(group: int) -> Iterator[str]:
    first = (group - 1) * _GROUP + 1
    return (f"p{one}" for one in range(first, first + _GROUP))


def _round(
    rows: dict[Table, list[dict[str, Any]]],
    *,
    group: int,
    number: int,
    groups: int,
    chance: random.Random,
) -> None:
    given = {seat: chance.randint(0, 20) for seat in _seats(group)}
    history = [{"round": one, "mean": 9.25} for one in range(1, number + 1)]
    seen = {"round": number, "pot": sum(given.values()), "history": history}
    for place, stage in enumerate(("contribute", "results")):
        generation = 2 * (number - 1) + place + 1
        opened = _NOON + timedelta(seconds=_STAGE * generation)
        released = opened + timedelta(seconds=_STAGE)
        asks = stage == "contribute"
        key = {"session": SESSION, "scope": f"g{group}", "generation": generation}
        version = (generation - 1) * groups + group
        rows[tables.stage_run].append(
            {
                **key,
                "stage": stage,
                "visit": number,
                "status": "released",
                "expected": _GROUP,
                "arrived": _GROUP,
                "title": stage.capitalize(),
                "form": _FORM if asks else None,
                "data": {"round": number, "endowment": 20},
                "opened_at": opened,
                "opened_by": version,
                "released_at": released,
                "released_as": version,
            }
        )
        body = {**key, "arrived": _GROUP, "latest": [[one, str(released)] for one in given]}
        rows[tables.event_log].append(
            {
                "session": SESSION,
                "version": version,
                "kind": "released",
                "author": "palier",
                "at": released,
                "body": body,
            }
        )
        for seat, amount in given.items():
            party = {**key, "seat": seat}
            at = opened + timedelta(seconds=chance.uniform(1, _STAGE))
            rows[tables.party].append({**party, "data": None if asks else seen})
            rows[tables.arrival].append(
                {**party, "message_id": f"{generation}-{seat}", "how": "submitted", "at": at}
            )
            rows[tables.onset].append({**party, "painted_at": opened, "off_by": 0.004})
            if asks:
                value = {
                    "amount": amount,
                    "why": "The others gave as much." if amount % 3 else None,
                }
                rows[tables.answer].append({**party, "value": value})
