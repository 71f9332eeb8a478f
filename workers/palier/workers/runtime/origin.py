"""Of which files a program was read: kept with a session, for its manifest."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

from pydantic import JsonValue

#: Seconds that git is given to say where a folder stands.
_PATIENCE = 5.0

_COMMIT = "# branch.oid "

#: What lies beside a program and is none of it.
_NOT_THE_PROGRAM = {"__pycache__", "node_modules", "runs", "palier-data"}


def origin_of(folder: Path | None) -> dict[str, JsonValue]:
    """Return the hash of a program's folder, of each of its files, and the commit it is at.

    ``sha256`` is that of the lines ``hash  path`` of all files, in order. A program without a
    folder has none. Blocking: reads every file, asks git.
    """
    if folder is None:
        return {}
    files: dict[str, JsonValue] = dict(_hashes(folder))
    lines = "".join(f"{digest}  {path}\n" for path, digest in files.items())
    return {
        "sha256": hashlib.sha256(lines.encode()).hexdigest(),
        "files": files,
        "git": _commit(folder),
    }


def _hashes(folder: Path) -> Iterator[tuple[str, str]]:
    found = sorted((one.relative_to(folder).as_posix(), one) for one in folder.rglob("*"))
    for name, path in found:
        parts = name.split("/")
        if any(one.startswith(".") or one in _NOT_THE_PROGRAM for one in parts):
            continue
        try:
            if path.is_file():
                with path.open("rb") as file:
                    yield name, hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            # what cannot be read is said as such: a session is not kept from opening by it
            yield name, ""


def _commit(folder: Path) -> JsonValue:
    """Return commit, and whether files differ from it; None outside of git, or without it."""
    command = ["git", "-C", str(folder), "status", "--porcelain=v2", "--branch", "--", "."]
    try:
        done = subprocess.run(  # noqa: S603 - arguments of our own
            command,
            capture_output=True,
            check=True,
            text=True,
            timeout=_PATIENCE,
            # looking must not take the lock that the author's own git needs
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    lines = done.stdout.splitlines()
    commit = next((one.split()[-1] for one in lines if one.startswith(_COMMIT)), "")
    return {"commit": commit, "dirty": any(not one.startswith("#") for one in lines)}
