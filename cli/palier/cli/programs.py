"""`palier program`: which programs there are, and bringing their tables to their entities.

What knows SQLAlchemy is imported where it is needed: it takes half a second, and a participant's
computer need not have it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.syntax import Syntax

from palier.cli import options
from palier.cli.errors import CommandError, NoServer
from palier.cli.server import DATA, find_server
from palier.cli.showing import out, rows_table
from palier.schemas.errors import PalierError
from palier.schemas.names import check_name

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from palier.workers.persistence.migrating import Migration

app = typer.Typer(no_args_is_help=True, help="Programs, and the tables of their entities.")

Database = Annotated[
    str | None,
    typer.Option(
        "--database",
        envvar="PALIER_DATABASE",
        help="sqlite:///file or postgresql://user:password@host/name; by default that of the "
        "server in --data.",
        show_default=False,
    ),
]


@app.command("list")
def list_(
    *,
    programs: options.Programs = options.PROGRAMS,
    as_json: options.Json = False,
) -> None:
    """List the programs of a folder, with their entities."""
    from palier.program.entities.found import family_of_program
    from palier.workers.runtime.catalogue import Catalogue

    known = Catalogue([programs])
    rows: list[dict[str, str]] = []
    for name in known.names():
        try:
            program = known.program(name)
            family = family_of_program(program)
            entities = ", ".join(one.__name__ for one in family.classes) if family else ""
            row = {"program": name, "title": program.title, "entities": entities}
        except PalierError as error:
            row = {"program": name, "title": "", "entities": "", "broken": str(error)}
        rows.append(row)
    if as_json:
        out.print_json(data=rows)
        return
    out.print(
        rows_table(
            f"Programs in {programs}",
            ("program", "title", "entities"),
            [
                (one["program"], one["title"] or one.get("broken", ""), one["entities"])
                for one in rows
            ],
        )
    )


@app.command()
def migrate(  # noqa: PLR0913 - each is an option of its own
    name: Annotated[str, typer.Argument(help="The program's name.")],
    *,
    apply: Annotated[bool, typer.Option("--apply", help="Do what is proposed.")] = False,
    drop: Annotated[
        bool,
        typer.Option(
            "--drop", help="Also what takes values out; they are kept in dropped_… tables."
        ),
    ] = False,
    rename: Annotated[
        list[str] | None,
        typer.Option(help="What has another name now: Person.surname=last_name, Person=Human."),
    ] = None,
    sql: Annotated[bool, typer.Option("--sql", help="Show the statements too.")] = False,
    programs: options.Programs = options.PROGRAMS,
    database: Database = None,
    server: options.Address = None,
    data: options.Data = DATA,
) -> None:
    """Bring a program's tables to its entities: show what would be done, or do it.

    Without --apply all of it is tried on the database and taken back. What would lose values needs
    --drop, and is kept in tables of its own. It can be done again without harm.
    """
    from palier.workers.persistence.migrating import migrate_program
    from palier.workers.runtime.catalogue import Catalogue

    program = Catalogue([programs]).program(check_name(name))
    engine = _opened(database, server, data)
    try:
        done = migrate_program(
            engine, name, program, apply=apply, drop=drop, renames=tuple(rename or ())
        )
    finally:
        engine.dispose()
    if done is None:
        out.print(f"The tables of {name} are as its entities want them.")
        return
    _show(done, applied=apply, sql=sql, again=_again(name, done, rename or []))


def _opened(url: str | None, server: str | None, data: Path) -> Engine:
    """Return the database, with Palier's own tables as they are now; raises `CommandError`."""
    from palier.workers.persistence.database import migrate as bring_forward
    from palier.workers.persistence.database import open_database

    if url is None:
        file = data / "palier.db"
        try:
            url = find_server(server, data).need("database", "PALIER_DATABASE")
        except NoServer:
            if server is not None or not file.exists():
                raise
            url = f"sqlite:///{file.resolve()}"  # no server runs now, and its data are there
    engine = open_database(url)
    path = engine.url.database
    if engine.dialect.name == "sqlite" and path and not os.path.exists(path):  # noqa: PTH110
        raise CommandError(f"There is no database {path}.")  # looking must not make one
    bring_forward(engine)
    return engine


def _again(name: str, done: Migration, renames: list[str]) -> str:
    words = ["palier program migrate", name, "--apply"]
    words += ["--drop"] if done.plan.loses else []
    words += [f"--rename {one}" for one in renames]
    return " ".join(words)


def _show(done: Migration, *, applied: bool, sql: bool, again: str) -> None:
    plan = done.plan
    out.print(f"{'What was done' if applied else 'What would be done'} to {plan.program}:")
    for old, column, new in plan.renames:
        out.print(f"  ~ {f'{old}.{column}' if column else old} is called {new}.")
    for one in plan.changes:
        out.print(f"  {_SIGNS.get(one.what, '~')} {one.sentence}", style="red" if one.loses else "")
    if sql and done.sql:
        out.print(Syntax(";\n".join(done.sql) + ";", "sql", word_wrap=True))
    if applied:
        for kept in done.kept:
            out.print(f"What went is kept in {kept}.")
        return
    for problem in plan.problems:
        out.print(f"  ! {problem}", style="bold red")
    for offer in plan.offers:
        out.print(f"  ? {offer}", style="cyan")
    if plan.problems:
        out.print("Nothing was changed, and nothing can be before this is mended.")
        raise typer.Exit(1)
    losing = f" {plan.loses} would leave the tables, and be kept beside them." if plan.loses else ""
    out.print(f"Nothing was changed.{losing} To do it: {again}", soft_wrap=True)


_SIGNS = {"make": "+", "add": "+", "drop": "-"}
