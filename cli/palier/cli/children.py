"""Processes that a command starts, and that never outlive it.

Each runs below a warden (`palier.broker.warden`): should the command be killed, even by SIGKILL,
the pipe between them closes, and the warden ends the child and all that descends from it.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from palier.broker import warden

#: Seconds that a child is given to stop by itself, and that a stop may take in all.
_PATIENCE, _LIMIT = 15, 30


class Child:
    """A Python module run as a process of its own; a context manager."""

    def __init__(
        self,
        module: str,
        arguments: Sequence[str] = (),
        *,
        environment: Mapping[str, str],
        log: Path,
    ) -> None:
        self.log = log
        with log.open("ab") as output:
            self._process = subprocess.Popen(  # noqa: S603 - this Python, our module
                [
                    sys.executable,
                    str(Path(warden.__file__)),
                    str(_PATIENCE),
                    sys.executable,
                    "-m",
                    module,
                    *arguments,
                ],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **environment},
                # Ctrl-C is for the command: it ends its children in their order
                start_new_session=True,
            )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _type: type[BaseException] | None,
        _value: BaseException | None,
        _traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def code(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._process.poll()

    def last_words(self, *, lines: int = 5) -> str:
        """Return the end of its log."""
        said = self.log.read_text(errors="replace").strip().splitlines()
        return "\n".join(said[-lines:])

    def kill(self) -> None:
        """End it at once and without a word, as a crash does; wait until it is gone."""
        assert self._process.stdin is not None
        with suppress(OSError):  # it may have ended by itself
            self._process.stdin.write(warden.AT_ONCE)
        self.stop()

    def stop(self) -> None:
        """End it and wait until it is gone; idempotent."""
        assert self._process.stdin is not None
        with suppress(OSError):
            self._process.stdin.close()
        try:
            self._process.wait(_LIMIT)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
