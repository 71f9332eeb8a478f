"""Opening the database: SQLite, durable to the platter, or PostgreSQL."""

from __future__ import annotations

import re
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from pydantic_core import to_json
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError

from palier.schemas.errors import PalierError
from palier.workers.errors import DatabaseUnavailable
from palier.workers.persistence.patience import Patience, answering
from palier.workers.persistence.postgresql import be_patient

__all__ = [
    "READ_ONLY",
    "InvalidDatabase",
    "Patience",
    "answering",
    "migrate",
    "open_database",
    "rebuilding",
]

#: The execution option of a connection that only reads: on SQLite it holds up no writer.
READ_ONLY = "palier_read_only"

_MIGRATIONS = Path(__file__).parent / "migrations"

#: Key of the lock that lets one worker migrate at a time (PostgreSQL, advisory): "palier".
_MIGRATION_LOCK = 0x70616C696572

#: A change of tables may take long, and so may another worker's.
_MIGRATION = Patience(lock=120.0, answer=600.0, stillness=120.0)

#: Seconds in which others have turned the write-ahead log of a new file on.
_PATIENCE = 5.0

#: A user and what follows up to the host, in any URL.
_PASSWORD = re.compile(r"(://[^:/@]*):[^@]*@")


class InvalidDatabase(PalierError):
    """The URL names no database that Palier can use."""

    def __init__(self, url: str) -> None:
        shown = _PASSWORD.sub(r"\1:***@", url)
        super().__init__(
            f"{shown!r} is no database for Palier: use sqlite:///path/to/file.db "
            "or postgresql://user:password@host/name."
        )


def open_database(url: str | URL, *, patience: Patience | None = None) -> Engine:
    """Return an engine; connects to nothing yet. Raises `InvalidDatabase`.

    Without ``patience`` it waits as long as the driver does: what reads much takes its time.
    """
    try:
        parsed = make_url(url)
    except (ArgumentError, ValueError):
        raise InvalidDatabase(str(url)) from None
    if parsed.get_backend_name() == "postgresql":
        # a plain postgresql:// URL, as everywhere else, means psycopg 3 here; no ping before
        # each transaction: one that meets a dead connection is tried again on a new one
        engine = create_engine(parsed.set(drivername="postgresql+psycopg"), json_serializer=_json)
        if patience is not None:
            be_patient(engine, patience)
    elif parsed.get_backend_name() == "sqlite":
        engine = create_engine(
            parsed,
            connect_args={
                "timeout": 30 if patience is None else patience.lock,
                "check_same_thread": False,
            },
            json_serializer=_json,
        )
        event.listen(engine, "connect", _configure_sqlite)
        event.listen(engine, "begin", _begin)
    else:
        raise InvalidDatabase(str(url))
    return engine


def migrate(engine: Engine) -> None:
    """Bring the tables to this version; safe when several workers start at once.

    On a connection of its own, which has time. Raises `DatabaseUnavailable`.
    """
    settings = Config()
    settings.set_main_option("script_location", str(_MIGRATIONS))
    patient = open_database(engine.url, patience=_MIGRATION)
    try:
        with answering(), rebuilding(patient) as db:
            if engine.dialect.name == "postgresql":
                db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
            settings.attributes["connection"] = db
            command.upgrade(settings, "head")
    except DatabaseUnavailable as error:
        where = f"The database at {engine.url.render_as_string()}"
        raise DatabaseUnavailable(str(error).replace("The database", where, 1)) from error
    finally:
        patient.dispose()


@contextmanager
def rebuilding(engine: Engine) -> Iterator[Connection]:
    """Begin a transaction in which tables can be made anew under the rows that point to them.

    SQLite changes a table by copying it, and would miss the rows while it does; it can be told so
    only outside a transaction. They are looked at before the commit instead.
    """
    if engine.dialect.name != "sqlite":
        with engine.begin() as db:
            yield db
        return
    with engine.connect() as db:
        raw = db.connection.dbapi_connection
        assert raw is not None
        cursor = raw.cursor()
        cursor.execute("PRAGMA foreign_keys = OFF")
        try:
            with db.begin():
                yield db
                lost = db.exec_driver_sql("PRAGMA foreign_key_check").all()
                assert not lost, f"rows that point nowhere after a migration: {lost[:3]}"
        finally:
            cursor.execute("PRAGMA foreign_keys = ON")
            cursor.close()


def _json(value: object) -> str:
    # several times the standard library's speed, and it is on the path of every answer
    return to_json(value).decode()


def _configure_sqlite(connection: Any, _record: object) -> None:
    # the driver must not begin transactions on its own: `_begin` does
    connection.isolation_level = None
    cursor = connection.cursor()
    _log_ahead(cursor)
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.close()


def _log_ahead(cursor: Any) -> None:
    """Turn the write-ahead log on, which lasts; on a new file workers that start together collide.

    SQLite does not wait for the others here, whatever its timeout: we do.
    """
    patience = time.monotonic() + _PATIENCE
    while True:
        try:
            cursor.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > patience:
                raise
            time.sleep(0.01)
        else:
            return


def _begin(connection: Connection) -> None:
    # a deferred transaction that turns into a writer fails at once when another writes
    reads = connection.get_execution_options().get(READ_ONLY)
    connection.exec_driver_sql("BEGIN DEFERRED" if reads else "BEGIN IMMEDIATE")
