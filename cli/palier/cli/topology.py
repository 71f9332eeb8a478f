"""`palier topology check`: what RabbitMQ has, beside what Palier declares."""

from __future__ import annotations

import typer

from palier.broker.inspection import differences
from palier.cli import options
from palier.cli.server import DATA, find_server
from palier.cli.showing import out

app = typer.Typer(no_args_is_help=True, help="Exchanges, queues and bindings.")


@app.callback()
def topology() -> None:
    """Exchanges, queues and bindings."""


@app.command()
def check(
    *,
    partitions: int = 1,
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Compare RabbitMQ with what Palier declares, changing nothing; exit code 1 if they differ."""
    found = find_server(server, data)
    wrong = differences(
        found.need("management", "PALIER_MANAGEMENT"),
        user=found.need("user", "PALIER_SERVER with a user"),
        password=found.need("password", "PALIER_PASSWORD"),
        partitions=partitions,
    )
    if as_json:
        out.print_json(data=wrong)
    else:
        out.print("\n".join(wrong) if wrong else "Everything is as declared.")
    if wrong:
        raise typer.Exit(1)
