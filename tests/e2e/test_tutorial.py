"""The tutorial is carried out as it stands: its files written, its commands typed, in order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import need_rabbitmq
from tests.e2e.palier_command import environment, nothing_is_left_of, until

pytestmark = [pytest.mark.rabbitmq, pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")

#: A block: its language, the file that it is, what stands in it.
BLOCK = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)

#: What prepares a computer has tests of its own, and would change the one that runs this.
PREPARES = ("./run demo --bots 4", "./run tutorial", ". .venv/bin/activate")

#: What runs until it is stopped.
SERVES = "palier up"


class Newcomer:
    """Someone who does what the tutorial says, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: dict[str, str] = {}
        self._server: subprocess.Popen[bytes] | None = None
        scripts = Path(sys.executable).parent
        self._environment = environment(PATH=f"{scripts}{os.pathsep}{os.environ['PATH']}")
        del self._environment["PALIER_PROGRAMS"]

    def write(self, name: str, text: str) -> None:
        (self.folder / name).parent.mkdir(exist_ok=True)
        (self.folder / name).write_text(text, encoding="utf-8")

    def type(self, command: str) -> None:
        if command in PREPARES:
            return
        if command.startswith(SERVES):
            self._serve(command)
            return
        done = subprocess.run(
            ["bash", "-ec", command],
            cwd=self.folder,
            env=self._environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=200,
            check=False,
        )
        assert done.returncode == 0, (command, done.stdout, done.stderr)
        self.said[command] = done.stdout + done.stderr

    def _serve(self, command: str) -> None:
        with (self.folder / "up.txt").open("wb") as said:
            self._server = subprocess.Popen(
                ["bash", "-ec", f"exec {command}"],
                cwd=self.folder,
                env=self._environment,
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=said,
            )
        until(
            lambda: "Palier is up" in (self.folder / "up.txt").read_text(),
            what="the server is up",
            deadline=120,
        )

    def leave(self) -> None:
        if self._server is not None:
            self._server.terminate()
            self._server.wait(60)


@pytest.fixture
def newcomer(tmp_path: Path) -> Iterator[Newcomer]:
    need_rabbitmq()
    someone = Newcomer(tmp_path)
    yield someone
    someone.leave()
    nothing_is_left_of(tmp_path, deadline=10)


def test_the_tutorial_leads_from_nothing_to_data_in_pandas(newcomer: Newcomer) -> None:
    for language, name, text in BLOCK.findall(TUTORIAL):
        if name:
            newcomer.write(name, text)
        elif language == "sh":
            for command in text.splitlines():
                newcomer.type(command)

    checks = [said for command, said in newcomer.said.items() if "palier check" in command]
    assert checks
    assert all("no mistake" in one for one in checks)
    assert "1 passed" in newcomer.said["python -m pytest -q pot"]
    simulated = next(said for typed, said in newcomer.said.items() if "simulate" in typed)
    assert "200 sessions" in simulated
    assert (newcomer.folder / "simulated" / "pot" / "payoffs.svg").is_file()
    assert "finished" in newcomer.said["palier session show first"]
    shown = newcomer.said["python analyse.py"]
    means = re.findall(r"^([1-4]) +([0-9.]+) +([0-9.]+)$", shown, re.MULTILINE)
    assert [visit for visit, _, _ in means] == ["1", "2", "3", "4"]
    # the columns are in the order of the alphabet: high, low
    assert all(float(high) > float(low) for _, high, low in means)
    counts = re.findall(r"^(high|low) +(\d+) ", shown, re.MULTILINE)
    assert counts == [("high", "16"), ("low", "16")]
