"""Exports the session of the benchmark once, and says what it took: a process of its own.

Its memory is measured before the first row and at its highest: the difference is what the export
takes besides the libraries that it needs.
"""

from __future__ import annotations

import json
import os
import resource
import sys
import time
from contextlib import suppress
from pathlib import Path

from export_data import SESSION

from palier.workers.persistence.database import open_database
from palier.workers.persistence.export import Format, write_export
from palier.workers.persistence.export.writing import need


def _megabytes() -> float:
    """Return the most memory that this process had until now."""
    with suppress(OSError):
        # what getrusage says begins, on Linux, with what the process had that started this one
        lines = Path("/proc/self/status").read_text().splitlines()
        return int(next(one.split()[1] for one in lines if one.startswith("VmHWM"))) / 1024
    highest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return highest / (1 << 20 if sys.platform == "darwin" else 1 << 10)


def main(folder: str, *formats: Format) -> None:
    """Export into a new folder; the database is that of PALIER_DATABASE."""
    need(formats)
    before, began, spent = _megabytes(), time.perf_counter(), time.process_time()
    written = write_export(
        open_database(os.environ["PALIER_DATABASE"]), SESSION, Path(folder), formats=formats
    )
    said = {
        "seconds": time.perf_counter() - began,
        "processor": time.process_time() - spent,
        "peak": _megabytes(),
        "libraries": before,
        "rows": sum(written.manifest["tables"].values()),
        "answers": written.manifest["tables"]["answers_long"],
        "megabytes": sum(one["bytes"] for one in written.manifest["files"].values()) / 1e6,
    }
    sys.stdout.write(json.dumps(said))


if __name__ == "__main__":
    main(*sys.argv[1:])  # type: ignore[arg-type] # the benchmark names formats that there are
