"""What a desk must not ask of its system: nothing that only some of them have."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import palier.client.errors

CLIENT = Path(palier.client.errors.__file__).parent
SOURCES = [*CLIENT.rglob("*.py"), *CLIENT.parent.joinpath("controller").rglob("*.py")]

#: Of the standard library, by module: what Windows, or all but Linux, lacks.
LACKING = {
    "os": {
        "fork", "forkpty", "getuid", "geteuid", "getgid", "setsid", "killpg", "chown", "mkfifo",
        "fchmod", "uname", "getloadavg", "setpriority", "nice", "openpty", "statvfs", "fdatasync",
        "O_DIRECTORY", "O_CLOEXEC", "sched_setaffinity", "memfd_create", "pipe2", "sendfile",
    },
    "signal": {"SIGKILL", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGQUIT", "SIGCHLD", "SIGALRM",
               "alarm", "setitimer", "pthread_kill", "pause", "SIGSTOP", "SIGCONT"},
    "socket": {"AF_UNIX", "AF_PACKET", "SO_REUSEPORT"},
    "time": {"clock_gettime", "CLOCK_BOOTTIME", "tzset"},
    "asyncio": {"open_unix_connection", "start_unix_server"},
}  # fmt: skip
MODULES = {"fcntl", "pwd", "grp", "termios", "tty", "pty", "resource", "posix", "syslog", "curses"}

#: The way in for tests, which run where there are Unix sockets.
EXEMPT = {"port.py"}

#: A folder of one system, spelt out; what belongs to the user is asked of platformdirs.
A_PATH = re.compile(
    r"^(/(tmp|etc|usr|home|var|opt|proc|dev|run|root)(/|$)|~/|[A-Za-z]:\\\\|%APPDATA%)"
)


def _lacking(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(value=ast.Name(id=module), attr=name):
                if name in LACKING.get(module, ()):
                    yield f"line {node.lineno}: {module}.{name}"
            case ast.ImportFrom(module=str(module), names=names):
                for one in names:
                    if one.name in LACKING.get(module, ()) or module in MODULES:
                        yield f"line {node.lineno}: {module}.{one.name}"
            case ast.Import(names=names):
                for one in names:
                    if one.name in MODULES:
                        yield f"line {node.lineno}: {one.name}"


def _paths(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Constant(value=str(text)) if A_PATH.match(text):
                yield f"line {node.lineno}: {text}"


@pytest.mark.parametrize(
    "source", SOURCES, ids=lambda one: one.relative_to(CLIENT.parent).as_posix()
)
def test_the_client_asks_nothing_that_only_one_system_has(source: Path) -> None:
    tree = ast.parse(source.read_text(encoding="utf-8"))
    if source.name not in EXEMPT:
        assert list(_lacking(tree)) == []
    assert list(_paths(tree)) == []


def test_what_is_looked_for_would_be_found() -> None:
    tree = ast.parse("import os, fcntl\nfrom signal import SIGKILL\nos.fork()\nopen('/tmp/x')\n")
    assert list(_lacking(tree)) == ["line 1: fcntl", "line 2: signal.SIGKILL", "line 3: os.fork"]
    assert list(_paths(tree)) == ["line 4: /tmp/x"]


def test_text_is_read_and_written_in_one_encoding_everywhere() -> None:
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text(encoding="utf-8"))):
            match node:
                case ast.Call(func=ast.Attribute(attr="read_text" | "write_text")):
                    named = {one.arg for one in node.keywords}
                    assert "encoding" in named, f"{source.name}:{node.lineno}"
