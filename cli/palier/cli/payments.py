"""`palier session payments`: who is paid how much, as a list, as CSV, and on paper.

Seats are all that is known of who is paid: names are written on the paper, and stay there.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from decimal import Decimal
from html import escape
from pathlib import Path
from typing import Annotated, Any

import typer

from palier.cli import options
from palier.cli.errors import CommandError
from palier.cli.operating import Name
from palier.cli.server import DATA, find_server
from palier.cli.showing import out, rows_table
from palier.schemas.names import check_name

#: A row of the list, by column.
Paid = Mapping[str, Any]

_TITLES = ("seat", "points", "paid periods", "points paid", "show-up", "rate", "to pay")

_STYLE = """
@page { size: A4; margin: 18mm; }
body { font: 11pt/1.4 system-ui, sans-serif; color: #1b1f24; max-width: 170mm; margin: 2em auto; }
h1 { font-size: 17pt; margin: 0 0 .2em; }
p { margin: .2em 0 1em; color: #555; }
table { border-collapse: collapse; width: 100%; }
th, td { padding: .35em .6em; border-bottom: 1px solid #ccd; text-align: right; }
th { font-weight: 600; border-bottom: 1.5px solid #667; }
th:first-child, td:first-child, .sign { text-align: left; }
.sign { width: 38%; }
tfoot td { font-weight: 600; border-bottom: 0; }
.receipt { break-inside: avoid; border: 1px solid #99a; border-radius: 3mm; padding: 6mm 8mm;
  margin: 0 0 8mm; }
.receipt .amount { font-size: 20pt; font-weight: 600; margin: .1em 0; }
.receipt .line { border-bottom: 1px solid #667; height: 9mm; margin-top: 2mm; }
.receipts { break-before: page; }
"""


def payments(
    name: Name,
    *,
    to: Annotated[
        Path | None,
        typer.Option(help="A folder for payments.csv and payments.html, a list to print."),
    ] = None,
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Show what each seat is paid, once the session is over; print list and receipts with --to.

    No name of a person is in it: the printed list has a line for name and signature beside each
    seat.
    """
    from palier.cli.exports import read_exports

    session = check_name(name)
    database = find_server(server, data).need("database", "PALIER_DATABASE")
    paid = list(_rows(read_exports(database, session), session))
    files = [] if to is None else _written(to / session, session, paid)
    if as_json:
        listed = [{key: _plain(value) for key, value in one.items()} for one in paid]
        out.print_json(data=listed)
        return
    out.print(rows_table(f"Payments of {session}", _TITLES, [_line(one) for one in paid]))
    out.print(f"In all: {_total(paid)}")
    for file in files:
        out.print(str(file), soft_wrap=True)


def _rows(exports: Iterable[Any], session: str) -> Iterable[Paid]:
    """Return a row for each seat; raises `CommandError` where there is nothing to pay."""
    found = {one.name: one for one in exports}
    if not found["payoffs"].rows:
        raise CommandError(f"There is no session {session}: see `palier session list`.")
    table = found["payments"]
    if not table.rows:
        raise CommandError(
            f"Session {session} has no payments: it is not over, or its program has no payment=. "
            "What was earned is in `palier session show`."
        )
    for row in table.rows:
        yield dict(zip(table.columns, row, strict=True))


def _line(one: Paid) -> tuple[str, ...]:
    return (
        *(one["seat"], f"{one['points']:f}", one["periods"] or "all"),
        *(f"{one['paid_points']:f}", f"{one['show_up']:f}", f"{one['rate']:f}"),
        f"{one['amount']:f} {one['currency']}",
    )


def _total(paid: Iterable[Paid]) -> str:
    sums: dict[str, Decimal] = {}
    for one in paid:
        sums[one["currency"]] = sums.get(one["currency"], Decimal(0)) + one["amount"]
    return ", ".join(f"{amount:f} {currency}" for currency, amount in sums.items())


def _plain(value: Any) -> Any:
    return f"{value:f}" if isinstance(value, Decimal) else str(value) if value is not None else None


def _written(folder: Path, session: str, paid: list[Paid]) -> list[Path]:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        table, page = folder / "payments.csv", folder / "payments.html"
        with table.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(paid[0])
            writer.writerows([_plain(value) for value in one.values()] for one in paid)
        page.write_text(page_of(session, paid), encoding="utf-8")
    except OSError as error:
        raise CommandError(f"{folder} cannot be written to: {error.strerror}.") from None
    return [table.resolve(), page.resolve()]


def page_of(session: str, paid: list[Paid]) -> str:
    """Return a page to print: the list with room for signatures, then a receipt for each seat."""
    title = f"Payments of session {escape(session)}"
    rows = "\n".join(
        f"<tr><td>{escape(one['seat'])}</td><td>{one['amount']:f}&nbsp;{one['currency']}</td>"
        '<td class="sign"></td></tr>'
        for one in paid
    )
    receipts = "\n".join(_receipt(session, one) for one in paid)
    return f"""<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><title>{title}</title><style>{_STYLE}</style></head>
<body>
<h1>{title}</h1>
<p>Names stand on this paper alone: the data know seats.</p>
<table>
<thead><tr><th>Seat</th><th>Amount</th><th class="sign">Name and signature</th></tr></thead>
<tbody>
{rows}
</tbody>
<tfoot><tr><td>In all</td><td>{escape(_total(paid))}</td><td></td></tr></tfoot>
</table>
<div class="receipts">
{receipts}
</div>
</body>
</html>
"""


def _receipt(session: str, one: Paid) -> str:
    drawn = f", of period {escape(one['periods'])}" if one["periods"] else ""
    return f"""<div class="receipt">
<div>Receipt, session {escape(session)}, seat {escape(one["seat"])}</div>
<div class="amount">{one["amount"]:f}&nbsp;{one["currency"]}</div>
<div>{one["show_up"]:f} for coming, and {one["rate"]:f} for each of \
{one["paid_points"]:f} points{drawn}.</div>
<div class="line">Name</div>
<div class="line">Date and signature</div>
</div>"""
