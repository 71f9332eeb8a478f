"""`palier screen`: begin a screen, check those there are; `palier.cli.preview` shows one."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from palier.cli import options
from palier.cli.errors import BrokenFile, CommandError
from palier.cli.preview import preview
from palier.cli.showing import err, out
from palier.cli.stages import UNKNOWN, StageCall, stages
from palier.cli.starting_screen import starting_screen
from palier.client.controllers import InFolders, Installed, OneOf
from palier.controller import ControllerError, connect, unused
from palier.schemas.names import check_name
from palier.schemas.screens.acting import Use
from palier.schemas.screens.errors import BadScreen, Mistake
from palier.schemas.screens.folder import ScreenFile, files, read_file
from palier.schemas.screens.suggestions import nearest

#: Where a program has its screens.
SCREENS = "screens"

app = typer.Typer(no_args_is_help=True, help="Screens: what participants see, as XML files.")


@app.command()
def new(
    program: Annotated[str, typer.Argument(help="A program's name, or its folder.")],
    stage: Annotated[str, typer.Argument(help="The stage's name.")],
    *,
    programs: options.Programs = options.PROGRAMS,
) -> None:
    """Write a screen to begin with for a stage: what its form asks, and a button.

    A file that is there already stays as it is.
    """
    check_name(stage)
    folder = _program(program, programs)
    path = folder / SCREENS / f"{stage}.xml"
    if path.exists():
        raise CommandError(f"{path} is there already: edit it, or move it away.")
    call, said = _opened(folder, stage)
    text = starting_screen(
        form=call.described if call else UNKNOWN,
        data=call.data if call else None,
        grammar=_grammar(path.parent),
    )
    path.parent.mkdir(exist_ok=True)
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
    out.print(f"{path} is written. {said}", soft_wrap=True)


@app.command()
def check(
    paths: Annotated[
        list[Path], typer.Argument(help="Files, folders of a program, or a folder of programs.")
    ],
) -> None:
    """Read screens, and compare them with the stages that show them; exit code 1 for mistakes.

    Each mistake is a line of file, line, column, what is wrong and what to do.
    """
    found = Checked()
    for path in paths:
        for group in groups(path):
            found.add(group)
    for mistake in sorted(set(found.mistakes)):
        out.print(str(mistake), soft_wrap=True)
    for misfit in found.misfits:
        out.print(misfit, soft_wrap=True)
    for line in found.said:
        err.print(line, style="dim", soft_wrap=True)
    screens = f"{found.count} screen{'' if found.count == 1 else 's'}"
    wrong = len(set(found.mistakes)) + len(found.misfits)
    if not wrong and not found.broken:
        out.print(f"{screens}: no mistake.")
        return
    out.print(f"{screens}: {wrong} mistake{'' if wrong == 1 else 's'}.")
    raise typer.Exit(1)


app.command()(preview)


@dataclass(slots=True)
class Group:
    """Some screens of one folder, and the folder of their program if they have one."""

    files: tuple[Path, ...]
    program: Path | None
    #: Whether these are all the screens that the program has.
    all: bool


@dataclass(slots=True)
class Checked:
    """What was checked, and what was found."""

    mistakes: list[Mistake] = field(default_factory=list)
    #: What does not fit between screens and their controllers, a sentence each.
    misfits: list[str] = field(default_factory=list)
    #: What is to be said besides: what each screen was compared with.
    said: list[str] = field(default_factory=list)
    count: int = 0
    broken: bool = False

    def add(self, group: Group) -> None:
        """Check some screens of one folder."""
        calls: tuple[StageCall, ...] | None = None
        if group.program is not None:
            try:
                calls = stages(group.program)
            except BrokenFile as error:
                self.broken = True
                self.said.append(f"{error} Its screens are checked without its forms.")
        for path in group.files:
            self.count += 1
            try:
                file = read_file(path)
            except BadScreen as error:
                self.mistakes += error.mistakes
                continue
            self._beside(file, calls)
            if file.spec.controller:
                self._connected(file, group.program)
        if group.program is not None and calls is not None and group.all:
            self._missing(group.program, calls, {one.stem for one in group.files})

    def _beside(self, file: ScreenFile, calls: Sequence[StageCall] | None) -> None:
        """Compare a screen with each stage that shows it."""
        showing = [one for one in calls or () if one.screen == file.spec.name]
        if not showing:
            why = "it is in no program" if calls is None else "no stage is seen to show it"
            self.said.append(f"{file.path}: without form and data, for {why}.")
            self.mistakes += file.check_alone()
        for call in showing:
            form = call.described
            if form == UNKNOWN:
                self.said.append(
                    f"{file.path}: without form and data, for that of stage {call.name} in line "
                    f"{call.line} is not known before it is run."
                )
                self.mistakes += file.check_alone()
                continue
            self.mistakes += file.check(form, call.data)
            asked = "no form" if call.form is None else f"the form {call.form.__name__}"  # type: ignore[union-attr]
            shown = "its data" if call.data is not None else "without its data: they are computed"
            self.said.append(f"{file.path}: with stage {call.name}, {asked}, {shown}.")

    def _connected(self, file: ScreenFile, program: Path | None) -> None:
        """Compare a screen with its controller, as a desk does that has the program's folder."""
        name = file.spec.controller
        folders = () if program is None else (program.resolve().parent,)

        def where(use: Use) -> str:
            found = file.mistake(use.number, use.attribute, "")
            return f"{found.file}:{found.line}:{found.column}"

        try:
            controller = OneOf(Installed(), InFolders(*folders)).find(name)
            if controller is None:
                self.said.append(f"{file.path}: without its controller {name}, which is not here.")
                return
            connect(file.spec, controller, where=where)
        except ControllerError as error:
            self.misfits += error.problems
        else:
            self.misfits += unused(file.spec, controller)
            self.said.append(f"{file.path}: with its controller {name}.")

    def _missing(self, program: Path, calls: Sequence[StageCall], names: set[str]) -> None:
        for call in calls:
            if call.screen in {UNKNOWN, call.name, ""} or call.screen in names:
                continue
            meant = nearest(call.screen, names)
            self.mistakes.append(
                Mistake(
                    file=str(program / "program.py"),
                    line=call.line,
                    column=call.column,
                    reason=f"Stage {call.name} is shown by {call.screen}.xml, which is not there.",
                    hint=f"Do you mean {meant}?" if meant else "Write it, or leave screen= out.",
                )
            )


