"""The command `palier`: one sentence for each thing that goes wrong, a traceback with --debug."""

from __future__ import annotations

import logging
import sys
from importlib.metadata import version
from typing import Annotated

import typer
from pydantic import ValidationError

from palier.cli import bundle, dead_letters, languages, programs, screens, session, topology
from palier.cli.bots import bots
from palier.cli.check import check
from palier.cli.demo import demo
from palier.cli.desk import desk, overview
from palier.cli.doctor import doctor
from palier.cli.new import new
from palier.cli.run import run
from palier.cli.showing import err
from palier.cli.simulate import simulate_
from palier.cli.up import up, worker
from palier.schemas.errors import PalierError

_INTERRUPTED = 130

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Programs that many people go through together, stage by stage.",
)
for one in (new, run, check, demo, up, worker, desk, overview, bots, doctor):
    app.command()(one)
app.command("simulate")(simulate_)
app.add_typer(session.app, name="session")
app.add_typer(screens.app, name="screen")
app.add_typer(programs.app, name="program")
app.add_typer(dead_letters.app, name="dead-letters")
app.add_typer(topology.app, name="topology")
app.add_typer(languages.app, name="words")
app.add_typer(bundle.app, name="bundle")

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
    except SystemExit as end:
        # Typer has taken Ctrl-C before we could
        if end.code == _INTERRUPTED:
            err.print("Stopped.", style="dim")
        raise
    except BaseException as error:  # noqa: BLE001 - whatever it is, a person reads it
        _fail(_first(error))


def _first(error: BaseException) -> BaseException:
    """Return the first error of a group: the others followed from it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return error


def _fail(error: BaseException) -> None:
    if isinstance(error, KeyboardInterrupt):
        err.print("Stopped.", style="dim")
        sys.exit(_INTERRUPTED)
    if _debug:
        raise error
    err.print(f"palier: {_sentence(error)}", style="red", soft_wrap=True, markup=False)
    sys.exit(1)


def _sentence(error: BaseException) -> str:
    match error:
        case PalierError():
            return str(error)
        case ValidationError():  # what was typed does not fit the message it was for
            first = error.errors(include_url=False)[0]
            return f"{'.'.join(str(one) for one in first['loc'])}: {first['msg'].lower()}."
        case _:
            return f"A mistake of ours: {error!r}. `palier --debug …` shows where."


if __name__ == "__main__":
    main()
