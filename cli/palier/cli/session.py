"""`palier session`: open, list, show, start, close, export; the rest in files of its own."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from palier.cli import history, interventions, options, payments
from palier.cli.given import given_settings
from palier.cli.operating import Name, ask, seat_names
from palier.cli.server import DATA, find_server
from palier.cli.showing import (
    LOOKED_AT,
    codes_table,
    first_look,
    line_for_a_pc,
    notes,
    out,
    overview_table,
    rows_table,
    status_text,
    stopped_by,
)
from palier.client.asking import Operator
from palier.client.errors import Rejected
from palier.schemas.commands import OpenSession
from palier.schemas.names import check_name

app = typer.Typer(no_args_is_help=True, help="Open, watch, steer and export sessions.")


def new_name(program: str) -> str:
    """Return a name for a session that nobody named."""
    return f"{program[:20]}-{datetime.now(UTC):%m%d}-{secrets.token_hex(2)}"


@app.command("open")
def open_(  # noqa: PLR0913 - each is an option of its own
    program: Annotated[str, typer.Argument(help="The program's name, such as public-goods.")],
    *,
    seats: Annotated[str, typer.Option(help="How many, or their names: p1,p2,p3,p4.")] = "4",
    name: Annotated[str | None, typer.Option(help="The session's name.")] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, such as rounds=5; repeatable.")
    ] = None,
    settings: options.SettingsFile = None,
    seed: Annotated[int | None, typer.Option(help="Makes the program's chance repeatable.")] = None,
    auto_start: Annotated[bool, typer.Option(help="Start once every seat is present.")] = False,
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Open a session and print a one-time code for each seat."""
    check_name(program)
    given = given_settings(settings, setting or [])
    command = OpenSession(
        session=check_name(name or new_name(program)),
        program=program,
        seats=seat_names(seats),
        settings=dict(given.values),
        auto_start=auto_start,
        seed=seed,
    )

    async def work(operator: Operator) -> dict[str, str]:
        await operator.open(command)
        return await operator.codes(command.session, command.seats)

    try:
        codes = ask(server, data, work)
    except Rejected as error:
        if not error.fields or given.file is None:
            raise
        raise given.told(error.fields) from None
    if as_json:
        out.print_json(data={"session": command.session, "codes": codes})
    else:
        out.print(codes_table(f"Session {command.session} is open", codes))
        out.print(line_for_a_pc(find_server(server, data)), soft_wrap=True)


@app.command("list")
def list_(
    *, as_json: options.Json = False, server: options.Address = None, data: options.Data = DATA
) -> None:
    """List the sessions of a server, newest first."""
    sessions = ask(server, data, lambda operator: operator.sessions()).sessions
    if as_json:
        out.print_json(data=[one.model_dump(mode="json") for one in sessions])
        return
    rows = [
        (
            one.session,
            one.program,
            status_text(one.status),
            one.seats,
            f"{one.opened_at:%Y-%m-%d %H:%M}",
        )
        for one in sessions
    ]
    out.print(rows_table("Sessions", ("session", "program", "status", "seats", "opened"), rows))


@app.command()
def show(
    name: Name,
    *,
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Show where every seat of a session is."""
    session = check_name(name)
    overview = ask(server, data, lambda operator: operator.overview(session))
    if as_json:
        out.print_json(overview.model_dump_json())
        return
    out.print(overview_table(overview))
    for line in (*notes(overview), *stopped_by(overview)):
        out.print(line, soft_wrap=True)


@app.command()
def codes(
    name: Name,
    *,
    seats: Annotated[str, typer.Option(help="Their names: p1,p2.")],
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Print new join codes for seats; their older codes end."""
    session, chosen = check_name(name), seat_names(seats)
    issued = ask(server, data, lambda operator: operator.codes(session, chosen))
    if as_json:
        out.print_json(data=issued)
    else:
        out.print(codes_table(f"Session {name}", issued))
        out.print(line_for_a_pc(find_server(server, data)), soft_wrap=True)


@app.command()
def start(name: Name, *, server: options.Address = None, data: options.Data = DATA) -> None:
    """Start a session, whoever is present."""
    session = check_name(name)
    ask(server, data, lambda operator: operator.start(session))
    out.print(f"Session {name} runs.")


@app.command("abort", hidden=True)  # what others call it
@app.command()
def close(
    name: Name,
    *,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """End a session for good; what was decided stays."""
    session = check_name(name)
    ask(server, data, lambda operator: operator.close(session, reason=reason))
    out.print(f"Session {name} is closed.")


@app.command("export")
def export_(  # noqa: PLR0913 - each is an option of its own
    name: Name,
    *,
    to: Annotated[
        Path, typer.Option(help="Where its folder goes; it is called as the session.")
    ] = Path(),
    formats: Annotated[
        str, typer.Option("--format", help="Some of csv, parquet, sqlite, with commas.")
    ] = "csv",
    tables: Annotated[
        str | None, typer.Option(help="Some tables, with commas: answers,payoffs. All by default.")
    ] = None,
    identities: Annotated[
        Path | None,
        typer.Option(
            help="A new file elsewhere: the seats, with room to write down who sat there."
        ),
    ] = None,
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Write a session's data into a folder, also while it runs.

    Answers, payoffs, stages, page times, events and more, each as a file; a codebook that says what
    every column is, and a manifest: see docs/data.md. The same session's older export is replaced.
    """
    from palier.cli import exports

    kinds, names = exports.formats(formats), exports.tables(tables)
    database = find_server(server, data).need("database", "PALIER_DATABASE")
    written = exports.write_export(
        database, check_name(name), to / name, kinds=kinds, names=names, identities=identities
    )
    if as_json:
        out.print_json(data={one: str(path) for one, path in written.files.items()})
        return
    for one in LOOKED_AT:
        if one in written.heads:
            out.print(first_look(written.heads[one]))
    out.print(f"export    {written.folder}", soft_wrap=True)
    out.print(f"codebook  {written.files['codebook.md']}", soft_wrap=True)


for one in (
    interventions.advance,
    interventions.clock,
    interventions.pause,
    interventions.resume,
    interventions.exclude,
    interventions.stand_in,
    interventions.readmit,
    interventions.attend,
    interventions.replace,
    interventions.retry,
    payments.payments,
    history.log,
    history.explain,
):
    app.command()(one)