def groups(path: Path) -> Iterator[Group]:
    """Yield the screens at a path, program by program; raises `CommandError` if there are none."""
    if path.is_file():
        yield Group((path,), _program_of(path.parent), all=False)
        return
    if not path.is_dir():
        raise CommandError(f"There is no {path}.")
    folders = [path / SCREENS] if (path / SCREENS).is_dir() else []
    if not folders and files(path):
        folders = [path]
    if not folders:
        folders = sorted(path.glob(f"*/{SCREENS}"))
    if not folders:
        raise CommandError(
            f"There are no screens in {path}: they lie in {SCREENS}/, beside a program.py."
        )
    for folder in folders:
        program = _program_of(folder)
        yield Group(files(folder), program, all=program is not None)


def _program_of(folder: Path) -> Path | None:
    above = folder.resolve().parent if folder.name in {"", ".", ".."} else folder.parent
    return above if (above / "program.py").is_file() else None


def _program(name: str, programs: Path) -> Path:
    """Return the folder of a program; raises `CommandError`."""
    for folder in (Path(name), programs / name.replace("-", "_")):
        if (folder / "program.py").is_file():
            return folder
    known = sorted(one.parent.name.replace("_", "-") for one in programs.glob("*/program.py"))
    there = f"there is {', '.join(known)}" if known else "there is none"
    raise CommandError(f"There is no program {name} in {programs}: {there}.")


def _opened(folder: Path, stage: str) -> tuple[StageCall | None, str]:
    """Return how a program opens a stage, as far as that can be known, and what to say of it."""
    try:
        calls = stages(folder)
    except BrokenFile as error:
        return None, f"{error} So it asks for nothing yet."
    found = [one for one in calls if one.name == stage]
    if not found:
        names = {one.name for one in calls}
        meant = nearest(stage, names)
        hint = f" Do you mean {meant}?" if meant else ""
        return None, f"No stage {stage} is seen in {folder / 'program.py'}.{hint}"
    if found[0].form == UNKNOWN:
        return found[0], "The form of its stage is not known before it is run: add the questions."
    return found[0], f"See how it looks: palier screen preview {folder / SCREENS / stage}.xml"


def _grammar(folder: Path) -> str | None:
    """Return the way from a folder to the grammar of screens, if it is in one above."""
    where = folder.resolve()
    for above in where.parents:
        file = above / "docs" / "screen.xsd"
        if file.is_file():
            return Path(os.path.relpath(file, where)).as_posix()
    return None
