"""The journal: what a seat has decided and typed, on this computer's disk.

One file for each seat and server. A command is in it before it is published and leaves it when its
result is known, so it survives a crash, a restart of the broker, hours without a network.

It is SQLite, because commits that survive a loss of power are hard to write by hand; and that of
the standard library, because a client's computer has no SQLAlchemy. A log ahead of the file (WAL)
with ``synchronous=FULL`` costs one sync to disk a commit. Its exclusive lock keeps a second process
out, is given up by the system whatever the first one dies of, and needs no shared memory.
"""

from __future__ import annotations

import logging
import os
import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Self, TypeVar

from palier.client.entries import (
    TABLES,
    Changes,
    Entry,
    Key,
    Typed,
    command_row,
    draft_row,
    read_draft,
    read_entry,
)
from palier.client.errors import JournalFailed, JournalInUse

_log = logging.getLogger(__name__)

K = TypeVar("K")
V = TypeVar("V")

#: The number of the layout, as ``PRAGMA user_version`` has it.
_LAYOUT = 1

#: Layouts that may come to be: a number beyond them is damage.
_LAYOUTS = 1000

#: Seconds to wait for another process that is about to end.
_LOCKED = 1.0

#: Pages of the log after which it is written back, so that a journal stays small.
_LOG_PAGES = 64

#: Seconds after which what nobody ever answered is given up: three months.
_GIVEN_UP = 90 * 24 * 3600.0


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
        self._closed = False
        self._db: sqlite3.Connection | None = self._begin()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        self.close()

    def close(self) -> None:
        """Close the file; idempotent."""
        with self._lock:
            self._closed = True
            self._leave()

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
            if self._closed:
                raise JournalFailed(self.path, reason="it is closed")
            try:
                self._put(self._file(), changes)
            except sqlite3.Error as error:
                if not _is_damage(error):
                    raise JournalFailed(self.path, reason=_words(error)) from error
                self._leave()
                self._db = self._anew(error, changes)
            _apply(self._entries, changes.entries)
            _apply(self._drafts, changes.drafts)

    def _file(self) -> sqlite3.Connection:
        """Return the file, if it is still the one that whoever comes next will find."""
        found = _identity(self.path)
        if self._db is None or found is None:
            raise _Damaged("it was removed")
        if found != self._identity:
            raise JournalFailed(self.path, reason="another file has taken its name")
        return self._db

    @staticmethod
    def _put(db: sqlite3.Connection, changes: Changes) -> None:
        if not changes:
            return
        with _transaction(db):
            for message_id, entry in changes.entries.items():
                if entry is None:
                    db.execute("DELETE FROM command WHERE message_id = ?", [message_id])
                else:
                    db.execute(
                        "INSERT OR REPLACE INTO command VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                        command_row(entry),
                    )
            for key, typed in changes.drafts.items():
                if typed is None:
                    db.execute(
                        "DELETE FROM draft WHERE (session, scope, generation) = (?, ?, ?)", key
                    )
                else:
                    db.execute(
                        "INSERT OR REPLACE INTO draft VALUES (?, ?, ?, ?, ?, ?, ?)",
                        draft_row(typed),
                    )

    # -- opening ----------------------------------------------------------------------------------

    def _begin(self) -> sqlite3.Connection:
        self._create()
        try:
            return self._open()
        except sqlite3.Error as error:
            if not _is_damage(error):
                raise self._unopened(error) from error
            return self._anew(error, Changes())

    def _create(self) -> None:
        # decisions are nobody else's to read; and one that is there is left alone, for to close it
        # would give up every lock that this process has on it, as POSIX will have it
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with suppress(FileExistsError):
                os.close(os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
        except OSError as error:
            raise JournalFailed(self.path, reason=error.strerror or str(error)) from error

    def _open(self) -> sqlite3.Connection:
        self._identity = _identity(self.path)
        db = sqlite3.connect(
            self.path, timeout=_LOCKED, isolation_level=None, check_same_thread=False
        )
        try:
            # what was damaged is found by its digest, not by how it is encoded
            db.text_factory = lambda text: text.decode(errors="replace")
            db.execute("PRAGMA locking_mode = EXCLUSIVE")
            db.execute("PRAGMA journal_mode = WAL")
            db.execute("PRAGMA synchronous = FULL")
            db.execute(f"PRAGMA wal_autocheckpoint = {_LOG_PAGES}")
            # taken now and kept, so that a second process learns of it when it begins
            db.execute("BEGIN EXCLUSIVE")
            db.execute("COMMIT")
            self._lay_out(db)
            self._read(db)
            _check(db)
        except BaseException:
            db.close()
            raise
        return db

    def _lay_out(self, db: sqlite3.Connection) -> None:
        (layout,) = db.execute("PRAGMA user_version").fetchone()
        if layout == 0:
            db.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {_LAYOUT}; COMMIT;")
        elif 0 < layout - _LAYOUT < _LAYOUTS:
            raise JournalFailed(self.path, reason="a newer Palier has written it")
        elif layout != _LAYOUT:
            raise _Damaged(f"it has layout {layout}")

    def _read(self, db: sqlite3.Connection) -> None:
        """Read what can be read; raises `_Damaged` in the end if not all could."""
        self._entries, self._drafts = {}, {}
        long_ago = time.time() - _GIVEN_UP
        damaged: list[str] = []
        for row in db.execute("SELECT * FROM command"):
            try:
                entry = read_entry(row)
            except ValueError as error:
                damaged.append(str(error))
            else:
                self._entries[entry.message_id] = entry
        for row in db.execute("SELECT * FROM draft"):
            try:
                typed = read_draft(row)
            except ValueError as error:
                damaged.append(str(error))
            else:
                self._drafts[typed.key] = typed
        if damaged:
            raise _Damaged("; ".join(damaged))
        for entry in [one for one in self._entries.values() if one.at < long_ago]:
            _log.warning("%s: given up, for nobody answered it: %r", self.path, entry)
            del self._entries[entry.message_id]
        db.execute("DELETE FROM command WHERE at < ?", [long_ago])
        self._drafts = {key: one for key, one in self._drafts.items() if one.at >= long_ago}
        db.execute("DELETE FROM draft WHERE at < ?", [long_ago])

    def _unopened(self, error: sqlite3.Error) -> JournalFailed:
        if _code(error) in {sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED}:
            return JournalInUse(self.path)
        return JournalFailed(self.path, reason=_words(error))

    # -- damage -----------------------------------------------------------------------------------

    def _anew(self, error: sqlite3.Error, changes: Changes) -> sqlite3.Connection:
        """Set a damaged file aside; begin a new one with what is known of it, and the changes."""
        entries, drafts = self._entries, self._drafts
        self._set_aside(error)
        self._create()
        try:
            db = self._open()
            try:
                self._put(
                    db,
                    Changes(
                        entries={**entries, **changes.entries},
                        drafts={**drafts, **changes.drafts},
                    ),
                )
            except BaseException:
                db.close()
                raise
        except sqlite3.Error as again:
            raise self._unopened(again) from again
        finally:
            self._entries, self._drafts = entries, drafts
        return db

    def _leave(self) -> None:
        db, self._db = self._db, None
        if db is not None:
            with suppress(sqlite3.Error):
                db.close()

    def _set_aside(self, error: sqlite3.Error) -> None:
        if _identity(self.path) is None:
            _log.error("The journal %s was removed: a new one is begun.", self.path)
            return
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


@contextmanager
def _transaction(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN IMMEDIATE")
    try:
        yield
        db.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # what failed may have ended the transaction itself
            db.execute("ROLLBACK")
        raise


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
