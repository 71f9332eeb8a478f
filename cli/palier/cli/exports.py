"""A session's data, from the database to a folder of files.

Imported where it is needed: it brings SQLAlchemy along, which takes half a second, and which a
participant's computer need not have.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import Engine
from sqlalchemy.exc import DBAPIError

from palier.cli.errors import CommandError
from palier.cli.showing import err
from palier.workers.persistence.database import open_database
from palier.workers.persistence.export import (
    FORMATS,
    Export,
    Format,
    Written,
    check_apart,
    export,
    take_picture,
    write_identities,
)
from palier.workers.persistence.export import write_export as write

#: What SQLite and PostgreSQL say of a table or a column that they do not have.
_STRANGE = re.compile(r"no such (table|column)|(relation|column) \S+ does not exist")


def formats(text: str) -> tuple[Format, ...]:
    """Return the formats that ``csv,parquet`` names; raises `CommandError`."""
    wanted = _listed(text)
    for one in wanted:
        if one not in FORMATS:
            raise CommandError(f"{one!r} is no format: name some of {', '.join(FORMATS)}.")
    return tuple(one for one in FORMATS if one in wanted)


def tables(text: str | None) -> tuple[str, ...] | None:
    """Return the tables that ``answers,payoffs`` names; None for all."""
    return None if text is None else _listed(text)


def _listed(text: str) -> tuple[str, ...]:
    names = tuple(one.strip() for one in text.split(",") if one.strip())
    if not names:
        raise CommandError(f"{text!r} names nothing: write names with commas between them.")
    return names


def write_export(
    database: str,
    session: str,
    folder: Path,
    *,
    kinds: Sequence[Format] = ("csv",),
    names: Sequence[str] | None = None,
    identities: Path | None = None,
) -> Written:
    """Write a session's data into a folder, straight from the database; raises `CommandError`.

    ``identities`` is a file elsewhere, for the list of who sat where.
    """
    if identities is not None:
        check_apart(identities, export=folder)
    with reading(database) as engine:
        with _told(folder):
            written = write(engine, session, folder, formats=kinds, names=names)
        if identities is not None:
            with _told(identities), take_picture(engine, session) as picture:
                write_identities(picture, identities)
    rows = sum(written.manifest["tables"].values())
    err.print(f"Exported {rows} rows.", style="dim")
    return written


def read_exports(database: str, session: str) -> tuple[Export, ...]:
    """Return a session's tables, in memory; raises `CommandError`."""
    with reading(database) as engine, take_picture(engine, session) as picture:
        return export(picture.db, session)


@contextmanager
def reading(database: str) -> Iterator[Engine]:
    """Open a database to read from; raises `CommandError`."""
    engine = open_database(database)
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file and not Path(file).exists():
        raise CommandError(f"There is no database {file}.")  # looking must not make one
    try:
        yield engine
    except DBAPIError as error:
        where = engine.url.render_as_string(hide_password=True)
        if _STRANGE.search(str(error.orig)):
            raise CommandError(
                f"The database {where} has not the tables of this version of Palier: "
                "a worker of this version brings them up to date when it starts."
            ) from None
        raise CommandError(f"The database {where} cannot be read: {error.orig}") from None
    finally:
        engine.dispose()


@contextmanager
def _told(where: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        # what SQLite says of its file has no number, and is all there is
        why = error.strerror or str(error)
        raise CommandError(f"{where} cannot be written to: {why}.") from None
