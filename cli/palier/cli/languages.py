"""`palier words`: the words of the windows in further languages."""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path
from typing import Annotated

import typer

from palier.cli.errors import CommandError
from palier.cli.showing import out

app = typer.Typer(
    no_args_is_help=True, help="The words of the windows: list, translate and check them."
)

_TAG = re.compile(r"[a-z]{2,3}(-[a-z0-9]{2,8})*")

_HEADING = """\
The words of Palier's windows in the language {language}.

Translate what stands between the quotation marks and leave the names before the equals signs.
Gaps such as {{seat}} stay as they are; they may stand elsewhere in the sentence. What is taken out
of this file is shown in English. `palier words check {language}.toml` says what is wrong and what
is missing. Put the file into {folder}, or say where it is by PALIER_WORDS; then
`palier desk --language {language}` speaks it.
"""


@app.command("list")
def list_words() -> None:
    """List the languages that there are words of, and where they come from."""
    from palier.client.screens.texts import WORDS, files, word_places

    told: dict[str, str] = dict.fromkeys(WORDS, "built in")
    for file in reversed(list(files(word_places()))):
        told[file.stem.lower()] = str(file)
    for language, where in sorted(told.items()):
        out.print(f"{language}  {where}", markup=False, soft_wrap=True)


@app.command()
def export(
    language: Annotated[str, typer.Argument(help="Such as de, or pt-br.")],
    to: Annotated[
        Path | None, typer.Option(help="A new file; without it to standard output.")
    ] = None,
) -> None:
    """Write all words of a language: those there are, the others in English."""
    from palier.client.screens.english import ENGLISH
    from palier.client.screens.texts import find_book, user_words, word_places
    from palier.client.screens.wordbook import Wordbook, write_words

    name = language.replace("_", "-").lower()
    if not _TAG.fullmatch(name):
        raise CommandError(f"{language} names no language: write de, or pt-br.")
    book = find_book(name, word_places()) or Wordbook(ENGLISH, ())
    heading = _HEADING.format(language=name, folder=user_words())
    text = write_words(book, heading=heading)
    if to is None:
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # whatever the console speaks: files are so
        sys.stdout.write(text)
        return
    try:
        with to.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise CommandError(f"{to} was not written: {error.strerror or error}.") from error


@app.command()
def check(file: Annotated[Path, typer.Argument(help="The file, such as de.toml.")]) -> None:
    """Say what is wrong in a file of words, and which it leaves out."""
    from palier.client.screens.texts import read_book

    book = read_book(file)
    for name in book.missing:
        out.print(f"{name} is left out", markup=False, soft_wrap=True)
    count = len(book.missing)
    left = f"{count} left out, which are shown as they are built in" if count else "none left out"
    out.print(f"{file}: no mistakes, {left}.", markup=False, soft_wrap=True)
