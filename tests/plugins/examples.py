"""Every block of code in the documents is run, or at least read by what would run it.

python
    is run, top to bottom, one namespace a document; ``<!--- invisible-code-block: python`` too.
sh
    every command is parsed by the program that it is for, so that none names a verb or an option
    that is not there; those that change nothing are run.
toml, json, mermaid
    are parsed.
text
    is for people alone.

A block that says nothing of its language, or another one, fails: add here how it is checked.
"""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from sybil import Document, Example, Region, Sybil
from sybil.parsers.markdown import CodeBlockParser, PythonCodeBlockParser
from sybil.parsers.markdown.lexers import FencedCodeBlockLexer

ROOT = Path(__file__).parents[2]

#: Commands of others: what they do is not ours to check.
_FOREIGN = frozenset({"cd", "cp", "git", "pip", "sudo"})

#: What changes nothing, needs nothing and is quick: run as it stands.
_HARMLESS = re.compile(r"\./run help|palier( [a-z-]+)* --(help|version)")

_ASSIGNMENT = re.compile(r"[A-Z_]+=\S*$")

_DIAGRAMS = frozenset({"flowchart", "sequenceDiagram", "stateDiagram-v2", "erDiagram"})


class Unchecked(AssertionError):
    """An example that cannot be checked, or does not pass its check."""


def check_shell(example: Example) -> None:
    """Parse each command of a block; run those that change nothing."""
    for line in commands(str(example.parsed)):
        _check_command(line)


def commands(block: str) -> Iterator[str]:
    """Yield the commands of a block, continued lines joined, comments left out."""
    for line in block.replace("\\\n", " ").splitlines():
        words = shlex.split(line, comments=True)
        if words:
            yield shlex.join(words)


def _check_command(line: str) -> None:
    words = shlex.split(line)
    if words[0] == "export":
        words = words[1:]
    while words and _ASSIGNMENT.match(words[0]):
        words = words[1:]
    if not words or words[0] in _FOREIGN:
        return
    if words[:2] == ["uv", "run"]:
        words = words[2:]
    match words:
        case ["palier", *arguments]:
            _parse_palier(arguments)
        case ["./run", verb, *_]:
            if not re.search(rf"^  {verb}\)", _run_script(), re.MULTILINE):
                raise Unchecked(f"./run has no verb {verb!r}")
        case ["docker", "compose", verb, *_] if verb in {"up", "down", "ps", "logs", "config"}:
            pass
        case ["python", "-m", module, *_]:
            _has_module(module)
        case ["python", script, *_]:
            if not (ROOT / script).is_file():
                raise Unchecked(f"there is no file {script}")
        case _:
            raise Unchecked(f"nobody knows how to check {line!r}: see {__file__}")
    if _HARMLESS.fullmatch(shlex.join(words)):
        _run(words)


def _run_script() -> str:
    return (ROOT / "run").read_text()


def _parse_palier(arguments: list[str]) -> None:
    """Let the command line parse the arguments, without doing what they say."""
    import click
    import typer

    from palier.cli.__main__ import app

    command: click.Command = typer.main.get_command(app)
    name, context = "palier", None
    try:
        while True:
            context = command.make_context(name, list(arguments), parent=context)
            if not isinstance(command, click.Group):
                return
            rest = [*context._protected_args, *context.args]
            if not rest:
                return
            found, sub, arguments = command.resolve_command(context, rest)
            assert sub is not None
            name, command = found or "", sub
    except click.exceptions.Exit:
        return  # --help and --version end here
    except click.ClickException as error:
        raise Unchecked(f"palier {shlex.join(arguments)}: {error.format_message()}") from None


def _has_module(module: str) -> None:
    from importlib.util import find_spec

    if find_spec(module) is None:
        raise Unchecked(f"there is no module {module}")


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
    "mermaid": check_mermaid,
    "text": for_people,
}


def _unknown(document: Document) -> Iterable[Region]:
    """Find blocks of a language that nothing here checks."""
    for region in FencedCodeBlockLexer(language=".*")(document):
        language = region.lexemes["language"].strip()
        if language != "python" and language not in _CHECKS:
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
