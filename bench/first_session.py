"""`python bench/first_session.py`: from nothing to a first session, in Palier and in oTree.

The same program (public goods for four, ten rounds) is counted and started in both, each in an
environment of its own in a temporary folder. oTree comes from PyPI; docs/comparison.md has figures.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any, Self

from machine import facts
from rich.console import Console
from rich.table import Table

ROOT = Path(__file__).parents[1]
OTREE = Path(__file__).parent / "otree"

sys.path.insert(0, str(ROOT))
from tests.lines import lines_of_code  # noqa: E402 - the tests count the same way

_PARTS = ("schemas", "broker", "workers", "client", "cli")
_PORT = 18765
_DEADLINE = 300.0

_console = Console()


class Clock:
    """Seconds of each step, by what was typed."""

    def __init__(self) -> None:
        self.steps: list[tuple[str, float]] = []

    def __call__(self, said: str, step: Callable[[], object]) -> None:
        """Do a step, and note how long it took."""
        began = time.monotonic()
        step()
        self.steps.append((said, round(time.monotonic() - began, 1)))


def main() -> None:
    """Measure both, and print what was found."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--json", type=Path, help="Write the figures there.")
    chosen = options.parse_args()
    with tempfile.TemporaryDirectory(prefix="palier-first-") as folder:
        found: dict[str, Any] = {
            "machine": facts(Path(folder)),
            "python": platform.python_version(),
            "lines": lines(),
        }
        for name, measure in (("palier", palier), ("otree", otree)):
            where = Path(folder, name)
            where.mkdir()
            clock = Clock()
            measure(where, clock)
            found[name] = {"steps": clock.steps, "seconds": sum(one for _, one in clock.steps)}
    show(found)
    if chosen.json is not None:
        chosen.json.write_text(json.dumps(found, indent=2))


