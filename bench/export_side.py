"""W7: a long session, written to files by a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import postgres
from export_data import fill
from figures import ExportRow

from palier.workers.persistence.database import open_database

_SCRIPT = Path(__file__).with_name("export_process.py")

#: Seconds that an export may take.
_PATIENCE = 600.0

#: The formats of each row.
_FORMATS = (("csv",), ("csv", "parquet", "sqlite"))


class Failed(Exception):
    """An export did not end well."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportShape:
    """W7: so many seats have gone through so many rounds of two stages."""

    seats: int = 300
    rounds: int = 100


def measure(
    shape: ExportShape,
    *,
    databases: tuple[str, ...],
    repetitions: int,
    folder: Path,
    say: Callable[[str], None],
) -> list[ExportRow]:
    """Fill each database, export it in each choice of formats; raises `Failed`, `Missing`."""
    rows = []
    for kind in databases:
        with ExitStack() as stack:
            url = f"sqlite:///{folder / 'export.db'}"
            if kind == "postgresql":
                cluster = postgres.cluster(folder / "postgresql-export", names=["export"])
                url = stack.enter_context(cluster)["export"]
            say(f"{kind}: {shape.seats} seats × {shape.rounds} rounds are written, to be exported")
            engine = open_database(url)
            stack.callback(engine.dispose)
            fill(engine, seats=shape.seats, rounds=shape.rounds)
            for formats in _FORMATS:
                say(f"{kind}: export as {', '.join(formats)}")
                told = [
                    _once(folder / f"export-{kind}-{len(formats)}-{one}", formats, url)
                    for one in range(repetitions)
                ]
                rows.append(
                    ExportRow(
                        shape=f"{shape.seats} × {shape.rounds}",
                        database=kind,
                        formats=", ".join(formats),
                        seconds=tuple(one["seconds"] for one in told),
                        processor=min(one["processor"] for one in told),
                        peak=max(one["peak"] for one in told),
                        libraries=max(one["libraries"] for one in told),
                        rows=int(told[0]["rows"]),
                        megabytes=told[0]["megabytes"],
                    )
                )
    return rows


def _once(folder: Path, formats: tuple[str, ...], url: str) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, str(_SCRIPT), str(folder), *formats],
        env={**os.environ, "PALIER_DATABASE": url},
        capture_output=True,
        text=True,
        timeout=_PATIENCE,
        check=False,
    )
    if done.returncode:
        raise Failed((done.stderr.strip().splitlines() or ["nothing was said"])[-1])
    told: dict[str, float] = json.loads(done.stdout)
    return told
