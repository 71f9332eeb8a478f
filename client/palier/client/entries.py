"""What a journal holds: commands without a result, drafts, and the rows they are written as."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from palier.schemas.commands import Submit

#: What a field of a form holds, as it was put in.
Put: TypeAlias = str | bool | None

#: Session, scope and generation.
Key: TypeAlias = tuple[str, str, int]

#: The values of a row, in the order of its columns.
Row: TypeAlias = tuple[Any, ...]

#: The layout of the file.
TABLES = """
CREATE TABLE IF NOT EXISTS command (
    message_id TEXT PRIMARY KEY,
    partition INTEGER NOT NULL,
    opened_at TEXT NOT NULL,
    at REAL NOT NULL,
    session TEXT NOT NULL,
    scope TEXT NOT NULL,
    generation INTEGER NOT NULL,
    body TEXT NOT NULL,
    digest TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS draft (
    session TEXT NOT NULL,
    scope TEXT NOT NULL,
    generation INTEGER NOT NULL,
    opened_at TEXT NOT NULL,
    at REAL NOT NULL,
    fields TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (session, scope, generation)
) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A command that is to have a result.

    ``opened_at`` is when the stage opened that it answers (ISO 8601): that tells two sessions of
    one name apart. ``at`` is when it was decided, in seconds since 1970.
    """

    message_id: str
    command: Submit
    partition: int
    opened_at: str
    at: float

    @property
    def key(self) -> Key:
        """What it answers."""
        return self.command.session, self.command.scope, self.command.generation


@dataclass(frozen=True, slots=True, kw_only=True)
class Typed:
    """What was put into the form of a stage that is not handed in."""

    key: Key
    opened_at: str
    fields: Mapping[str, Put]
    at: float


@dataclass(slots=True)
class Changes:
    """What is written in one go; None strikes off."""

    entries: dict[str, Entry | None] = field(default_factory=dict)
    drafts: dict[Key, Typed | None] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.entries or self.drafts)


def command_row(entry: Entry) -> Row:
    """Return a command as a row."""
    body = entry.command.encode().decode()
    return _signed(entry.message_id, entry.partition, entry.opened_at, entry.at, *entry.key, body)


def read_entry(row: Row) -> Entry:
    """Return the command of a row; raises `ValueError` for one that was damaged."""
    message_id, partition, opened_at, at, *_, body = _checked(row)
    return Entry(
        message_id=message_id,
        command=Submit.model_validate_json(body),
        partition=partition,
        opened_at=opened_at,
        at=at,
    )


def draft_row(typed: Typed) -> Row:
    """Return a draft as a row."""
    return _signed(*typed.key, typed.opened_at, typed.at, json.dumps(dict(typed.fields)))


def read_draft(row: Row) -> Typed:
    """Return the draft of a row; raises `ValueError` for one that was damaged."""
    session, scope, generation, opened_at, at, fields = _checked(row)
    return Typed(
        key=(session, scope, generation), opened_at=opened_at, fields=json.loads(fields), at=at
    )


def _signed(*values: object) -> Row:
    """Return values and their digest: SQLite does not see that a letter of a text has changed."""
    return (*values, _digest(values))


def _checked(row: Row) -> Row:
    *values, digest = row
    if digest != _digest(values):
        raise ValueError(f"a row was damaged: {row!r}")
    return tuple(values)


def _digest(values: Iterable[object]) -> str:
    return hashlib.sha256(repr(list(values)).encode(errors="replace")).hexdigest()[:16]
