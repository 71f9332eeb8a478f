"""The shelf: contents by their hash, on this computer's disk, so that none is fetched twice.

A cache, and nothing else: every content is verified when it is read, a damaged one is thrown away,
and without a disk everything works, only slower. Processes share it without knowing of each other:
a file comes into being whole, under a name that says what is in it, and any of them may remove it.
"""

from __future__ import annotations

import logging
import os
import tempfile
import threading
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Self, get_args

from platformdirs import user_cache_path

from palier.schemas.replies import Media
from palier.schemas.screens.screen import digest as digest_of

_log = logging.getLogger(__name__)

#: How a file's name ends that has a content of this kind.
_ENDINGS: dict[Media, str] = dict(
    zip(get_args(Media), (".screen.json", ".bundle.json", ".png", ".jpg"), strict=True)
)

#: Bytes that the shelf may take; the least recently used contents go.
_LIMIT = 200 * 1024 * 1024

#: Bytes after which it is looked at again whether that is kept.
_LOOK = 8 * 1024 * 1024

#: Seconds after which what a writer has left unfinished is rubbish.
_UNFINISHED = 3600.0

_DRAFT = ".new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """A content, and the file that has it, where there is one."""

    media: Media
    data: bytes
    path: Path | None


def shelf_folder() -> Path:
    """Return where the shelf is: what `PALIER_CACHE` says, or where the system has caches."""
    chosen = os.environ.get("PALIER_CACHE")
    return Path(chosen) if chosen else user_cache_path("palier", appauthor=False)


class Shelf:
    """Contents in a folder, and what the folder does not take. Blocking, safe from any thread.

    A context manager: what was put aside in a temporary folder goes in the end.
    """

    def __init__(self, folder: Path, *, limit: int = _LIMIT) -> None:
        self._folder = folder
        self._limit = limit
        self._lock = threading.Lock()
        self._told = False
        self._aside: tempfile.TemporaryDirectory[str] | None = None
        self._until_look = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *reason: object) -> None:
        with self._lock:
            if self._aside is not None:
                self._aside.cleanup()
                self._aside = None

    def find(self, digest: str) -> Kept | None:
        """Return a content if it is here and whole; a damaged file is removed."""
        for media, ending in _ENDINGS.items():
            path = self._folder / f"{digest}{ending}"
            try:
                data = path.read_bytes()
            except FileNotFoundError:
                continue
            except OSError as error:
                self._tell(error)
                continue
            if digest_of(data) != digest:
                _log.warning("%s was damaged, and is fetched anew.", path)
                with suppress(OSError):
                    path.unlink()
                continue
            with suppress(OSError):
                os.utime(path)  # used just now: the others go first
            return Kept(media=media, data=data, path=path)
        return None

    def put(self, digest: str, media: Media, data: bytes) -> Kept:
        """Keep a content; where the disk does not take it, it is in memory and in a log's line.

        A picture then lies in a temporary file, for it is drawn from one, if at all possible.
        """
        name = f"{digest}{_ENDINGS[media]}"
        try:
            path: Path | None = self._write(self._folder / name, data)
        except OSError as error:
            self._tell(error)
            path = self._put_aside(name, data) if media.startswith("image/") else None
        else:
            self._make_room(len(data))
        return Kept(media=media, data=data, path=path)

    @staticmethod
    def _write(path: Path, data: bytes) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        descriptor, draft = tempfile.mkstemp(dir=path.parent, suffix=_DRAFT)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            Path(draft).replace(path)
        except BaseException as error:
            with suppress(OSError):
                Path(draft).unlink()
            # where a file that is open cannot be replaced: another process has put it there
            if isinstance(error, PermissionError) and path.exists():
                return path
            raise
        return path

    def _put_aside(self, name: str, data: bytes) -> Path | None:
        try:
            with self._lock:
                if self._aside is None:
                    self._aside = tempfile.TemporaryDirectory(prefix="palier-")
                folder = Path(self._aside.name)
            return self._write(folder / name, data)
        except OSError as error:
            _log.warning("A picture cannot be shown: no disk has room for it (%s).", error)
            return None

    def _make_room(self, added: int) -> None:
        """Let the least recently used go where there is too much; looks now and then."""
        with self._lock:
            self._until_look -= added
            if self._until_look > 0:
                return
            self._until_look = min(_LOOK, self._limit // 4)
        long_ago = time.time() - _UNFINISHED
        found: list[tuple[float, int, Path]] = []
        with suppress(OSError):
            for path in self._folder.iterdir():
                with suppress(OSError):  # it may have been removed meanwhile
                    status = path.stat()
                    if path.name.endswith(tuple(_ENDINGS.values())):
                        found.append((status.st_mtime, status.st_size, path))
                    elif path.name.endswith(_DRAFT) and status.st_mtime < long_ago:
                        path.unlink()
        size = sum(one for _, one, _ in found)
        for _, one, path in sorted(found):
            if size <= self._limit:
                return
            with suppress(OSError):
                path.unlink()
                size -= one

    def _tell(self, error: OSError) -> None:
        with self._lock:
            told, self._told = self._told, True
        if not told:
            _log.warning(
                "%s does not take what is shown (%s): it is fetched anew at each start. "
                "PALIER_CACHE names another folder.",
                self._folder,
                error.strerror or error,
            )
