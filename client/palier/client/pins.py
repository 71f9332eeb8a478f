"""Which author's key is trusted on this computer, for each server and program."""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from palier.client.credentials import of_server
from palier.schemas.names import check_name


@dataclass(frozen=True, slots=True)
class Pin:
    """A key that is trusted, and the last bundle of it that was run."""

    fingerprint: str
    sequence: int = 0
    digest: str = ""


class Pins:
    """The pins of one server; a file for each program. Its methods block for a small file."""

    def __init__(self, folder: Path, *, server: str) -> None:
        self._folder = of_server(folder, server) / "authors"

    def load(self, program: str) -> Pin | None:
        """Return what is trusted of a program's author; None: nothing yet.

        Raises `ValueError` for a file that cannot be read: a pin is not forgotten by damage.
        """
        path = self._path(program)
        try:
            return Pin(**json.loads(path.read_text(encoding="utf-8")))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, TypeError) as error:
            raise ValueError(
                f"{path} cannot be read ({error}): whom to trust is not known. Remove it, and say "
                "it anew with --trust."
            ) from None

    def save(self, program: str, pin: Pin) -> None:
        """Trust a key from now on; replaces the file whole or not at all."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        path = self._path(program)
        draft = path.with_suffix(".new")
        with draft.open("w", encoding="utf-8") as file:
            json.dump(asdict(pin), file)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)

    def _path(self, program: str) -> Path:
        return self._folder / f"{check_name(program)}.pin"
