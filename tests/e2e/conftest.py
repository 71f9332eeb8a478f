"""A display of our own, and windows on it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from itertools import count
from pathlib import Path

import pytest

from tests.e2e.desktops import DESK, OVERVIEW, DeskProcess
from tests.e2e.sittings import open_linked, sit

__all__ = ["open_linked", "sit"]  # fixtures for all that is here


@pytest.fixture(scope="session")
def display() -> Iterator[str]:
    """An X server of our own, on a number that is free."""
    missing = [name for name in ("Xvfb", "xdotool", "openbox") if shutil.which(name) is None]
    if missing and os.environ.get("CI"):
        pytest.fail(f"CI must have {' and '.join(missing)}")
    if missing:
        pytest.skip(f"no {' and '.join(missing)} here")
    reader, writer = os.pipe()
    command = [
        "Xvfb",
        "-displayfd",
        str(writer),
        # without it the server begins anew when its last client leaves, deaf to who comes then
        "-noreset",
        "-screen",
        "0",
        "2600x1000x24",
        "-nolisten",
        "tcp",
    ]
    with subprocess.Popen(command, pass_fds=(writer,), stderr=subprocess.DEVNULL) as server:
        os.close(writer)
        with os.fdopen(reader) as told:
            number = told.readline().strip()
        yield f":{number}"
        server.terminate()


@pytest.fixture
def desktop(display: str) -> Iterator[None]:
    """A window manager, for what windows do on a desktop: close, minimise."""
    environment = {**os.environ, "DISPLAY": display}
    with subprocess.Popen(["openbox", "--sm-disable"], env=environment) as manager:
        yield
        manager.terminate()


def _end(group: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(group, signal.SIGKILL)


@pytest.fixture
def open_desk(display: str, tmp_path: Path) -> Iterator[Callable[..., DeskProcess]]:
    """Open a desk, or what another script or command shows; what is open is killed in the end."""
    numbers = count(1)
    with ExitStack() as stack:

        def opened(
            *arguments: str, script: Path = DESK, command: Path | None = None, **more: str
        ) -> DeskProcess:
            port = tmp_path / f"port-{next(numbers)}"
            environment = {
                **os.environ,
                "DISPLAY": display,
                "PALIER_TEST": "1",
                "PALIER_TEST_SOCKET": str(port),
                "PALIER_FPS_IDLE": "30",
                **more,
            }
            program = [sys.executable, str(script)] if command is None else [str(command)]
            process = stack.enter_context(
                subprocess.Popen(
                    [*program, *arguments],
                    env=environment,
                    stdin=subprocess.PIPE,
                    stdout=subprocess.PIPE,
                    text=True,
                    start_new_session=True,
                )
            )
            # the desk as one file is two processes
            stack.callback(_end, process.pid)
            desk = DeskProcess(process, port, display)
            stack.callback(desk.close)
            return desk

        yield opened


@pytest.fixture
def open_overview(open_desk: Callable[..., DeskProcess]) -> Callable[[str], DeskProcess]:
    """Open an overview of one of the samples."""
    return partial(open_desk, script=OVERVIEW)
