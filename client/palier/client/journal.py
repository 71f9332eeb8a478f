"""The journal: what a seat has decided and typed, on this computer's disk.

One file for each seat and server. A command is in it before it is published and leaves it when its
result is known, so it survives a crash, a restart of the broker, hours without a network.

It is SQLite, because commits that survive a loss of power are hard to write by hand; and that of
the standard library, because a client's computer has no SQLAlchemy. A log ahead of the file (WAL)
with ``synchronous=FULL`` costs one sync to disk a commit. Its exclusive lock keeps a second process
out, is given up by the system whatever the first one dies of, and needs no shared memory.
"""

from __future__ import annotations

import json
import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, TypeAlias, TypeVar

from pydantic import ValidationError

from palier.client.errors import JournalFailed, JournalInUse
from palier.schemas.commands import Submit

_log = logging.getLogger(__name__)

K = TypeVar("K")
V = TypeVar("V")

#: What a field of a form holds, as it was put in.
Put: TypeAlias = str | bool | None

#: Session, scope and generation.
Key: TypeAlias = tuple[str, str, int]

#: The layout of the file, as ``PRAGMA user_version`` has it.
_LAYOUT = 1

#: Seconds to wait for another process that is about to end.
_LOCKED = 1.0

#: Pages of the log after which it is written back, so that a journal stays small.
_LOG_PAGES = 64

#: Seconds after which what nobody ever answered is given up: three months.
_GIVEN_UP = 90 * 24 * 3600.0

