"""How long a database is waited for, and what is said when it was in vain."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psycopg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from palier.workers.errors import DatabaseUnavailable


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """Seconds that a worker waits for its database before it says so, and tries again.

    ``connect`` for a connection, ``lock`` for what another program has locked, ``answer`` for one
    statement. ``stillness`` is how long a transaction in which nothing is asked may last: then
    PostgreSQL ends it. It is the time of a worker that was stopped; one that computes shows, every
    third part of it, that it lives.
    """

    connect: float = 5.0
    lock: float = 5.0
    answer: float = 10.0
    stillness: float = 6.0


#: What is the database's fault or its administrator's, by SQLite's names of errors: what a person
#: can do about it. The longest beginning of a name that is here counts.
_SQLITE = {
    "SQLITE_FULL": "Its disk is full: make room.",
    "SQLITE_READONLY": "It is read-only: let this worker's user write to the file and its folder.",
    "SQLITE_BUSY": "Another program has locked it.",
    "SQLITE_IOERR": "Its disk fails: look at the system's log.",
    "SQLITE_CORRUPT": "The file is damaged: stop the worker and put a copy back.",
    "SQLITE_NOTADB": "The file is damaged: stop the worker and put a copy back.",
    "SQLITE_CANTOPEN": "The file cannot be opened: may this worker write to its folder?",
}

#: The same by SQLSTATE, or its first two characters.
_POSTGRESQL = {
    "53100": "Its disk is full: make room.",
    "53": "It has too little memory, or too many connections.",
    "25006": "It is read-only: is this the primary server?",
    "25P03": "It ended our transaction, in which nothing was asked: was this worker stopped?",
    "55P03": "Another program has locked what is needed.",
    "57014": "It took too long.",
    "42501": "This worker's user may not do this there: see its privileges.",
    "42P01": "A table is missing: was another database put in its place?",
    "3F000": "The schema is missing: was another database put in its place?",
    "58": "Its disk fails: look at the server's log.",
    "XX": "It is damaged: look at the server's log.",
}

#: What an author's own statements are to blame for: they take too long, name what is not there, or
#: do what this worker may not.
_AUTHORS = ("57014", "42", "3F", "22", "23")

#: Two transactions were in each other's way: the one that was ended is tried again.
_COLLISION = "40"


@contextmanager
def answering() -> Iterator[None]:
    """Turn what is no message's fault but the database's into `DatabaseUnavailable`.

    What breaks a rule of the tables, or is no value for a column, passes as it is.
    """
    try:
        yield
    except DBAPIError as error:
        if error.connection_invalidated or _is_the_databases(error.orig):
            raise DatabaseUnavailable(_told(error.orig)) from error
        raise


def outage(error: SQLAlchemyError) -> DatabaseUnavailable | None:
    """Return the same of an error in an author's own work with the database.

    What takes too long there, or is not there, is the author's: trying again would not mend it.
    """
    if not isinstance(error, DBAPIError):
        return None
    state = (isinstance(error.orig, psycopg.Error) and error.orig.sqlstate) or ""
    if isinstance(error.orig, sqlite3.Error):
        ours = _advice(error.orig) is not None
    else:
        ours = not state.startswith(_AUTHORS) and _is_the_databases(error.orig)
    if error.connection_invalidated or ours or state.startswith(_COLLISION):
        return DatabaseUnavailable(_told(error.orig))
    return None


def _is_the_databases(error: BaseException | None) -> bool:
    if isinstance(error, sqlite3.Error):
        # the plain DatabaseError is a damaged file; InterfaceError is our own mistake there
        return isinstance(error, sqlite3.OperationalError) or type(error) is sqlite3.DatabaseError
    if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
        return True
    return isinstance(error, psycopg.Error) and _advice(error) is not None


def _told(error: BaseException | None) -> str:
    gone = isinstance(error, psycopg.Error) and error.sqlstate is None
    trouble = "cannot be reached" if gone else "does not take this now"
    words = f"The database {trouble} ({' '.join(str(error).split())})."
    advice = _advice(error)
    return f"{words} {advice}" if advice else words


def _advice(error: BaseException | None) -> str | None:
    if isinstance(error, sqlite3.Error):
        name = getattr(error, "sqlite_errorname", None) or ""
        return next((said for code, said in _SQLITE.items() if name.startswith(code)), None)
    state = (isinstance(error, psycopg.Error) and error.sqlstate) or ""
    return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])
