"""CSV, as R and pandas read it without being told much.

UTF-8 without a mark at its beginning, commas, a line feed after each row, quotes where a value has
one, a comma or the end of a line. See `column.cell` for the values.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from palier.workers.persistence.export.column import Column, cell
from palier.workers.persistence.export.sink import Sink
from palier.workers.persistence.export.table import Values


@contextmanager
def csv_file(path: Path, columns: Sequence[Column]) -> Iterator[Sink]:
    """Open a file for the rows of one table; raises `OSError`."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow([one.name for one in columns])

        def write(rows: Sequence[Values]) -> None:
            writer.writerows([cell(value) for value in row] for row in rows)

        yield write
