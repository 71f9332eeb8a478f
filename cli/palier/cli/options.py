"""Options that several commands share."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

Address = Annotated[
    str | None,
    typer.Option(
        "--server", help="RabbitMQ's address, amqp://host:5672/palier.", show_default=False
    ),
]
Data = Annotated[Path, typer.Option("--data", help="The folder of `palier up`.")]
Programs = Annotated[
    Path, typer.Option("--programs", envvar="PALIER_PROGRAMS", help="The folder of programs.")
]
Journals = Annotated[
    Path | None,
    typer.Option(
        "--journal", help="The folder on this computer's disk for answers on their way; yours."
    ),
]
Json = Annotated[bool, typer.Option("--json", help="For scripts: JSON on standard output.")]
Watch = Annotated[
    bool,
    typer.Option("--watch", help="Show screens anew as soon as their files are saved."),
]
Strategy = Annotated[
    str | None,
    typer.Option(
        help="How bots decide: names of the program's bots.py, or random; seats take them in turn.",
        show_default=False,
    ),
]

SettingsFile = Annotated[
    Path | None,
    typer.Option(
        "--settings",
        help="A file of settings, treatments and periods: TOML, or CSV with a row for each.",
        show_default=False,
    ),
]

PROGRAMS = Path(os.environ.get("PALIER_PROGRAMS", "programs"))
