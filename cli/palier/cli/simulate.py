"""`palier simulate`: a program played by bots, thousands of times, in memory."""

from __future__ import annotations

import csv
import os
import shlex
import time
from collections.abc import Sequence
from dataclasses import fields
from pathlib import Path
from typing import Annotated

import typer

from palier.cli import options
from palier.cli.errors import CommandError
from palier.cli.folders import Folder, program_in
from palier.cli.given import settings_of
from palier.cli.histogram import histograms
from palier.cli.showing import err, out, rows_table
from palier.program.testing import load
from palier.program.testing.simulation import (
    By,
    Failed,
    Plan,
    Simulated,
    Simulation,
    Summary,
    simulate,
)

#: Kinds of failures that are told, each by its first seed.
_TOLD = 5

_COLUMNS = ("sessions × seats", "mean", "sd", "min", "max")


def simulate_(  # noqa: PLR0913 - each is an option of its own
    folder: Folder,
    *,
    number: Annotated[int, typer.Option("-n", "--number", min=1, help="Sessions.")] = 1000,
    seats: Annotated[
        int | None, typer.Option(min=1, help="Seats of each session; one group by default.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, such as rounds=5; repeatable.")
    ] = None,
    settings: options.SettingsFile = None,
    strategy: options.Strategy = None,
    seed: Annotated[int, typer.Option(help="Of the first session; the next has the next.")] = 1,
    by: Annotated[
        By | None,
        typer.Option(
            help="What payoffs are shown by; else by what the program has.", show_default=False
        ),
    ] = None,
    to: Annotated[
        Path | None,
        typer.Option(
            help="The folder for payoffs.csv and payoffs.svg.", show_default="simulated/NAME"
        ),
    ] = None,
    jobs: Annotated[
        int | None, typer.Option(min=1, help="Processes; one a processor by default.")
    ] = None,
    as_json: options.Json = False,
) -> None:
    """Play a program with bots, in memory: what it pays, in a table, as CSV and as a picture.

    The rules are those of a worker. Bots play as the program's bots.py says, else by chance. A
    session that fails is told with its seed; the exit code is then 1.
    """
    programs, name = program_in(folder)
    played = load(programs / name.replace("-", "_"))
    plan = Plan(
        folder=programs / name.replace("-", "_"),
        seats=seats,
        settings=settings_of(played, settings, setting or []),
        strategies=strategy,
    )
    began = time.monotonic()
    found = simulate(plan, seeds=range(seed, seed + number), processes=jobs or os.cpu_count() or 1)
    took = time.monotonic() - began
    what = by or _telling(found)
    files = _written(found, to or Path("simulated") / name, name, what) if found.rows else []
    if as_json:
        out.print_json(data=_json(found, what, files, took))
    else:
        _show(found, what, number, took)
        for one in files:
            out.print(str(one), soft_wrap=True)
    options_again = {"--settings": settings, "--strategy": strategy, "--seats": seats}
    given = [
        *(f"{option}={one}" for option, one in options_again.items() if one is not None),
        *(f"--set={one}" for one in setting or []),
    ]
    _tell(found.failed, shlex.join(["palier", "simulate", str(folder), *given]))
    if found.failed:
        raise typer.Exit(1)


def _telling(found: Simulation) -> By:
    """Return what tells payoffs apart: treatments, else roles, else seats."""
    if any(one.treatment for one in found.rows):
        return "treatment"
    return "role" if any(one.role for one in found.rows) else "seat"


def _show(found: Simulation, what: By, number: int, took: float) -> None:
    well = number - len(found.failed)
    if not found.rows:
        out.print("No session came to its end.")
        return
    out.print(f"{well} sessions in {took:.1f} s: {well / took:.0f} in a second.")
    everyone = found.by("all") if what != "all" and len(found.payoffs(what)) > 1 else []
    rows = [_cells(one) for one in (*found.by(what), *everyone)]
    out.print(rows_table("Payoffs, in points", (what, *_COLUMNS), rows))


def _cells(one: Summary) -> tuple[str, ...]:
    return (
        one.by or "none",
        str(one.count),
        f"{one.mean:.2f}",
        f"{one.sd:.2f}",
        f"{one.minimum:.2f}",
        f"{one.maximum:.2f}",
    )


def _written(found: Simulation, folder: Path, name: str, what: By) -> list[Path]:
    table, picture = folder / "payoffs.csv", folder / "payoffs.svg"
    groups = {
        one or "none": [float(each) for each in payoffs]
        for one, payoffs in found.payoffs(what).items()
    }
    sessions = len({one.seed for one in found.rows})
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with table.open("w", newline="", encoding="utf-8") as file:
            lines = csv.writer(file)
            columns = [one.name for one in fields(Simulated)]
            lines.writerow(columns)
            lines.writerows([getattr(one, column) for column in columns] for one in found.rows)
        title = f"Payoffs in {sessions} sessions of {name}, by {what}"
        picture.write_text(histograms(title, groups, unit="points"), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{folder} cannot be written to: {error.strerror}.") from None
    return [table, picture]


def _tell(failed: Sequence[Failed], again: str) -> None:
    """Tell of each kind of failure, with the command and seed that show it again."""
    kinds = {one.reason: one for one in reversed(failed)}
    first = sorted(kinds.values(), key=lambda one: one.seed)
    for one in first[:_TOLD]:
        count = sum(each.reason == one.reason for each in failed)
        more = f" (and {count - 1} more alike)" if count > 1 else ""
        err.print(
            f"Seed {one.seed}{more}: {one.reason}\n  again: {again} -n 1 --seed {one.seed}",
            style="red",
            soft_wrap=True,
            markup=False,
        )
    if len(first) > _TOLD:
        err.print(f"… and {len(first) - _TOLD} other failures.", style="red")


def _json(found: Simulation, what: By, files: Sequence[Path], took: float) -> dict[str, object]:
    return {
        "sessions": len({one.seed for one in found.rows}),
        "seconds": round(took, 3),
        "by": what,
        "payoffs": [
            {
                what: one.by,
                "count": one.count,
                "mean": one.mean,
                "sd": one.sd,
                "min": float(one.minimum),
                "max": float(one.maximum),
            }
            for one in found.by(what)
        ],
        "failed": [{"seed": one.seed, "reason": one.reason} for one in found.failed],
        "files": [str(one) for one in files],
    }
