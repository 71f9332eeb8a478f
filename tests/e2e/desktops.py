"""Windows of a test's own display, used by keyboard and mouse; one process a window."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from time import monotonic
from typing import Any

DESK = Path(__file__).with_name("desk_process.py")
OVERVIEW = DESK.with_name("overview_process.py")
LINKED, OVERSEEN = DESK.with_name("linked_process.py"), DESK.with_name("overseen_process.py")

DEADLINE = 60.0

#: How often a text is typed, and seconds until it is seen.
_ATTEMPTS, _SOON = 5, 4.0


def until(condition: Callable[[], Any], *, what: str) -> Any:
    """Return what the condition returns once it is true; the port answers frame by frame."""
    deadline = monotonic() + DEADLINE
    while monotonic() < deadline:
        if result := condition():
            return result
    raise AssertionError(f"not within {DEADLINE:.0f} s: {what}")


class DeskProcess:
    """A running desk: views in, events out, mouse and keyboard."""

    def __init__(self, process: subprocess.Popen[str], port: Path, display: str) -> None:
        self.process = process
        self.port = port
        self._display = display
        self._events: SimpleQueue[dict[str, Any]] = SimpleQueue()
        threading.Thread(target=self._listen, daemon=True).start()
        until(lambda: port.exists() or process.poll() is not None, what="the port opens")
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(port))
        self._lines = self._socket.makefile("rw", encoding="utf-8")

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._events.put(json.loads(line))

    def close(self) -> None:
        self._lines.close()
        self._socket.close()

    def is_gone(self) -> bool:
        """Whether the window has gone that this was; its process may open another one."""
        try:
            self.ask("screen")
        except (OSError, ValueError):
            return True
        return False

    def show(self, view: str) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(f"{view}\n")
        self.process.stdin.flush()

    def ask(self, *words: str) -> Any:
        self._lines.write(" ".join(words) + "\n")
        self._lines.flush()
        reply = json.loads(self._lines.readline())
        assert not isinstance(reply, dict), reply["error"]
        return reply

    def event(self) -> dict[str, Any]:
        try:
            return self._events.get(timeout=DEADLINE)
        except Empty:
            raise AssertionError("the desk said nothing") from None

    def quiet(self) -> bool:
        return self._events.empty()

    def expect(self, *request: str, reply: object) -> None:
        until(lambda: self.ask(*request) == reply, what=f"{' '.join(request)} is {reply!r}")

    def shows(self, name: str) -> list[float]:
        found: list[float] = until(lambda: self.ask("rect", name), what=f"{name} is visible")
        return found

    def tool(self, *arguments: str) -> str:
        done = subprocess.run(
            ["xdotool", *arguments],
            env={**os.environ, "DISPLAY": self._display},
            capture_output=True,
            text=True,
            timeout=DEADLINE,
            check=True,
        )
        return done.stdout.strip()

    def type(self, text: str) -> None:
        self.tool("type", "--delay", "40", text)

    def writes(self, name: str, text: str) -> None:
        """Type into what has the keyboard, until it stands there.

        A computer so busy that it draws no frame between two keys may lose one, as for a person.
        """
        for _ in range(_ATTEMPTS):
            self.type(text)
            end = monotonic() + _SOON
            while monotonic() < end:
                if self.ask("value", name) == text:
                    return
            self.keys("ctrl+a")
        raise AssertionError(f"{name} does not show {text!r}, but {self.ask('value', name)!r}")

    def window(self) -> str:
        mine = ("--all", "--pid", str(self.process.pid), "--name", "^Palier")
        found = self.tool("search", "--sync", "--onlyvisible", *mine)
        return found.split()[0]

    def origin(self) -> int:
        geometry = self.tool("getwindowgeometry", "--shell", self.window())
        return int(dict(line.split("=") for line in geometry.splitlines())["X"])

    def take_keyboard(self) -> None:
        self.tool("windowfocus", "--sync", self.window())

    def keys(self, *keys: str) -> None:
        for one in keys:
            modifier, _, key = one.rpartition("+")
            if modifier:
                self.chord(modifier, key)
            else:
                self.tool("key", "--delay", "40", key)

    def chord(self, modifier: str, key: str) -> None:
        """Hold a key while another one is pressed, for as long as a slow frame takes to see it."""
        self.tool("keydown", modifier)
        self._drawn()
        self.tool("key", key)
        self._drawn()
        self.tool("keyup", modifier)

    def click(self, name: str) -> None:
        left, top, width, height = self.stands(name)
        self.click_at(left + width / 2, top + height / 2)

    def stands(self, name: str) -> list[float]:
        """Return where something is, once it is at the same place in two frames."""
        places = [self.shows(name)]

        def stood() -> bool:
            places.append(self.shows(name))
            return places[-1] == places[-2]

        until(stood, what=f"{name} stays where it is")
        return places[-1]

    def click_at(self, x: float, y: float) -> None:
        for step in (("mousemove", str(round(x)), str(round(y))), ("mousedown", "1")):
            self.tool(*step)
            self._drawn()
        self.tool("mouseup", "1")

    def _drawn(self) -> None:
        """Wait until what was done with the mouse has been seen by a frame, however slow it is."""
        with suppress(OSError, ValueError):  # the window may have gone with it
            self.ask("screen")
            self.ask("screen")
