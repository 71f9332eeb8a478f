"""`palier check`: what is wrong with a program, before anyone sits down."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from palier.cli import options
from palier.cli.errors import BrokenFile, CommandError
from palier.cli.folders import program_in
from palier.cli.given import Given, given_settings
from palier.cli.lint import lint
from palier.cli.screens import Checked, groups
from palier.cli.shape import Shape
from palier.cli.showing import err, out
from palier.cli.stages import stages
from palier.cli.trial import Trial, line_in
from palier.program.testing import load, load_bots
from palier.schemas.errors import PalierError
from palier.schemas.screens.errors import BadScreen, Mistake


def check(
    folder: Annotated[
        Path, typer.Argument(help="The folder of a program.", metavar="[FOLDER]")
    ] = Path(),
    *,
    seats: Annotated[
        int | None, typer.Option(min=1, help="Seats to play it with; one group by default.")
    ] = None,
    setting: Annotated[
        list[str] | None, typer.Option("--set", help="A setting to play it with; repeatable.")
    ] = None,
    settings: options.SettingsFile = None,
    as_json: options.Json = False,
) -> None:
    """Read a program and its screens, and play it in memory; exit code 1 for mistakes.

    Each mistake is a line of file, line, column, what is wrong and what to write instead: names,
    forms, groups, screens beside their stages, what is not on the record (chance, time, files), and
    what shows when bots play it.
    """
    programs, name = program_in(folder)
    mistakes, said = checked(
        _shown(programs / name.replace("-", "_")),
        seats,
        given_settings(settings, setting or []),
    )
    if as_json:
        out.print_json(
            data={
                "mistakes": [
                    {
                        "file": one.file,
                        "line": one.line,
                        "column": one.column,
                        "reason": one.reason,
                        "hint": one.hint,
                    }
                    for one in mistakes
                ],
                "said": said,
            }
        )
    else:
        for one in mistakes:
            out.print(str(one), soft_wrap=True, markup=False)
        for line in said:
            err.print(line, style="dim", soft_wrap=True, markup=False)
        count = len(mistakes)
        found = "no mistake" if not count else f"{count} mistake{'' if count == 1 else 's'}"
        out.print(f"{name}: {found}.")
    if mistakes:
        raise typer.Exit(1)


def checked(
    folder: Path, seats: int | None = None, given: Given | None = None
) -> tuple[list[Mistake], list[str]]:
    """Return what is wrong with the program in a folder, and what is to be said besides.

    Raises `CommandError` where the settings to play it with do not fit it.
    """
    path = folder / "program.py"
    try:
        calls = stages(folder)
        outside = lint(path)
        program = load(folder)
        strategies = load_bots(folder)
    except (BrokenFile, BadScreen) as error:
        return [_whole(path, str(error), line_in(path, error.__cause__))], []
    except (OSError, SyntaxError, ValueError) as error:
        raise CommandError(f"{path} cannot be read: {error}.") from None
    except PalierError as error:
        return [_whole(path, str(error))], []
    if given is not None:
        given.check(program)
    shape = Shape(path, program, calls)
    found = [*outside, *shape.mistakes()]
    screens = Checked()
    if (folder / "screens").is_dir():
        for group in groups(folder):
            screens.add(group)
    found += screens.mistakes
    found += [_whole(path, one) for one in screens.misfits]
    trial = Trial(path)
    if outside:
        trial.said.append("Not played: mend first what hangs on something beyond its record.")
    else:
        trial.play(
            program,
            seats=seats,
            settings={} if given is None else given.values,
            strategies=strategies,
        )
    found += trial.mistakes
    found += shape.missing_steps(trial.opened)
    return sorted(set(found)), [*screens.said, *trial.said]


def _whole(path: Path, reason: str, line: int = 1) -> Mistake:
    return Mistake(file=str(path), line=line, column=1, reason=reason)


def _shown(folder: Path) -> Path:
    """Return a folder as one reads it: relative to where one is, if it is below."""
    here = Path.cwd()
    return folder.relative_to(here) if folder.is_relative_to(here) else folder
