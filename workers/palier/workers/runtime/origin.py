"""Of which files a program was read, and what runs it: kept with a session for its manifest."""

from __future__ import annotations

import hashlib
import os
import platform
import subprocess
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic import JsonValue
from sqlalchemy import Connection

#: Seconds that git is given to say where a folder stands.
_PATIENCE = 5.0

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


def versions(db: Connection) -> dict[str, JsonValue]:
    """Return the versions of what conducts a session."""
    told = db.dialect.server_version_info or ()
    return {
        "palier": _installed("palier-workers"),
        "python": platform.python_version(),
        "system": platform.system(),
        "database": f"{db.dialect.name} {'.'.join(map(str, told))}".strip(),
        "sqlalchemy": _installed("sqlalchemy"),
        "pydantic": _installed("pydantic"),
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
    commit = _git(folder, "rev-parse", "HEAD")
    changes = _git(folder, "status", "--porcelain", "--", ".")
    if commit is None or changes is None:
        return None
    return {"commit": commit, "dirty": bool(changes)}


def _git(folder: Path, *arguments: str) -> str | None:
    try:
        done = subprocess.run(  # noqa: S603 - arguments of our own
            ["git", "-C", str(folder), *arguments],  # noqa: S607 - whichever git there is
            capture_output=True,
            check=True,
            text=True,
            timeout=_PATIENCE,
            # looking must not take the lock that the author's own git needs
            env={**os.environ, "GIT_OPTIONAL_LOCKS": "0"},
        )
    except (OSError, subprocess.SubprocessError, UnicodeDecodeError):
        return None
    return done.stdout.strip()


def _installed(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
