"""What commands show: tables for people, JSON for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from palier.schemas.replies import Overview, SeatRow
from palier.workers.persistence.export import Export

#: What is shown goes to standard output; what is told on the way, to standard error.
out = Console(highlight=False)
err = Console(stderr=True, highlight=False)

_STATES = {
    "lobby": ("in the waiting room", "dim"),
    "working": ("working", "yellow"),
    "submitted": ("submitted", "green"),
    "waiting": ("waiting for other groups", "cyan"),
    "finished": ("finished", "bold green"),
}


def overview_table(overview: Overview, *, now: datetime | None = None) -> Table:
    """Return seats × stages: a column a step, and where each seat is now."""
    steps = overview.steps or _steps(overview.seats)
    table = Table(
        title=f"{overview.program}, session {overview.session}: {overview.status}",
        title_justify="left",
        title_style="bold",
        caption=_waiting_for(overview),
        caption_justify="left",
    )
    table.add_column("seat")
    for _, title in steps:
        table.add_column(title)
    table.add_column("since", justify="right")
    table.add_column("payoff", justify="right")
    for row in overview.seats:
        dot = Text("● ", style="green" if row.present else "red")
        table.add_row(
            dot.append(row.seat, style="default"),
            *(_cell(row, name) for name, _ in steps),
            _since(row.since, now or datetime.now(UTC), over=row.state == "finished"),
            row.payoff,
        )
    return table


def _steps(rows: Iterable[SeatRow]) -> tuple[tuple[str, str], ...]:
    return tuple({row.stage: (row.stage, row.title) for row in rows if row.stage}.values())


def _cell(row: SeatRow, step: str) -> Text:
    if row.stage != step:
        return Text("")
    words, style = _STATES[row.state]
    visit = f"{row.visit}: " if row.visit > 1 else ""
    return Text(f"{visit}{words}", style=style)


def _since(since: datetime | None, now: datetime, *, over: bool) -> str:
    if since is None or over:
        return ""
    seconds = max(0, int((now - since).total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02}"


def _waiting_for(overview: Overview) -> str:
    if overview.status == "lobby":
        missing = [one.seat for one in overview.seats if not one.present]
        return f"Not here yet: {', '.join(missing)}." if missing else "Everyone is here."
    working = [one.seat for one in overview.seats if one.state == "working"]
    if overview.status != "running" or not working or len(working) == len(overview.seats):
        return ""
    return f"Waiting for {', '.join(working[:8])}{' …' if len(working) > 8 else ''}."  # noqa: PLR2004


def export_table(export: Export, *, rows: int) -> Table:
    """Return a first look at an exported table."""
    table = Table(title=f"{export.name}: {len(export.rows)} rows", title_justify="left")
    for column in export.columns:
        table.add_column(column)
    for row in export.rows[:rows]:
        table.add_row(*(str(one) for one in row))
    if len(export.rows) > rows:
        table.add_row(*("…" for _ in export.columns))
    return table


def rows_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Return a plain table."""
    table = Table(title=title, title_justify="left")
    for column in columns:
        table.add_column(column)
    for row in rows:
        table.add_row(*(str(one) for one in row))
    return table
