"""What a window learns of mouse and keyboard between two frames."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import pytest

from tests.e2e.desktops import until

pytestmark = pytest.mark.gui

SCRIPT = Path(__file__).with_name("inputs_process.py")

Ask: TypeAlias = Callable[[str], str]


@pytest.fixture
def ask(display: str) -> Iterator[Ask]:
    """Open the window; what is returned tells it something and returns its answer."""
    with subprocess.Popen(
        [sys.executable, str(SCRIPT)],
        env={**os.environ, "DISPLAY": display},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:

        def asked(word: str) -> str:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(f"{word}\n")
            process.stdin.flush()
            return process.stdout.readline().strip()

        yield asked
        process.kill()


def test_input_that_no_frame_has_taken_is_seen_without_drawing(ask: Ask, display: str) -> None:
    def none_is_left() -> bool:
        return ask("frame") == "drawn" and ask("input") == "none"

    until(none_is_left, what="the window is there and all is quiet")
    for where in ("300", "310"):
        command = ["xdotool", "mousemove", where, "300"]
        subprocess.run(command, env={**os.environ, "DISPLAY": display}, check=True)
        until(lambda: ask("input") == "waits", what="the mouse is seen")
        assert ask("input") == "waits"  # to ask takes nothing away
        until(none_is_left, what="a frame takes what the mouse said")