def lines() -> dict[str, int]:
    """Return how many lines both programs have, without blank ones, comments and docstrings."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    smallest = re.search(r"```python\n(.*?)```", readme, re.DOTALL)
    assert smallest is not None
    pages = sorted((OTREE / "public_goods").glob("*.html"))
    module = (OTREE / "public_goods" / "__init__.py").read_text(encoding="utf-8")
    settings = (OTREE / "settings.py").read_text(encoding="utf-8")
    return {
        "palier: program.py": lines_of_code(smallest[1]),
        "otree: __init__.py": lines_of_code(module),
        "otree: pages": sum(_filled(one) for one in pages),
        "otree: settings.py": lines_of_code(settings),
    }


def _filled(page: Path) -> int:
    return sum(bool(one.strip()) for one in page.read_text(encoding="utf-8").splitlines())


def palier(where: Path, clock: Clock) -> None:
    """Install Palier, begin a program, run it until everyone has the first stage."""
    run = _in(where)
    clock("uv venv", lambda: run("uv", "venv", "-q", ".venv"))
    parts = [str(ROOT / one) for one in _PARTS]
    install = ["uv", "pip", "install", "-q", "--no-cache", *parts]
    clock("uv pip install palier", lambda: run(*install, VIRTUAL_ENV=str(where / ".venv")))
    command = str(where / ".venv" / "bin" / "palier")
    clock("palier new my_experiment --yes", lambda: run(command, "new", "my_experiment", "--yes"))
    clock("palier run my_experiment --bots 4", lambda: _first_stage(where, command))


def _first_stage(where: Path, command: str) -> None:
    """Run it until the first stage has opened, which everyone is told at once."""
    with _Running([command, "run", "my_experiment", "--bots", "4"], where) as running:
        running.until(lambda: _opened(where))


def _opened(where: Path) -> bool:
    import sqlite3

    for one in where.glob("runs/*/palier.db"):
        with suppress(sqlite3.Error):
            db = sqlite3.connect(f"file:{one}?mode=ro", uri=True)
            try:
                return bool(db.execute("SELECT count(*) FROM stage_run").fetchone()[0])
            finally:
                db.close()
    return False


def otree(where: Path, clock: Clock) -> None:
    """Install oTree, make a project with the app, create a session, fetch its first page."""
    run = _in(where)
    clock("uv venv", lambda: run("uv", "venv", "-q", ".venv"))
    install = ["uv", "pip", "install", "-q", "--no-cache", "otree"]
    clock("uv pip install otree", lambda: run(*install, VIRTUAL_ENV=str(where / ".venv")))
    command = str(where / ".venv" / "bin" / "otree")
    clock("otree startproject project", lambda: run(command, "startproject", "project", said="n\n"))
    project = where / "project"
    in_project = _in(project)
    clock("otree startapp public_goods", lambda: in_project(command, "startapp", "public_goods"))
    shutil.rmtree(project / "public_goods")
    shutil.copytree(OTREE / "public_goods", project / "public_goods")
    settings = (project / "settings.py").read_text()
    added = (OTREE / "settings.py").read_text()
    (project / "settings.py").write_text(
        re.sub(r"SESSION_CONFIGS = \[.*?\n\]\n", lambda _: added, settings, flags=re.DOTALL)
    )
    # what startproject has made, devserver asks to delete
    (project / "db.sqlite3").unlink(missing_ok=True)
    clock("otree devserver, a session, its first page", lambda: _first_page(project, command))


def _first_page(project: Path, command: str) -> None:
    address = f"http://127.0.0.1:{_PORT}"

    def served() -> bool:
        with suppress(OSError), urllib.request.urlopen(f"{address}/demo", timeout=2):
            return True
        return False

    with _Running([command, "devserver", str(_PORT)], project) as running:
        running.until(served)
        wanted = {"session_config_name": "public_goods", "num_participants": 4}
        request = urllib.request.Request(
            f"{address}/api/sessions",
            data=json.dumps(wanted).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=30) as answer:
            link = json.load(answer)["session_wide_url"]
        with urllib.request.urlopen(link, timeout=30) as page:
            assert b"Instructions" in page.read()


def _in(where: Path) -> Callable[..., None]:
    def run(*command: str, said: str = "", **more: str) -> None:
        done = subprocess.run(
            command,
            cwd=where,
            input=said,
            env={**os.environ, **_own(where), **more},
            capture_output=True,
            text=True,
            timeout=_DEADLINE,
            check=False,
        )
        if done.returncode:
            raise SystemExit(f"{' '.join(command)} ended with {done.returncode}: {done.stderr}")

    return run


def _own(where: Path) -> dict[str, str]:
    """Return the PATH with the environment that is in a folder, or above it: oTree needs it."""
    found = next(
        one for one in (where, *where.parents) if one.parent.name.startswith("palier-first")
    )
    return {"PATH": f"{found / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"}


class _Running:
    """A command that runs, with all that it starts, until what is waited for has come."""

    def __init__(self, command: list[str], where: Path) -> None:
        self._command, self._where = command, where
        self._log = (where / "said.txt").open("w+b")

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command,
            cwd=self._where,
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=self._log,
            env={**os.environ, **_own(self._where), "DISPLAY": ""},
            start_new_session=True,
        )
        return self

    def until(self, condition: Callable[[], bool]) -> None:
        """Look until it is so."""
        end = time.monotonic() + _DEADLINE
        while not condition():
            if time.monotonic() > end or self._process.poll() is not None:
                self._log.seek(0)
                said = self._log.read().decode(errors="replace")
                raise SystemExit(f"{' '.join(self._command)} came to nothing: {said}")
            time.sleep(0.05)

    def __exit__(self, *_reason: object) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGTERM)
        try:
            self._process.wait(60)
        finally:
            self._log.close()
            with suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


def show(found: dict[str, Any]) -> None:
    """Print what was found."""
    _console.print(found["machine"], f"Python {found['python']}")
    table = Table("lines", "")
    for name, count in lines().items():
        table.add_row(name, str(count))
    _console.print(table)
    for side in ("palier", "otree"):
        table = Table(side, "seconds")
        one = found[side]
        for step, seconds in one["steps"]:
            table.add_row(step, f"{seconds:.1f}")
        table.add_row("in all", f"{one['seconds']:.1f}")
        _console.print(table)


if __name__ == "__main__":
    main()
