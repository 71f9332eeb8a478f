"""W3: a desk, measured from outside, beside what the library alone does."""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from queue import Empty, SimpleQueue
from shutil import which
from statistics import median
from threading import Thread
from typing import Any

from figures import DeskRow, percentile
from keyboard import Keyboard, keyboard
from pixels import Eye, difference, eye
from process import DidNotStart, process

_SCRIPT = Path(__file__).with_name("desk_process.py")
_SCREEN = (1600, 1000)

#: Seconds that a window may take for anything.
_PATIENCE = 30.0

#: Seconds after which a window is idle, and after which it is at rest.
_IDLE, _REST = 1.5, 11.5

#: Where the question stands of the desk that is measured, and dots that are more than a caret.
_QUESTION, _TYPED = (125, 290, 670, 140), 60


class Missing(Exception):
    """What windows need is not there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeskShape:
    """W3: how often each is tried; ``desks`` at once, 0: only one."""

    starts: int = 5
    messages: int = 100
    rounds: int = 40
    watched: float = 8.0
    desks: int = 0


class Window:
    """A window in a process of its own."""

    def __init__(self, kind: str, *more: str, display: str, **environment: str) -> None:
        self.began = time.monotonic()
        self._running = subprocess.Popen(
            [sys.executable, str(_SCRIPT), kind, *more],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "DISPLAY": display, **environment},
        )
        self._told: SimpleQueue[dict[str, Any]] = SimpleQueue()
        Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self._running.stdout is not None
        for line in self._running.stdout:
            self._told.put(json.loads(line))

    def expect(self, key: str) -> dict[str, Any]:
        """Return the next thing that it says about something."""
        end = time.monotonic() + _PATIENCE
        while (left := end - time.monotonic()) > 0:
            try:
                told = self._told.get(timeout=left)
            except Empty:
                break
            if key in told:
                return told
        raise DidNotStart(f"A window said nothing of {key!r} within {_PATIENCE:g} s.")

    def ask(self, line: str, key: str) -> dict[str, Any]:
        """Tell it something, and return what it says to that."""
        assert self._running.stdin is not None
        self._running.stdin.write(f"{line}\n")
        self._running.stdin.flush()
        return self.expect(key)

    def close(self) -> None:
        """End it, and what it opened."""
        self._running.kill()
        self._running.wait()
        for pipe in (self._running.stdin, self._running.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def open_window(kind: str, *more: str, display: str, **environment: str) -> Iterator[Window]:
    """Open a window, and close it in the end."""
    made = Window(kind, *more, display=display, **environment)
    try:
        yield made
    finally:
        made.close()


@contextmanager
def screen(folder: Path) -> Iterator[str]:
    """Start an X server of our own; raises `Missing`."""
    program = which("Xvfb")
    if program is None:
        raise Missing("there is no Xvfb here")
    log = folder / "xvfb.log"
    size = f"{_SCREEN[0]}x{_SCREEN[1]}x24"
    command = [program, "-displayfd", "1", "-noreset", "-screen", "0", size, "-nolisten", "tcp"]

    def number() -> str:
        lines = log.read_text().split() if log.exists() else []
        return next((one for one in lines if one.isdecimal()), "")

    with process(command, log=log, ready=lambda: bool(number())):
        yield f":{number()}"


def measure(shape: DeskShape, *, folder: Path, say: Callable[[str], None]) -> list[DeskRow]:
    """Measure a desk; raises `Missing`, and `DidNotStart` where a window does not come."""
    with screen(folder) as display, eye(display) as seen:
        say("desk: first frames")
        rows = [_first_frame(shape, display)]
        say("desk: message to pixels")
        rows += _latencies(shape, display, seen)
        say("desk: key to pixels")
        with keyboard(display) as keys:
            rows += _keys(shape, display, seen, keys) if keys is not None else ()
        say("desk: a screen of sixty widgets")
        rows += _rebuild(shape, display)
        say("desk: processor while idle")
        rows += _idle(shape, display)
        if shape.desks:
            say(f"desk: {shape.desks} at once")
            rows += _many(shape, display, seen)
    return rows


def _first_frame(shape: DeskShape, display: str) -> DeskRow:
    took: dict[str, list[float]] = {"palier": [], "library": []}
    for _ in range(shape.starts):
        for kind, some in took.items():
            with open_window(kind, display=display) as one:
                some.append(one.expect("painted")["painted"] - one.began)
    return DeskRow(
        what="start of the process → stage painted",
        unit="s",
        ours=median(took["palier"]),
        theirs=median(took["library"]),
        aim=1.0,
    )


def _latencies(shape: DeskShape, display: str, seen: Eye) -> list[DeskRow]:
    took: dict[str, list[float]] = {}
    for kind in ("palier", "library"):
        with open_window(kind, display=display) as one:
            one.expect("painted")
            took[kind] = sorted(_latency(one, seen, count=shape.messages))
    return [
        DeskRow(
            what=f"message → changed pixel, idle, p{percent}",
            unit="ms",
            ours=percentile(took["palier"], percent),
            theirs=percentile(took["library"], percent),
            aim=aim,
        )
        for percent, aim in ((50, 15.0), (99, 40.0))
    ]


def _latency(one: Window, seen: Eye, *, count: int) -> list[float]:
    """Return the milliseconds from a view in the inbox to the pixel that it changes."""
    place, colours = _place(one, seen)
    found = []
    chance = random.Random(1)
    full = True
    for _ in range(count):
        time.sleep(0.7 + chance.random() * 0.4)  # idle, and at any point between two frames
        put = one.ask(f"show {0 if full else 24}", "put")["put"]
        at = seen.until_other(place, colours[full], deadline=5.0)
        if at is None:
            raise DidNotStart("A view was put into the inbox, and nothing changed on the screen.")
        found.append((at - put) * 1000)
        full = not full
    return found


def _keys(shape: DeskShape, display: str, seen: Eye, keys: Keyboard) -> list[DeskRow]:
    """Press a key, and another, in the first field of a desk that has been left alone."""
    found = []
    chance = random.Random(1)
    with open_window("palier", display=display) as one:
        one.expect("painted")
        keys.point(900, 700)
        for key in ("8", "BackSpace") * (max(shape.messages, 20) // 10):
            time.sleep(2.5 + chance.random() * 0.4)
            before = seen.see(*_QUESTION)
            put = keys.press(key)
            at = seen.until_many(_QUESTION, before, least=_TYPED, deadline=5.0)
            if at is None:
                raise DidNotStart("A key was pressed, and nothing changed on the screen.")
            found.append((at - put) * 1000)
    found.sort()
    name = "key → changed pixel, at rest"
    return [
        DeskRow(what=f"{name}, p50", unit="ms", ours=percentile(found, 50)),
        DeskRow(what=f"{name}, worst", unit="ms", ours=found[-1]),
    ]


def _place(one: Window, seen: Eye) -> tuple[tuple[int, int], dict[bool, bytes]]:
    """Return a pixel that tells whether all have arrived, and its two colours; all have."""
    pictures: list[bytes] = []
    for arrived in (0, 24):
        one.ask(f"show {arrived}", "put")
        time.sleep(1.0)
        pictures.append(seen.see(0, 0, *_SCREEN))
    place = difference(pictures[0], pictures[1], width=_SCREEN[0])
    if place is None:
        raise DidNotStart("A window shows the same whatever it is told.")
    place = (place[0], place[1] + 3)  # away from its edge
    at = (place[1] * _SCREEN[0] + place[0]) * 4
    return place, {full: pictures[full][at : at + 4] for full in (False, True)}


def _rebuild(shape: DeskShape, display: str) -> list[DeskRow]:
    with open_window("rebuild", str(shape.rounds + 2), display=display) as one:
        told = one.expect("rebuild")
    return [
        DeskRow(
            what="60 widgets: description → items",
            unit="ms",
            ours=median(told["rebuild"]),
            theirs=median(told["items"]),
            aim=5.0,
        ),
        DeskRow(
            what="60 widgets: brought up to date",
            unit="ms",
            ours=median(told["refresh"]),
            theirs=median(told["values"]),
            aim=5.0,
        ),
    ]


def _idle(shape: DeskShape, display: str) -> list[DeskRow]:
    found: dict[str, list[tuple[float, float]]] = {}
    for kind in ("palier", "library"):
        with open_window(kind, display=display) as one:
            one.expect("painted")
            found[kind] = []
            for wait in (_IDLE, _REST - _IDLE - shape.watched):
                time.sleep(max(wait, 0.0))
                found[kind].append(_used(one, shape.watched))
    return [
        DeskRow(
            what=f"{name}, of a core ({found['palier'][at][1]:.0f} frames/s)",
            unit="%",
            ours=found["palier"][at][0],
            theirs=found["library"][at][0],
            aim=10.0,
        )
        for at, name in enumerate(("idle", "at rest"))
    ]


def _used(one: Window, seconds: float) -> tuple[float, float]:
    """Return the percentage of a core that a window uses, and its frames a second."""
    first = one.ask("usage", "cpu")
    time.sleep(seconds)
    then = one.ask("usage", "cpu")
    passed = then["at"] - first["at"]
    return (
        (then["cpu"] - first["cpu"]) / passed * 100,
        (then["frames"] - first["frames"]) / passed,
    )


def _many(shape: DeskShape, display: str, seen: Eye) -> list[DeskRow]:
    """Open so many desks, each told something about once a second, and watch one of them."""
    slow = {"PALIER_FPS_ACTIVE": "10", "PALIER_FPS_IDLE": "5"}
    with ExitStack() as stack:
        every = []
        for _ in range(shape.desks):
            every.append(stack.enter_context(open_window("palier", display=display, **slow)))
            every[-1].expect("painted")
        last = every[-1]  # the one on top
        first = [one.ask("usage", "cpu") for one in every]
        took: list[float] = []
        place, colours = _place(last, seen)
        full, end = True, time.monotonic() + max(shape.watched, 10.0)
        while time.monotonic() < end:
            put = last.ask(f"show {0 if full else 24}", "put")["put"]
            for one in every[:-1]:
                one.ask(f"show {0 if full else 24}", "put")
            at = seen.until_other(place, colours[full], deadline=5.0)
            took.append(((at or put + 5.0) - put) * 1000)
            full = not full
            time.sleep(0.8)
        then = [one.ask("usage", "cpu") for one in every]
    pairs = list(zip(first, then, strict=True))
    cores = sum((b["cpu"] - a["cpu"]) / (b["at"] - a["at"]) for a, b in pairs)
    frames = sorted((b["frames"] - a["frames"]) / (b["at"] - a["at"]) for a, b in pairs)
    name = f"{shape.desks} desks"
    return [
        DeskRow(
            what=f"{name}: processor, of all cores",
            unit="%",
            ours=cores * 100 / (os.cpu_count() or 1),
            aim=100.0,
        ),
        DeskRow(what=f"{name}: frames a second, the slowest", unit="1/s", ours=frames[0]),
        DeskRow(what=f"{name}: message → changed pixel, p50", unit="ms", ours=median(took)),
        DeskRow(what=f"{name}: message → changed pixel, worst", unit="ms", ours=max(took)),
    ]
