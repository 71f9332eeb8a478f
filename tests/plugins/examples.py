"""Every block of code in the documents is run, or at least read by what would run it.

python
    is run, top to bottom, one namespace a document; ``<!--- invisible-code-block: python`` too.
sh
    every command is parsed by the program that it is for, so that none names a verb or an option
    that is not there; those that change nothing are run.
toml, json, mermaid
    are parsed.
xml
    a screen is read as one; a part of one must stand in a screen of the gallery, which is.
text
    is for people alone.

A block that names a file after its language, such as ``python pot/program.py``, is that file: it is
read like the others, and Python is compiled. Whoever carries the document out writes it.

A block that says nothing of its language, or another one, fails: add here how it is checked.
"""

from __future__ import annotations

import itertools
import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sybil import Document, Example, Region, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

ROOT = Path(__file__).parents[2]

_RUN = ROOT / "run"

#: Commands of others: what they do is not ours to check.
_FOREIGN = frozenset({".", "cd", "cp", "git", "pip", "sudo"})

_COMPOSE = frozenset({"up", "down", "ps", "logs", "config", "stop", "restart", "build", "exec"})

#: What changes nothing, needs nothing and is quick: run as it stands.
_HARMLESS = re.compile(r"\./run help|palier( [a-z-]+)* --(help|version)")

_ASSIGNMENT = re.compile(r"[A-Z_]+=\S*$")

_DIAGRAMS = frozenset({"flowchart", "sequenceDiagram", "stateDiagram-v2", "erDiagram"})


class Unchecked(AssertionError):
    """An example that cannot be checked, or does not pass its check."""


def check_shell(example: Example) -> None:
    """Parse each command of a block; run those that change nothing."""
    for line in commands(str(example.parsed)):
        check_command(line)


def commands(block: str) -> Iterator[str]:
    """Yield the commands of a block, continued lines joined, comments left out."""
    for line in block.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words:
            yield shlex.join(words)


def check_command(line: str) -> None:
    """Check one command; raises `Unchecked`."""
    words = _without_environment(shlex.split(line))
    if not words or words[0] in _FOREIGN:
        return
    match words:
        case ["palier", *arguments]:
            _parse_palier(arguments)
        case ["palier-client", *arguments]:
            _parse_client(arguments)
        case ["./run", verb, *_]:
            _must(bool(re.search(rf"^  {verb}\)", _RUN.read_text(), re.MULTILINE)), line)
        case ["docker", "compose", verb, *_]:
            _must(verb in _COMPOSE, line)
        case ["python", "-m", module, *_]:
            _must(find_spec(module) is not None, line)
        case ["python", script, *_] if "/" in script:
            _must((ROOT / script).is_file(), line)
        case ["python", script]:
            _must(script.endswith(".py"), line)
        case _:
            _must(False, line)
    if _HARMLESS.fullmatch(shlex.join(words)):
        _run(words)


def _without_environment(words: list[str]) -> list[str]:
    rest = itertools.dropwhile(lambda one: one == "export" or _ASSIGNMENT.match(one), words)
    return list(rest)


def _must(condition: bool, line: str) -> None:
    if not condition:
        raise Unchecked(f"{line!r} names what is not there, or see {__file__} how to check it")


def _parse_palier(arguments: list[str]) -> None:
    """Let the command line parse the arguments, without doing what they say."""
    import typer

    from palier.cli.__main__ import app

    # typer's own copy of click has no public name to import it by
    command: Any = typer.main.get_command(app)
    context: Any = None
    name, rest = "palier", list(arguments)
    try:
        while True:
            context = command.make_context(name, rest, parent=context)
            rest = [*getattr(context, "_protected_args", ()), *context.args]
            if not rest or not hasattr(command, "resolve_command"):
                return
            name, command, rest = command.resolve_command(context, rest)
    except typer.Exit:
        return  # --help and --version end here
    except Exception as error:  # noqa: BLE001 - whatever it is, the example is wrong
        said = getattr(error, "message", error)
        raise Unchecked(f"palier {shlex.join(arguments)}: {said}") from None


