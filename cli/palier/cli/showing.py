"""What commands show: tables for people, JSON for scripts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from palier.broker.address import Address
from palier.cli.course import within
from palier.cli.server import Server
from palier.cli.words import bracketed, names, short, span
from palier.schemas.events import Clock
from palier.schemas.names import ROOM
from palier.schemas.replies import Overview, SeatRow

if TYPE_CHECKING:  # not every computer has what exports come from
    from palier.workers.persistence.export import Export

#: What is shown goes to standard output; what is told on the way, to standard error.
#: Neither interprets what people typed: a session's title may have brackets or colons in it.
out = Console(highlight=False, markup=False, emoji=False)
err = Console(stderr=True, highlight=False, markup=False, emoji=False)

#: The tables of an export that are looked at on the spot.
LOOKED_AT = ("answers", "payoffs")

#: A first look at a table: its rows, the columns of the terminal, the letters of a cell.
_ROWS, _WIDTH, _LONG = 8, 80, 20

#: The last column of exported answers before those of the forms' fields.
_FIXED = "set_aside"

_STATES = {
    "lobby": ("in the waiting room", "dim"),
    "working": ("working", "yellow"),
    "submitted": ("submitted", "green"),
    "waiting": ("waiting for other groups", "cyan"),
    "excluded": ("excluded", "dim"),
    "finished": ("finished", "bold green"),
}

#: States of seats whose stage is open.
_OPEN = frozenset({"working", "submitted"})

#: An answer that did not come from its seat.
_HOW = {"default": "default taken", "bot": "bot answered", "operator": "operator answered"}

_STATUSES = {
    "lobby": "dim",
    "running": "green",
    "paused": "yellow",
    "stopped": "bold red",
    "finished": "bold green",
    "closed": "dim",
}

#: The last lines of a traceback, where its author looks first.
_LAST_LINES = 6


def status_text(status: str) -> Text:
    """Return a session's status in its colour."""
    return Text(status, style=_STATUSES.get(status, ""))


def overview_table(overview: Overview, *, now: datetime | None = None) -> Table:
    """Return seats × stages: a column a step, and where each seat is now.

    How a seat stands and how much time is left have columns where there is something to say.
    """
    now = now or overview.now
    steps = overview.steps or _steps(overview.seats)
    table = Table(
        title=_title(overview),
        title_justify="left",
        title_style="bold",
        caption=_waiting_for(overview),
        caption_justify="left",
    )
    standing = any(one.standing != "active" for one in overview.seats)
    clocks = any(one.clock is not None for one in overview.seats)
    grouped = any(one.group for one in overview.seats)
    treated = any(one.treatment for one in overview.seats)
    paid = any(one.payment for one in overview.seats)
    table.add_column("seat")
    if treated:
        table.add_column("treatment")
    if standing:
        table.add_column("standing")
    if grouped:
        table.add_column("group")
    for _, title in steps:
        table.add_column(title)
    if clocks:
        table.add_column("left", justify="right")
    table.add_column("since", justify="right")
    table.add_column("payoff", justify="right")
    if paid:
        table.add_column("payment", justify="right")
    for row in overview.seats:
        dot = Text("● ", style="green" if row.present else "red")
        table.add_row(
            dot.append(row.seat, style="default"),
            *([row.treatment] if treated else []),
            *([{"active": ""}.get(row.standing, row.standing)] if standing else []),
            *([f"{row.group} {row.role}".strip()] if grouped else []),
            *_cells(row, [name for name, _ in steps]),
            *([_left(row.clock, now)] if clocks else []),
            _since(row.since, now, over=row.state == "finished"),
            row.payoff,
            *([row.payment] if paid else []),
        )
    return table


def _title(overview: Overview) -> Text:
    title = Text(f"{overview.program}, session {overview.session}: ")
    title.append_text(status_text(overview.status))
    if overview.reason and overview.status != "stopped":
        title.append(f" ({overview.reason})")
    return title


def stopped_by(overview: Overview) -> list[str]:
    """Return what an operator reads of a program that stopped its session, line by line."""
    if overview.status != "stopped":
        return []
    lines = [one for one in overview.traceback.splitlines() if one.strip()]
    return [
        f"The program failed: {overview.reason}",
        *(f"  {one}" for one in lines[-_LAST_LINES:]),
        f"Decisions are kept. Mend the program, then: palier session retry {overview.session}",
    ]


def notes(overview: Overview) -> list[str]:
    """Return what stands below the table: who calls for help, how evenly open stages were shown."""
    return [*_calls(overview), *_skews(overview)]


def _calls(overview: Overview) -> list[str]:
    calls = [(one.called_at, one) for one in overview.seats if one.called_at is not None]
    return [
        f"{row.seat} calls for help since {span((overview.now - at).total_seconds())}"
        f"{bracketed(short(row.call))}: palier session attend {overview.session} {row.seat}"
        for at, row in sorted(calls, key=lambda one: one[0])
    ]


def _skews(overview: Overview) -> list[str]:
    """Return how far apart the desks of each open stage had painted it, as they report it."""
    openings: dict[tuple[str, int], list[SeatRow]] = {}
    for one in overview.seats:
        if one.scope is not None and one.painted is not None and one.state in _OPEN:
            openings.setdefault((one.scope, one.generation), []).append(one)
    return [
        f"{rows[0].stage}{within(scope)} was painted on {len(rows)} desks within "
        f"{1000 * (max(times) - min(times)):.0f} ms."
        for (scope, _), rows in openings.items()
        if len(times := [one.painted for one in rows if one.painted is not None]) > 1
    ]


