"""`palier screen`: the screens that authors write."""

from __future__ import annotations

import typer

from palier.cli.preview import preview

app = typer.Typer(no_args_is_help=True, help="Screens: what participants see, as XML files.")
app.command()(preview)
