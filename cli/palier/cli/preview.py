"""`palier screen preview`: a screen as participants will see it, without broker or database."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Annotated, Any

import typer

from palier.cli import options
from palier.cli.desk import Language, Palette, Scale, need_windows
from palier.cli.errors import CommandError
from palier.cli.showing import err, out
from palier.cli.stages import stages
from palier.client.controllers import InFolders, Installed, OneOf
from palier.client.errors import NoDisplay
from palier.client.screens.look import Look
from palier.schemas.forms import Form, FormSpec, describe
from palier.schemas.screens.screen import ScreenSpec

_WHERE = (100, 100)


def preview(  # noqa: PLR0913 - each is an option of its own
    file: Annotated[Path, typer.Argument(help="The screen: an XML file.", exists=True)],
    *,
    data: Annotated[
        Path | None,
        typer.Option(help="JSON with the data that it shows; else its own samples.", exists=True),
    ] = None,
    form: Annotated[
        str | None, typer.Option(help="What the stage asks, as module:Form.", show_default=False)
    ] = None,
    program: Annotated[
        Path | None,
        typer.Option(
            help="The program's folder; by default the one that the screen lies in.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    programs: options.Programs = options.PROGRAMS,
    palette: Palette = "system",
    scale: Scale = None,
    language: Language = None,
    size: Annotated[str, typer.Option(metavar="WxH", help="Of the window.")] = "1280x800",
    shot: Annotated[
        Path | None, typer.Option(help="Write a picture there (PNG), and end.", show_default=False)
    ] = None,
    watch: Annotated[bool, typer.Option(help="Show it anew whenever it is saved.")] = True,
) -> None:
    """Show a screen with sample data, anew whenever it is saved; its mistakes stand above it."""
    try:
        need_windows()
    except NoDisplay as error:
        raise CommandError(
            f"{error} Without a desktop, a picture can be had so: "
            f"`xvfb-run -a palier screen preview {file} --shot out.png`."
        ) from None
    from palier.client.screens.preview import Source
    from palier.client.screens.preview_window import shoot_preview, show_preview

    folder = (program or file.resolve().parent.parent).resolve()
    source = Source(
        file=file,
        data=data,
        form=_Forms(form, folder),
        controllers=OneOf(Installed(), InFolders(folder.parent, programs)),
        beside=tuple(one for one in (folder / "controllers.py",) if one.is_file()),
    )
    width, height = _size(size)
    look = Look(palette=palette, scale=scale, language=language)
    if shot is None:
        placed = Look(
            palette=palette, scale=scale, language=language, place=(*_WHERE, width, height)
        )
        show_preview(source, look=placed, watch=watch)
        return
    if problem := shoot_preview(source, shot, look=look, size=(width, height)):
        err.print(problem, style="yellow", soft_wrap=True, markup=False)
    out.print(f"{shot}", soft_wrap=True, markup=False)


def _size(text: str) -> tuple[int, int]:
    try:
        width, height = map(int, text.lower().split("x"))
    except ValueError:
        raise CommandError(f"--size {text}: write it as 1280x800.") from None
    return width, height


class _Forms:
    """The forms that an author has written: the one that is named, or those of a program."""

    def __init__(self, named: str | None, folder: Path) -> None:
        self._named = describe(_load(named)) if named else None
        self._folder = folder

    def __call__(self, spec: ScreenSpec) -> FormSpec | None:
        """Return the form of the stage that a screen is for; raises `BrokenFile`."""
        if self._named is not None or not (self._folder / "program.py").is_file():
            return self._named
        calls = [one for one in stages(self._folder) if one.screen == spec.name]
        found = [one.described for one in calls]
        return next((one for one in found if isinstance(one, FormSpec)), None)


def _load(named: str) -> type[Form]:
    module, _, name = named.partition(":")
    try:
        found: Any = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, ValueError) as error:
        raise CommandError(f"--form {named}: {error}. Write it as module:Form.") from None
    if not (isinstance(found, type) and issubclass(found, Form)):
        raise CommandError(f"--form {named}: {name} is no Form.")
    return found
