"""A session's data, from the database to CSV files.

Imported where it is needed: it brings SQLAlchemy along, which takes half a second, and which a
participant's computer need not have.
"""

from __future__ import annotations

import csv
import json
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from palier.cli.errors import CommandError
from palier.cli.showing import err
from palier.workers.persistence import tables
from palier.workers.persistence.database import open_database
from palier.workers.persistence.export import Export, export


def read_exports(database: str, session: str) -> tuple[Export, ...]:
    """Return a session's tables, straight from the database; raises `CommandError`."""
    engine = open_database(database)
    file = engine.url.database
    if engine.dialect.name == "sqlite" and file and not Path(file).exists():
        raise CommandError(f"There is no database {file}.")  # looking must not make one
    try:
        with engine.begin() as db:
            known = select(tables.session.c.name).where(tables.session.c.name == session)
            if db.execute(known).first() is None:
                raise CommandError(f"There is no session {session}: see `palier session list`.")
            return export(db, session)
    except DBAPIError as error:
        where = engine.url.render_as_string(hide_password=True)
        raise CommandError(f"The database {where} cannot be read: {error.orig}") from None
    finally:
        engine.dispose()


def write_exports(exports: tuple[Export, ...], folder: Path) -> dict[str, Path]:
    """Write each table to a CSV file of its name (UTF-8); return the paths."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        paths = {one.name: _write(one, folder) for one in exports}
    except OSError as error:
        raise CommandError(f"{folder} cannot be written to: {error.strerror}.") from None
    err.print(f"Exported {sum(len(one.rows) for one in exports)} rows.", style="dim")
    return paths


def _write(export: Export, folder: Path) -> Path:
    """Write one file, whole or not at all."""
    path = folder / f"{export.name}.csv"
    draft = path.with_suffix(".new")
    with draft.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(export.columns)
        writer.writerows([_cell(value) for value in row] for row in export.rows)
    draft.replace(path)
    return path.resolve()


def _cell(value: object) -> object:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value