def _steps(rows: Iterable[SeatRow]) -> tuple[tuple[str, str], ...]:
    return tuple({row.stage: (row.stage, row.title) for row in rows if row.stage}.values())


def _cells(row: SeatRow, steps: Sequence[str]) -> list[Text]:
    """Return a seat's line: what lies behind it, and where it is."""
    if row.stage not in steps:
        return [Text("") for _ in steps]
    here = steps.index(row.stage)
    words, style = _STATES[row.state]
    if row.state == "submitted":
        words = _HOW.get(row.how or "", words)
    visit = f" ({row.visit})" if row.visit > 1 else ""
    return [
        *(Text("✓", style="dim green") for _ in steps[:here]),
        Text(f"{words}{visit}", style=style),
        *(Text("") for _ in steps[here + 1 :]),
    ]


def _left(clock: Clock | None, now: datetime) -> Text:
    """Return how much time a stage gives still; both times are the worker's."""
    if clock is None:
        return Text("")
    if clock.deadline_at is None:
        return Text(f"{span(clock.left or 0)} stands", style="dim")
    left = (clock.deadline_at - now).total_seconds()
    return Text(span(left), style="red" if left <= 0 else "")


def _since(since: datetime | None, now: datetime, *, over: bool) -> str:
    if since is None or over:
        return ""
    seconds = max(0, int((now - since).total_seconds()))
    return f"{seconds // 60}:{seconds % 60:02}"


def _waiting_for(overview: Overview) -> str:
    match overview.status:
        case "lobby":
            missing = [one.seat for one in overview.seats if not one.present]
            return f"Not here yet: {', '.join(missing)}." if missing else "Everyone is here."
        case "paused":
            return f"Nobody goes on until: palier session resume {overview.session}"
        case "running":
            working = [one.seat for one in overview.seats if one.state == "working"]
            playing = [one for one in overview.seats if one.state != "excluded"]
            return f"Waiting for {names(working)}." if 0 < len(working) < len(playing) else ""
        case _:
            return ""


def first_look(export: Export) -> Table:
    """Return the first rows of an exported table: fewer columns than its file has, to be read."""
    columns, rows = _answered(export) if export.name == "answers" else _plain(export)
    shown = rows[:_ROWS]
    title = export.name.capitalize()
    if not shown:
        title = f"{title}: none"
    elif len(shown) < export.count:
        title = f"{title}: the first {len(shown)} of {export.count}"
    return rows_table(title, columns, shown)


def _answered(export: Export) -> tuple[list[str], list[list[str]]]:
    """Return the rows that hold an answer, each with the seconds it took."""
    fields = export.columns[export.columns.index(_FIXED) + 1 :]
    columns = ["seat", "group", "stage", "visit", "took", *fields]
    rows = []
    for row in export.rows:
        one = dict(zip(export.columns, row, strict=True))
        if all(one[field] is None for field in fields):
            continue  # a stage that asks for nothing
        one["took"] = f"{(one['arrived_at'] - one['opened_at']).total_seconds():.1f} s"
        rows.append([_short(_told(one[column])) for column in columns])
    return _fitting([_short(one) for one in columns], rows)


def _told(value: Any) -> str:
    """Return a value as the files have it; nothing is nothing."""
    match value:
        case None:
            return ""
        case Decimal():
            return f"{value:f}"
        case bool():
            return str(value).upper()
        case _:
            return str(value)


def _short(text: str) -> str:
    return text if len(text) <= _LONG else f"{text[: _LONG - 1]}…"


def _fitting(columns: list[str], rows: list[list[str]]) -> tuple[list[str], list[list[str]]]:
    """Leave out the last columns that do not fit a terminal; a column of dots stands for them."""
    edges = 3  # of each column: a line and a space on both sides
    widths = [edges + max(map(len, one)) for one in zip(columns, *rows[:_ROWS], strict=True)]
    if sum(widths) < _WIDTH:
        return columns, rows
    kept = len(widths)
    while kept > 1 and sum(widths[:kept]) + edges + 1 >= _WIDTH:
        kept -= 1
    return [*columns[:kept], "…"], [[*row[:kept], "…"] for row in rows]


def _plain(export: Export) -> tuple[list[str], list[list[str]]]:
    """Return everything but the session, which is the same in every row, and empty columns."""
    kept = [
        number
        for number, column in enumerate(export.columns)
        if column != "session" and any(row[number] is not None for row in export.rows[:_ROWS])
    ]
    return (
        [export.columns[number] for number in kept],
        [[_told(row[number]) for number in kept] for row in export.rows],
    )


def printable(text: str) -> str:
    """Return what came over the wire without what would command a terminal."""
    return "".join(one if one.isprintable() else ascii(one)[1:-1] for one in text)


def rows_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> Table:
    """Return a plain table; what is too long for the terminal goes on in the next line."""
    table = Table(title=title, title_justify="left", title_style="bold")
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(one if isinstance(one, Text) else str(one) for one in row))
    return table


def codes_table(title: str, codes: Mapping[str, str]) -> Table:
    """Return what one types at each seat to sit down there."""
    rows = [(seat, f"palier desk --join {code}") for seat, code in codes.items()]
    return rows_table(title, ("seat", "join with"), rows)


def line_for_a_pc(server: Server) -> str:
    """Return what one types at a computer that has nothing but `palier-client`."""
    address = Address.parse(server.amqp)
    room = replace(address, user=ROOM, password=server.room_password or "PASSWORD")
    near = ", on this computer alone" if address.host in {"127.0.0.1", "::1", "localhost"} else ""
    return f"At a PC{near}:\npalier-client --server {room.url()} --join CODE"
