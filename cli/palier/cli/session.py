"""`palier session`: open, list, show, start, close, export."""

from __future__ import annotations

import json
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from palier.cli import options
from palier.cli.errors import CommandError
from palier.cli.running import run
from palier.cli.server import DATA, Server, find_server
from palier.cli.showing import first_look, out, overview_table, rows_table
from palier.client.asking import Operator
from palier.schemas.commands import MAX_SEATS, OpenSession
from palier.schemas.names import check_name

app = typer.Typer(no_args_is_help=True, help="Open, watch and export sessions.")

Name = Annotated[str, typer.Argument(help="The session's name.", metavar="SESSION")]


def operator_of(server: Server) -> Operator:
    """Return the operator of a server, not connected yet; raises `NoServer`."""
    password = server.need("operator_password", "PALIER_OPERATOR_PASSWORD")
    server.need_answer()
    return Operator(server.transport(), password=password)


def new_name(program: str) -> str:
    """Return a name for a session that nobody named."""
    return f"{program[:20]}-{datetime.now(UTC):%m%d}-{secrets.token_hex(2)}"


def seat_names(seats: str) -> tuple[str, ...]:
    """Return the names that ``4`` or ``p1,p2,p3`` stand for.

    Raises `InvalidName`, and `CommandError` for too few, too many, or one that is named twice.
    """
    if seats.isdecimal():
        count = int(seats)
        if not 1 <= count <= MAX_SEATS:
            raise CommandError(f"A session has 1 to {MAX_SEATS} seats, not {count}.")
        return tuple(f"p{number}" for number in range(1, count + 1))
    names = tuple(check_name(one.strip()) for one in seats.split(","))
    if len(set(names)) < len(names):
        raise CommandError(f"--seats {seats}: each seat once, please.")
    return names


@app.command("open")
def open_(  # noqa: PLR0913 - each is an option of its own
    program: Annotated[str, typer.Argument(help="The program's name, such as public-goods.")],
    *,
    seats: Annotated[str, typer.Option(help="How many, or their names: p1,p2,p3,p4.")] = "4",
    name: Annotated[str | None, typer.Option(help="The session's name.")] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="A setting, such as rounds=5; repeatable.")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Makes the program's chance repeatable.")] = None,
    auto_start: Annotated[bool, typer.Option(help="Start once every seat is present.")] = False,
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Open a session and print a one-time code for each seat."""
    found = find_server(server, data)
    check_name(program)
    command = OpenSession(
        session=check_name(name or new_name(program)),
        program=program,
        seats=seat_names(seats),
        settings=_settings(setting or []),
        auto_start=auto_start,
        seed=seed,
    )

    async def work() -> dict[str, str]:
        async with operator_of(found) as operator:
            await operator.open(command)
            return await operator.codes(command.session, command.seats)

    codes = run(work())
    if as_json:
        out.print_json(data={"session": command.session, "codes": codes})
        return
    out.print(
        rows_table(f"Session {command.session} is open", ("seat", "join with"), _how_to_join(codes))
    )


def _how_to_join(codes: dict[str, str]) -> list[tuple[str, str]]:
    return [(seat, f"palier desk --join {code}") for seat, code in codes.items()]


def _settings(given: list[str]) -> dict[str, Any]:
    settings: dict[str, Any] = {}
    for one in given:
        key, sign, value = one.partition("=")
        if not sign:
            raise CommandError(f"--set {one}: write it as name=value.")
        try:
            settings[key] = json.loads(value)
        except ValueError:
            settings[key] = value  # text needs no quotes
    return settings


@app.command("list")
def list_(
    *, as_json: options.Json = False, server: options.Address = None, data: options.Data = DATA
) -> None:
    """List the sessions of a server, newest first."""

    async def work() -> Any:
        async with operator_of(find_server(server, data)) as operator:
            return await operator.sessions()

    sessions = run(work()).sessions
    if as_json:
        out.print_json(data=[one.model_dump(mode="json") for one in sessions])
        return
    rows = [
        (one.session, one.program, one.status, one.seats, f"{one.opened_at:%Y-%m-%d %H:%M}")
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

    async def work() -> Any:
        async with operator_of(find_server(server, data)) as operator:
            return await operator.overview(check_name(name))

    overview = run(work())
    if as_json:
        out.print_json(overview.model_dump_json())
    else:
        out.print(overview_table(overview))


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

    async def work() -> dict[str, str]:
        async with operator_of(find_server(server, data)) as operator:
            return await operator.codes(check_name(name), seat_names(seats))

    issued = run(work())
    if as_json:
        out.print_json(data=issued)
    else:
        out.print(rows_table(f"Session {name}", ("seat", "join with"), _how_to_join(issued)))


@app.command()
def start(name: Name, *, server: options.Address = None, data: options.Data = DATA) -> None:
    """Start a session, whoever is present."""

    async def work() -> None:
        async with operator_of(find_server(server, data)) as operator:
            await operator.start(check_name(name))

    run(work())
    out.print(f"Session {name} runs.")


@app.command()
def close(
    name: Name,
    *,
    reason: Annotated[str, typer.Option(help="Why; it is kept.")] = "",
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """End a session; what was decided stays."""

    async def work() -> None:
        async with operator_of(find_server(server, data)) as operator:
            await operator.close(check_name(name), reason=reason)

    run(work())
    out.print(f"Session {name} is closed.")


@app.command("export")
def export_(
    name: Name,
    *,
    to: Annotated[Path, typer.Option(help="The folder for the CSV files.")] = Path(),
    as_json: options.Json = False,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Write a session's answers, payoffs, stages and events as CSV files; also while it runs."""
    from palier.cli.exports import read_exports, write_exports

    database = find_server(server, data).need("database", "PALIER_DATABASE")
    exports = read_exports(database, check_name(name))
    paths = write_exports(exports, to / name)
    if as_json:
        out.print_json(data={one: str(path) for one, path in paths.items()})
        return
    for one in exports[:2]:
        out.print(first_look(one))
    for path in paths.values():
        out.print(str(path), soft_wrap=True)