def _parse_client(arguments: list[str]) -> None:
    from palier.client.__main__ import parser

    try:
        parser().parse_args(arguments)
    except SystemExit:
        raise Unchecked(f"palier-client {shlex.join(arguments)} cannot be read") from None


def _run(words: list[str]) -> None:
    program = str(Path(sys.executable).parent / words[0]) if words[0] == "palier" else words[0]
    done = subprocess.run(
        [program, *words[1:]], cwd=ROOT, capture_output=True, text=True, timeout=60, check=False
    )
    if done.returncode:
        raise Unchecked(f"{shlex.join(words)} ended with {done.returncode}: {done.stderr}")


def check_toml(example: Example) -> None:
    """Parse TOML."""
    tomllib.loads(str(example.parsed))


def check_json(example: Example) -> None:
    """Parse JSON."""
    json.loads(str(example.parsed))


def check_xml(example: Example) -> None:
    """Read a screen; look for a part of one among the gallery's."""
    from palier.schemas.screens.folder import read_file

    text = str(example.parsed).strip()
    if text.startswith("<screen"):
        with TemporaryDirectory() as folder:
            path = Path(folder) / "example.xml"
            path.write_text(text, encoding="utf-8")
            read_file(path)
        return
    files = (ROOT / "programs" / "gallery" / "screens").glob("*.xml")
    lines = _bare(text)
    if not any(lines in _bare(one.read_text(encoding="utf-8")) for one in files):
        raise Unchecked(f"no screen of the gallery has this: {text[:60]}")


def _bare(text: str) -> str:
    """Return the lines without what they are indented by."""
    return "\n".join(line.strip() for line in text.splitlines())


def check_mermaid(example: Example) -> None:
    """Look whether a diagram is of a kind that Mermaid draws, and its brackets are in pairs."""
    lines = str(example.parsed).strip().splitlines()
    if lines[0].split()[0] not in _DIAGRAMS:
        raise Unchecked(f"{lines[0]!r} begins no diagram that we know")
    for line in lines[1:]:
        bare = re.sub(r'"[^"]*"', "", line)
        for opening, closing in ("()", "[]", "{}"):
            if bare.count(opening) != bare.count(closing):
                raise Unchecked(f"brackets are not in pairs: {line.strip()!r}")
        if bare.count('"') % 2:
            raise Unchecked(f"a quotation does not end: {line.strip()!r}")


def for_people(_: Example) -> None:
    """Check nothing: text is text."""


_CHECKS: dict[str, Callable[[Example], None]] = {
    "sh": check_shell,
    "toml": check_toml,
    "json": check_json,
    "xml": check_xml,
    "mermaid": check_mermaid,
    "text": for_people,
}


def compile_python(example: Example) -> None:
    """Compile a file of Python."""
    compile(str(example.parsed), "<file>", "exec")


#: Files that a document has.
_FILES: dict[str, Callable[[Example], None]] = {"python": compile_python, "toml": check_toml}


def _unknown(document: Document) -> Iterable[Region]:
    """Find blocks of a language that nothing here checks."""
    for region in FencedCodeBlockLexer(language=".*")(document):
        language, _, file = region.lexemes["language"].strip().partition(" ")
        if file and language in _FILES:
            yield Region(region.start, region.end, region.lexemes["source"], _FILES[language])
        elif language != "python" and language not in _CHECKS:
            yield Region(region.start, region.end, language, _refuse)


def _refuse(example: Example) -> None:
    raise Unchecked(f"a block of {example.parsed!r}: use {', '.join(['python', *_CHECKS])}")


pytest_collect_file = Sybil(
    parsers=[
        PythonCodeBlockParser(),
        *(CodeBlockParser(language, check) for language, check in _CHECKS.items()),
        _unknown,
    ],
    patterns=["*.md"],
    path=str(ROOT),
).pytest()
