"""The command `palier`: one sentence for each thing that goes wrong, a traceback with --debug."""

from __future__ import annotations

import logging
import sys
from importlib.metadata import version
from typing import Annotated

import typer

from palier.cli import session, topology
from palier.cli.bots import bots
from palier.cli.demo import demo
from palier.cli.desk import desk, overview
from palier.cli.doctor import doctor
from palier.cli.showing import err
from palier.cli.up import up, worker
from palier.schemas.errors import PalierError

_INTERRUPTED = 130

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Programs that many people go through together, stage by stage.",
)
for one in (demo, up, worker, desk, overview, bots, doctor):
    app.command()(one)
app.add_typer(session.app, name="session")
app.add_typer(topology.app, name="topology")

_debug = False


def _version(wanted: bool) -> None:  # noqa: FBT001 - Typer's
    if wanted:
        sys.stdout.write(f"palier {version('palier')}\n")
        raise typer.Exit


@app.callback()
def palier(
    *,
    debug: Annotated[bool, typer.Option(help="Show tracebacks and the log.")] = False,
    _shown: Annotated[
        bool | None, typer.Option("--version", callback=_version, is_eager=True)
    ] = None,
) -> None:
    """Programs that many people go through together, stage by stage."""
    global _debug  # noqa: PLW0603 - one command, one process
    _debug = debug
    logging.basicConfig(level=logging.INFO if debug else logging.ERROR, format="%(message)s")
    logging.getLogger("pika").setLevel(logging.CRITICAL)  # what it says, we say in our words


def main() -> None:
    """Run the command and exit with its code."""
    try:
        app(standalone_mode=True)
    except KeyboardInterrupt:
        err.print("Stopped.", style="dim")
        sys.exit(_INTERRUPTED)
    except BaseExceptionGroup as group:
        _fail(_first(group))
    except PalierError as error:
        _fail(error)


def _first(group: BaseException) -> BaseException:
    """Return the first error of a group: the others followed from it."""
    while isinstance(group, BaseExceptionGroup):
        group = group.exceptions[0]
    return group


def _fail(error: BaseException) -> None:
    if _debug or not isinstance(error, PalierError):
        raise error
    err.print(f"palier: {error}", style="red", soft_wrap=True)
    sys.exit(1)


if __name__ == "__main__":
    main()
