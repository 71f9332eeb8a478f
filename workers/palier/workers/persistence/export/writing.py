"""Writing an export: one picture, each table once, into all its files at the same time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from sqlalchemy import Engine

from palier.workers.errors import ExportRefused
from palier.workers.persistence.export.codebook import HEADS, Codebook
from palier.workers.persistence.export.column import Column, cell
from palier.workers.persistence.export.csv_file import csv_file
from palier.workers.persistence.export.folder import hash_of, whole_folder
from palier.workers.persistence.export.known import check_session
from palier.workers.persistence.export.manifest import MANIFEST, describe, write_manifest
from palier.workers.persistence.export.picture import Picture, take_picture
from palier.workers.persistence.export.sink import Sink
from palier.workers.persistence.export.sqlite_file import SqliteFile
from palier.workers.persistence.export.table import Export, ExportTable, Format, Values
from palier.workers.persistence.export.tables import TABLES

SQLITE = "session.sqlite"

#: Rows, and values, that are on their way into files at a time.
_ROWS, _CELLS = 500, 50_000

#: Rows that are kept for a first look.
_HEAD = 20


@dataclass(frozen=True, slots=True)
class Written:
    """An export that is written: its folder, its files by name, the first rows of each table."""

    folder: Path
    files: dict[str, Path]
    heads: dict[str, Export]
    manifest: dict[str, Any]


def write_export(
    engine: Engine,
    session: str,
    folder: Path,
    *,
    formats: Sequence[Format] = ("csv",),
    names: Sequence[str] | None = None,
) -> Written:
    """Write a session's data into a folder of its own, as they are at this instant.

    ``names`` are the tables wanted, all by default. Blocking, from seconds to a minute; in memory
    is a part of one table at a time. Whatever a worker does meanwhile is not held up. Raises
    `ExportRefused`, `OSError`.
    """
    tables = _chosen(names)
    need(formats)
    with take_picture(engine, session) as picture:
        check_session(picture)
        assert picture.opened is not None
        opened_at = cell(picture.opened["opened_at"])
        with whole_folder(folder, session=session, opened_at=opened_at) as draft:
            heads, manifest = _write(picture, draft, tables, formats)
    files = {name: (folder / name).resolve() for name in (*manifest["files"], MANIFEST)}
    return Written(folder.resolve(), files, heads, manifest)


def need(formats: Sequence[Format]) -> None:
    """Raise `ExportRefused` when a format needs what is not installed."""
    if "parquet" in formats:
        try:
            import pyarrow.parquet  # noqa: F401
        except ImportError:
            raise ExportRefused(
                "Parquet files need pyarrow: install palier[parquet], or leave it out of --format."
            ) from None


def _chosen(names: Sequence[str] | None) -> list[ExportTable]:
    known = [one.name for one in TABLES]
    for one in names or ():
        if one not in known:
            raise ExportRefused(f"There is no table {one!r}; there are: {', '.join(known)}.")
    return [one for one in TABLES if names is None or one.name in names]


def _write(
    picture: Picture, draft: Path, tables: Sequence[ExportTable], formats: Sequence[Format]
) -> tuple[dict[str, Export], dict[str, Any]]:
    assert picture.opened is not None
    codebook = Codebook(session=picture.session, program=picture.opened["program"])
    heads: dict[str, Export] = {}
    counts: dict[str, int] = {}
    with ExitStack() as stack:
        sqlite: SqliteFile | None = None
        if "sqlite" in formats:
            sqlite = stack.enter_context(SqliteFile(draft / SQLITE))
        for table in tables:
            columns = table.columns_of(picture)
            codebook.add(table, columns)
            with ExitStack() as files:
                sinks = [
                    files.enter_context(_file(one, draft, table, columns, sqlite))
                    for one in formats
                    if one in table.formats
                ]
                heads[table.name], counts[table.name] = _pour(table, columns, picture, sinks)
        if sqlite is not None:
            _add_codebook(sqlite, codebook)
    codebook.write(draft)
    manifest = describe(picture, tables=counts, files=_files(draft, counts))
    write_manifest(draft, manifest)
    return heads, manifest


def _file(
    kind: Format,
    draft: Path,
    table: ExportTable,
    columns: Sequence[Column],
    sqlite: SqliteFile | None,
) -> Any:
    """Return what opens a table's place in a file."""
    if kind == "csv":
        return csv_file(draft / f"{table.name}.csv", columns)
    if kind == "sqlite":
        assert sqlite is not None
        return sqlite.table(table, columns)
    from palier.workers.persistence.export.parquet_file import parquet_file

    return parquet_file(draft / f"{table.name}.parquet", columns)


def _pour(
    table: ExportTable, columns: Sequence[Column], picture: Picture, sinks: Sequence[Sink]
) -> tuple[Export, int]:
    """Read a table's rows into its files; return the first that say something, and how many."""
    answers = [number for number, one in enumerate(columns) if one.questions]
    first: list[tuple[Any, ...]] = []
    count = telling = 0
    size = max(1, min(_ROWS, _CELLS // len(columns)))
    for rows in _batches(table.rows(picture), size):
        for sink in sinks:
            sink(rows)
        count += len(rows)
        # a stage that asks for nothing says nothing
        told = [row for row in rows if not answers or any(row[one] is not None for one in answers)]
        telling += len(told)
        first += [tuple(row) for row in told[: _HEAD - len(first)]]
    return Export(table.name, tuple(one.name for one in columns), tuple(first), telling), count


def _batches(rows: Any, size: int) -> Iterator[list[Values]]:
    source = iter(rows)
    while batch := list(islice(source, size)):
        yield batch


def _files(draft: Path, counts: Mapping[str, int]) -> dict[str, dict[str, Any]]:
    """Return of each file how many rows it has, and its hash; one with several tables has none."""
    return {
        path.name: {
            **({"rows": counts[path.stem]} if path.stem in counts else {}),
            "bytes": path.stat().st_size,
            "sha256": hash_of(path),
        }
        for path in sorted(draft.iterdir())
    }


_CODEBOOK = ExportTable(
    name="codebook",
    about="A row for each column of each table, or for each question of one.",
    columns=tuple(Column(name=one, type="text", about="") for one in HEADS),
    rows=lambda _: (),
)


def _add_codebook(sqlite: SqliteFile, codebook: Codebook) -> None:
    columns = _CODEBOOK.columns
    assert isinstance(columns, tuple)
    with sqlite.table(_CODEBOOK, columns) as write:
        for rows in _batches(codebook.flat_rows(), _ROWS):
            write(rows)