_TABLES = """
CREATE TABLE IF NOT EXISTS command (
    message_id TEXT PRIMARY KEY,
    partition INTEGER NOT NULL,
    opened_at TEXT NOT NULL,
    at REAL NOT NULL,
    session TEXT NOT NULL,
    scope TEXT NOT NULL,
    generation INTEGER NOT NULL,
    body TEXT NOT NULL
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS draft (
    session TEXT NOT NULL,
    scope TEXT NOT NULL,
    generation INTEGER NOT NULL,
    opened_at TEXT NOT NULL,
    at REAL NOT NULL,
    fields TEXT NOT NULL,
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


class Journal:
    """One seat's journal, open until `close`; a context manager. Blocking, safe from any thread.

    Raises `JournalInUse` where another process has it open, `JournalFailed` where the disk does
    not take it. A file that is damaged is set aside, and a new one begun.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._lock = threading.Lock()
        self._entries: dict[str, Entry] = {}
        self._drafts: dict[Key, Typed] = {}
        self._db = self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; idempotent."""
        with self._lock, suppress(sqlite3.Error):
            self._db.close()

    # -- what is in it, from memory ---------------------------------------------------------------

    def pending(self) -> tuple[Entry, ...]:
        """Return the commands without a result, the oldest first."""
        with self._lock:
            return tuple(sorted(self._entries.values(), key=lambda one: (one.at, one.message_id)))

    def drafts(self) -> tuple[Typed, ...]:
        """Return what was typed and not handed in."""
        with self._lock:
            return tuple(self._drafts.values())

    # -- what is written --------------------------------------------------------------------------

    def keep(self, entry: Entry) -> None:
        """Keep a command: it is on disk when this returns. Raises `JournalFailed`."""
        self.write(Changes(entries={entry.message_id: entry}))

    def strike(self, message_id: str) -> None:
        """Strike a command off; one that is not there changes nothing. Raises `JournalFailed`."""
        self.write(Changes(entries={message_id: None}))

    def write(self, changes: Changes) -> None:
        """Write all or nothing: it is on disk when this returns. Raises `JournalFailed`."""
        with self._lock:
            try:
                if _identity(self.path) != self._identity:
                    # whoever removed the file has left us one that nobody will find again
                    raise _Damaged("it was removed")
                self._put(changes)
            except sqlite3.Error as error:
                if not _is_damage(error):
                    raise JournalFailed(self.path, reason=_words(error)) from error
                self._renew(error, changes)
            _apply(self._entries, changes.entries)
            _apply(self._drafts, changes.drafts)

    def _put(self, changes: Changes) -> None:
        if not changes:
            return
        with self._transaction() as db:
            for message_id, entry in changes.entries.items():
                if entry is None:
                    db.execute("DELETE FROM command WHERE message_id = ?", [message_id])
                else:
                    db.execute(
                        "INSERT OR REPLACE INTO command VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                        _command_row(entry),
                    )
            for key, typed in changes.drafts.items():
                if typed is None:
                    db.execute(
                        "DELETE FROM draft WHERE (session, scope, generation) = (?, ?, ?)", key
                    )
                else:
                    db.execute(
                        "INSERT OR REPLACE INTO draft VALUES (?, ?, ?, ?, ?, ?)", _draft_row(typed)
                    )

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        try:
            yield db
            db.execute("COMMIT")
        except BaseException:
            with suppress(sqlite3.Error):  # what failed may have ended the transaction itself
                db.execute("ROLLBACK")
            raise

    # -- opening ----------------------------------------------------------------------------------

    def _begin(self) -> sqlite3.Connection:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            self._create()
        except OSError as error:
            raise JournalFailed(self.path, reason=error.strerror or str(error)) from error
        try:
            return self._open()
        except sqlite3.Error as error:
            if not _is_damage(error):
                raise self._unopened(error) from error
            self._set_aside(error)
        try:
            self._create()
            return self._open()
        except OSError as error:
            raise JournalFailed(self.path, reason=error.strerror or str(error)) from error
        except sqlite3.Error as error:
            raise self._unopened(error) from error

    def _create(self) -> None:
        # decisions are nobody else's to read; and one that is there is left alone, for to close it
        # would give up every lock that this process has on it, as POSIX will have it
        with suppress(FileExistsError):
            os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))

    def _open(self) -> sqlite3.Connection:
        self._identity = _identity(self.path)
        db = sqlite3.connect(
            self.path, timeout=_LOCKED, isolation_level=None, check_same_thread=False
        )
        try:
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
            # taken now and kept, so that a second process learns of it when it begins
            db.execute("BEGIN EXCLUSIVE")
            db.execute("COMMIT")
            _check(db)
            self._read(db)
        except BaseException:
            db.close()
            raise
        return db

    def _read(self, db: sqlite3.Connection) -> None:
        (layout,) = db.execute("PRAGMA user_version").fetchone()
        if layout > _LAYOUT:
            raise JournalFailed(self.path, reason="a newer Palier has written it")
        if layout < _LAYOUT:
            db.executescript(f"BEGIN; {_TABLES} PRAGMA user_version = {_LAYOUT}; COMMIT;")
        long_ago = time.time() - _GIVEN_UP
        self._entries.clear()
        for entry in filter(None, map(_entry, db.execute("SELECT * FROM command"))):
            if entry.at > long_ago:
                self._entries[entry.message_id] = entry
            else:
                _log.warning("%s: given up, for nobody answered it: %r", self.path, entry)
        drafts = filter(None, map(_typed, db.execute("SELECT * FROM draft")))
        self._drafts = {one.key: one for one in drafts if one.at > long_ago}
        db.execute("DELETE FROM command WHERE at <= ?", [long_ago])
        db.execute("DELETE FROM draft WHERE at <= ?", [long_ago])

    def _unopened(self, error: sqlite3.Error) -> JournalFailed:
        if _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return JournalInUse(self.path)
        return JournalFailed(self.path, reason=_words(error))

    # -- damage -----------------------------------------------------------------------------------

    def _renew(self, error: sqlite3.Error, changes: Changes) -> None:
        """Begin a new file with all that the damaged one held: it is known here."""
        known = Changes(
            entries={**self._entries, **changes.entries},
            drafts={**self._drafts, **changes.drafts},
        )
        with suppress(sqlite3.Error):
            self._db.close()
        self._set_aside(error)
        self._db = self._begin()
        try:
            self._put(known)
        except sqlite3.Error as again:
            raise JournalFailed(self.path, reason=_words(again)) from again
        finally:
            _apply(self._entries, known.entries)
            _apply(self._drafts, known.drafts)

    def _set_aside(self, error: sqlite3.Error) -> None:
        aside = f"{self.path}.damaged-{time.strftime('%Y%m%d-%H%M%S')}"
        _log.error(
            "The journal %s is damaged (%s). It is set aside as %s and a new one begun; an answer "
            "in it that has not been recorded may have to be given again.",
            self.path,
            error,
            aside,
        )
        for suffix in ("", "-wal", "-shm"):
            with suppress(FileNotFoundError):
                Path(f"{self.path}{suffix}").replace(f"{aside}{suffix}")


class _Damaged(sqlite3.DatabaseError):
    """The file can be read, and what is in it cannot be right."""

    sqlite_errorcode = sqlite3.SQLITE_CORRUPT


def _check(db: sqlite3.Connection) -> None:
    (found,) = db.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise _Damaged(found)


def _code(error: sqlite3.Error) -> int:
    # the low byte: the rest says where it happened
    return int(getattr(error, "sqlite_errorcode", 0)) & 0xFF


def _is_damage(error: sqlite3.Error) -> bool:
    return _code(error) in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}


def _words(error: sqlite3.Error) -> str:
    return str(error) or type(error).__name__


def _identity(path: Path) -> tuple[int, int] | None:
    """Return what tells a file from another that has taken its name."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def _apply(known: dict[K, V], changes: Mapping[K, V | None]) -> None:
    for key, value in changes.items():
        if value is None:
            known.pop(key, None)
        else:
            known[key] = value


def _command_row(entry: Entry) -> tuple[object, ...]:
    body = entry.command.encode().decode()
    return (
        entry.message_id,
        entry.partition,
        entry.opened_at,
        entry.at,
        *entry.key,
        body,
    )


def _entry(row: tuple[Any, ...]) -> Entry | None:
    message_id, partition, opened_at, at, *_, body = row
    try:
        command = Submit.model_validate_json(body)
    except ValidationError as error:
        _log.error("A command in the journal cannot be read and is left out: %r (%s)", row, error)
        return None
    return Entry(
        message_id=message_id, command=command, partition=partition, opened_at=opened_at, at=at
    )


def _draft_row(typed: Typed) -> tuple[object, ...]:
    return (*typed.key, typed.opened_at, typed.at, json.dumps(dict(typed.fields)))


def _typed(row: tuple[Any, ...]) -> Typed | None:
    session, scope, generation, opened_at, at, fields = row
    try:
        read = json.loads(fields)
    except ValueError:
        return None
    return Typed(key=(session, scope, generation), opened_at=opened_at, fields=read, at=at)
