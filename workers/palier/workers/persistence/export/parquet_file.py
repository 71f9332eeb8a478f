"""Parquet: the same tables with their types, for what reads columns. Needs pyarrow, an extra."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
from pyarrow.parquet import ParquetWriter

from palier.workers.persistence.export.column import Column, ColumnType, cell
from palier.workers.persistence.export.sink import Sink
from palier.workers.persistence.export.table import Values

#: Bytes in memory after which a group of rows is written.
_GROUP = 2_000_000

_TYPES: Mapping[ColumnType, pa.DataType] = {
    "integer": pa.int64(),
    "number": pa.float64(),
    # as the database has payoffs
    "decimal": pa.decimal128(28, 9),
    "flag": pa.bool_(),
    "category": pa.dictionary(pa.int32(), pa.string()),
    "text": pa.string(),
    "date": pa.date32(),
    "instant": pa.timestamp("us", tz="UTC"),
    "json": pa.string(),
}

_PLACES = Decimal("1e-9")

#: How a value is given to Arrow, where it is not as it is.
_GIVEN: Mapping[ColumnType, Callable[[Any], Any]] = {
    "number": float,
    "decimal": lambda value: value.quantize(_PLACES),
    "category": cell,
    "text": cell,
    "date": date.fromisoformat,
    "json": cell,
}


@contextmanager
def parquet_file(path: Path, columns: Sequence[Column]) -> Iterator[Sink]:
    """Open a file for the rows of one table; raises `OSError`."""
    schema = pa.schema(
        [
            pa.field(one.name, _TYPES[one.type], metadata={"about": one.about, "unit": one.unit})
            for one in columns
        ]
    )
    waiting: list[pa.RecordBatch] = []
    # Arrow's own allocator keeps what it was given; the system's gives it back
    writing = {
        "compression": "zstd",
        "memory_pool": pa.system_memory_pool(),
        "use_dictionary": [one.name for one in columns if one.type == "category"],
    }

    with path.open("wb") as file, ParquetWriter(file, schema, **writing) as writer:

        def flush() -> None:
            # one dictionary for all rows of a group: each batch came with its own
            writer.write_table(pa.Table.from_batches(waiting, schema).unify_dictionaries())
            waiting.clear()

        def write(rows: Sequence[Values]) -> None:
            arrays = [
                _array(values, column)
                for values, column in zip(zip(*rows, strict=True), columns, strict=True)
            ]
            waiting.append(pa.RecordBatch.from_arrays(arrays, schema=schema))
            if sum(one.nbytes for one in waiting) > _GROUP:
                flush()

        yield write
        flush()


def _array(values: Sequence[Any], column: Column) -> pa.Array:
    given = _GIVEN.get(column.type)
    if given is not None:
        values = [None if one is None else given(one) for one in values]
    return pa.array(values, _TYPES[column.type], memory_pool=pa.system_memory_pool())
