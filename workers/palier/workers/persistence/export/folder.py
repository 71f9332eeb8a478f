"""The folder of an export: there as a whole or not at all, and never over what is not its own."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from palier.workers.errors import ExportRefused
from palier.workers.persistence.export.manifest import MANIFEST


@contextmanager
def whole_folder(folder: Path, *, session: str, opened_at: str) -> Iterator[Path]:
    """Yield a draft beside the folder; it takes its place when the block ends well.

    An older export of the same session is replaced, as long as nobody has changed it. Raises
    `ExportRefused` before anything is written, and `OSError`.
    """
    folder.parent.mkdir(parents=True, exist_ok=True)
    _check(folder, session=session, opened_at=opened_at)
    draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", suffix=".new", dir=folder.parent))
    try:
        # mkdtemp's folders are for this user alone; an export is shared like any other folder
        draft.chmod(0o777 & ~_umask())
        yield draft
        for one in draft.iterdir():
            _settle(one)
        _check(folder, session=session, opened_at=opened_at)
        _replace(folder, draft)
    finally:
        shutil.rmtree(draft, ignore_errors=True)


def hash_of(path: Path) -> str:
    """Return the SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _check(folder: Path, *, session: str, opened_at: str) -> None:
    """Raise `ExportRefused` unless the folder is free, or has an older export of this session."""
    try:
        there = {one.name for one in folder.iterdir()}
    except FileNotFoundError:
        return
    if not there:
        return
    elsewhere = "choose another folder with --to, or move this one away."
    try:
        manifest = json.loads((folder / MANIFEST).read_bytes())
        files: dict[str, Any] = manifest["files"]
        found = (manifest["session"], manifest["opened_at"])
    except FileNotFoundError:
        raise ExportRefused(f"{folder} is no export, and not empty: {elsewhere}") from None
    except (ValueError, TypeError, KeyError):
        raise ExportRefused(f"{folder / MANIFEST} cannot be read: {elsewhere}") from None
    if found != (session, opened_at):
        whose = f"session {found[0]}"
        if found[0] == session:
            whose = f"another session {session}, opened at {found[1]}"
        raise ExportRefused(f"{folder} has the export of {whose}: {elsewhere}")
    if strange := sorted(there - {MANIFEST, *files}):
        raise ExportRefused(f"{folder} has {strange[0]}, which is of no export: {elsewhere}")
    for name, one in files.items():
        if name in there and hash_of(folder / name) != one["sha256"]:
            raise ExportRefused(f"{folder / name} was changed since it was exported: {elsewhere}")


def _replace(folder: Path, draft: Path) -> None:
    """Put the draft where the folder is; what was there goes once that is done."""
    if not folder.exists():
        draft.rename(folder)
        return
    old = draft.with_suffix(".old")
    folder.rename(old)
    try:
        draft.rename(folder)
    except BaseException:
        old.rename(folder)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _settle(path: Path) -> None:
    """Wait until a file is on the disk."""
    with path.open("rb+") as file:
        os.fsync(file.fileno())


def _umask() -> int:
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
